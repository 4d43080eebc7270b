#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Remaining life in the running gateway: what moves towards its limit is told in time."""
import os

import harness

CONFIG = '''
history: {commit: 100ms}
devices:
  - id: filter
    driver: sim
    every: 50ms
    tags: [{id: dp, at: "constant(value=400)", type: float64, unit: Pa}]
twin:
  trends: [{tag: filter/dp, limit: 450, name: filter dirty}]
'''
DAY_S = 86400
NOT_YET = 'too little seen of it yet'


def outlook(gateway):
    """-> what the status says of the filter, once it was looked at; else None"""
    status = gateway.status()  # without an outlook while it does not run
    found = status['outlook'][0] if status and 'outlook' in status else None
    return found if found and found['no_prediction'] != NOT_YET else None


def run(bench, from_pa, pa_per_day):
    """-> (gateway after 20 days, what it says of the filter)"""
    gateway = harness.Gateway(bench, CONFIG)
    done = bench.run([os.path.join(harness.PEERS, 'past'), gateway.config, 'ramp', 'filter/dp',
                      str(from_pa), str(pa_per_day), '20'])
    assert done.returncode == 0, done.stderr
    gateway.start()
    return gateway, harness.wait_until('the trend was looked at', lambda: outlook(gateway))


def test_clogging_filter_is_told_in_days(bench):
    gateway, found = run(bench, 200, 10)  # 400 Pa by now: 450 in five days
    assert found['tag'] == 'filter/dp' and found['no_prediction'] is None, found
    assert 3 * DAY_S < found['p10_s'] <= found['p50_s'] <= found['p90_s'] < 8 * DAY_S, found
    messages = harness.wait_until('it is an event', lambda: [
        message for message, in gateway.query(
            "select message from events where kind = 'outlook'")])
    assert len(messages) == 1 and messages[0].startswith(
        'filter/dp reaches 450 Pa (filter dirty) in '), messages
    assert messages[0].endswith(' days'), messages
    assert gateway.process.stop()[0] == 0


def test_filter_that_stays_clean_is_no_prediction(bench):
    gateway, found = run(bench, 300, 1e-6)
    assert found['p50_s'] is None and found['no_prediction'], found
    assert gateway.query("select 1 from events where kind = 'outlook'") == []
    assert gateway.process.stop()[0] == 0


if __name__ == '__main__':
    harness.main(globals())
