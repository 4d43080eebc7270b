#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Parameters out of the history: shown, accepted, rolled back, and taken over by a gateway
that runs on."""
import json
import os
import time

import harness

CONFIG = '''
history: {commit: 100ms}
devices:
  - id: plc
    driver: sim
    every: 20ms
    tags:
      - {id: level, at: "constant(value=900)+noise(sigma=2)", type: float64, unit: mm}
      - {id: inflow, at: "constant(value=7.36)", type: float64, unit: l/s}
      - {id: valve, at: "constant(value=1)", type: float64}
twin:
  components:
    - id: tank
      model: tank
      learn: 180
      parameters: {area: 1.2, outlet: 0.00175}
      inputs: {inflow: plc/inflow, valve: plc/valve}
      outputs: {level: plc/level}
'''
OUTLET, TRUE_OUTLET = 0.00175, 0.0021


SCRIPT = '''
states     = { level = { unit = 'm', min = 0, max = 3, noise = 1e-3 } }
inputs     = { inflow = 'm3/s', valve = '1' }
outputs    = { level = 'm', outflow = 'm3/s' }
parameters = { area = { default = 1.2, unit = 'm2' }, outlet = { unit = 'm2' } }
local function out(x, u, p)
  return u.valve * p.outlet * math.sqrt(2 * 9.80665 * math.max(x.level, 0))
end
function derivative(x, u, p, t) return { level = (u.inflow - out(x, u, p)) / p.area } end
function output(x, u, p) return { level = x.level, outflow = out(x, u, p) } end
'''


def past(bench, gateway, *words):
    done = bench.run([os.path.join(harness.PEERS, 'past'), gateway.config, *words])
    assert done.returncode == 0 and not done.stderr, done.stderr


def identify(bench, gateway, *words):
    """-> the finished process"""
    done = bench.run([harness.POLLUX, 'identify', 'tank', '-c', gateway.config, *words])
    assert not any(word in done.stderr for word in harness.SANITIZERS), done.stderr
    return done


def component(gateway):
    status = gateway.status()  # without components while it does not run
    return status['components'][0] if status and 'components' in status else {}


def in_force(gateway):
    """-> [version] that the view calls accepted"""
    return [version for version, in
            gateway.query('select version from models where accepted = 1')]


def outflow(bench, gateway):
    """-> the virtual sensor, as the running twin computes it with its outlet"""
    done = bench.run([harness.POLLUX, 'read', 'tank/outflow', '--json', '-c', gateway.config])
    found = json.loads(done.stdout)
    return found[0]['value'] if isinstance(found, list) else found['value']


def start(bench, gateway):
    """the gateway, with a twin that has learnt"""
    process = gateway.start()
    harness.wait_until('the tank has learnt',
                       lambda: component(gateway).get('learnt') == 1)
    return process


def test_version_is_accepted_taken_over_and_rolled_back(bench):
    gateway = harness.Gateway(bench, CONFIG)
    past(bench, gateway, 'tank', '4000')
    shown = identify(bench, gateway)
    assert shown.returncode == 0, shown.stderr
    assert 'better: --accept puts it in force' in shown.stdout, shown.stdout
    found = json.loads(identify(bench, gateway, '--json').stdout)
    outlet = [p for p in found['parameters'] if p['name'] == 'outlet'][0]
    assert abs(outlet['found'] / TRUE_OUTLET - 1) < 0.02, outlet
    assert in_force(gateway) == []

    until = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())  # only what the tank did
    process = start(bench, gateway)
    assert component(gateway)['version'] == 0, component(gateway)
    before = outflow(bench, gateway)
    accepted = identify(bench, gateway, '--accept', '--until', until)
    assert accepted.returncode == 0, accepted.stderr
    assert 'tank: version 1 is in force' in accepted.stderr, accepted.stderr
    assert component(gateway)['version'] == 1
    wanted = before * TRUE_OUTLET / OUTLET
    harness.wait_until('the running twin computes with it', lambda: abs(
        outflow(bench, gateway) / wanted - 1) < 0.02)
    harness.wait_until('the view says so', lambda: in_force(gateway) == [1])
    harness.wait_until('it is an event', lambda: [
        message for message, in gateway.query("select message from events where kind = 'model'")
    ] == ['tank: version 1 of its parameters is in force'])
    assert process.is_running()

    process.stop()
    process = start(bench, gateway)
    assert component(gateway)['version'] == 1
    assert abs(outflow(bench, gateway) / wanted - 1) < 0.02
    back = identify(bench, gateway, '--rollback', '0')
    assert back.returncode == 0, back.stderr
    assert component(gateway)['version'] == 0
    harness.wait_until('the running twin computes as before', lambda: abs(
        outflow(bench, gateway) / before - 1) < 0.02)
    harness.wait_until('no version is in force', lambda: in_force(gateway) == [])
    assert process.stop()[0] == 0


def test_proposal_waits_and_is_accepted(bench):
    gateway = harness.Gateway(bench, CONFIG)
    past(bench, gateway, 'tank', '4000')
    past(bench, gateway, 'propose', 'tank', '0.00205')
    process = gateway.start()
    harness.wait_until('the gateway says what waits',
                       lambda: component(gateway).get('proposed') == 1)
    assert component(gateway)['version'] == 0
    text = bench.run([harness.POLLUX, 'status', '-c', gateway.config]).stdout
    assert 'version 1 is proposed: pollux identify tank --accept' in text, text
    shown = identify(bench, gateway)
    assert shown.returncode == 0 and 'outlet 0.00175 -> 0.00205' in shown.stderr, shown.stderr
    assert component(gateway)['proposed'] == 1
    accepted = identify(bench, gateway, '--accept')
    assert accepted.returncode == 0, accepted.stderr
    assert 'tank: version 1 is in force' in accepted.stderr, accepted.stderr
    assert component(gateway)['version'] == 1
    assert component(gateway)['proposed'] is None
    harness.wait_until('the view says so', lambda: in_force(gateway) == [1])
    assert process.stop()[0] == 0


def test_fit_of_a_running_gateway_is_said(bench):
    config = CONFIG.replace('learn: 180', 'learn: 180\n      fit: [outlet]')
    gateway = harness.Gateway(bench, config)
    process = start(bench, gateway)
    said = harness.wait_until('it is an event', lambda: [
        message for message, in gateway.query("select message from events where kind = 'fitted'")])
    assert len(said) == 1 and said[0].startswith('tank: outlet '), said
    assert process.stop()[0] == 0


def scripted(bench, script):
    """-> a gateway whose tank is that script, with a past"""
    gateway = harness.Gateway(bench, CONFIG)
    past(bench, gateway, 'tank', '4000')
    with open(os.path.join(os.path.dirname(gateway.config), 'tank.lua'), 'w') as file:
        file.write(script)
    with open(gateway.config) as file:
        config = file.read()
    with open(gateway.config, 'w') as file:
        file.write(config.replace('model: tank', 'model: lua\n      file: tank.lua'))
    return gateway


def test_parameters_of_a_script_are_found_and_put_in_force(bench):
    gateway = scripted(bench, SCRIPT)
    until = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())
    found = json.loads(identify(bench, gateway, '--json').stdout)
    outlet = [p for p in found['parameters'] if p['name'] == 'outlet'][0]
    assert abs(outlet['found'] / TRUE_OUTLET - 1) < 0.02, outlet
    process = start(bench, gateway)
    before = outflow(bench, gateway)
    accepted = identify(bench, gateway, '--accept', '--until', until)
    assert accepted.returncode == 0, accepted.stderr
    wanted = before * TRUE_OUTLET / OUTLET
    harness.wait_until('the running script computes with it', lambda: abs(
        outflow(bench, gateway) / wanted - 1) < 0.02)
    assert process.stop()[0] == 0


def test_script_that_cannot_be_identified_says_its_line(bench):
    gateway = scripted(bench, SCRIPT.replace('local function out', 'calls = 0\nlocal function out').replace(
        'return { level = (', 'return { level = t * 0 + ('))
    said = identify(bench, gateway)
    assert said.returncode == 1, said
    assert 'its script failed, line 10: ' in said.stderr and "'t'" in said.stderr, said.stderr


if __name__ == '__main__':
    harness.main(globals())
