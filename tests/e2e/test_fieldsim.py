#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every fault of fieldsim, a device simulator beside the project (POLLUX_SHARED,
tools/fieldsim.c; skipped without it or without a compiler), each on a device of its own: not
one wrong value, and all of them come back.  POLLUX_LONG=1: minutes."""
import os

import harness

STRETCH_S = 180 if os.environ.get('POLLUX_LONG', '0') not in ('', '0') else 8
# What a device does to every 5th request, or all the time; True: it costs readings.
FAULTS = [('', False), ('silent=5', True), ('drop=5', True), ('reset=5', True),
          ('short=5', True), ('exc=5,code=1', True), ('exc=5,code=4', True),
          ('exc=5,code=6', False), ('exc=5,code=11', True), ('badtid=5', True),
          ('trickle=5,gap=5', False), ('trickle=5,gap=40', True),
          ('delay=20,jitter=20,serial=1', False), ('maxconn=1', False), ('', True)]
GOES_AWAY = len(FAULTS) - 1
SPARED = 0.05  # bad readings for which the machine itself may be to blame
# Three blocks: a counter of register a reads (tick + a) modulo 65536, ticks are register 4.
BLOCKS = (4, 300, 600)


def counters(first):
    """-> two addresses behind `first` whose registers count"""
    start = first + (1 - first) % 8
    return start, start + 8


def build(bench):
    source = os.path.join(os.environ.get('POLLUX_SHARED', '../shared'), 'tools/fieldsim.c')
    if not os.path.exists(source):
        raise harness.Skip('no %s (POLLUX_SHARED)' % source)
    program = bench.path('fieldsim')
    done = bench.run([harness.require('cc'), '-O2', '-o', program, source])
    if done.returncode:
        raise harness.Skip('it does not compile: ' + done.stderr)
    return program


def start_field(bench):
    """-> (first port, path of its FIFO)"""
    port, fifo = harness.free_ports(len(FAULTS)), bench.path('control')
    argv = [build(bench), '-n', str(len(FAULTS)), '-p', str(port), '-t', '10', '-c', fifo]
    for device, (fault, _) in enumerate(FAULTS):
        argv += ['-s', '%d:%s' % (device, fault)] if fault else []
    bench.start('fieldsim', argv)
    harness.wait_until('the field listens', lambda: harness.is_listening(port) and
                       os.path.exists(fifo))
    return port, fifo


def tags():
    """-> {tag: (address, type)}; of two counters in one answer one says what the other is"""
    found = {'device': (2, 'uint16'), 'tick': (4, 'uint32')}
    for first in BLOCKS:
        for k, address in enumerate(counters(first + 8)):
            found['c%d_%d' % (first, k)] = (address, 'uint16')
    return found


def config(port):
    lines = ['devices:']
    for device in range(len(FAULTS)):
        lines += ['  - id: d%d' % device, '    driver: modbus', '    every: 100ms',
                  '    timeout: 300ms', '    address: tcp://127.0.0.1:%d' % (port + device),
                  '    tags:']
        lines += ['      - {id: %s, at: "holding:%d", type: %s}' % (tag, *at)
                  for tag, at in tags().items()]
    return '\n'.join(lines) + '\n'


def wrong_values(gateway):
    """-> (rows that cannot be, number of good rows)"""
    answers, wrong, n = {}, [], 0
    for row in gateway.query("select device, tag, value, ts_us from history "
                             "where quality = 'good'"):
        device, tag, value, ts_us = row
        block = tag[:-2] if tag.startswith('c') else 'c%d' % BLOCKS[0]
        answers.setdefault((device, ts_us, block), {})[tag] = value
        n += 1
    for (device, ts_us, block), found in answers.items():
        number = int(device[1:])
        base = {tag: (value - tags()[tag][0]) % 65536 for tag, value in found.items()
                if tag.startswith('c')}
        if 'tick' in found:
            base['tick'] = found['tick'] % 65536
        if len(set(base.values())) > 1 or found.get('device', number) != number:
            wrong.append((device, ts_us, block, found))
    return wrong, n


def good_since(gateway, ts_us):
    return {row[0] for row in gateway.query(
        "select distinct device from history where quality = 'good' and ts_us > ?", ts_us)}


def newest(gateway):
    found = gateway.query('select max(ts_us) from history')
    return found[0][0] if found and found[0][0] else 0


def order(fifo, line):
    with open(fifo, 'w', encoding='utf-8') as file:
        file.write(line + '\n')


def test_no_fault_makes_a_wrong_value(bench):
    port, fifo = start_field(bench)
    gateway = harness.Gateway(bench, config(port))
    gateway.start()
    everybody = {'d%d' % device for device in range(len(FAULTS))}
    harness.wait_until('all are polled', lambda: good_since(gateway, 0) == everybody)
    began = newest(gateway)
    order(fifo, '%d:down=1' % GOES_AWAY)
    harness.wait_until('it ran for a time',
                       lambda: newest(gateway) > began + STRETCH_S * 1e6, STRETCH_S + 30)
    order(fifo, '%d:down=0' % GOES_AWAY)
    ended = newest(gateway)
    harness.wait_until('all are back', lambda: good_since(gateway, ended) == everybody, 45)
    gateway.process.stop()
    wrong, n = wrong_values(gateway)
    print('%d good readings of %d devices, %d wrong' % (n, len(FAULTS), len(wrong)))
    assert not wrong, wrong[:5]
    bad = dict(gateway.query("select device, avg(quality = 'bad') from history "
                             'where ts_us > ? group by device', began))
    for device, (fault, costs) in enumerate(FAULTS):
        share = bad['d%d' % device]
        assert share > 0 if costs else share < SPARED, (fault, share)


if __name__ == '__main__':
    harness.main(globals())
