#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""pollux whatif: from a running gateway, from a kept state, from the history; and never a
byte to the field."""
import json
import os
import socket
import threading

import harness

SOURCE = os.environ.get('POLLUX_SOURCE', '.')
DATE = {**os.environ, 'SOURCE_DATE_EPOCH': '1767323045'}
CONFIG = '''
history: {commit: 100ms}
devices:
  - id: plc
    driver: sim
    every: 20ms
    tags:
      - {id: level, at: "constant(value=627)+noise(sigma=2)", type: float64, unit: mm}
      - {id: inflow, at: "constant(value=7.36)", type: float64, unit: l/s}
      - {id: valve, at: "constant(value=1)", type: float64, unit: "1"}
twin:
  monitor: {learn: 180}
  components:
    - id: tank
      model: tank
      learn: 180
      parameters: {area: 1.2, outlet: 0.0021}
      inputs: {inflow: plc/inflow, valve: plc/valve}
      outputs: {level: plc/level}
'''
SCENARIOS = '''
horizon: 2h
points: 13
samples: 10
kpis:
  - {id: level, of: plc/level, as: last, unit: mm}
  - {id: poured, of: plc/inflow / 1000, as: integral, unit: m3}
scenarios:
  - {id: more, moves: [{signal: plc/inflow, to: 8 l/s, at: 10min}]}
  - {id: leak, script: [{at: 30min, target: tank, fault: leak, value: 4e-4}]}
'''


def whatif(bench, config, *words, env=None):
    """-> the finished process"""
    done = bench.run([harness.POLLUX, 'whatif', '-c', config, *words], env=env or DATE)
    assert not any(word in done.stderr for word in harness.SANITIZERS), done.stderr
    return done


def kpis(done):
    """-> {scenario: {figure: value}}"""
    assert done.returncode == 0, done.stderr
    return {s['id']: {k: v['value'] for k, v in s['kpis'].items()}
            for s in json.loads(done.stdout)['scenarios']}


def at_rest(inflow):
    """Torricelli, mm"""
    return 1e3 * (inflow / 1e3 / 0.0021) ** 2 / (2 * 9.80665)


def test_scenarios_start_where_the_machine_stands(bench):
    gateway = harness.Gateway(bench, CONFIG)
    scenarios, state, page = (bench.path(n) for n in ('s.yaml', 'state.json', 'w.html'))
    bench.write('s.yaml', SCENARIOS)
    done = whatif(bench, gateway.config, scenarios)
    assert done.returncode == 1 and 'no gateway runs' in done.stderr, done.stderr
    process = gateway.start()
    harness.wait_until('the tank has learnt', lambda: (gateway.status() or {}).get(
        'components', [{}])[0].get('learnt') == 1)
    done = whatif(bench, gateway.config, scenarios, '--json', '--keep-state', state,
                  '--output', page)
    found = kpis(done)
    assert list(found) == ['as-now', 'more', 'leak'], found
    assert abs(found['as-now']['level'] - at_rest(7.36)) < 4, found
    assert abs(found['more']['level'] - at_rest(8)) < 4, found
    assert found['leak']['level'] < 0.85 * found['as-now']['level'], found
    assert abs(found['as-now']['poured'] - 7.36 * 7.2) < 1e-6, found
    assert abs(found['more']['poured'] - (8 * 6.6 + 7.36 * 0.6)) < 1e-6, found
    # the history has it too, once the gateway has left what it learnt
    process.stop(15)
    done = whatif(bench, gateway.config, scenarios, '--json', '--at', '1s')
    past = kpis(done)
    for name, figures in found.items():
        assert abs(past[name]['level'] - figures['level']) < 4, (past, found)
    # the same state gives the same bytes
    again = bench.path('again.html')
    one = whatif(bench, gateway.config, scenarios, '--state', state, '--output', again)
    two = whatif(bench, gateway.config, scenarios, '--state', state)
    assert one.returncode == 0 and one.stdout == two.stdout, one.stderr
    with open(page, encoding='utf-8') as a, open(again, encoding='utf-8') as b:
        assert a.read() == b.read()
    csv = whatif(bench, gateway.config, scenarios, '--state', state, '--csv').stdout
    assert csv.startswith('scenario,t_s,signal,unit,value,low,high\n')
    assert csv.count('\n') == 1 + 3 * 13 * 1, csv


def test_the_shipped_example_runs_and_no_byte_reaches_the_field(bench):
    door = socket.create_server(('127.0.0.1', 0))
    guests = []

    def listen():
        try:
            while True:
                guests.append(door.accept())
        except OSError:
            pass

    threading.Thread(target=listen, daemon=True).start()
    state = bench.write('state.json', json.dumps(DEMO))
    env = {**DATE, 'POLLUX_DEMO_STATE': bench.mkdir('demo-state'),
           'POLLUX_DEMO_LINE': 'tcp://127.0.0.1:%d' % door.getsockname()[1],
           'POLLUX_DEMO_BROKER': 'mqtt://127.0.0.1:%d' % door.getsockname()[1]}
    done = whatif(bench, os.path.join(SOURCE, 'etc', 'demo.yaml'),
                  os.path.join(SOURCE, 'etc', 'examples', 'scenario.yaml'), '--json',
                  '--state', state, env=env)
    found = kpis(done)
    assert list(found) == ['as-now', 'warmer', 'cold-supply', 'leak', 'worn-pump',
                           'two-orders'], found
    # 0.72 m3/h of water by 15 K is 12.5 kW
    assert 12 < found['as-now']['heating'] < 13.5, found
    # by 5 K more but for the ramp
    assert 3.4 < found['warmer']['heating'] - found['as-now']['heating'] < 4.2, found
    assert found['leak']['delivered'] > found['as-now']['delivered'] + 0.1, found
    door.close()
    assert not guests and not os.listdir(env['POLLUX_DEMO_STATE'])


DEMO = {
    'ts_us': 1795703959073134, 'gateway': 'demo',
    'tags': {'pump/speed': 38.15, 'pump/flow': 0.7195, 'pump/power': 20.0,
             'line/heating': 12500, 'heater/y': 12500, 'line/valve': 0.496,
             'line/supply': 15.0, 'line/level1': 0.5, 'line/temperature1': 29.8,
             'line/level2': 0.45, 'line/temperature2': 29.9,
             'line/level2_setpoint': 0.45, 'line/temperature_setpoint': 30.0},
    'components': [
        {'id': 'pump1', 'version': 0, 'x': [0.00019985], 'P': [7.6e-15], 'followed': [],
         'parameters': [12, 8e7, 314.16, 3, 2e7, 4e3, 998, 2.52e-4, 0.371]},
        {'id': 'heater', 'version': 0, 'x': [12500], 'P': [0.19], 'followed': [],
         'parameters': [1, 1.5, 0, 0]},
        {'id': 'tank1', 'version': 0, 'x': [0.5, 302.95], 'P': [2.7e-8, 0, 0, 6.2e-5],
         'followed': [], 'parameters': [0.02, 1.28e-4, 1e4, 998, 4182, 5]},
        {'id': 'tank2', 'version': 0, 'x': [0.45, 303.09], 'P': [1.7e-8, 0, 0, 5.4e-5],
         'followed': [], 'parameters': [0.02, 6.75e-5, 1e4, 998, 4182, 5]}],
    'bands': [{'tag': 'line/level1', 'horizon': 600.0, 'half': 0.003, 'skill': 0.9,
               'outcomes': 60}],
}


def test_what_is_wrong_is_said_where_it_stands(bench):
    gateway = harness.Gateway(bench, CONFIG)
    state = bench.write('state.json', json.dumps({
        'ts_us': 1795703959073134, 'gateway': 'cell7',
        'tags': {'plc/inflow': 7.36, 'plc/valve': 1, 'plc/level': 627},
        'components': [{'id': 'tank', 'version': 0, 'x': [0.627], 'P': [1e-6],
                        'parameters': [1.2, 0.0021, 1e4], 'followed': []}], 'bands': []}))
    for text, line, words in (
            ('scenarios: [{id: a, moves: [{signal: plc/inflo, to: 1}]}]', 1,
             "unknown signal 'plc/inflo' (did you mean 'plc/inflow'?)"),
            ('scenarios:\n  - {id: a, moves: [{signal: plc/level, to: 1}]}', 2,
             "'plc/level' follows from the others"),
            ('scenarios: [{id: a, moves: [{signal: plc/inflow, to: 1 K}]}]', 1,
             'of another quantity'),
            ('scenarios: [{id: a, moves: [{signal: plc/inflow}]}]', 1, "'to' or 'by'"),
            ('kpis: [{id: a, of: "plc/level +"}]', 1, 'is no condition'),
            ('horizon: 10', 1, 'horizon'),
            ('plant: {cycle: 10s}', 1, "a step of 10 s"),
            ('drives: {plc/level: 3}', 1, 'no tag that a component has for an input'),
            ('scenarios: [{id: a}, {id: a}]', 1, "a scenario 'a' is there already"),
            ('scenarios: [{id: a, script: [{target: tank, fault: burnt}]}]', 1,
             "'tank' has no fault 'burnt'")):
        bench.write('s.yaml', text + '\n')
        done = whatif(bench, gateway.config, bench.path('s.yaml'), '--state', state)
        assert done.returncode == 3, (text, done)
        assert 's.yaml:%d:' % line in done.stderr and words in done.stderr, done.stderr
    for words in (['--horizon', 'x'], ['--at', 'noon'], ['--seed', '-1'], ['a', 'b']):
        done = whatif(bench, gateway.config, 's.yaml', *words)
        assert done.returncode == 2 and 'whatif --help' in done.stderr, done
    done = whatif(bench, gateway.config, bench.path('s.yaml'), '--state', gateway.config)
    assert done.returncode == 1 and 'gateway.yaml:' in done.stderr, done.stderr


def test_questions_over_mqtt_are_answered(bench):
    broker = harness.Broker(bench)
    sink = harness.Sink(bench, broker, 'pollux/cell7/cmd/whatif/reply')
    gateway = harness.Gateway(bench, CONFIG + 'mqtt: {servers: ["mqtt://127.0.0.1:%d"]}\n'
                              % broker.port)
    asked = [harness.require('mosquitto_pub'), '-h', '127.0.0.1', '-p', str(broker.port), '-q', '1',
             '-t', 'pollux/cell7/cmd/whatif', '-m']
    bench.run(asked + ['a: retained one', '-r'])
    process = gateway.start()
    harness.wait_until('the tank has learnt', lambda: (gateway.status() or {}).get(
        'components', [{}])[0].get('learnt') == 1)

    def answers():
        return [json.loads(m.payload) for m in sink.messages()
                if m.topic == 'pollux/cell7/cmd/whatif/reply']

    assert answers() == [], 'a retained question is dropped'
    bench.run(asked + [json.dumps({'id': 'first', 'scenario': SCENARIOS, 'horizon': '1h'})])
    first = harness.wait_until('it is answered', answers, 40)[0]
    assert list(first) == ['id', 'status', 'error', 'ts', 'result'], first
    assert first['id'] == 'first' and first['status'] == 'done' and first['error'] is None, first
    scenarios = {s['id']: s for s in first['result']['scenarios']}
    assert list(scenarios) == ['as-now', 'more', 'leak'], scenarios
    level = {k: s['kpis']['level']['value'] for k, s in scenarios.items()}
    assert level['leak'] < level['as-now'] < level['more'], level
    assert abs(level['as-now'] - at_rest(7.36)) < 4, level
    # the file's text alone will do; what is wrong with it is said
    bench.run(asked + [SCENARIOS.replace('plc/level, as', 'plc/lvl, as')])
    second = harness.wait_until('so is the second', lambda: answers()[1:], 40)[0]
    assert second['status'] == 'refused' and second['id'] is None, second
    assert '-:6:' in second['error'] and 'plc/lvl' in second['error'], second
    # one at a time, and eight may wait
    for k in range(12):
        bench.run(asked + [json.dumps({'id': k, 'scenario': SCENARIOS})])
    harness.wait_until('each is answered', lambda: len(answers()) == 14, 90)
    given = {a['id']: a['status'] for a in answers()[2:] if a['status'] != 'busy'}
    assert set(given.values()) == {'done'}, answers()
    assert process.stop()[0] == 0


if __name__ == '__main__':
    harness.main(globals())
