#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What forecasts were worth is not forgotten by kill -9."""
import harness

CONFIG = '''
history: {commit: 200ms}
devices:
  - id: plant
    driver: sim
    every: 50ms
    tags:
      - {id: u, at: "sine(period=30s,amplitude=0.2,offset=5)", type: float64}
      - {id: y, at: "constant(value=5)+noise(sigma=0.5)", type: float64}
twin:
  monitor: {learn: 180}
  forecasts: {horizons: [5s, 10s], every: 5s}
  components:
    - id: lag
      model: first_order
      parameters: {gain: 1, tau: 2}
      inputs: {u: plant/u}
      outputs: {y: plant/y}
'''


def record(gateway, at_least):
    """-> outcomes by horizon, once each has so many"""
    def enough():
        status = gateway.status()
        found = {f['horizon_s']: f['n'] + f['in_alarm']['n']
                 for f in status.get('forecasts', ())} if status else {}
        return found if found and min(found.values()) >= at_least else None
    return harness.wait_until('%d outcomes' % at_least, enough, 90)


def test_record_outlives_a_kill(bench):
    gateway = harness.Gateway(bench, CONFIG)
    gateway.start()
    before = record(gateway, 3)
    harness.wait_until('they are committed', lambda: gateway.query(
        'select count(*) from forecasts where actual is not null')[0][0] >=
        sum(before.values()), 10)
    gateway.process.kill()
    kept = gateway.query('select count(*) from forecasts where actual is not null')[0][0]
    gateway.start()
    after = record(gateway, 1)
    print('outcomes before %s, after %s, in the history %d' % (before, after, kept))
    assert all(after[h] >= before[h] for h in before)
    assert kept <= sum(after.values())
    text = bench.run([harness.POLLUX, 'status', '-c', gateway.config])
    assert text.returncode == 0 and 'too few outcomes yet' in text.stdout, text.stdout
    assert 'plant/y' in text.stdout and 'outlook' in text.stdout
    code, _ = gateway.process.stop()
    assert code == 0, code


if __name__ == '__main__':
    harness.main(globals())
