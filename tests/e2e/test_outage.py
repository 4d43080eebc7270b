#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The broker goes away and comes back: every stored sample arrives, in order."""
import json

import harness


def test_every_sample_arrives_after_an_outage(bench):
    field = harness.Field(bench, 3)
    broker = harness.Broker(bench)
    sink = harness.Sink(bench, broker)
    gateway = harness.Gateway(bench, field.config(tags=4) + '''
mqtt: {servers: ["mqtt://127.0.0.1:%d"], qos: 1}
''' % broker.port)
    gateway.start()
    harness.wait_until('samples arrive', lambda: len(sink.samples()) > 100)
    for _ in range(2):
        broker.stop()
        gateway.wait_rows(gateway.count() + 500)
        broker.start()
        before = len(sink.samples())
        harness.wait_until('samples arrive again',
                           lambda: len(sink.samples()) > before + 100, 60)
    status = gateway.wait_delivered()
    harness.check_balance(status)
    assert all(d['evicted'] == 0 for d in status['destinations']), status
    code, _ = gateway.process.stop()
    assert code == 0, code

    rows = gateway.rows()
    stored = {(r.device, r.tag, r.ts_us // 1000): r.value for r in rows}

    def missing():
        seen = {s[1:4] for s in sink.samples()}
        return [identity for identity in stored if identity not in seen]
    harness.wait_until('every row is with the sink', lambda: not missing())
    newest, seen, repeats = {}, set(), 0
    for stream, device, tag, ts, value in sink.samples():
        assert stored[device, tag, ts] == value, (device, tag, ts, value)
        if (stream, device, tag, ts) in seen or stream == 'retained':
            repeats += 1  # at least once: by us, or by the broker to the sink
            continue
        seen.add((stream, device, tag, ts))
        assert ts > newest.get((stream, device, tag), 0), (stream, device, tag, ts)
        newest[stream, device, tag] = ts
    assert any(stream == 'history' for stream, _, _ in newest), 'nothing was replayed'
    print('%d rows stored and delivered, %d of them later, %d repeats'
          % (len(rows), sum(s[0] == 'history' for s in seen), repeats))


def test_start_without_a_broker_delivers_later(bench):
    field = harness.Field(bench, 1)
    broker = harness.Broker(bench)
    broker.stop()
    gateway = harness.Gateway(bench, field.config(tags=2) + '''
mqtt: {servers: ["mqtt://127.0.0.1:%d"], qos: 1}
''' % broker.port)
    gateway.start()
    gateway.wait_rows(40)
    broker.start()
    sink = harness.Sink(bench, broker)
    harness.wait_until('samples arrive', lambda: sink.samples(), 40)
    harness.check_balance(gateway.wait_delivered())


def test_events_of_an_outage_survive_a_kill(bench):
    field = harness.Field(bench, 2)
    broker = harness.Broker(bench)
    sink = harness.Sink(bench, broker)
    gateway = harness.Gateway(bench, field.config(tags=1) + '''
mqtt: {servers: ["mqtt://127.0.0.1:%d"], qos: 1}
''' % broker.port)
    gateway.start()

    def events():
        found = [json.loads(m.payload) for m in sink.messages()
                 if m.topic == 'pollux/cell7/events']
        return [(e['ts'], e['kind']) for e in found]

    def stored(kind):
        return gateway.query('select count(*) from events where kind = ?', kind)[0][0]
    harness.wait_until('both devices are up', lambda: len(events()) >= 2)
    broker.stop()
    field.process.stop()
    harness.wait_until('both are down', lambda: stored('device_down') == 2)
    gateway.process.kill()
    broker.start()
    gateway.start()
    harness.wait_until('what happened meanwhile arrives',
                       lambda: [k for _, k in events()].count('device_down') >= 2)
    told = gateway.query('select ts_us / 1000, kind from events_at order by ts_us')
    harness.wait_until('all events have arrived', lambda: set(told) <= set(events()))


if __name__ == '__main__':
    harness.main(globals())
