#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""pollux report on a history that a real gateway has written."""
import json
import os

import harness

DATE = {**os.environ, 'SOURCE_DATE_EPOCH': '1767323045'}
CONFIG = '''
history: {commit: 100ms}
devices:
  - id: plc
    driver: sim
    every: 20ms
    tags:
      - {id: force, at: "sine(period=1s,amplitude=40,offset=50)", type: float64, unit: N,
         store: {deviation: 0}}
      - {id: running, at: "square(period=500ms)", type: bool}
      - {id: still, at: "constant(value=7)", type: float64}
'''


def report(bench, gateway, *words):
    """-> the finished process"""
    done = bench.run([harness.POLLUX, 'report', '-c', gateway.config, *words], env=DATE)
    assert not any(word in done.stderr for word in harness.SANITIZERS), done.stderr
    return done


def test_what_a_machine_did(bench):
    gateway = harness.Gateway(bench, CONFIG)
    done = report(bench, gateway)
    assert done.returncode == 1 and 'there is no history yet' in done.stderr, done
    process = gateway.start()
    harness.wait_until('four seconds are stored', lambda: gateway.count() > 600)
    page = bench.path('use.html')
    envelope = bench.write('envelope.yaml', '''
envelope:
  - {tag: plc/force, max: 80, name: spring}
  - {tag: plc/still, min: 0, max: 10}
''')
    beside = report(bench, gateway, '--since', '1h', '--json')  # while it is written
    assert beside.returncode == 0, beside.stderr
    process.stop(15)
    done = report(bench, gateway, '--since', '1h', '--json', '--envelope', envelope,
                  '--output', page)
    assert done.returncode == 0, done.stderr
    tags = {t['tag']: t for t in json.loads(done.stdout)['tags']}
    force, running, still = tags['plc/force'], tags['plc/running'], tags['plc/still']
    seconds = force['known_s']
    assert 3.5 < seconds < 60, force
    # a sine of a second: a cycle each, of some 80 N
    whole = sum(n for i, n in enumerate(force['cycles']['amounts'])
                if force['cycles']['from'] + (i + 1) * force['cycles']['width'] > 70)
    assert abs(whole - seconds) < 1.6, (whole, seconds)
    assert abs(sum(force['level_s']['amounts']) - seconds) < 0.1, force
    # above 80 N it is for 0.23 of the time
    assert abs(force['envelope']['outside_s'] / seconds - 0.23) < 0.08, force
    assert 9 < force['envelope']['worst'] <= 10.001 and force['envelope']['first'], force
    assert still['envelope']['excursions'] == 0 and still['envelope']['first'] is None
    assert abs(running['starts'] - 2 * seconds) < 2.5, (running, seconds)
    assert abs(running['on_s'] / seconds - 0.5) < 0.15, running
    table = report(bench, gateway, '--since', '1h').stdout
    assert 'plc/force' in table and 'no alarms' in table, table
    csv = report(bench, gateway, 'plc/force', '--since', '1h', '--csv').stdout
    assert csv.startswith('tag,unit,spectrum,from,to,amount\nplc/force,N,level_s,'), csv
    assert 'plc/still' not in csv
    with open(page, encoding='utf-8') as file:
        text = file.read()
    for word in ('Against its design', 'spring', 'Load spectra', '<svg class="bars"'):
        assert word in text, word


def test_oee_of_a_machine_whose_parts_are_counted(bench):
    gateway = harness.Gateway(bench, harness.MACHINE)
    done = bench.run([os.path.join(harness.PEERS, 'past'), gateway.config, 'machine', 'filler',
                      '90000'])
    assert done.returncode == 0 and not done.stderr, done.stderr
    tags = 'rejects: filler/rejects, down: filler/down, busy: filler/busy, ideal: 3800ms'
    file = bench.write('m.yaml', 'machines:\n  - {id: filler, count: filler/count, %s}\n' % tags)
    page = bench.path('m.html')
    done = report(bench, gateway, '--since', '25h', '--until', '10m', '--json', '--envelope', file,
                  '--output', page)
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)['machines'][0]
    print(made)
    whole = made['work_s'] + made['idle_s'] + made['down_s'] + made['unknown_s']
    assert abs(whole - 24.8333 * 3600) < 5, whole
    # 4 s a job; a failure each 600 s of work, of 60 s; waits of 6.2 s after one in five
    assert abs(made['work_s'] / made['jobs'] - 4) < 0.05, made
    assert abs(made['down_s'] / made['work_s'] - 0.1) < 0.03, made
    assert abs(made['idle_s'] / made['jobs'] - 0.2 * 6.2) < 0.1, made
    assert abs(made['rejects'] / made['jobs'] - 0.03) < 0.005, made
    known = whole - made['unknown_s']
    assert abs(made['availability'] - made['work_s'] / known) < 1e-9, made
    assert abs(made['effectiveness'] - 3.8 * made['jobs'] / made['work_s']) < 1e-9, made
    assert abs(made['quality'] - (1 - made['rejects'] / made['jobs'])) < 1e-9, made
    assert abs(made['oee'] - made['availability'] * made['effectiveness'] * made['quality']) < 1e-9
    text = report(bench, gateway, '--since', '25h', '--envelope', file).stdout
    assert 'works, h' in text and 'filler   ' in text, text
    with open(page, encoding='utf-8') as html:
        assert 'Availability, %' in html.read()
    wrong = bench.write('w.yaml', 'machines: [{id: a, count: filler/cnt}]\n')
    done = report(bench, gateway, '--envelope', wrong)
    assert done.returncode == 3 and "there is no tag 'filler/cnt'" in done.stderr, done


def test_what_is_wrong_is_said(bench):
    gateway = harness.Gateway(bench, CONFIG)
    for words in (['plc/nothing'], ['--since', 'noon'], ['--since', '1h', '--until', '2h']):
        done = report(bench, gateway, *words)
        assert done.returncode == 2 and 'report --help' in done.stderr, done
    for text, words in (('envelope: [{tag: plc/nothing, max: 1}]', "no tag 'plc/nothing'"),
                        ('envelope: [{tag: plc/force}]', "'min' or 'max'"),
                        ('limits: []', "unknown key 'limits'")):
        bench.write('e.yaml', text + '\n')
        done = report(bench, gateway, '--envelope', bench.path('e.yaml'))
        assert done.returncode == 3 and 'e.yaml:1:' in done.stderr and \
            words in done.stderr, done


if __name__ == '__main__':
    harness.main(globals())
