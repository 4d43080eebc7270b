#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Lines of modules: files with parameters and ports, put in, exchanged, taken out; and what
the change takes."""
import json
import os

import harness
from test_production import DATE, example, figures, line

CELL = '''
module: cell
parameters:
  cycle: {value: 2s, min: 1s, max: 10s}
  heads: {value: 1, max: 4}
ports: {in: first, out: second}
stations:
  - {id: first, machines: "${heads}", time: "${cycle}", at: [1, 2], investment: 100, floor: 3}
  - {id: second, time: 500ms}
ways: [{from: first, to: second, places: 5}]
investment: 50
floor: 2
changeover: 2h
'''
BASE = '''
run: {for: 1h, warm_up: 10min, replications: 2}
margin: 2
sources: [{id: in}]
modules:
  - {id: a, file: cell.yaml, at: [10, 0], with: {cycle: 3s}}
  - {id: b, file: cell.yaml, with: {heads: 2}}
ways:
  - {from: in, to: a.in, places: 2}
  - {from: a.out, to: b.in, places: 2}
  - {from: b.out, to: out}
'''


def prepare(bench):
    """-> path of the base"""
    bench.write('cell.yaml', CELL)
    return bench.write('base.yaml', BASE)


def stations(variant):
    return [s['id'] for s in variant['stations']]


def test_each_module_has_its_own_values(bench):
    path = prepare(bench)
    found = json.loads(line(bench, path, '--json', '--sweep', 'a.cycle=1s,2s', '--sweep',
                            'a-first.machines=2').stdout)['variants']
    base, fast, same, two = found
    assert stations(base) == ['a-first', 'a-second', 'b-first', 'b-second'], base
    # a: 3 s, b: two heads of 2 s, so one in 1 s
    assert abs(figures(base)['throughput'] - 1200) < 2, figures(base)
    assert abs(figures(fast)['throughput'] - 3600) < 5, figures(fast)
    assert abs(figures(same)['throughput'] - 1800) < 3, figures(same)
    assert abs(figures(two)['throughput'] - 2400) < 3, figures(two)
    step, = fast['plan']['steps']
    assert step['of'] == 'modules' and step['kind'] == 'changed' and step['takes_s'] == 7200 \
        and step['what'] == 'with: {cycle: 3s} -> {cycle: 1s}', step
    assert abs(fast['plan']['lost'] - 2 * 1200) < 5, fast['plan']
    # 2400 parts more in an hour at 2 each: what was lost is back in an hour
    assert abs(fast['plan']['pays_h'] - 1) < 0.01, fast['plan']
    step, = two['plan']['steps']
    assert step['id'] == 'a-first' and step['kind'] == 'changed', step
    assert two['plan']['investment'] == 100 and two['plan']['floor_m2'] == 3, two['plan']


def test_files_stand_beside_who_names_them(bench):
    """From another folder, by --sweep and by variants in folders of their own."""
    path = prepare(bench)
    inside, outside = bench.mkdir('inside'), bench.mkdir('outside')
    variant = bench.write('inside/v.yaml', 'modules: [{id: a, with: {cycle: 1s}}]\n')
    done = bench.run(['sh', '-c', 'cd %s && exec %s line %s --json --sweep a.cycle=1s --variant %s'
                      % (outside, harness.POLLUX, path, variant)])
    assert done.returncode == 0, done.stderr
    base, swept, own = json.loads(done.stdout)['variants']
    assert figures(swept) == figures(own) and figures(base) != figures(own)
    # of the same name, and yet another one
    bench.write('inside/cell.yaml', CELL.replace('500ms', '2500ms'))
    bench.write('inside/v.yaml', 'modules: [{id: a, file: cell.yaml}]\n')
    own = json.loads(line(bench, path, '--variant', variant, '--json').stdout)['variants'][1]
    step, = own['plan']['steps']
    assert step['id'] == 'a' and 'inside/cell.yaml' in step['what'], step


def plan_of(bench, text):
    """-> the plan from the base to that variant"""
    done = line(bench, bench.path('base.yaml'), '--variant', bench.write('v.yaml', text), '--json')
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)['variants'][1]['plan']


def test_nothing_is_counted_twice(bench):
    prepare(bench)
    bench.write('cell.yaml', CELL.replace('floor: 3}', 'floor: 3, changeover: 1h}'))
    plan = plan_of(bench, 'modules: [{id: a, with: {cycle: 2s}}]\n'
                          'stations: [{id: a-first, machines: 3}]\n')
    assert (plan['investment'], plan['floor_m2'], plan['in_a_row_s']) == (200, 6, 3 * 3600), plan
    # names that begin alike: c, c-2
    ways = BASE[BASE.index('ways:'):].replace('b.in', 'c.in') + \
        '  - {from: c.out, to: c-2.in, places: 2}\n  - {from: c-2.out, to: b.in, places: 2}\n'
    plan = plan_of(bench, 'modules: [{id: c, file: cell.yaml}, {id: c-2, file: cell.yaml}]\n' +
                   ways)
    assert (plan['investment'], plan['floor_m2'], plan['in_a_row_s']) == (300, 10, 6 * 3600), plan
    steps = {(s['id'], s['kind']): s for s in plan['steps']}
    assert steps['ways', 'changed']['what'] == '3 of 5 are others than before', steps
    # one run has no interval
    done = line(bench, bench.path('base.yaml'), '--sweep', 'a.cycle=1s', '--replications', '1')
    assert 'one run does not say how surely' in done.stdout, done.stdout


def test_modules_are_exchanged_and_taken_out(bench):
    path = prepare(bench)
    bench.write('single.yaml', '''
ports: {in: only, out: only}
stations: [{id: only, time: 900ms, investment: 400, changeover: 3h}]
''')
    variant = bench.write('variant.yaml', '''
crew: 2
remove: [b]
modules: [{id: a, file: single.yaml, with: {}}, {id: c, file: single.yaml}]
ways:
  - {from: in, to: a.in, places: 2}
  - {from: a.out, to: c.in, places: 2}
  - {from: c.out, to: out}
''')
    done = line(bench, path, '--variant', variant, '--json', '--output', bench.path('p.html'))
    assert done.returncode == 0, done.stderr
    own = json.loads(done.stdout)['variants'][1]
    assert stations(own) == ['a-only', 'c-only'], own
    plan = own['plan']
    assert {(s['id'], s['kind']) for s in plan['steps']} == \
        {('a', 'changed'), ('b', 'removed'), ('c', 'new'), ('ways', 'changed')}, plan
    assert plan['steps'][0]['id'] == 'b', plan
    # b goes for 2 h beside 3 h, then the other 3 h; what b had cost is not given back
    assert plan['downtime_s'] == 5 * 3600 and plan['in_a_row_s'] == 8 * 3600, plan
    assert plan['investment'] == 250 + 400, plan
    with open(bench.path('p.html'), encoding='utf-8') as file:
        text = file.read()
    assert 'Reconfiguration' in text and '5.0 h of downtime with 2 at once' in text


def test_what_is_wrong_is_said_in_its_own_file(bench):
    path = prepare(bench)
    for name, old, new, where, words in (
            ('cell.yaml', 'value: 2s, min', 'value: 2s, mn', 'cell.yaml:4:', "unknown key 'mn'"),
            ('cell.yaml', '${cycle}', '${cycel}', 'cell.yaml:8:',
             "no parameter 'cycel' (did you mean 'cycle'?)"),
            ('cell.yaml', 'out: second}', 'out: secnd}', 'cell.yaml:6:',
             "no station of the module 'secnd' (did you mean 'second'?)"),
            ('cell.yaml', 'to: second', 'to: third', 'cell.yaml:10:', 'no station of the module'),
            ('cell.yaml', 'time: 500ms', 'time: 500', 'cell.yaml:9:', "'time' wants a time"),
            ('cell.yaml', 'investment: 50', 'modules: []', 'cell.yaml:11:', "unknown key 'modules'"),
            ('base.yaml', 'cycle: 3s', 'cycle: 20s', 'base.yaml:6:',
             "parameter 'cycle' of module 'a' is from 1s to 10s"),
            ('base.yaml', 'heads: 2', 'heds: 2', 'base.yaml:7:', "did you mean 'heads'?"),
            ('base.yaml', 'a.in', 'a.inn', 'base.yaml:9:', "no port 'inn' (did you mean 'in'?)"),
            ('base.yaml', 'b.out', 'd.out', 'base.yaml:11:', "no module 'd'"),
            ('base.yaml', 'file: cell.yaml, with: {heads', 'file: cel.yaml, with: {heads',
             'base.yaml:7:', 'cel.yaml'),
            ('cell.yaml', 'time: "${cycle}"', 'time: "${cycle"', 'cell.yaml:8:', "without '}'"),
            ('base.yaml', 'id: b', 'id: a', 'base.yaml:7:', "'a' is there already"),
            ('base.yaml', 'margin: 2', 'remove: [a]', 'base.yaml:3:', "'remove' is of a variant")):
        prepare(bench)
        text = CELL if name == 'cell.yaml' else BASE
        bench.write(name, text.replace(old, new, 1))
        done = line(bench, path)
        assert done.returncode == 3 and where in done.stderr and words in done.stderr, (new, done)
    bench.write('other.yaml', CELL.replace('first', 'b-first'))
    bench.write('cell.yaml', CELL)
    bench.write('base.yaml', BASE.replace('a, file: cell', 'a, file: other')
                .replace('id: b,', 'id: a-b,').replace('b.in', 'a-b.in').replace('b.out', 'a-b.out'))
    done = line(bench, path)
    assert done.returncode == 3 and "'a-b-first' is of module 'a' already" in done.stderr, done
    prepare(bench)
    variant = bench.write('v.yaml', 'remove: [x]\n')
    done = line(bench, path, '--variant', variant)
    assert done.returncode == 3 and "the base has no 'x'" in done.stderr, done


def test_the_shipped_cells(bench):
    done = line(bench, example('line.yaml'), '--variant', example('line-modular.yaml'), '--for',
                '4h', '--replications', '3', '--json')
    assert done.returncode == 0 and not done.stderr, done.stderr
    own = json.loads(done.stdout)['variants'][1]
    assert 'fast-capper' in stations(own) and 'capper' not in stations(own), own
    assert own['plan']['downtime_s'] == 12 * 3600 and own['plan']['crew'] == 2, own['plan']
    assert own['plan']['investment'] == 150000 and own['plan']['floor_m2'] == 6, own['plan']


def test_a_routing_is_held_against_modules(bench):
    """What a module can counts: with the cells merged into the line file."""
    folder = os.path.abspath(os.path.dirname(example('line.yaml')))
    with open(example('line.yaml'), encoding='utf-8') as file:
        text = file.read()
    with open(example('line-modular.yaml'), encoding='utf-8') as file:
        own = file.read()
    first, last = text.index('  - id: capper'), text.index('  - id: packer')
    text = text[:first] + text[last:text.index('ways:')] + text[text.index('operators:'):] + \
        own[own.index('modules:'):].replace('file: ', 'file: ' + folder + '/')
    bench.write('whole.yaml', text.replace('crew: 2', ''))
    with open(example('routing.yaml'), encoding='utf-8') as file:
        routing = file.read().replace('line: line.yaml', 'line: whole.yaml')
    done = bench.run([harness.POLLUX, 'validate', bench.write('routing.yaml', routing), '--json'],
                     env=DATE)
    found = json.loads(done.stdout)
    assert done.returncode == 0 and 'capper' in done.stdout, (done, found)
    assert '"fast-capper"' in done.stdout or '"spare-capper"' in done.stdout, done.stdout


if __name__ == '__main__':
    harness.main(globals())
