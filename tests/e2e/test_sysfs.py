#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Values that the kernel itself offers, and files that come and go."""
import os

import harness

DEVICE = '''
devices:
  - id: board
    driver: sysfs
    address: sysfs://%s
    every: 100ms
    tags:
      - {id: total, at: "/proc/meminfo#MemTotal:", type: uint64}
      - {id: kernel, at: /proc/sys/kernel/ostype, type: string(20)}
      - {id: temp, at: "28-*/w1_slave#t=", type: int32, scale: 0.001}
'''
SENSOR = '''72 01 4b 46 7f ff 0e 10 57 : crc=57 YES
72 01 4b 46 7f ff 0e 10 57 t=%d
'''


def test_values_of_the_kernel_and_a_sensor_that_is_unplugged(bench):
    gateway = harness.Gateway(bench, DEVICE % bench.folder)
    gateway.start()

    def now():
        return {tag: (value, quality) for tag, value, quality in
                gateway.query('select tag, value, quality from now')}

    def sensor_is(value, quality):
        harness.wait_until('the sensor is %s' % quality,
                           lambda: now().get('temp') == (value, quality))
    with open('/proc/meminfo', encoding='ascii') as file:
        total = int(file.readline().split()[1])
    with open('/proc/sys/kernel/ostype', encoding='ascii') as file:
        kernel = file.read().strip()
    harness.wait_until('the kernel is read', lambda: now().get('total') == (total, 'good'))
    assert now()['kernel'] == (kernel, 'good'), now()
    sensor_is(None, 'bad')
    bench.mkdir('28-0316a2795bff')
    bench.write('28-0316a2795bff/w1_slave', SENSOR % 23125)
    sensor_is(23.125, 'good')
    os.remove(bench.path('28-0316a2795bff/w1_slave'))
    sensor_is(None, 'bad')
    bench.write('28-0316a2795bff/w1_slave', SENSOR % -500)
    sensor_is(-0.5, 'good')
    assert now()['total'] == (total, 'good'), now()


if __name__ == '__main__':
    harness.main(globals())
