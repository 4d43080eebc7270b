#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The service's system call filter lets through what the gateway calls."""
import os
import re

import harness

# Calls that the filter answers with EPERM, and what happens then.
REFUSED = {
    'clock_adjtime': 'clock_synced() asks systemd-timesyncd instead',
    'adjtimex': 'the same on other architectures',
    'fchown': 'SQLite calls it as root only, which the service is not',
}


def allowed(bench, unit):
    """-> names of the calls that SystemCallFilter= of the unit allows"""
    def members(group):
        done = bench.run([harness.require('systemd-analyze'), 'syscall-filter', group])
        assert done.returncode == 0, done
        names = set()
        for word in re.findall(r'^ +([@\w-]+)$', done.stdout, re.M):
            names |= members(word) if word.startswith('@') else {word}
        return names

    names = set()
    with open(unit, encoding='utf-8') as file:
        for line in re.findall(r'^SystemCallFilter=(.+)$', file.read(), re.M):
            for word in line.lstrip('~').split():
                found = members(word) if word.startswith('@') else {word}
                names = names - found if line.startswith('~') else names | found
    return names


def test_gateway_stays_within_the_filter(bench):
    strace = harness.require('strace')
    names = allowed(bench, os.path.join(harness.SOURCE, 'systemd', 'pollux.service.in'))
    assert {'read', 'socket', 'fdatasync'} <= names and 'mount' not in names, names
    field = harness.Field(bench, 1)
    broker = harness.Broker(bench)
    sink = harness.Sink(bench, broker)
    trace = bench.path('trace')
    gateway = harness.Gateway(bench, field.config() + '''
mqtt: {servers: ["mqtt://127.0.0.1:%d"]}
''' % broker.port, launcher=[strace, '-f', '-qq', '-I', '2', '-o', trace],
                              env=dict(os.environ, ASAN_OPTIONS='detect_leaks=0'))
    gateway.start()
    gateway.wait_rows(20)
    broker.stop()  # also what it calls when things go wrong
    gateway.wait_rows(gateway.count() + 20)
    broker.start()
    before = len(sink.samples())
    harness.wait_until('samples arrive again', lambda: len(sink.samples()) > before, 40)
    bench.run(['pkill', '-TERM', '-P', str(gateway.process.popen.pid)])
    gateway.process.wait()
    with open(trace, encoding='utf-8', errors='replace') as file:
        calls = set(re.findall(r'^\d+ +(\w+)\(', file.read(), re.M))
    assert {'openat', 'connect', 'fdatasync'} <= calls, calls
    refused = calls - names - set(REFUSED)
    print('%d different system calls' % len(calls))
    assert not refused, refused


if __name__ == '__main__':
    harness.main(globals())
