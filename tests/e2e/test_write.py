#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`pollux read` and `write` with and without a gateway, on libmodbus' own server."""
import json
import os
import pty

import harness

CONFIG = '''
history: {commit: 200ms}
devices:
  - id: peer
    driver: modbus
    address: tcp://127.0.0.1:%d
    unit: 7
    every: 100ms
    timeout: 500ms
    tags:
      - {id: h0, at: "holding:0", type: uint16}
      - {id: ready, at: "coil:3", type: bool, write: {}}
      - {id: free, at: "holding:10", type: int16, write: {}}
      - {id: real, at: "holding:12", type: float32, write: {}}
      - {id: bit, at: "holding:14", type: "bit(3)", write: {}}
      - {id: text, at: "holding:16", type: string(6), write: {}}
      - id: speed
        at: holding:20
        type: uint16
        scale: 0.1
        unit: Hz
        write: {min: 0, max: 50, step: 5, rate: 1/min, interlock: "peer/ready == 1"}
      - {id: beyond, at: "holding:500", type: uint16, write: {}}
'''


class Setup:
    def __init__(self, bench):
        self.bench = bench
        self.port = harness.free_ports()
        self.peer = None
        self.start_peer()
        self.gateway = harness.Gateway(bench, CONFIG % self.port)

    def start_peer(self):
        self.peer = self.bench.start('peer', [os.path.join(harness.PEERS, 'modbus_peer'),
                                              'tcp', str(self.port)])
        harness.wait_until('the device listens', lambda: harness.is_listening(self.port))

    def run(self, *argv, **options):
        done = self.bench.run([harness.POLLUX, argv[0], '-c', self.gateway.config] +
                              list(argv[1:]), **options)
        assert not any(word in done.stderr for word in harness.SANITIZERS), done.stderr
        return done

    def write(self, tag, value, *options):
        """-> (exit code, what it said)"""
        done = self.run('write', '--yes', *options, '--', 'peer/' + tag, str(value))
        return done.returncode, done.stdout + done.stderr

    def read(self, *tags):
        """-> (exit code, {tag: value})"""
        done = self.run('read', '--json', *['peer/' + tag for tag in tags])
        found = json.loads(done.stdout) if done.stdout else []
        return done.returncode, {o['tag']: o['value'] for o in found}

    def wait_value(self, tag, want):
        harness.wait_until('%s is %s' % (tag, want),
                           lambda: self.read(tag)[1].get(tag) == want)


def check_values(setup):
    """The same with and without a gateway."""
    for tag, typed, held in (('free', '-1234', -1234), ('real', '12.5', 12.5),
                             ('bit', 'true', True), ('bit', '0', False),
                             ('text', 'go on', 'go on')):
        code, said = setup.write(tag, typed)
        assert (code, said) == (0, 'peer/%s: done\n' % tag), said
        setup.wait_value(tag, held)


def check_refusals(setup):
    code, said = setup.write('ready', 'true')
    assert code == 0, said
    setup.wait_value('ready', True)
    for tag, value, why in (('h0', 1, 'write:'), ('speed', 51, 'most'),
                            ('speed', -5, 'least'), ('speed', 7, 'step'),
                            ('speed', 'nan', 'uint16'),
                            ('speed', 'fast', 'uint16'), ('free', 40000, 'int16'),
                            ('free', 1.5, 'int16'), ('bit', 2, 'bit(3)'),
                            ('text', 'far too long', 'string(6)')):
        code, said = setup.write(tag, value)
        assert code == 7 and why in said, (tag, value, code, said)
    code, said = setup.write('ready', 'false')
    assert code == 0, said
    setup.wait_value('ready', False)
    code, said = setup.write('speed', 20)
    assert code == 7 and 'interlock: peer/ready is 0' in said, said
    code, said = setup.write('beyond', 1)
    assert code == 1 and 'exception 2' in said, said
    assert setup.read('speed')[1] == {'speed': 102.0}  # as it was: 1020


def test_straight_to_the_device(bench):
    setup = Setup(bench)
    code, values = setup.read('h0', 'ready', 'speed', 'h0')
    assert code == 0 and values == {'h0': 1000, 'ready': True, 'speed': 102.0}, values
    check_values(setup)
    check_refusals(setup)
    code, values = setup.read('h0', 'beyond')
    assert code == 1 and values == {'h0': 1000, 'beyond': None}, (code, values)
    setup.peer.stop()
    code, values = setup.read('h0', 'speed')
    assert code == 4 and values == {'h0': None, 'speed': None}, (code, values)
    code, said = setup.write('free', 1)
    assert code == 4 and 'not sent' in said, (code, said)


def test_through_the_gateway(bench):
    setup = Setup(bench)
    setup.gateway.start()
    harness.wait_until('the gateway is there', setup.gateway.status)
    setup.wait_value('h0', 1000)
    check_values(setup)
    check_refusals(setup)
    setup.write('ready', 1)
    setup.wait_value('ready', True)
    code, said = setup.write('speed', 20, '--json')
    answer = json.loads(said)
    assert code == 0 and answer['status'] == 'done' and answer['value'] == 20, said
    code, said = setup.write('speed', 25)
    assert code == 7 and 'too soon' in said, said
    setup.wait_value('speed', 20)
    events = setup.gateway.query('select message from events where kind = ?', 'write')
    harness.wait_until('the outcomes are in the history', lambda: any(
        'peer/speed: 20 Hz by cli: done' in row[0] for row in setup.gateway.query(
            'select message from events where kind = ?', 'write')))
    assert all('peer/' in row[0] for row in events), events
    setup.peer.stop()
    harness.wait_until('the device is down', lambda: setup.read('h0')[0] == 4)
    code, said = setup.write('free', 1)
    assert code == 4, (code, said)
    setup.start_peer()
    setup.wait_value('h0', 1000)
    code, said = setup.write('free', 1)
    assert code == 0, said


def test_nobody_is_written_for_who_was_not_asked(bench):
    setup = Setup(bench)
    done = setup.run('write', 'peer/free', '5', stdin=harness.subprocess.DEVNULL)
    assert done.returncode == 2 and '--yes' in done.stderr, done
    for typed, code, held in (('n\n', 7, 1010), ('\n', 7, 1010), ('y\n', 0, 5)):
        master, slave = pty.openpty()
        os.write(master, typed.encode())
        done = setup.run('write', 'peer/free', '5', stdin=slave)
        os.close(slave)
        os.close(master)
        assert done.returncode == code and '[y/N]' in done.stderr, done
        assert setup.read('free')[1] == {'free': held}
    for argv in (['peer/free'], ['peer/none', '1', '--yes'], ['peer/free', '', '--yes']):
        assert setup.run('write', *argv).returncode == 2, argv
    assert setup.run('read').returncode == 2
    assert setup.run('read', 'peer/none').returncode == 2


if __name__ == '__main__':
    harness.main(globals())
