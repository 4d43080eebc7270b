#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""An alarm through the hands of people: raised, acknowledged, shelved, back again."""
import json

import harness

TOPIC = 'pollux/cell7/d0/t1/alarm'
CONFIG = '''
mqtt: {servers: ["mqtt://127.0.0.1:%d"]}
history: {commit: 200ms}
'''


class Desk:
    """`pollux alarms` for one gateway."""

    def __init__(self, bench, gateway):
        self.bench = bench
        self.config = gateway.config

    def run(self, *argv):
        """-> (exit code, what it said)"""
        done = self.bench.run([harness.POLLUX, 'alarms'] + list(argv) +
                              ['-c', self.config])
        assert not any(word in done.stderr for word in harness.SANITIZERS), done.stderr
        return done.returncode, done.stdout + done.stderr


def test_alarm_is_seen_put_aside_and_comes_back(bench):
    broker = harness.Broker(bench)
    sink = harness.Sink(bench, broker)
    field = harness.Field(bench, 1, [(4, 7)])  # t1 is refused, hence bad
    gateway = harness.Gateway(bench, CONFIG % broker.port + field.config(tags=3))
    desk = Desk(bench, gateway)
    code, said = desk.run('ack', 'd0/t1')
    assert code == 1 and 'no gateway runs there' in said, said
    process = gateway.start()

    def alarm():
        payload = sink.last(TOPIC)
        return json.loads(payload) if payload else {}

    def wait_state(state):
        harness.wait_until('the alarm is ' + state, lambda: alarm().get('state') == state)

    wait_state('active')
    assert gateway.status()['unacknowledged'] == 1, gateway.status()
    first = alarm()['id']
    code, said = desk.run('ack', str(first))
    assert (code, said) == (0, '%d: done\n' % first), said
    wait_state('acknowledged')
    assert alarm()['id'] == first and gateway.status()['unacknowledged'] == 0
    code, said = desk.run('ack', 'd0/t1')
    assert code == 1 and 'already' in said, said
    code, said = desk.run('ack', 'd0/t0')
    assert code == 1 and "there is no alarm 'd0/t0'" in said, said

    assert desk.run('shelve', 'd0/t1', '2s')[0] == 0
    wait_state('shelved')
    wait_state('active')  # its time is over
    assert desk.run('shelve', 'd0/t1', '8h')[0] == 0
    wait_state('shelved')
    assert desk.run('shelve', 'd0/t1', '0')[0] == 0
    wait_state('active')
    for wrong in (['shelve', 'd0/t1'], ['shelve', 'd0/t1', 'soon'], ['ack'],
                  ['shelve', 'd0/t1', '8d'], ['ack', 'd0/t1', 'more']):
        assert desk.run(*wrong)[0] == 2, wrong

    harness.wait_until('all of it is in the history', lambda: [
        state for state, in gateway.query(
            "select state from events where tag = 't1' order by time")] == [
                'active', 'acknowledged', 'shelved', 'active', 'shelved', 'active'])
    rows = gateway.query('select state, acknowledged_by from alarms')
    assert len(rows) == 1 and rows[0][0] == 'active' and rows[0][1], rows
    process.stop()


if __name__ == '__main__':
    harness.main(globals())
