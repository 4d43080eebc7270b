#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""pollux line on the lines that are shipped and on wrong ones."""
import json
import os

import harness

EXAMPLES = os.path.join(os.environ.get('POLLUX_SOURCE', '.'), 'etc', 'examples')
DATE = {**os.environ, 'SOURCE_DATE_EPOCH': '1767323045'}


def line(bench, *words):
    """-> the finished process"""
    done = bench.run([harness.POLLUX, 'line', *words], env=DATE)
    assert not any(word in done.stderr for word in harness.SANITIZERS), done.stderr
    return done


def example(name):
    return os.path.join(EXAMPLES, name)


def figures(variant):
    return {name: f['mean'] for name, f in variant['figures'].items()}


def test_the_shipped_line_beside_its_variants(bench):
    page, again = bench.path('a.html'), bench.path('b.html')
    words = [example('line.yaml'), '--variant', example('line-second-capper.yaml'),
             '--variant', example('line-twin.yaml'), '--for', '6h', '--json']
    done = line(bench, *words, '--output', page)
    assert done.returncode == 0 and not done.stderr, done.stderr
    base, capper, twin = json.loads(done.stdout)['variants']
    assert [v['name'] for v in (base, capper, twin)] == \
        ['base', 'line-second-capper', 'line-twin']
    # the capper's 2 s, less what fails and pauses
    assert 1400 < figures(base)['throughput'] < 1700, figures(base)
    assert [s['id'] for s in base['stations'] if s['bottleneck']] == ['capper']
    # what a shift gives, by the runs
    output = base['output']
    assert output['p10'] < output['p50'] < output['p90'], output
    assert abs(output['p50'] / 6 / figures(base)['throughput'] - 1) < 0.05, output
    # pairs of the same replications: the differences add up
    for variant in (capper, twin):
        assert variant['replications'] == base['replications'], variant
        assert abs(figures(variant)['throughput'] - figures(base)['throughput'] -
                   variant['more_than_base']['throughput']['mean']) < 1e-6
    more = capper['more_than_base']['throughput']
    assert more['mean'] > more['half'] > 0, more
    assert capper['plan']['changed'] == ['capper'], capper['plan']
    assert capper['plan']['investment'] == 60000 and capper['plan']['floor_m2'] == 4
    assert twin['plan']['changed'] == ['filler'], twin['plan']
    down = {v['name']: v['stations'][0]['states']['down']['mean'] for v in (base, twin)}
    assert down['line-twin'] == 0 < down['base'], down
    for variant in (base, capper, twin):
        assert variant['little'] < 1e-9
        for station in variant['stations']:
            whole = sum(share['mean'] for share in station['states'].values())
            assert abs(whole - 1) < 1e-9, station
    twice = line(bench, *words, '--output', again)
    assert twice.stdout == done.stdout
    with open(page, encoding='utf-8') as a, open(again, encoding='utf-8') as b:
        text = a.read()
        assert text == b.read()
    for word in ('Reconfiguration', 'bottleneck', '<svg', 'States of the machines'):
        assert word in text, word
    other = line(bench, example('line.yaml'), '--replications', '3', '--seed', '2',
                 '--for', '2h')
    assert other.returncode == 0 and '3 replications of 2 h' in other.stdout, other


LINE = '''
run: {for: 1000s, warm_up: 0s, replications: 2}
sources: [{id: in}]
stations:
  - {id: one, time: 2s}
  - {id: two, time: 1s}
ways:
  - {from: in, to: one, places: 1}
  - {from: one, to: two, places: 1}
  - {from: two, to: out}
'''


