#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A plant drives a PLC that is a Modbus server: our own, and one that no one here wrote."""
import harness

PLANT = '''
plant: {seed: 1, cycle: 50ms}
signals: {pump_on: 0, limit: 0.3 m}
components:
  - {id: tank, model: tank, parameters: {area: 0.01, outlet: 1e-6, level_max: 1},
     start: {level: 0.1 m}, inputs: {inflow: supply}}
sensors:
  - {id: level, of: tank.level, unit: mm}
  - {id: high, of: over}
control:
  - {id: over, block: limit, parameters: {min: 0.2, band: 0.01}, inputs: {in: tank.level}}
actuators:
  - {id: supply, from: pump_on, unit: m3/s, max: 1e-3, gain: 5e-4}
plc:
  io:
    - {at: "%IX0.0", signal: high}
    - {at: "%IW2", signal: level}
    - {at: "%QX0.1", signal: pump_on}
    - {at: "%MW0", signal: limit, scale: 0.001}
script:
  - {at: 100ms, set: limit, value: 0.25}
'''
PROGRAM = '''
PROGRAM main
VAR
  high AT %IX0.0 : BOOL; level AT %IW2 : INT; pump AT %QX0.1 : BOOL; limit AT %MW0 : INT;
END_VAR
pump := level < limit;
END_PROGRAM
'''
SCRIPT = '''
title: Tank
plant: plant.yaml
program: [main.st]
reset: [{set: {limit: 0.1}}, {wait: 200ms}]
invariants:
  - {id: S1, that: "always level < 300"}
  - {id: H1, that: "always main.scans >= 0"}
scenarios:
  - id: fill
    steps:
      - set: {limit: 0.13}
      - expect: {id: F1, that: "within 2 s: main.pump"}
      - expect: {id: F2, that: "within 10 s: not pump_on and level > 128"}
  - id: again
    steps:
      - expect: {id: A1, that: "for 500 ms: not main.pump and level == 100 ± 1"}
'''
# The same program in pymodbus' server: inputs at 100, as ?inputs=100 says.
PEER = '''
import sys, threading, time
from pymodbus.datastore import ModbusServerContext, ModbusSequentialDataBlock, ModbusSlaveContext
from pymodbus.server import StartTcpServer

unit = ModbusSlaveContext(co=ModbusSequentialDataBlock(0, [0] * 2000),
                          hr=ModbusSequentialDataBlock(0, [0] * 2000), zero_mode=True)

def program():
    while True:
        level, limit = unit.getValues(3, 102)[0], unit.getValues(3, 1024)[0]
        unit.setValues(1, 1, [level < limit])
        print(level, int(unit.getValues(1, 100)[0]), limit, flush=True)
        time.sleep(0.02)

threading.Thread(target=program, daemon=True).start()
StartTcpServer(context=ModbusServerContext(unit, single=True), address=('127.0.0.1', int(sys.argv[1])))
'''


def start_plant(bench, target):
    return bench.start('sim', [harness.POLLUX, 'sim', '-c', bench.write('plant.yaml', PLANT),
                               '--listen', 'tcp://127.0.0.1:0', '--plc', target])


def start_plc(bench, port, name):
    program = bench.write('main.st', PROGRAM)
    return bench.start(name, [harness.POLLUX, 'plc', 'run', program, '--listen',
                              'tcp://127.0.0.1:%d' % port, '--socket', bench.path('plc.sock')])


def watched(bench, *names):
    done = bench.run([harness.POLLUX, 'plc', 'watch', '--once', bench.path('plc.sock'), *names])
    return done.stdout.splitlines()[1].split(',')[1:] if done.returncode == 0 else None


def test_our_plc_is_driven_and_missed(bench):
    port = harness.free_ports()
    sim = start_plant(bench, 'tcp://127.0.0.1:%d' % port)
    harness.wait_until('nobody is there', lambda: 'does not answer' in sim.errors())
    plc = start_plc(bench, port, 'plc1')
    harness.wait_until('it is there', lambda: 'answers' in sim.errors().replace(
        'does not answer', ''))
    # the tank fills to the setpoint of the script, and the level is the program's input
    harness.wait_until('the program has stopped the pump', lambda: watched(
        bench, 'pump', 'limit', 'high')[0:3] == ['0', '250', '1'], 30)
    assert 249 <= int(watched(bench, 'level')[0]) <= 280, watched(bench, 'level')
    plc.kill()
    harness.wait_until('it is missed', lambda: sim.errors().count('does not answer') == 2)
    start_plc(bench, port, 'plc2')
    harness.wait_until('it is there again', lambda: watched(bench, 'high') == ['1'])
    sim.stop()
    assert 'exchanges with the PLC' in sim.output(), sim.output()


def test_a_plc_of_others_is_driven(bench):
    if bench.run(['/usr/bin/python3', '-c', 'import pymodbus.server']).returncode:
        raise harness.Skip('python3-pymodbus or python3-serial-asyncio is not installed')
    port = harness.free_ports()
    peer = bench.start('peer', ['/usr/bin/python3', bench.write('peer.py', PEER), str(port)])
    harness.wait_until('the server listens', lambda: harness.is_listening(port))
    sim = start_plant(bench, 'tcp://127.0.0.1:%d?inputs=100' % port)

    def last():
        return peer.output().splitlines()[-1].split() if peer.output() else None
    harness.wait_until('the program has stopped the pump',
                       lambda: last() and last()[1:] == ['1', '250'] and int(last()[0]) >= 250, 30)
    sim.stop()
    assert ' 0 failed' in sim.output(), sim.output()


def test_a_script_commissions_a_plc_over_modbus(bench):
    bench.write('plant.yaml', PLANT.split('script:')[0])
    program = PROGRAM.replace('VAR\n', 'VAR\n  scans : INT;\n', 1).replace(
        'limit;\nEND_P', 'limit;\nscans := scans + 1;\nEND_P')
    st = bench.write('main.st', program)
    script = bench.write('script.yaml', SCRIPT)
    port = harness.free_ports()
    target = 'tcp://127.0.0.1:%d' % port
    away = bench.run([harness.POLLUX, 'commission', script, '--target', target, '--json'])
    assert away.returncode == 1 and 'stopped at step' in away.stdout, away
    bench.start('plc', [harness.POLLUX, 'plc', 'run', st, '--listen', target])
    harness.wait_until('the PLC listens', lambda: harness.is_listening(port))
    done = bench.run([harness.POLLUX, 'commission', script, '--target', target])
    verdicts = {line.split()[0]: line for line in done.stdout.splitlines()}
    # main.pump is %QX0.1, which the plant sees; main.scans has no address
    for name in ('S1', 'F1', 'F2', 'A1'):
        assert ' pass ' in verdicts[name], done
    assert 'it names what cannot be seen over Modbus' in verdicts['H1'], done
    assert done.returncode == 1, done


def test_a_wrong_target_is_refused(bench):
    for target in ('tcp://127.0.0.1?unit=300', 'rtu:///dev/ttyS0', 'tcp://', 'x'):
        sim = start_plant(bench, target)
        assert sim.wait() == 2 and '--plc' in sim.errors(), (target, sim.errors())


if __name__ == '__main__':
    harness.main(globals())
