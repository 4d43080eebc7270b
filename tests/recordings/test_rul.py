#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""pollux rul on FD001's training engines: learnt from 1 to 80, 81 to 100 cut short after
the share 0.35 + 0.03 i of their life; and the same tables written in other ways."""
import math

import recordings

HEADING = ['engine', 'cycle'] + ['setting%d' % i for i in (1, 2, 3)] + [
    'sensor%d' % i for i in range(1, 22)]
CUT = 125  # before that an engine cannot be told from a new one


def engines():
    """-> rows of text by engine"""
    with open(recordings.find('cmapss/train_FD001.txt')[0], encoding='utf-8') as file:
        by_engine = {}
        for row in (line.split() for line in file):
            by_engine.setdefault(int(row[0]), []).append(row)
    return by_engine


def rul(bench, train, test):
    """-> engine, p10, p50, p90 as text; what it said"""
    run = bench.run([recordings.harness.POLLUX, 'rul', '--train', bench.write('train', train),
                     '--test', bench.write('test', test)], seconds=300)
    assert run.returncode == 0, run.stderr
    lines = run.stdout.splitlines()
    assert lines[0] == 'engine,rul_p10,rul_p50,rul_p90'
    return [line.split(',') for line in lines[1:]], run.stderr


def text(rows, separator=' ', heading=False, end='\n'):
    head = [HEADING] if heading else []
    return ''.join(separator.join(row) + end for row in head + rows)


def split():
    """-> rows to learn from, rows to tell, what was left of each engine told"""
    learn, tell, left = [], [], []
    for engine, rows in engines().items():
        if engine <= 80:
            learn += rows
        else:
            cut = int(len(rows) * (0.35 + 0.03 * (engine - 81)))
            tell += rows[:cut]
            left.append(len(rows) - cut)
    return learn, tell, left


def rmse(told, left):
    return math.sqrt(sum((a - b) ** 2 for a, b in zip(told, left)) / len(left))


def test_engines_81_to_100(bench):
    learn, tell, left = split()
    lives = [len(rows) for engine, rows in engines().items() if engine <= 80]
    ages = {}
    for row in tell:
        ages[row[0]] = int(row[1])
    rows, _ = rul(bench, text(learn), text(tell))
    told = [float(row[2]) for row in rows]
    held = [float(row[1]) <= true <= float(row[3]) for row, true in zip(rows, left)]
    cut = [min(true, CUT) for true in left]
    mean = sum(lives) / len(lives)
    print('  pollux rul          RMSE %.1f (bar 16), p10 to p90 holds %d of %d' % (
        rmse(told, cut), sum(held), len(held)))
    print('  mean life less age  RMSE %.1f' % rmse([mean - age for age in ages.values()], left))
    print('  half of mean life   RMSE %.1f' % rmse([mean / 2] * len(left), left))
    assert len(rows) == 20 and rmse(told, cut) <= 16


def test_the_same_table_in_other_ways_gives_the_same(bench):
    learn, tell, _ = split()
    want, _ = rul(bench, text(learn), text(tell))
    for name, write in (
            ('commas and a heading', lambda rows: text(rows, ',', True)),
            ('semicolons, carriage returns', lambda rows: text(rows, ';', True, '\r\n')),
            ('tabs, blanks at the end', lambda rows: text(rows, '\t', False, '  \n')),
            ('a further sensor that stands still',
             lambda rows: text([row + ['7'] for row in rows])),
            ('a byte order mark', lambda rows: '\ufeff' + text(rows, ','))):
        got, _ = rul(bench, write(learn), write(tell))
        assert got == want, name
    got, _ = rul(bench, text(learn), text(tell, ',', True))
    assert got == want, 'one table in each way'


def test_engines_seen_for_a_short_time(bench):
    learn, tell, _ = split()
    for seen in (29, 9, 1):
        rows, said = rul(bench, text(learn), text([r for r in tell if int(r[1]) <= seen]))
        told = [row for row in rows if row[2]]
        for row in told:
            assert float(row[1]) <= float(row[2]) <= float(row[3]), row
        assert len(rows) == 20 and len(told) == (20 if seen >= 10 else 0), seen
        assert said.count('no prediction: too little seen of it yet') == 20 - len(told)


def test_tables_that_do_not_fit_are_said(bench):
    learn, tell, _ = split()
    for name, train, test, want in (
            ('another sensor', text(learn), text([r + ['1'] for r in tell]),
             '21 sensors learnt, 22 in the table'),
            ('a word', text(learn), text(tell[:5] + [['x'] * 26]), 'is no number'),
            ('an index', text([[str(i)] + r for i, r in enumerate(learn)], ','), text(tell),
             'has one row'),
            ('nothing', text(learn), '', 'no rows')):
        run = bench.run([recordings.harness.POLLUX, 'rul', '--train',
                         bench.write('train', train), '--test', bench.write('test', test)],
                        seconds=300)
        assert run.returncode == 1 and run.stdout == '', name
        assert want in run.stderr, (name, run.stderr)


if __name__ == '__main__':
    recordings.harness.main(globals())
