#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A running PLC for who looks at it, alone or in step with its plant: over MQTT, forced
variables marked and told, after the broker was away too; and changed while it runs."""
import json

import harness

PROGRAM = '''
TYPE mode : (idle, busy); END_TYPE
PROGRAM main
VAR
  on AT %%QX0.1 : BOOL; n : DINT; held : INT := 3; t : TIME := T#4500us; m : mode := busy;
  s : STRING := 'a "b" ü'; x : LREAL := 0.1; d : DATE := D#2026-11-26; level AT %%IW2 : INT;
END_VAR
n := n + %d;
on := TRUE;
END_PROGRAM
'''
PLANT = '''
plant: {seed: 1, cycle: 50ms}
signals: {pump_on: 0}
components:
  - {id: tank, model: tank, parameters: {area: 0.01, outlet: 1e-6, level_max: 1},
     start: {level: 0.1 m}, inputs: {inflow: supply}}
sensors:
  - {id: level, of: tank.level, unit: mm}
actuators:
  - {id: supply, from: pump_on, unit: m3/s, max: 1e-3, gain: 5e-4}
plc:
  program: [main.st]
  io:
    - {at: "%IW2", signal: level}
    - {at: "%QX0.1", signal: pump_on}
'''
CONFIG = 'gateway: {id: soft, state_dir: %s}\nmqtt: {servers: ["mqtt://127.0.0.1:%d"]}\n'
NAMES = 'on,n,main.held,t,m,s,x,d'
KEYS = ['ts', 'time', 'device', 'tag', 'value', 'unit', 'quality', 'source', 'predicted',
        'estimate', 'sigma', 'residual', 'score', 'state', 'drift', 'setpoint', 'forced']


def state(sink, name):
    """-> what was told last of a variable, or {}"""
    text = sink.last('pollux/soft/plc/%s/state' % name)
    return json.loads(text) if text else {}


def plc(bench, *argv):
    done = bench.run([harness.POLLUX, 'plc', *argv])
    assert not any(word in done.stderr for word in harness.SANITIZERS), done.stderr
    return done


def value(bench, socket, name):
    done = plc(bench, 'watch', '--once', socket, name)
    assert done.returncode == 0, done
    return done.stdout.splitlines()[1].split(',')[1]


def test_variables_are_told_over_mqtt(bench):
    broker = harness.Broker(bench)
    sink = harness.Sink(bench, broker)
    config = bench.write('plc.yaml', CONFIG % (bench.path('state'), broker.port))
    st, socket = bench.write('main.st', PROGRAM % 1), bench.path('plc.sock')
    run = bench.start('plc', [harness.POLLUX, 'plc', 'run', st, '--mqtt', config, '--watch',
                              NAMES, '--socket', socket])
    harness.wait_until('all are told', lambda: all(
        state(sink, name) for name in NAMES.split(',')))
    assert list(state(sink, 'on')) == KEYS, state(sink, 'on')
    told = {name: state(sink, name)['value'] for name in NAMES.split(',')}
    assert isinstance(told.pop('n'), int) and isinstance(told.pop('on'), bool), told
    assert told == {'main.held': 3, 't': 4.5, 'm': 'busy', 's': 'a "b" ü', 'x': 0.1,
                    'd': 'D#2026-11-26'}, told
    harness.wait_until('it goes on', lambda: state(sink, 'n')['value'] > 50)
    assert state(sink, 'on')['value'] is True
    assert json.loads(sink.last('pollux/soft/plc/status')) == {'state': 'ok'}

    assert plc(bench, 'force', socket, 'main.held', '7').returncode == 0
    harness.wait_until('it is marked', lambda: state(sink, 'main.held')['forced'])
    assert state(sink, 'main.held')['value'] == 7
    events = [json.loads(m.payload) for m in sink.messages() if m.topic == 'pollux/soft/events']
    assert [(e['kind'], e['tag'], e['message']) for e in events] == [
        ('forced', 'main.held', 'main.held is forced to 7')], events

    broker.stop()
    harness.wait_until('it knows', lambda: 'the connection broke' in run.errors())
    assert plc(bench, 'unforce', socket, 'main.held').returncode == 0
    assert plc(bench, 'force', socket, 't', 'T#1s').returncode == 0
    broker.start()
    harness.wait_until('it is told', lambda: state(sink, 't').get('value') == 1000, 40)
    harness.wait_until('so is the event', lambda: [
        m for m in sink.messages() if 'main.held is no longer forced' in m.payload])
    assert not state(sink, 'main.held')['forced']
    assert run.stop()[0] == 0
    harness.wait_until('it says goodbye', lambda: json.loads(
        sink.last('pollux/soft/plc/status')) == {'state': 'down'})
    assert run.output() == '', run.output()


def test_a_device_of_its_name_is_refused(bench):
    config = bench.write('plc.yaml', CONFIG % (bench.path('state'), 1) + '''
devices:
  - {id: plc, driver: sim, tags: [{id: a, at: "constant(value=1)", type: float64}]}
''')
    done = plc(bench, 'run', bench.write('main.st', PROGRAM % 1), '--mqtt', config)
    assert done.returncode == 3 and "its device 'plc' has the topics" in done.stderr, done


def test_the_plc_of_a_plant_is_watched_and_changed(bench):
    broker = harness.Broker(bench)
    sink = harness.Sink(bench, broker)
    config = bench.write('plc.yaml', CONFIG % (bench.path('state'), broker.port))
    bench.write('main.st', PROGRAM % 1)
    plant, socket = bench.write('plant.yaml', PLANT), bench.path('plc.sock')
    run = bench.start('sim', [harness.POLLUX, 'sim', '-c', plant, '--listen', 'tcp://127.0.0.1:0',
                              '--socket', socket, '--mqtt', config, '--watch', 'n,level,main.on'])
    harness.wait_until('it is told', lambda: state(sink, 'level').get('value', 0) > 110)
    assert plc(bench, 'force', socket, '%QX0.1', '0').returncode == 0
    harness.wait_until('its mark too', lambda: state(sink, 'main.on').get('forced'))
    assert plc(bench, 'unforce', socket, '%QX0.1').returncode == 0

    bench.write('main.st', PROGRAM % 1000000)
    done = plc(bench, 'change', socket)
    assert done.returncode == 0 and 'variables kept' in done.stdout, done
    harness.wait_until('the new one runs', lambda: int(value(bench, socket, 'n')) > 1000000)
    before = state(sink, 'level')['value']
    harness.wait_until('on the same plant', lambda: state(sink, 'level')['value'] > before)
    bench.write('main.st', (PROGRAM % 1).replace('level AT %IW2', 'other AT %IW4'))
    done = plc(bench, 'change', socket)
    assert done.returncode == 3 and 'level: there is no such variable' in done.stderr, done
    assert run.stop()[0] == 0, run.errors()


def test_the_plc_of_a_plant_runs_alone(bench):
    bench.write('main.st', PROGRAM % 1)
    port = harness.free_ports()
    run = bench.start('sim', [harness.POLLUX, 'sim', '-c', bench.write('plant.yaml', PLANT),
                              '--no-plant', '--listen', 'tcp://127.0.0.1:%d' % port])
    harness.wait_until('it listens', lambda: 'cycle 50 ms' in run.errors())
    poll = [harness.require('mbpoll'), '-1', '-0', '-p', str(port), '-m', 'tcp', '127.0.0.1']
    harness.wait_until('its output is on', lambda: '[1]: \t1' in bench.run(
        poll + ['-t', '0', '-r', '1']).stdout)
    assert run.stop()[0] == 0
    done = bench.run([harness.POLLUX, 'sim', '-c', 'plant.yaml', '--no-plant', '--speed', '2'])
    assert done.returncode == 2 and '--no-plant is the PLC in real time' in done.stderr, done


if __name__ == '__main__':
    harness.main(globals())
