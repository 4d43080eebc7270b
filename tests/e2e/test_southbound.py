#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Devices that publish by themselves, through a real broker that goes away."""
import json

import harness

DEVICE = '''
mqtt: {servers: ["mqtt://127.0.0.1:%d"]}
devices:
  - id: hall
    driver: mqtt
    address: mqtt://127.0.0.1:%d/plant/+/state?expire=1s
    every: 200ms
    tags:
      - {id: boiler, at: "boiler#/temperature", type: float64, unit: degC}
      - {id: door, at: door, type: bool}
'''


class Publisher:
    """mosquitto_pub; says one thing again and again, as sensors do"""

    def __init__(self, bench, broker):
        self.bench = bench
        self.broker = broker
        self.program = harness.require('mosquitto_pub')

    def say(self, topic, message):
        done = self.bench.run([self.program, '-h', '127.0.0.1', '-p',
                               str(self.broker.port), '-t', topic, '-m', message])
        return done.returncode == 0


def test_values_come_through_and_silence_is_told(bench):
    broker = harness.Broker(bench)
    sink = harness.Sink(bench, broker)
    publisher = Publisher(bench, broker)
    gateway = harness.Gateway(bench, DEVICE % (broker.port, broker.port))
    gateway.start()

    def now():
        return {tag: (value, quality) for tag, value, quality in
                gateway.query('select tag, value, quality from now')}

    def hears(temperature, door):
        def heard():
            publisher.say('plant/boiler/state', json.dumps({'temperature': temperature}))
            publisher.say('plant/door/state', door)
            return now() == {'boiler': (temperature, 'good'),
                             'door': (float(door == 'ON'), 'good')}
        harness.wait_until('%g is heard' % temperature, heard)
    hears(21.5, 'ON')
    state = harness.wait_until('it is published', lambda: sink.last(
        'pollux/cell7/hall/boiler/state'))
    assert json.loads(state)['value'] == 21.5, state
    harness.wait_until('silence is stale',
                       lambda: now()['boiler'] == (None, 'stale'))
    hears(22.5, 'OFF')
    broker.stop()
    harness.wait_until('without a broker it is bad',
                       lambda: now()['boiler'] == (None, 'bad'))
    broker.start()
    hears(23.5, 'ON')
    rows = [row.value for row in gateway.rows() if row.tag == 'boiler' and
            row.quality == 'good']
    assert set(rows) == {21.5, 22.5, 23.5}, rows
    harness.check_balance(gateway.status())


if __name__ == '__main__':
    harness.main(globals())
