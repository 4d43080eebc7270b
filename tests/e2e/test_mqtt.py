#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Topics and payloads as promised, seen by mosquitto_sub."""
import json

import harness

KEYS = ('ts time device tag value unit quality source predicted estimate sigma residual '
        'score state drift setpoint').split()
QUALITIES = ('good', 'uncertain', 'stale', 'bad')
STATES = ('learning', 'healthy', 'spike', 'transient', 'drift', 'mismatch', 'stale', 'bad')


def start(bench, layout='tag'):
    field = harness.Field(bench, 2)
    broker = harness.Broker(bench)
    sink = harness.Sink(bench, broker)
    gateway = harness.Gateway(bench, field.config(tags=2) + '''
mqtt: {servers: ["mqtt://127.0.0.1:%d"], layout: %s, qos: 1}
''' % (broker.port, layout))
    gateway.start()
    return field, broker, sink, gateway


def check_state(payload, device, tag):
    state = json.loads(payload)
    assert [key for key in KEYS if key not in state] == [], state
    assert (state['device'], state['tag']) == (device, tag), state
    assert state['quality'] in QUALITIES and state['state'] in STATES, state
    assert isinstance(state['ts'], int) and isinstance(state['drift'], bool), state
    if state['quality'] == 'good':
        assert harness.Field.origin(state['value'])[:2] == (device, tag), state
    else:
        assert state['value'] is None, state
    return state


def test_topics_and_keys(bench):
    _, broker, sink, gateway = start(bench)
    harness.wait_until('samples arrive', lambda: len(sink.samples()) > 40)
    newest = {}
    for message in sink.messages():
        parts = message.topic.split('/')
        assert parts[:2] == ['pollux', 'cell7'], message
        if parts[2:] == ['availability']:
            assert message.payload == 'online'
        elif message.payload:
            json.loads(message.payload)
        if parts[-1] == 'state':
            state = check_state(message.payload, parts[2], parts[3])
            assert message.retained or state['ts'] > newest.get(message.topic, 0), message
            newest[message.topic] = state['ts']
    assert len(newest) == 4, newest
    info = json.loads(sink.last('pollux/cell7/info'))
    assert {'version', 'session', 'started', 'devices', 'tags', 'queue',
            'clock_synced'} <= set(info), info
    status = json.loads(sink.last('pollux/cell7/d0/status'))
    assert status['state'] == 'ok', status
    assert {'since', 'error', 'ok_pct', 'rtt_ms'} <= set(status), status

    late = harness.Sink(bench, broker, name='late')
    harness.wait_until('retained messages arrive', lambda: len(late.messages()) > 20)
    retained = {m.topic.replace('pollux/cell7/', '') for m in late.messages() if m.retained}
    assert {'availability', 'info', 'd0/status', 'd1/status', 'd0/t0/state',
            'd1/t1/state'} <= retained, retained
    gateway.process.stop()
    # What was published is what is stored, under the same stamp.
    stored = {(r.device, r.tag, r.ts_us // 1000): r.value for r in gateway.rows()}
    for _, device, tag, ts, value in sink.samples():
        assert stored[device, tag, ts] == value, (device, tag, ts, value)


def test_layout_device_has_a_message_per_block(bench):
    _, _, sink, _ = start(bench, layout='device')
    topic = 'pollux/cell7/d1/data'
    harness.wait_until('blocks arrive', lambda: sink.last(topic))
    for message in sink.messages():
        assert not message.topic.endswith('/state'), message
        if message.topic == topic:
            block = json.loads(message.payload)
            assert not message.retained and isinstance(block['ts'], int), message
            counts = {harness.Field.origin(block[tag]) for tag in ('t0', 't1')}
            assert {c[:2] for c in counts} == {('d1', 't0'), ('d1', 't1')}, block
            assert len({c[2] for c in counts}) == 1, block


def test_will_after_kill_and_after_stop(bench):
    _, _, sink, gateway = start(bench)
    topic = 'pollux/cell7/availability'
    for end in ('kill', 'stop'):
        harness.wait_until('online', lambda: sink.last(topic) == 'online')
        getattr(gateway.process, end)()
        harness.wait_until('offline after ' + end, lambda: sink.last(topic) == 'offline')
        if end == 'kill':
            gateway.start()


def test_silence_is_told(bench):
    field, _, sink, _ = start(bench)
    topic = 'pollux/cell7/d0/status'
    harness.wait_until('up', lambda: sink.last(topic) and
                       json.loads(sink.last(topic))['state'] == 'ok')
    field.answer(0, 0)
    harness.wait_until('down', lambda: json.loads(sink.last(topic))['state'] == 'down')

    def state():
        return json.loads(sink.last('pollux/cell7/d0/t0/state'))
    harness.wait_until('the tag is no longer good', lambda: state()['quality'] != 'good')
    silent = check_state(json.dumps(state()), 'd0', 't0')
    assert {'last', 'last_ts', 'error'} <= set(silent), silent
    assert silent['source'] == 'held', silent
    other = json.loads(sink.last('pollux/cell7/d1/t0/state'))
    assert other['quality'] == 'good', other
    field.answer(0, 1)
    harness.wait_until('good again', lambda: state()['quality'] == 'good', 40)


if __name__ == '__main__':
    harness.main(globals())