def test_what_is_wrong_is_said_where_it_stands(bench):
    path = bench.write('line.yaml', LINE)
    done = line(bench, path)
    assert done.returncode == 0 and '1796.4' in done.stdout, done
    for old, new, where, words in (
            ('time: 2s', 'time: 2', 5, "'time' wants a time such as 4s"),
            ('time: 2s', 'time: -2s', 5, "'time' wants a time such as 4s"),
            ('time: 2s', 'time: normal(2s)', 5, 'as many numbers'),
            ('time: 2s', 'time: weibull(2s 3s)', 5, 'times with their units'),
            ('time: 2s', 'time: weibull(2s -3)', 5, 'numbers of a distribution'),
            ('to: two', 'to: tow', 9, "there is no station 'tow' (did you mean 'two'?)"),
            ('id: two', 'id: one', 6, "'one' is there already"),
            ('{from: two, to: out}', '{from: one, to: out}', 2, 'no way out'),
            ('places: 1}', 'placs: 1}', 8, "unknown key 'placs'"),
            ('time: 1s}', 'time: 1s, skill: welding}', 2, 'no operator can'),
            ('time: 1s}', 'time: 1s, machines: 0}', 6, 'machines'),
            ('time: 1s}', 'time: 1s, factors: {big: 2}}', 6, "no product 'big'"),
            ('places: 1}', 'places: 1, take: 3}', 2, 'fewer places')):
        bench.write('line.yaml', LINE.replace(old, new, 1))
        done = line(bench, path)
        assert done.returncode == 3 and 'line.yaml:%d:' % where in done.stderr and \
            words in done.stderr, (new, done)
    for words in ([], ['a', 'b'], ['a', '--for', 'x'], ['a', '--replications', '0'],
                  ['a', '--seed', '-1']):
        done = line(bench, *words)
        assert done.returncode == 2 and 'line --help' in done.stderr, done
    bench.write('line.yaml', LINE.replace('2s', '0s').replace('1s}', '0s}'))
    done = line(bench, path)
    assert done.returncode == 1 and 'without any time passing' in done.stderr, done


def test_a_line_that_never_settles_is_called_out(bench):
    path = bench.write('line.yaml', LINE.replace('{id: in}', '{id: in, every: 1s}')
                       .replace('{from: in, to: one, places: 1}', '{from: in, to: one}'))
    done = line(bench, path)
    assert done.returncode == 0 and 'grows all the time' in done.stdout, done
    assert not json.loads(line(bench, path, '--json').stdout)['variants'][0]['settles']
    bench.write('line.yaml', LINE)
    assert json.loads(line(bench, path, '--json').stdout)['variants'][0]['settles']


def test_vehicles_between_stations(bench):
    page = bench.path('agv.html')
    done = line(bench, example('line-agv.yaml'), '--sweep', 'agv.count=1,3', '--for', '20h',
                '--replications', '4', '--output', page, '--json')
    assert done.returncode == 0 and not done.stderr, done.stderr
    two, one, three = json.loads(done.stdout)['variants']
    shares = {}
    for variant, count in ((one, 1), (two, 2), (three, 3)):
        fleet, = variant['vehicles']
        shares[count] = {name: share['mean'] for name, share in fleet['states'].items()}
        assert fleet['count'] == count and abs(sum(shares[count].values()) - 1) < 1e-9, fleet
        assert 1 < fleet['parts_a_trip']['mean'] <= 4, fleet
    # one is never idle and holds all up, three have time
    assert shares[1]['waiting'] < 0.01 and one['vehicles'][0]['before_the_bottleneck']
    assert shares[3]['waiting'] > 0.15 and not three['vehicles'][0]['before_the_bottleneck']
    assert 0.08 < shares[1]['charging'] < 0.14, shares    # 45 min after 6 h
    assert not one['settles'] and three['settles']
    assert one['plan']['changed'] == ['agv'] and one['plan']['investment'] == 0
    assert three['plan']['investment'] == 38000
    with open(page, encoding='utf-8') as file:
        assert '<th>Vehicles</th>' in file.read()
    text = open(example('line-agv.yaml'), encoding='utf-8').read()
    for old, new, words in (
            ('by: agv, pick_up: 4, places: 12}', 'by: avg, places: 12}',
             "there is no fleet 'avg' (did you mean 'agv'?)"),
            ('to: saw}', 'to: saw, by: agv, places: 3}', 'from a station to a station'),
            ('distance: 52', 'travel: 5s', "'by' or 'travel'"),
            (', at: [0, 0]}', '}', "'saw' has no 'at'"),
            ('to: saw}', 'to: saw, distance: 5}', "are of a way 'by' vehicles"),
            ('detour: 1.3', 'detour: 0.3', 'detour')):
        done = line(bench, bench.write('wrong.yaml', text.replace(old, new, 1)))
        assert done.returncode == 3 and words in done.stderr, (new, done)


