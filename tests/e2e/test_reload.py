#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""SIGHUP: all of a valid configuration, nothing of an invalid one."""
import signal

import harness


def reload(gateway, text):
    with open(gateway.config, 'w', encoding='utf-8') as file:
        file.write('gateway: {id: cell7, state_dir: %s}\n' % gateway.state + text)
    gateway.process.popen.send_signal(signal.SIGHUP)


def test_reload_takes_all_or_nothing(bench):
    field = harness.Field(bench, 2)
    both = field.config()
    first = both[:both.index('  - id: d1')]
    gateway = harness.Gateway(bench, first)
    gateway.start()
    gateway.wait_rows(10)

    reload(gateway, first.replace('driver: modbus', 'driver: modbuz'))
    harness.wait_until('the reason is told',
                       lambda: 'gateway.yaml:4:' in gateway.process.errors())
    gateway.wait_rows(gateway.count() + 10)
    assert {r.device for r in gateway.rows()} == {'d0'}

    reload(gateway, both)
    harness.wait_until('the new device is stored',
                       lambda: 'd1' in {r.device for r in gateway.rows()})
    reload(gateway, first)
    harness.wait_until('its polls end', lambda: [
        d for _, d in field.requests()[-8:]] == [0] * 8)
    count = [row for row in gateway.rows() if row.device == 'd1']
    assert gateway.process.is_running() and count
    times = [t for t, d in field.requests() if d == 0]
    longest = max(b - a for a, b in zip(times, times[1:])) / 1000
    print('longest pause of the device that stayed: %.0f ms at 100 ms' % longest)
    assert gateway.process.stop()[0] == 0


if __name__ == '__main__':
    harness.main(globals())
