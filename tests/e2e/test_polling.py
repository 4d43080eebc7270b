#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The schedule as the field sees it: after a freeze, and against the gateway's own figures.

POLLUX_LONG=1: freezes of up to two minutes."""
import json
import os
import signal
import time

import harness

DEVICES = 8
PERIOD_MS = 200
FREEZES_S = (1, 10, 120) if os.environ.get('POLLUX_LONG', '0') not in ('', '0') else (1, 3)


def now_us():
    return time.monotonic_ns() // 1000  # the field's clock too


def polls(field, device, since_us=0, until_us=1 << 62):
    """-> times in us at which a device saw a request; each asks for all of its tags"""
    return [t for t, d in field.requests() if d == device and since_us <= t < until_us]


def freeze(process, seconds):
    """-> (stopped, woken) in us; nothing comes from the process in between"""
    process.popen.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.popen.pid, os.WSTOPPED)
    stopped = now_us()
    time.sleep(seconds)  # what is tested is that time passes
    woken = now_us()
    process.popen.send_signal(signal.SIGCONT)
    return stopped, woken


def percentile(values, q):
    return sorted(values)[min(len(values) * q // 100, len(values) - 1)]


def test_frozen_gateway_polls_each_tag_once_when_it_wakes(bench):
    field = harness.Field(bench, DEVICES)
    gateway = harness.Gateway(bench, field.config(tags=3, every='%dms' % PERIOD_MS))
    process = gateway.start()
    devices = range(DEVICES)

    def wait_polls(n, since_us=0):
        harness.wait_until('%d polls of each device' % n, lambda: min(
            len(polls(field, d, since_us)) for d in devices) >= n)

    wait_polls(10)
    for seconds in FREEZES_S:
        stopped, woken = freeze(process, seconds)
        wait_polls(6, woken)
        for d in devices:
            assert not polls(field, d, stopped + 100000, woken), 'a poll while it was stopped'
            first = polls(field, d, woken, woken + PERIOD_MS * 1000)
            assert len(first) <= 1, (seconds, d, first)
            lengths = [b - a for a, b in zip(first, polls(field, d, woken)[1:2])]
            assert all(n >= PERIOD_MS * 750 for n in lengths), (seconds, d, lengths)
    process.stop()
    assert not gateway.query("select * from history where quality <> 'good'")
    # Before and after all freezes a device is polled at the same instants of its period.
    for d in devices:
        phases = [t % (PERIOD_MS * 1000) for t in polls(field, d)]
        before, after = sorted(phases[4:9])[2], sorted(phases[-5:])[2]
        moved = (after - before + PERIOD_MS * 500) % (PERIOD_MS * 1000) - PERIOD_MS * 500
        assert abs(moved) < 20000, (d, moved, phases[4:9], phases[-5:])


def test_tags_of_several_periods_share_requests(bench):
    """Tags that take turns in the map: every slow one comes with the fast ones."""
    periods_ms = [100, 400, 200, 1000]
    field = harness.Field(bench, 2)
    lines = field.config(tags=len(periods_ms), every='100ms').splitlines()
    for t, period_ms in enumerate(periods_ms):
        lines = [line.replace('{id: t%d,' % t, '{id: t%d, every: %dms,' % (t, period_ms))
                 for line in lines]
    gateway = harness.Gateway(bench, '\n'.join(lines) + '\n')
    gateway.start()
    harness.wait_until('40 polls', lambda: len(polls(field, 1)) >= 40)
    for d in range(field.n):
        seen = polls(field, d)[4:]  # the first reads come soon, whatever the period
        assert min(b - a for a, b in zip(seen, seen[1:])) > 50000, (d, seen)
    gateway.process.stop()
    counts = dict(gateway.query(
        "select tag, count(*) from history where device = 'd1' group by tag"))
    assert counts['t0'] >= 38 and counts['t2'] >= 18, counts
    assert counts['t1'] >= 9 and counts['t3'] >= 3, counts


def check_published(sink, status):
    """Each device is told every 30 s, with the figures of status at that time."""
    topic = 'pollux/cell7/%s/status' % status['id']
    told = harness.wait_until('figures of %s' % status['id'], lambda: [
        s for s in (json.loads(m.payload) for m in sink.messages() if m.topic == topic)
        if 'groups' in s], 40)[0]
    assert told['state'] == 'ok' and told['ok_pct'] == 100, told
    assert {'requests', 'answers', 'late_answers', 'registers', 'errors', 'overruns',
            'bus_load_ratio'} <= set(told) <= set(status) | {'since'}, told
    assert set(told['rtt']) == {'p50_ms', 'p95_ms', 'p99_ms', 'n'}, told
    assert set(told['groups'][0]) == set(status['groups'][0]), told


def test_figures_are_those_that_the_field_saw(bench):
    field, broker = harness.Field(bench, DEVICES), harness.Broker(bench)
    sink = harness.Sink(bench, broker, 'pollux/+/+/status')
    gateway = harness.Gateway(bench, 'mqtt: {servers: [mqtt://127.0.0.1:%d]}\n' % broker.port
                              + field.config(tags=3, every='%dms' % PERIOD_MS))
    gateway.start()
    harness.wait_until('100 polls', lambda: len(polls(field, DEVICES - 1)) >= 100, 60)
    least = [len(polls(field, d)) for d in range(DEVICES)]
    devices = gateway.status()['devices']
    for d, status in enumerate(devices):
        seen = polls(field, d)
        group = status['groups'][0]
        n = group['interval']['n']
        lengths = [(b - a) / 1000 for a, b in zip(seen, seen[1:])][:n]
        assert least[d] <= status['requests'] <= len(seen), (least[d], status, len(seen))
        assert group['reads'] == n + 1 and group['tags'] == 3, group
        assert abs(group['interval']['p50_ms'] - percentile(lengths, 50)) <= \
            0.02 * PERIOD_MS, (group, percentile(lengths, 50))
        assert group['interval']['p99_ms'] <= max(lengths) * 1.02 + 20, (group, max(lengths))
        assert 0 < status['rtt']['p50_ms'] <= status['rtt']['p99_ms'] < 300, status['rtt']
        assert 0 < status['bus_load_ratio'] < 0.5, status
        check_published(sink, status)
    shown = bench.run([harness.POLLUX, 'status', '-v', '-c', gateway.config]).stdout
    assert shown.count('  every %d ms: 3 tags, interval p50 ' % PERIOD_MS) == DEVICES, shown
    assert shown.count('; bus load ') == DEVICES, shown
    print('interval p99 %s ms at %d ms' % (
        [round(s['groups'][0]['interval']['p99_ms'], 1) for s in devices], PERIOD_MS))


if __name__ == '__main__':
    harness.main(globals())