def test_tasks_are_given_to_stations(bench):
    done = line(bench, example('assembly.yaml'), '--balance')
    assert done.returncode == 0 and '4 stations of 60 s' in done.stdout, done
    assert 'fewer are not possible' in done.stdout, done
    assert 'housing, station 1: lifting index' in done.stdout, done
    assert 'enough: at most' in done.stdout and 'no medical statement' in done.stdout
    found = json.loads(line(bench, example('assembly.yaml'), '--balance',
                            '--json').stdout)
    at = {t['id']: k for k, s in enumerate(found['stations']) for t in s['tasks']}
    assert len(at) == 11 and found['exact'], at
    for before, task in (('housing', 'shaft'), ('gear', 'oil'), ('cover', 'screws')):
        assert at[before] <= at[task], at
    assert all(s['time_s'] <= 60 for s in found['stations']), found
    with open(example('assembly.yaml'), encoding='utf-8') as file:
        text = file.read()
    path = bench.write('work.yaml', text.replace('cycle: 60s', 'stations: 3'))
    found = json.loads(line(bench, path, '--balance', '--json').stdout)
    # 203 s in three
    assert len(found['stations']) == 3 and 67.7 <= found['cycle_s'] <= 75, found
    for old, new, code, words in (
            ('after: [screws]', 'after: [screw]', 3, "did you mean 'screws'"),
            ('{id: shaft, time: 18s, after: [housing]}',
             '{id: shaft, time: 18s, after: [test]}', 1, 'wait for each other'),
            ('cycle: 60s', 'cycle: 30s', 1, 'longer or heavier'),
            ('cycle: 60s', 'rula: 3', 3, "'rula'"),
            ('load: 12', 'load: -1', 3, 'load')):
        bench.write('work.yaml', text.replace(old, new, 1))
        done = line(bench, path, '--balance')
        assert done.returncode == code and words in done.stderr, (new, done)
    done = line(bench, example('assembly.yaml'))
    assert done.returncode == 3 and 'no stations' in done.stderr, done
    done = line(bench, example('line.yaml'), '--balance')
    assert done.returncode == 1 and "no 'tasks'" in done.stderr, done


def test_a_variant_is_laid_over_by_id(bench):
    path = bench.write('line.yaml', LINE)
    variant = bench.write('fast.yaml', 'stations: [{id: one, time: 500ms}]\n')
    done = line(bench, path, '--variant', variant, '--json')
    base, fast = json.loads(done.stdout)['variants']
    assert fast['name'] == 'fast' and fast['plan']['changed'] == ['one'], fast['plan']
    assert abs(figures(base)['throughput'] - 1796.4) < 1e-6, figures(base)
    assert abs(figures(fast)['throughput'] - 3596.4) < 2, figures(fast)


def test_a_sweep_is_a_variant_for_each_value(bench):
    path = bench.write('line.yaml', LINE)
    done = line(bench, path, '--sweep', 'one.machines=1,2,3', '--sweep', 'two.time=500ms',
                '--json')
    assert done.returncode == 0 and not done.stderr, done
    found = {v['name']: figures(v)['throughput']
             for v in json.loads(done.stdout)['variants']}
    assert list(found) == ['base', 'one.machines=1', 'one.machines=2', 'one.machines=3',
                           'two.time=500ms'], found
    assert found['one.machines=1'] == found['base'], found
    # two of the first at 2 s are as fast as the second at 1 s
    assert 3500 < found['one.machines=2'] < 3601 and 3500 < found['one.machines=3'] < 3601
    for words, code in (('one.machines', 2), ('machines=2', 2), ('one.machine=2', 3),
                        ('one.machines=none', 3)):
        done = line(bench, path, '--sweep', words)
        assert done.returncode == code, (words, done)


HANDS = '''
balance: {cycle: 10s, allowance: 12%s}
tasks:
  - {id: take, elements: [R30B, G1A, M30C/4, P1SE, RL1]}
  - {id: turn, elements: [%s], after: [take]}
  - {id: measured, time: 5s, after: [turn]}
'''


