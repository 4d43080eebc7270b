#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What `check -v` predicts and what then happens: requests, time of a cycle, load."""
import collections
import os
import re
import statistics

import harness

Answer = collections.namedtuple('Answer', 'arrived_us answered_us unit count')
SECONDS = 8


def predict(bench, config):
    """-> ({device: [(requests, ms) of each group]}, load in %, requests a second)"""
    path = bench.write('predicted.yaml', config)
    text = bench.run([harness.POLLUX, 'check', '-v', '-c', path]).stdout
    groups = collections.defaultdict(list)
    for line in text.splitlines():
        device = re.match(r'device (\S+):', line)
        cycle = re.match(r' +(\d+) requests? a cycle, about ([\d.]+) ms', line)
        if device:
            name = device.group(1)
        elif cycle:
            groups[name].append((int(cycle.group(1)), float(cycle.group(2))))
    load = re.search(r'^load of \S+: ([\d.]+) %, ([\d.e+]+) requests/s', text, re.M)
    return groups, float(load.group(1)), float(load.group(2))


def answers(peer):
    lines = peer.output().rpartition('\n')[0].splitlines()
    return [Answer(*map(int, line.split())) for line in lines]


def cycles(found, unit, period_ms):
    """-> [(requests, ms from the first request to the last answer)]; a pause of a third of
    the period is between two"""
    groups = []
    for one in sorted(a for a in found if a.unit == unit):
        if groups and one.arrived_us - groups[-1][-1].answered_us < period_ms * 333:
            groups[-1].append(one)
        else:
            groups.append([one])
    return [(len(g), (max(a.answered_us for a in g) - g[0].arrived_us) / 1e3)
            for g in groups[1:-1]]


def busy_pct(found):
    """share of the time in which at least one request was on the way"""
    busy, end = 0, 0
    for one in sorted(found):
        busy += max(0, one.answered_us - max(one.arrived_us, end))
        end = max(end, one.answered_us)
    return 100 * busy / (max(a.arrived_us for a in found) - min(a.arrived_us for a in found))


def near(what, predicted, measured):
    print('%s: predicted %.4g, measured %.4g' % (what, predicted, measured))
    assert abs(measured - predicted) <= 0.2 * predicted, (what, predicted, measured)


def run_gateway(bench, config, peer):
    """-> (answers of SECONDS after the start, the status then)"""
    gateway = harness.Gateway(bench, config)
    gateway.start()
    harness.wait_until('the device is polled', lambda: len(answers(peer)) > 10)
    before = answers(peer)[-1].answered_us
    harness.wait_until('it was polled for a time', lambda: answers(peer)[-1].answered_us >
                       before + SECONDS * 1e6, SECONDS + 20)
    status = gateway.status()
    gateway.process.stop()
    return [a for a in answers(peer) if a.arrived_us > before], status


def check_cycle(found, unit, period_ms, group):
    seen = cycles(found, unit, period_ms)
    assert len(seen) >= 5, seen
    requests = statistics.median(n for n, _ in seen)
    assert requests == group[0], (requests, group)
    near('cycle of unit %d in ms' % unit, group[1], statistics.median(ms for _, ms in seen))


def check_load(found, status, load_pct, requests_per_s):
    near('load in %', load_pct, busy_pct(found))
    near('load in % by status', load_pct,
         100 * sum(d['bus_load_ratio'] for d in status['devices']))
    seconds = (max(a.arrived_us for a in found) - min(a.arrived_us for a in found)) / 1e6
    near('requests a second', requests_per_s, len(found) / seconds)


def tcp_config(port, in_flight):
    """Two tables and a gap too wide to bridge: three requests, those of the slow group come
    with the fast one's."""
    return '\n'.join([
        'devices:', '  - id: d', '    driver: modbus', '    address: tcp://127.0.0.1:%d' % port,
        '    every: 200ms', '    round_trip: 20ms', '    limits: {in_flight: %d}' % in_flight,
        '    tags:',
        '      - {id: a, at: "holding:0", type: float32}',
        '      - {id: b, at: "holding:1000", type: float32}',
        '      - {id: c, at: "input:0", type: uint16}',
        '      - {id: d, at: "holding:4", type: uint16, every: 1s}']) + '\n'


def check_tcp(bench, in_flight):
    port = harness.free_ports()
    peer = bench.start('peer', [os.path.join(harness.PEERS, 'paced_peer'), 'tcp', str(port),
                                '20000'])
    harness.wait_until('the device listens', lambda: harness.is_listening(port))
    config = tcp_config(port, in_flight)
    groups, load_pct, requests_per_s = predict(bench, config)
    assert groups['d'][0][0] == 3, groups
    found, status = run_gateway(bench, config, peer)
    check_cycle(found, 1, 200, groups['d'][0])
    check_load(found, status, load_pct, requests_per_s)


def test_tcp_does_what_was_predicted(bench):
    check_tcp(bench, 1)


def test_requests_in_flight_do_what_was_predicted(bench):
    check_tcp(bench, 3)


def test_serial_line_does_what_was_predicted(bench):
    link = bench.path('line')
    peer = bench.start('peer', [os.path.join(harness.PEERS, 'paced_peer'), 'rtu', link,
                                '19200', '11', '5000'])
    harness.wait_until('the line is there', lambda: os.path.exists(link))
    lines = ['devices:']
    for unit, period, tables in ((1, '500ms', ('holding', 'input')), (2, '1s', ('holding',))):
        lines += ['  - id: u%d' % unit, '    driver: modbus', '    unit: %d' % unit,
                  '    address: "rtu://%s?baud=19200&parity=even&stop=1"' % link,
                  '    every: ' + period, '    round_trip: 5ms', '    tags:']
        lines += ['      - {id: %s%d, at: "%s:%d", type: float32}' % (t[0], i, t, 2 * i)
                  for t in tables for i in range(10 * unit)]
    config = '\n'.join(lines) + '\n'
    groups, load_pct, requests_per_s = predict(bench, config)
    assert groups['u1'][0][0] == 2 and groups['u2'][0][0] == 1, groups
    found, status = run_gateway(bench, config, peer)
    check_cycle(found, 1, 500, groups['u1'][0])
    check_cycle(found, 2, 1000, groups['u2'][0])
    check_load(found, status, load_pct, requests_per_s)


if __name__ == '__main__':
    harness.main(globals())
