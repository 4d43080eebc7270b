#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random instants: nothing committed is lost, nothing sent twice differs."""
import collections
import os
import random
import time

import harness

KILLS = int(os.environ.get('POLLUX_KILLS', '20'))
SEED = int(os.environ.get('POLLUX_SEED', '1'))


def wait_random_instant(chance, gateway, before):
    """until the gateway has committed something new, and then some more time"""
    gateway.wait_rows(before + 1)
    deadline = time.monotonic() + chance.uniform(0, 1.2)
    harness.wait_until('the instant has come', lambda: time.monotonic() >= deadline, 2)


def check_rows(rows):
    """each from its own tag, one per identity, in the order in which it was measured"""
    newest = collections.defaultdict(lambda: (0, -1))
    for row in rows:
        if row.quality != 'good':
            continue
        device, tag, count = harness.Field.origin(row.value)
        assert (device, tag) == (row.device, row.tag), row
        assert newest[device, tag][0] < row.ts_us, row
        assert newest[device, tag][1] < count, row
        newest[device, tag] = (row.ts_us, count)


def check_published(samples, rows):
    """-> number of repeats; every row arrived, and under one identity one value"""
    stored = {(r.device, r.tag, r.ts_us // 1000): r.value for r in rows}
    seen, repeats = {}, 0
    for _, device, tag, ts, value in samples:
        identity = (device, tag, ts)
        if value is not None:
            assert harness.Field.origin(value)[:2] == (device, tag), (identity, value)
        repeats += identity in seen
        assert seen.setdefault(identity, value) == value, (identity, value)
        assert identity not in stored or stored[identity] == value, (identity, value)
    missing = [identity for identity in stored if identity not in seen]
    assert not missing, (len(missing), missing[:5])
    return repeats


def test_nothing_committed_is_lost(bench):
    chance = random.Random(SEED)
    field = harness.Field(bench, 3)
    broker = harness.Broker(bench)
    sink = harness.Sink(bench, broker)
    gateway = harness.Gateway(bench, field.config(tags=5, every='50ms') + '''
history: {commit: 200ms}
mqtt: {servers: ["mqtt://127.0.0.1:%d"], qos: 1}
''' % broker.port)
    committed = set()
    for _ in range(KILLS):
        gateway.start()
        wait_random_instant(chance, gateway, len(committed))
        before = set(gateway.rows())
        gateway.process.kill()
        assert committed <= before, len(committed - before)
        committed = before
    gateway.start()
    gateway.wait_rows(len(committed) + 100)
    gateway.wait_delivered()
    code, _ = gateway.process.stop()
    assert code == 0, code
    rows = gateway.rows()
    assert committed <= set(rows), len(committed - set(rows))
    check_rows(rows)
    harness.wait_until('the sink has caught up',
                       lambda: len({s[1:4] for s in sink.samples()}) >= len(rows))
    repeats = check_published(sink.samples(), rows)
    print('seed %d: %d kills, %d rows, 0 lost, 0 misattributed, %d repeats'
          % (SEED, KILLS, len(rows), repeats))


if __name__ == '__main__':
    harness.main(globals())
