#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Values of an independent device: libmodbus' own server, over TCP and a serial line."""
import os

import harness

# tag: (point, value that modbus_peer.c gives it)
TAGS = {
    'h0': ('at: "holding:0", type: uint16', 1000),
    'h60': ('at: "holding:60", type: uint16', 1060),
    'plc': ('at: 40006, type: uint16', 1005),
    'i9': ('at: "input:9", type: uint16, scale: 0.1', 200.9),
    'c3': ('at: "coil:3", type: bool', 1),
    'c4': ('at: "coil:4", type: bool', 0),
    'd5': ('at: "discrete:5", type: bool', 1),
    'd6': ('at: "discrete:6", type: bool', 0),
    'bit': ('at: "holding:0", type: "bit(3)"', 1),
    'i16': ('at: "holding:100", type: int16', -1234),
    'i32': ('at: "holding:102", type: int32', -123456),
    'abcd': ('at: "holding:104", type: float32, word_order: ABCD', 12.5),
    'cdab': ('at: "holding:106", type: float32, word_order: CDAB', 12.5),
    'badc': ('at: "holding:108", type: float32, word_order: BADC', 12.5),
    'dcba': ('at: "holding:110", type: float32, word_order: DCBA', 12.5),
}
BEYOND = 'at: "holding:5000", type: uint16'  # the device has 200 registers


def config(address):
    lines = ['devices:', '  - id: peer', '    driver: modbus', '    address: ' + address,
             '    unit: 7', '    every: 200ms', '    tags:']
    lines += ['      - {id: %s, %s}' % (tag, point) for tag, (point, _) in TAGS.items()]
    lines += ['      - {id: beyond, %s}' % BEYOND]
    return '\n'.join(lines) + '\n'


def check_values(bench, address):
    gateway = harness.Gateway(bench, config(address))
    gateway.start()

    def now():
        found = dict(gateway.query('select tag, value from now where quality = ?', 'good'))
        return found if set(TAGS) <= set(found) else None
    values = harness.wait_until('all tags are good', now)
    for tag, (_, want) in TAGS.items():
        assert abs(values[tag] - want) < 1e-6, (tag, values[tag], want)
    bad = gateway.query("select quality from now where tag = 'beyond'")
    assert bad in ([], [('bad',)]), bad
    gateway.process.stop()
    for tag, (_, want) in TAGS.items():
        wrong = gateway.query('select value from history where tag = ? and quality = ? '
                              'and abs(value - ?) > 1e-6', tag, 'good', want)
        assert not wrong, (tag, wrong)


def test_values_over_tcp(bench):
    port = harness.free_ports()
    bench.start('peer', [os.path.join(harness.PEERS, 'modbus_peer'), 'tcp', str(port)])
    harness.wait_until('the device listens', lambda: harness.is_listening(port))
    check_values(bench, 'tcp://127.0.0.1:%d' % port)


def test_values_over_a_serial_line(bench):
    ends = [bench.path('line-a'), bench.path('line-b')]
    bench.start('line', [harness.require('socat')] +
                ['pty,raw,echo=0,link=' + end for end in ends])
    harness.wait_until('the line is there', lambda: all(map(os.path.exists, ends)))
    bench.start('peer', [os.path.join(harness.PEERS, 'modbus_peer'), 'rtu', ends[0]])
    check_values(bench, 'rtu://%s?baud=19200&parity=even&stop=1' % ends[1])


if __name__ == '__main__':
    harness.main(globals())
