#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""F30 and F38: 20 of 100 devices are away in every way there is, or one is very slow, and the
others do not notice.  All figures are the field's: when it saw each request.
POLLUX_LONG=1: minutes."""
import os
import time

import harness

DEVICES, FAULTY = 100, 20
FAULTS = ('blackhole', 'refuse', 'reset', 'trickle', 'garbage', 'silent')
STRETCH_S = 120 if os.environ.get('POLLUX_LONG', '0') not in ('', '0') else 8
ATTEMPTS = 3  # the machine has troubles of its own


def p99_ms(field, began_us, devices):
    """-> 99th percentile of the time between two polls of one device since then, in ms"""
    intervals, newest = [], {}
    for time_us, device in field.requests():
        if device in devices and time_us >= began_us:
            if device in newest:
                intervals.append((time_us - newest[device]) / 1000)
            newest[device] = time_us
    assert len(intervals) > 100, 'they are polled'
    return sorted(intervals)[len(intervals) * 99 // 100]


def stretch(field, devices):
    began_us = time.monotonic_ns() // 1000
    time.sleep(STRETCH_S)
    return p99_ms(field, began_us, devices)


def polled_since(field, began_us):
    return {device for time_us, device in field.requests() if time_us >= began_us}


def test_twenty_dead_of_a_hundred_disturb_nobody(bench):
    field = harness.Field(bench, DEVICES)
    harness.Gateway(bench, field.config(tags=4, every='500ms')).start()
    everybody, others = set(range(DEVICES)), set(range(FAULTY, DEVICES))
    harness.wait_until('all are polled', lambda: polled_since(field, 0) == everybody)
    for _ in range(ATTEMPTS):
        field.behave({d: 'answer' for d in range(FAULTY)})
        restored_us = time.monotonic_ns() // 1000
        harness.wait_until('all are back within a probe interval',
                           lambda: polled_since(field, restored_us) == everybody, 35)
        calm = stretch(field, others)
        field.behave({d: FAULTS[d % len(FAULTS)] for d in range(FAULTY)})
        disturbed = stretch(field, others)
        print('p99 of the interval of %d devices at 500 ms: %.1f ms, with %d dead %.1f ms'
              % (len(others), calm, FAULTY, disturbed))
        if disturbed <= 1.05 * calm:
            return
    raise AssertionError((calm, disturbed))


def missed(field, began_us, ended_us, devices, period_us):
    """-> polls that devices did not get at all in that time"""
    n, newest = 0, {}
    for time_us, device in field.requests():
        if device in devices and began_us <= time_us < ended_us:
            if device in newest:
                n += max(0, round((time_us - newest[device]) / period_us) - 1)
            newest[device] = time_us
    assert set(newest) == devices, devices - set(newest)
    return n


def test_one_slow_of_a_hundred_costs_no_poll(bench):
    """It answers after nine tenths of its timeout, so that two blocks take longer than its
    period."""
    field = harness.Field(bench, DEVICES - 1)
    port = harness.free_ports()
    bench.start('slow', [os.path.join(harness.PEERS, 'paced_peer'), 'tcp', str(port),
                         '900000'])
    harness.wait_until('it listens', lambda: harness.is_listening(port))
    gateway = harness.Gateway(bench, field.config(tags=4, every='500ms') + '''
  - id: slow
    driver: modbus
    address: tcp://127.0.0.1:%d
    every: 1s
    timeout: 1s
    tags:
      - {id: t0, at: "holding:0", type: uint16}
      - {id: t1, at: "holding:1000", type: uint16}
''' % port)
    gateway.start()
    others = set(range(DEVICES - 1))
    harness.wait_until('all are polled', lambda: polled_since(field, 0) == others)
    for _ in range(ATTEMPTS):
        began_us = time.monotonic_ns() // 1000
        time.sleep(STRETCH_S)
        n = missed(field, began_us, time.monotonic_ns() // 1000, others, 500000)
        print('%d polls missed by %d devices beside a slow one' % (n, len(others)))
        if n == 0:
            break
    assert n == 0, n
    found = gateway.query("select tag, quality, count(*) from history where device = 'slow' "
                          'group by tag, quality')
    assert {(tag, quality) for tag, quality, _ in found} == {('t0', 'good'), ('t1', 'good')}, (
        found)


if __name__ == '__main__':
    harness.main(globals())
