#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""F30: 20 of 100 devices are away in every way there is, and the others do not notice.
All figures are the field's: when it saw each request.  POLLUX_LONG=1: minutes."""
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


if __name__ == '__main__':
    harness.main(globals())
