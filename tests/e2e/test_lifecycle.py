#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Start, stop, supervision, and what is wrong at start, by exit code."""
import os
import socket

import harness

MINIMAL = '''
devices:
  - id: d0
    driver: modbus
    address: tcp://127.0.0.1:%d
    every: 100ms
    tags:
      - {id: t0, at: "holding:0", type: uint64}
'''


def test_second_instance_leaves_with_6(bench):
    field = harness.Field(bench, 1)
    first = harness.Gateway(bench, field.config())
    first.start()
    first.wait_rows(5)
    before = len(field.requests())
    second = bench.run([harness.POLLUX, 'run', '-c', first.config])
    assert second.returncode == 6, second
    assert len(second.stderr.splitlines()) >= 1, second
    first.wait_rows(first.count() + 5)
    assert first.process.is_running()
    # The first polls ten times a second; a second one would have asked in between.
    assert len(field.requests()) > before


def test_damaged_history_is_moved_aside(bench):
    field = harness.Field(bench, 1)
    gateway = harness.Gateway(bench, field.config())
    for damage in (b'', b'no database at all, but long enough to be read as a header' * 9):
        with open(gateway.database, 'wb') as file:
            file.write(damage)
        gateway.start()
        gateway.wait_rows(5)
        assert gateway.process.stop()[0] == 0
    aside = [name for name in os.listdir(gateway.state)
             if name.startswith('history.db') and name not in
             ('history.db', 'history.db-wal', 'history.db-shm')]
    assert aside, os.listdir(gateway.state)


def test_stops_within_5_s(bench):
    for silent in (False, True):
        field = harness.Field(bench, 4)
        gateway = harness.Gateway(bench, field.config(tags=20, every='50ms') + '''
mqtt: {servers: ["mqtt://127.0.0.1:%d"]}
''' % harness.free_ports(), name='gateway-%s' % silent)
        gateway.start()
        gateway.wait_rows(200)
        for device in range(4 if silent else 0):
            field.answer(device, 0)
        code, took = gateway.process.stop()
        assert code == 0 and took <= 5, (code, took)
        field.process.kill()


def test_ready_without_broker_or_devices_and_watchdog_fed(bench):
    path = bench.path('notify')
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(path)
        supervisor.settimeout(20)
        gateway = harness.Gateway(bench, MINIMAL % harness.free_ports() + '''
mqtt: {servers: ["mqtt://127.0.0.1:%d"]}
''' % harness.free_ports(), env=dict(os.environ, NOTIFY_SOCKET=path,
                                    WATCHDOG_USEC='2000000'))
        gateway.start()
        heard = ''
        while 'READY=1' not in heard or 'WATCHDOG=1' not in heard:
            heard += supervisor.recv(4096).decode() + '\n'
        assert heard.index('READY=1') < heard.index('WATCHDOG=1'), heard
        gateway.process.stop()


def test_restart_keeps_what_was_learnt(bench):
    field = harness.Field(bench, 1)
    gateway = harness.Gateway(bench, field.config(tags=3, every='5ms') +
                              'twin: {monitor: {learn: 180}}\n')
    gateway.start()
    harness.wait_until('all tags have learnt',
                       lambda: (gateway.status() or {}).get('learnt') == 3)
    assert gateway.process.stop()[0] == 0
    gateway.start()
    stored = gateway.count()
    learnt = harness.wait_until('it says its status',
                                lambda: (gateway.status() or {}).get('learnt'))
    assert learnt == 3, learnt
    gateway.wait_rows(stored + 3)
    states = [row[0] for row in gateway.query('select state from recent limit 3')]
    assert 'learning' not in states, states


def test_exit_codes(bench):
    good = bench.write('good.yaml', 'gateway: {id: g, state_dir: %s}\n' % bench.folder +
                       MINIMAL % 1)
    broken = bench.write('broken.yaml', 'gateway: {id: g, stat_dir: /x}\n' + MINIMAL % 1)
    for arguments, code, said in (
            (['--version'], 0, 'pollux'),
            (['--help'], 0, 'usage'),
            ([], 2, 'usage'),
            (['nonsense'], 2, 'nonsense'),
            (['check', '-c', good], 0, ''),
            (['check', '-v', '-c', good], 0, 'holding'),
            (['check', '-c', broken], 3, "did you mean 'state_dir'"),
            (['run', '-c', broken], 3, 'broken.yaml:1:'),
            (['check', '-c', bench.path('absent.yaml')], 3, 'absent.yaml'),
            (['status', '--nonsense'], 2, ''),
    ):
        done = bench.run([harness.POLLUX] + arguments)
        assert done.returncode == code, (arguments, done)
        assert said in done.stdout + done.stderr, (arguments, done)


if __name__ == '__main__':
    harness.main(globals())