def test_work_by_hand_is_timed_by_its_motions(bench):
    done = line(bench, bench.write('hands.yaml', HANDS % ('', 'T90S, W4P')), '--balance', '--json')
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    times = {task['id']: task['time_s'] for s in found['stations'] for task in s['tasks']}
    tmu = 12.8 + 2 + (15.1 * 1.07 + 2.8) + 5.6 + 2
    assert abs(times['take'] - 0.036 * tmu * 1.12) < 1e-9, times
    assert abs(times['turn'] - 0.036 * 65.4 * 1.12) < 1e-9 and abs(times['measured'] - 5.6) < 1e-9
    new = ', practice: {rate: 0.8, units: 50, trained: 200}'
    done = line(bench, bench.write('new.yaml', HANDS % (new, 'T90S, W4P')), '--balance')
    assert done.returncode == 0, done.stderr
    assert 'times with 12 % for rest' in done.stdout and 'times 1.56 of the trained' in done.stdout
    done = line(bench, bench.write('wrong.yaml', HANDS % ('', 'T90S, R95A, Q1')), '--balance')
    assert done.returncode == 3, done
    assert "'R95A' is beyond the data card" in done.stderr, done.stderr
    assert "'Q1' is no motion of MTM-1" in done.stderr, done.stderr
    done = line(bench, bench.write('none.yaml', 'balance: {cycle: 9s}\ntasks: [{id: a}]\n'), '--balance')
    assert done.returncode == 3 and "a 'time' or 'elements' of MTM-1" in done.stderr, done.stderr


KNOWN = '''
title: One machine
products: [{id: bottle}]
sources: [{id: feed}]
stations:
  - id: filler
    time: 3s
    tags: {count: filler/count, rejects: filler/rejects, down: filler/down%s}
ways:
  - {from: feed, to: filler, places: 5}
  - {from: filler, to: out, share: 0.9}
  - {from: filler, to: out, share: 0.1, scrap: true}
run: {for: 8h, warm_up: 0s, replications: 10}
'''


def test_times_are_learnt_from_the_history(bench):
    gateway = harness.Gateway(bench, harness.MACHINE)
    done = bench.run([os.path.join(harness.PEERS, 'past'), gateway.config, 'machine', 'filler',
                      '90000'])
    assert done.returncode == 0 and not done.stderr, done.stderr
    learn = ['--learn', gateway.config, '--since', '2d', '--json']
    file = bench.write('line.yaml', KNOWN % ', busy: filler/busy')
    before = json.loads(line(bench, file, '--json').stdout)
    done = line(bench, file, *learn)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    what = {item['what']: item for item in found['learnt']}
    print(json.dumps(what))
    assert all(item['taken'] for item in what.values()), what
    time = what['time']
    assert time['distribution'] == 'lognormal' and time['n'] > 10000, time
    assert abs(time['mean_s'] - 4) < 0.04 and abs(time['sigma_s'] - 0.5) < 0.02, time
    up, repair = what['between failures'], what['repair']
    assert up['n'] > 70 and abs(up['mean_s'] / 600 - 1) < 0.2, up
    assert abs(repair['mean_s'] / 60 - 1) < 0.15, repair
    assert repair['ks'] < repair['ks_allowed'] and up['ks'] < up['ks_allowed'], what
    assert abs(what['scrap']['share'] - 0.03) < 0.005 and what['scrap']['before'] == 0.1, what
    # and the simulation works with it: 3600 / 4 s, less failures, less scrap
    wanted = 900 * 600 / 660 * 0.97
    more = figures(before['variants'][0])['throughput'], figures(found['variants'][0])['throughput']
    assert more[0] > 1050 and abs(more[1] / wanted - 1) < 0.04, (more, wanted)
    # without a tag that says when it works, long waits are told from work
    done = line(bench, bench.write('blind.yaml', KNOWN % ''), '--learn', gateway.config)
    assert done.returncode == 0 and 'waits left out' in done.stdout, done.stdout
    print(done.stdout[:800])
    done = line(bench, example('line.yaml'), '--learn', gateway.config)
    assert done.returncode == 3 and 'no station has `tags:`' in done.stderr, done.stderr
    done = line(bench, bench.write('typo.yaml', (KNOWN % '').replace('filler/count', 'filler/cnt')),
                '--learn', gateway.config)
    assert done.returncode == 3 and "has no tag 'filler/cnt' (of filler)" in done.stderr, done.stderr
    done = line(bench, bench.write('flood.yaml', (KNOWN % '').replace(', places: 5', '')))
    assert done.returncode == 3 and "wants 'places' on its way, or 'wip'" in done.stderr, done.stderr
    done = line(bench, bench.write('wrong.yaml', (KNOWN % '').replace('filler/count', 'count')))
    assert done.returncode == 3 and "'count' is not DEVICE/TAG" in done.stderr, done.stderr


if __name__ == '__main__':
    harness.main(globals())
