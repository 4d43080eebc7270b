#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""One configuration, virtual and real: the gateway with its twin on the line of etc/line.yaml as
`pollux sim` serves it, then on the same line recorded and served by libmodbus' own server."""
import os
import socket
import struct
import threading
import time

import harness

# (unit, function, address, how many): the whole map of etc/line.yaml
READS = ((1, 4, 0, 6), (1, 2, 0, 1), (1, 3, 0, 1), (1, 1, 0, 1),
         (2, 4, 0, 13), (2, 2, 0, 2), (2, 3, 0, 3), (2, 1, 0, 1))
LEARNT = ('pump1', 'tank1', 'tank2')  # heater has no sensor


class Recorder(threading.Thread):
    """Reads the map as fast as a cycle and keeps what changed, with the time."""

    def __init__(self, port, path):
        super().__init__(daemon=True)
        self.link = socket.create_connection(('127.0.0.1', port))
        self.file = open(path, 'w', encoding='utf-8')
        self.levels = set()
        self.running = True

    def read(self, unit, function, address, n):
        self.link.sendall(struct.pack('>HHHBBHH', 1, 0, 6, unit, function, address, n))
        head = self.link.recv(9, socket.MSG_WAITALL)
        assert head[7] == function, head
        body = self.link.recv(head[8], socket.MSG_WAITALL)
        if function < 3:
            return [body[i // 8] >> i % 8 & 1 for i in range(n)]
        return list(struct.unpack('>%dH' % n, body))

    def run(self):
        began = time.monotonic()
        while self.running:
            at = time.monotonic()
            for what in READS:
                values = self.read(*what)
                self.file.write('%d %d %d %d %s\n' % ((at - began) * 1000, *what[:3],
                                                      ' '.join(map(str, values))))
                if what[:3] == (2, 4, 0):
                    self.levels.add(struct.pack('>2H', *values[:2]))
            time.sleep(0.015)
        self.file.close()

    def stop(self):
        self.running = False
        self.join()


def run_on(bench, config, port, name):
    """The gateway of the file on what listens there. -> it, stopped, with its history"""
    gateway = harness.Gateway(bench, '', name)
    gateway.config = config
    gateway.env = dict(os.environ, POLLUX_DEMO_LINE='tcp://127.0.0.1:%d' % port,
                       POLLUX_DEMO_BROKER='mqtt://127.0.0.1:1', POLLUX_DEMO_STATE=gateway.state)
    process = gateway.start()
    harness.wait_until('the models judge', lambda: all(gateway.query(
        "select 1 from now where device = ? and tag = 'health' and state = 'healthy'", name)
        for name in LEARNT), 60)
    rows = gateway.count()
    gateway.wait_rows(rows + 1000)
    assert process.stop()[0] == 0
    return gateway


def mean(gateway, device, tag):
    return gateway.query('select avg(value) from (select value from history where device = ? '
                         'and tag = ? and value is not null order by ts_us desc limit 100)',
                         device, tag)[0][0]


def test_one_file_runs_on_the_virtual_and_the_recorded_line(bench):
    source = os.environ['POLLUX_SOURCE']
    with open(os.path.join(source, 'etc', 'demo.yaml'), encoding='utf-8') as file:
        text = file.read()
    # Five times as fast: the test has not 40 s for learning.
    config = bench.write('line.yaml', text.replace('every: 100ms', 'every: 20ms'))
    port = harness.free_ports(2)
    sim = bench.start('sim', [harness.POLLUX, 'sim', '-c', os.path.join(source, 'etc/line.yaml'),
                              '--listen', 'tcp://127.0.0.1:%d' % port])
    harness.wait_until('the line listens', lambda: harness.is_listening(port))
    recorder = Recorder(port, bench.path('recording'))
    recorder.start()
    virtual = run_on(bench, config, port, 'virtual')
    recorder.stop()
    assert sim.stop()[0] == 0

    other = port + 1
    bench.start('replay', [os.path.join(harness.PEERS, 'replay_peer'), str(other),
                           bench.path('recording')])
    harness.wait_until('the recording listens', lambda: harness.is_listening(other))
    real = run_on(bench, config, other, 'real')

    for gateway in virtual, real:
        assert not gateway.query("select device, tag, time from history where quality = 'bad' and "
                                 "device in ('pump', 'line')"), gateway.name
        assert not gateway.query('select * from alarms'), gateway.query('select * from alarms')
    levels = {struct.pack('>f', row.value) for row in real.rows()
              if (row.device, row.tag) == ('line', 'level1')}
    print('%d levels recorded, %d stored' % (len(recorder.levels), len(levels)))
    assert len(levels) > 20 and levels <= recorder.levels, levels - recorder.levels
    for device, tag in (('tank1', 'outflow'), ('line', 'temperature1'), ('pump', 'flow')):
        a, b = mean(virtual, device, tag), mean(real, device, tag)
        print('%s/%s %.6g virtual, %.6g recorded' % (device, tag, a, b))
        assert abs(b / a - 1) < 0.02, (device, tag, a, b)


if __name__ == '__main__':
    harness.main(globals())
