#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Scripts in the running gateway: a good one is observed, those that loop, burst, raise, give no
number or hang cost their own components only; check names the line, replay gives the same bytes."""
import math

import harness

GOOD = '''
states = { a = { unit = "m", start = 5, min = -100, max = 100 } }
inputs = { u = "m" }
outputs = { a = "m", twice = "m" }
parameters = { tau = { default = 2, unit = "s", min = 0.1 } }
function derivative(x, u, p) return { a = (u.u - x.a) / p.tau } end
function output(x, u, p) return { a = x.a, twice = 2 * x.a } end
'''
# Each goes wrong when it is asked in earnest: check calls with an input of 1.
BAD = 'inputs = { u = "m" }\noutputs = { b = "m" }\n' \
      'function output(x, u)\nif u.u > 2 then %s end\nreturn { b = u.u } end\n'
WORK = {
    'loops': ('while true do end', 'loops.lua:4: it ran more than 5 million instructions'),
    'bursts': ('local s = ("x"):rep(1e9)', 'bursts.lua: not enough memory'),
    'raises': ('error("no more")', 'raises.lua:4: no more'),
    'nan': ('return { b = 0 / 0 }', "nan.lua:3: output gives no number for 'b'"),
    'recurses': ('local function f() return 1 + f() end f()', 'recurses.lua'),
    'hangs': ('local n = ("a"):rep(40):find(("a?"):rep(40) .. ("a"):rep(40))',
              'it '),  # took more processor time than it may, or did not answer
}
CONFIG = '''
devices:
  - id: rig
    driver: sim
    every: 100ms
    tags:
      - {id: u, at: "constant(value=3)", type: float64, unit: m}
      - {id: a, at: "noise(sigma=0.01,mean=3)", type: float64, unit: m}
twin:
  monitor: {learn: 200}
  components:
    - {id: good, model: lua, file: good.lua, inputs: {u: rig/u}, outputs: {a: rig/a},
       parameters: {tau: 1}}
'''


def write_scripts(bench):
    with open(bench.path('good.lua'), 'w', encoding='utf-8') as file:
        file.write(GOOD)
    for name, (work, _) in WORK.items():
        with open(bench.path(name + '.lua'), 'w', encoding='utf-8') as file:
            file.write(BAD % work)


def failures(gateway):
    return [text for (text,) in gateway.query(
        "select message from events where kind = 'lua_down'")]


def test_bad_scripts_cost_their_components_only(bench):
    write_scripts(bench)
    gateway = harness.Gateway(bench, CONFIG + ''.join(
        '    - {id: %s, model: lua, file: %s.lua, inputs: {u: rig/u}}\n' % (name, name)
        for name in WORK))
    gateway.start()
    harness.wait_until('each has failed', lambda: all(
        any(text.startswith('%s: its Lua script failed: %s' % (name, why))
            for text in failures(gateway)) for name, (_, why) in WORK.items()), 100)
    for name in WORK:
        harness.wait_until('%s is bad' % name, lambda: gateway.query(
            "select 1 from history where device = ? and quality = 'bad' and state = 'bad'",
            name))
    # The good one is observed meanwhile: its hidden output follows the sensor.
    harness.wait_until('the virtual sensor is where the state is', lambda: gateway.query(
        "select 1 from now where device = 'good' and tag = 'twice' and abs(value - 6) < 0.1"), 60)
    harness.wait_until('and is healthy', lambda: gateway.query(
        "select 1 from now where device = 'good' and tag = 'health' and state = 'healthy'"), 90)
    assert gateway.query("select 1 from history where device = 'rig' and tag = 'a' and "
                         "abs(predicted - 3) < 0.1")
    assert not [text for text in failures(gateway) if text.startswith('good')]
    # The device was polled all the time: nobody waited for the hanging script.
    stamps = [ts_us for (ts_us,) in gateway.query(
        "select ts_us from history where device = 'rig' and tag = 'u' order by ts_us")]
    longest_ms = max(b - a for a, b in zip(stamps, stamps[1:])) / 1000
    print('longest time between two readings at 100 ms: %.0f ms' % longest_ms)
    assert longest_ms < 1500, longest_ms
    gateway.process.stop()


def test_check_names_the_line(bench):
    write_scripts(bench)
    with open(bench.path('good.lua'), 'a', encoding='utf-8') as file:
        file.write('function output(x, u, p)\n  return { a = x.b, twice = 0 }\nend\n')
    with open(bench.path('cell.yaml'), 'w', encoding='utf-8') as file:
        file.write('gateway: {id: a, state_dir: %s}\n%s' % (bench.path('state'), CONFIG))
    done = bench.run([harness.POLLUX, 'check', '-c', bench.path('cell.yaml')])
    assert done.returncode == 3, done
    assert "good.lua:9:1: error: x has no 'b' (it has: a)" in done.stderr + done.stdout, done


def replay(bench, name):
    """-> what the twin with good.lua makes of a body with a time constant of 1 s"""
    with open(bench.path('cell.yaml'), 'w', encoding='utf-8') as file:
        file.write('gateway: {id: a, state_dir: %s}\ntwin:%s' % (
            bench.path('state'), CONFIG.replace('rig/', 'replay/').split('twin:')[1]))
    with open(bench.path('in.csv'), 'w', encoding='utf-8') as file:
        file.write('time,u,a\n')
        a = 0
        for k in range(800):
            u = 2 * (k // 100 % 2)
            noise = 0.01 * (math.sin(k * 12.9898) + math.sin(k * 78.233))
            file.write('%.1f,%g,%.6f\n' % (1e9 + k * 0.5, u, a + noise))
            a += (u - a) * (1 - math.exp(-0.5))
    done = bench.run([harness.POLLUX, 'replay', '--input', bench.path('in.csv'), '--output',
                      bench.path(name), '--config', bench.path('cell.yaml'), '--learn', '200'])
    assert done.returncode == 0, done
    with open(bench.path(name), encoding='utf-8') as file:
        return file.read()


def test_replay_gives_the_same_bytes(bench):
    write_scripts(bench)
    outputs = [replay(bench, name) for name in ('one', 'two')]
    assert outputs[0] == outputs[1]
    health = [line.split(',')[-1] for line in outputs[0].splitlines() if ',good,health,' in line]
    assert health[-1] == 'healthy' and 'mismatch' not in health[250:], health[-1]


def test_parameter_that_is_a_state_is_followed(bench):
    with open(bench.path('good.lua'), 'w', encoding='utf-8') as file:
        file.write(GOOD.replace('states = {', 'states = { tau = { unit = "s", start = 2, '
                                'min = 0.1, max = 10, noise = 0.02 },')
                   .replace('outputs = {', 'outputs = { tau = "s",')
                   .replace('return { a = (u.u - x.a) / p.tau }',
                            'return { a = (u.u - x.a) / x.tau, tau = 0 }')
                   .replace('return { a = x.a,', 'return { a = x.a, tau = x.tau,'))
    rows = [line.split(',') for line in replay(bench, 'out').splitlines() if ',good,tau,' in line]
    found = float(rows[-1][4])
    print(rows[0], rows[-1])
    assert abs(found - 1) < 0.05, rows[-1]


if __name__ == '__main__':
    harness.main(globals())
