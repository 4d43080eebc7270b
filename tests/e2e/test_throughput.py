#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The throughput of the line as a tag of the running gateway, and a machine that slows."""
import os
import threading
import time

import harness

LINE = '''
sources: [{id: feed}]
stations:
  - {id: filler, time: "gamma(20ms, 16)", tags: {count: cell/count, rejects: cell/bad}}
ways:
  - {from: feed, to: filler, places: 5}
  - {from: filler, to: out, share: 0.98}
  - {from: filler, to: out, share: 0.02, scrap: true}
run: {for: 1h, warm_up: 10s, replications: 10}
'''
CONFIG = '''
history: {commit: 100ms}
line: {file: line.yaml, window: 2s, every: 2s, shift: 1min}
twin: {monitor: {alarm_after: 1}}
devices:
  - id: cell
    driver: sysfs
    address: sysfs://%s
    every: 50ms
    tags:
      - {id: count, at: counters#count=, type: uint64}
      - {id: bad, at: counters#bad=, type: uint64}
'''


class Machine:
    """Counts jobs in a file, one in fifty of them bad."""

    def __init__(self, path):
        self.path = path
        self.each_s = 0.02
        self.jobs = 0.0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        at = time.monotonic()
        while not self.over.wait(0.01):
            now = time.monotonic()
            self.jobs += (now - at) / self.each_s
            at = now
            with open(self.path + '.new', 'w', encoding='ascii') as file:
                file.write('count=%d\nbad=%d\n' % (self.jobs, self.jobs / 50))
            os.replace(self.path + '.new', self.path)

    def stop(self):
        self.over.set()
        self.thread.join()


def test_a_line_that_slows_drifts(bench):
    bench.write('line.yaml', LINE)
    machine = Machine(bench.path('counters'))
    gateway = harness.Gateway(bench, CONFIG % bench.folder)
    process = gateway.start()

    def of(state):
        return gateway.query("select value, predicted, quality from history where device = "
                             "'line' and tag = 'throughput' and state = ? order by ts_us",
                             state)

    harness.wait_until('it is judged', lambda: len(of('healthy')) >= 2, 40)
    shift = harness.wait_until('the shift is foretold', lambda: gateway.query(
        "select shift.value, made.value, shift.source, shift.quality from history shift, "
        "history made where shift.tag = 'shift_p50' and made.tag = 'shift_made' and "
        "made.ts_us = shift.ts_us order by shift.ts_us desc limit 1"))
    print(shift)
    assert shift[0][2:] == ('simulated', 'uncertain'), shift
    # at most a minute of 49 parts a second, and what was made since the start, or the minute
    assert 0 <= shift[0][1] <= shift[0][0] < 1.05 * 60 * 49, shift
    machine.each_s = 0.02 / 0.7
    harness.wait_until('it drifts', lambda: of('drift'), 40)
    machine.stop()
    value, predicted, quality = of('healthy')[0]
    print(of('learning'), of('healthy'), of('drift'))
    assert quality == 'good', quality
    # 3,600 s over 20 ms, less 2 %
    assert abs(predicted / 176400 - 1) < 0.02, predicted
    assert abs(value / predicted - 1) < 0.1, value
    assert of('drift')[0][0] < 0.85 * predicted, of('drift')
    alarms = harness.wait_until('it is an alarm', lambda: gateway.query(
        "select kind, state, message from alarms where device = 'line'"))
    assert alarms[0][0] == 'drift' and 'line/throughput' in alarms[0][2], alarms
    told = gateway.query("select severity, message from events where kind = 'throughput'")
    assert len(told) == 1 and told[0][0] == 'info', told
    done = bench.run([harness.POLLUX, 'read', 'line/throughput', '-c', gateway.config])
    print(done.stdout)
    assert done.returncode == 0 and '1/h' in done.stdout, done
    assert process.stop()[0] == 0


if __name__ == '__main__':
    harness.main(globals())
