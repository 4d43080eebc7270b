#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Silent devices do not delay the others: 4 of 20, against a stretch without silence."""
import harness

DEVICES, SILENT = 20, 4
ROUNDS = 80  # polls of each device in a stretch


def period_p99(requests, devices):
    """-> 99th percentile of the time between two polls of one device, in ms"""
    periods, newest = [], {}
    for time_us, device in requests:
        if device in devices and device in newest:
            periods.append((time_us - newest[device]) / 1000)
        newest[device] = time_us
    return sorted(periods)[len(periods) * 99 // 100]


def test_others_keep_their_period(bench):
    field = harness.Field(bench, DEVICES)
    harness.Gateway(bench, field.config(tags=10)).start()
    others = set(range(SILENT, DEVICES))

    def stretch():
        """-> the requests of as many rounds, once all others are being polled"""
        first = len(field.requests())

        def enough():
            found = field.requests()[first:]
            counts = [sum(d == one for _, d in found) for one in others]
            return found if min(counts) >= ROUNDS else None
        return harness.wait_until('%d rounds' % ROUNDS, enough, 60)

    harness.wait_until('all are polled',
                       lambda: {d for _, d in field.requests()} == set(range(DEVICES)))
    calm = period_p99(stretch(), others)
    for device in range(SILENT):
        field.answer(device, 0)
    disturbed = period_p99(stretch(), others)
    print('p99 of the period of %d devices at 100 ms: %.1f ms, with %d silent %.1f ms'
          % (len(others), calm, SILENT, disturbed))
    assert disturbed <= 2 * calm, (calm, disturbed)


if __name__ == '__main__':
    harness.main(globals())
