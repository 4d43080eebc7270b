#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""OPC UA against the server of node-opcua, which nobody here wrote.  NODE_PATH says where
it is installed: tests/run.sh does that."""
import json
import os

import harness

SERVER = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'opcua_server.js')

CONFIG = '''
history: {commit: 200ms}
devices:
  - id: pump
    driver: opcua
    address: opc.tcp://127.0.0.1:%d%s
    every: 100ms
    timeout: 2s
    tags:
      - {id: flow, at: "ns=1;s=Pump.Flow", type: float64, unit: m3/h}
      - {id: speed, at: "nsu=%s;s=Pump.Speed", type: float64, write: {min: 0, max: 60}}
      - {id: ready, at: "ns=1;s=Pump.Ready", type: bool, write: {}}
      - {id: name, at: "ns=1;s=Pump.Name", type: string(20), write: {}}
      - {id: second, at: "ns=1;s=Pump.List#1", type: int16, write: {}}
      - {id: count, at: "ns=1;s=Pump.Count", type: uint64}
      - {id: none, at: "ns=1;s=Pump.None", type: float64}
'''


def require_driver(bench):
    config = bench.write('probe.yaml', 'devices: [{id: a, driver: opcua, tags: []}]\n')
    done = bench.run([harness.POLLUX, 'check', '-c', config])
    if 'not in this build' in done.stderr:
        raise harness.Skip(done.stderr.splitlines()[0])


class Server:
    """node-opcua, again and again on one port and with one certificate"""

    def __init__(self, bench, trusted=None):
        self.bench = bench
        require_driver(bench)
        self.node = harness.require('node')
        found = bench.run([self.node, '-e', 'require.resolve("node-opcua")'])
        if found.returncode != 0:
            raise harness.Skip('node-opcua is not installed')
        self.port = harness.free_ports()
        self.folder = bench.mkdir('pki')
        self.trusted = trusted
        self.process = None
        self.starts = 0
        self.start()

    def start(self):
        argv = [self.node, SERVER, str(self.port), self.folder]
        self.starts += 1
        self.process = self.bench.start('server%d' % self.starts,
                                        argv + ([self.trusted] if self.trusted else []))
        harness.wait_until('the server is there', lambda: self.said('certificate'), 60)
        self.certificate = self.said('certificate')['certificate']
        self.namespace = self.said('certificate')['namespace']

    def said(self, key):
        """-> the last line that has it"""
        lines = [json.loads(line) for line in self.process.output().splitlines()
                 if line.startswith('{')]
        return next((line for line in reversed(lines) if key in line), None)

    def set(self, name, value, status='Good'):
        self.process.say(json.dumps({'name': name, 'value': value, 'status': status}) + '\n')

    def value(self, name):
        lines = [json.loads(line) for line in self.process.output().splitlines()
                 if line.startswith('{"name"')]
        return next((line['value'] for line in reversed(lines) if line['name'] == name),
                    None)


class Gateway(harness.Gateway):
    def __init__(self, bench, server, options='', name='gateway'):
        super().__init__(bench, CONFIG % (server.port, options, server.namespace), name)
        self.start()

    def now(self, tag):
        rows = self.query('select value, quality from now where tag = ?', tag)
        return rows[0] if rows else None

    def wait(self, tag, value, quality='good', seconds=30):
        harness.wait_until('%s is %s, %s' % (tag, value, quality),
                           lambda: self.now(tag) == (value, quality), seconds)

    def error(self):
        status = self.status()
        return status and 'devices' in status and status['devices'][0]['error']

    def read(self, tag):
        done = self.bench.run([harness.POLLUX, 'read', '-c', self.config, '--json',
                               'pump/' + tag])
        return json.loads(done.stdout)[0]['value'] if done.returncode == 0 else None

    def write(self, tag, value):
        done = self.bench.run([harness.POLLUX, 'write', '-c', self.config, '--yes', '--',
                               'pump/' + tag, str(value)])
        return done.returncode, done.stdout + done.stderr


def make_certificate(bench, name):
    """-> address options for it; as the standard wants one of an application"""
    bench.write(name + '.cnf', '''
[req]
distinguished_name = dn
x509_extensions = ext
prompt = no
[dn]
CN = %s
[ext]
basicConstraints = critical,CA:FALSE
keyUsage = digitalSignature,nonRepudiation,keyEncipherment,dataEncipherment,keyCertSign
extendedKeyUsage = serverAuth,clientAuth
subjectAltName = URI:urn:pollux:%s,IP:127.0.0.1
''' % (name, name))
    done = bench.run([harness.require('openssl'), 'req', '-x509', '-newkey', 'rsa:2048',
                      '-nodes', '-days', '2', '-config', bench.path(name + '.cnf'),
                      '-keyout', bench.path(name + '.key'), '-out',
                      bench.path(name + '.pem')])
    assert done.returncode == 0, done.stderr
    os.chmod(bench.path(name + '.key'), 0o600)
    return 'cert=%s&key=%s' % (bench.path(name + '.pem'), bench.path(name + '.key'))


def test_values_change_are_written_and_come_again(bench):
    server = Server(bench)
    gateway = Gateway(bench, server)
    gateway.wait('flow', 12.5)
    gateway.wait('second', -2)
    assert gateway.read('name') == 'pump'
    gateway.wait('count', 7)
    gateway.wait('none', None, 'bad')
    server.set('Flow', 13.5)
    gateway.wait('flow', 13.5)
    server.set('Flow', 14.5, 'UncertainInitialValue')
    gateway.wait('flow', 14.5, 'uncertain')
    server.set('Flow', 14.5, 'BadSensorFailure')
    gateway.wait('flow', None, 'bad')
    server.set('Flow', 15.5)
    gateway.wait('flow', 15.5)
    assert gateway.write('speed', 25.5)[0] == 0
    assert server.value('Speed') == 25.5
    assert gateway.write('ready', 'false')[0] == 0
    assert server.value('Ready') is False
    assert gateway.write('second', '-20')[0] == 0
    assert server.value('List') in ([1, -20, 3], {'0': 1, '1': -20, '2': 3})
    assert gateway.write('name', 'valve')[0] == 0
    harness.wait_until('its name is told', lambda: gateway.read('name') == 'valve')
    assert gateway.write('speed', 61)[0] == 7
    # What stands still is a sample all the same: the server's clock confirms it.
    n = len([row for row in gateway.rows() if row.tag == 'flow'])
    harness.wait_until('it is confirmed', lambda: len(
        [row for row in gateway.rows() if row.tag == 'flow' and row.value == 15.5]) > n + 5)
    for _ in range(2):
        server.process.kill()
        gateway.wait('flow', None, 'bad')
        server.start()
        gateway.wait('flow', 12.5, seconds=60)
    harness.check_balance(gateway.status())


def test_channel_is_secure_and_both_sides_are_known(bench):
    ours = make_certificate(bench, 'ours')
    theirs = make_certificate(bench, 'theirs')
    server = Server(bench, bench.path('ours.pem'))
    trust = '&trust=' + server.certificate
    bench.write('word', 'secret\n')
    bench.write('guess', 'guess\n')
    for name in ('word', 'guess'):
        os.chmod(bench.path(name), 0o600)
    user = '&user=cell7&password_file='
    cases = [
        ('?security=encrypt&' + ours + trust, None),
        ('?security=sign&' + ours + trust, None),
        ('?security=encrypt&policy=Aes256_Sha256_RsaPss&' + ours + trust, None),
        ('?security=encrypt&' + ours + trust + user + bench.path('word'), None),
        ('?security=encrypt&' + ours + trust + user + bench.path('guess'),
         'BadUserAccessDenied'),
        ('?security=encrypt&' + theirs + trust, 'hung up'),
        ('?security=encrypt&' + ours + '&trust=' + bench.path('theirs.pem'),
         'BadCertificateUntrusted'),
        ('?security=encrypt&' + ours + '&trust=/none.pem', 'a certificate'),
    ]
    for i, (options, why) in enumerate(cases):
        gateway = Gateway(bench, server, options, 'gateway%d' % i)
        if why is None:
            gateway.wait('flow', 12.5)
            assert gateway.write('speed', i)[0] == 0
        else:
            harness.wait_until('it is refused', lambda: gateway.error() == 'refused')
            gateway.wait('flow', None, 'bad')
            said = 'is down: refused, %s' % why
            harness.wait_until(said, lambda: said in gateway.process.errors())
        gateway.process.stop()


def test_scan_prints_what_can_be_read(bench):
    server = Server(bench)
    address = 'opc.tcp://127.0.0.1:%d' % server.port
    done = bench.run([harness.POLLUX, 'scan', address])
    assert done.returncode == 0, done.stderr
    assert 'at: "nsu=%s;s=Pump.Speed", type: float64, unit: "Hz"' % server.namespace \
        in done.stdout, done.stdout
    assert '# Pump/Name = pump, can be written' in done.stdout, done.stdout
    assert '# Pump/Flow = 12.5\n' in done.stdout, done.stdout
    gateway = harness.Gateway(bench, done.stdout)
    gateway.start()
    tags = ['Pump_Flow', 'Pump_Speed', 'Pump_Ready', 'Pump_Count', 'Pump_List_0',
            'Pump_List_1', 'Pump_List_2', 'Pump_Name']
    harness.wait_until('what was found is good', lambda: sorted(
        tag for tag, quality in gateway.query('select tag, quality from now')
        if quality == 'good') == sorted(tags), 30)
    server.process.kill()
    done = bench.run([harness.POLLUX, 'scan', address])
    assert (done.returncode, done.stdout) == (4, ''), done


if __name__ == '__main__':
    harness.main(globals())
