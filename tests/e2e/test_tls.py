#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""TLS: the right broker is trusted, any other is refused, by certificate or by name."""
import re

import harness


class Authority:
    """A certificate authority of the test."""

    def __init__(self, bench, name):
        self.bench, self.name = bench, name
        self.openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt',
                     'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj',
                     '/CN=' + name, '-keyout', name + '.key', '-out', name + '.pem')

    def openssl(self, *arguments):
        done = self.bench.run([harness.require('openssl'), *arguments])
        assert done.returncode == 0, done.stderr

    def issue(self, name, subject, days='2'):
        """-> lines of mosquitto.conf for a server of that name"""
        self.openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
                     '-nodes', '-subj', '/CN=server', '-keyout', name + '.key',
                     '-out', name + '.csr')
        self.bench.write(name + '.ext', 'subjectAltName=' + subject)
        self.openssl('x509', '-req', '-in', name + '.csr', '-CA', self.name + '.pem',
                     '-CAkey', self.name + '.key', '-CAcreateserial', '-days', days,
                     '-extfile', name + '.ext', '-out', name + '.pem')
        return 'certfile %s.pem\nkeyfile %s.key\n' % (name, name)


def start(bench, certificate):
    """-> (broker, sink on its plain listener, gateway told to use the other one)"""
    port = harness.free_ports()
    broker = harness.Broker(bench, 'log_type all\nlistener %d 127.0.0.1\n' % port +
                            certificate)
    broker.tls_port = port
    sink = harness.Sink(bench, broker)
    field = harness.Field(bench, 1)
    gateway = harness.Gateway(bench, field.config() + '''
mqtt: {servers: ["mqtts://localhost:%d"], tls: {ca: ours.pem}}
''' % port)
    gateway.start()
    return broker, sink, gateway


def check_refused(bench, certificate):
    broker, sink, gateway = start(bench, certificate)
    attempts = re.compile(r'New connection from \S+ on port %d\.' % broker.tls_port)
    harness.wait_until('the gateway has tried twice', lambda: len(
        attempts.findall(broker.process.errors())) >= 2, 40)
    gateway.wait_rows(20)
    assert sink.messages() == [], sink.messages()[:2]
    destination = gateway.status()['destinations'][0]
    assert destination['delivered'] == 0 and destination['pending'] > 0, destination


def test_right_broker_is_trusted_again_after_a_restart(bench):
    ours = Authority(bench, 'ours')
    broker, sink, _ = start(bench, ours.issue('server', 'DNS:localhost'))
    harness.wait_until('samples arrive', sink.samples)
    broker.stop()
    broker.start()
    before = len(sink.samples())
    harness.wait_until('samples arrive again', lambda: len(sink.samples()) > before, 40)


def test_wrong_name_is_refused(bench):
    check_refused(bench, Authority(bench, 'ours').issue('server', 'DNS:other.example'))


def test_foreign_authority_is_refused(bench):
    Authority(bench, 'ours')
    check_refused(bench, Authority(bench, 'theirs').issue('server', 'DNS:localhost'))


def test_expired_certificate_is_refused(bench):
    ours = Authority(bench, 'ours')
    check_refused(bench, ours.issue('server', 'DNS:localhost', days='-1'))


if __name__ == '__main__':
    harness.main(globals())
