#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Tennessee Eastman: a component of model var over all 52 tags learns 1460 normal rows, then
sees 960 rows of which the last 800 bear a fault.

Beside it: the largest |z| over the tags, its limit the 99 % quantile of the same rows."""
import csv
import json
import statistics

import recordings

TAGS = ['xmeas_%d' % i for i in range(1, 42)] + ['xmv_%d' % i for i in range(1, 12)]
LEARN, NORMAL, STEP_S = 1460, 160, 180
CONFIG = 'twin: {components: [{id: plant, model: var, tags: [replay/*]}]}\n'
FEED = {'xmeas_%d' % i for i in (4, 6, 7, 10, 13, 16, 20, 23, 24, 25, 28, 29, 30, 31)}
# What each fault touches first, from the description of the plant (Downs, Vogel 1993):
# flow and controller of a stream, temperatures and pressures of the vessels that it enters.
PLAUSIBLE = {
    1: FEED | {'xmeas_1', 'xmv_3', 'xmv_4'},
    2: FEED | {'xmv_6'},
    4: {'xmv_10', 'xmeas_9', 'xmeas_21'},
    5: {'xmv_11', 'xmeas_11', 'xmeas_22'},
    6: {'xmv_3', 'xmeas_1'},
    7: {'xmv_4', 'xmeas_4', 'xmeas_16'},
    8: FEED,
    10: {'xmeas_18', 'xmeas_19', 'xmv_9'},
}


def read(name):
    """-> rows of 52 numbers as text"""
    with open(recordings.find('tep/' + name)[0], encoding='utf-8') as file:
        rows = [line.split() for line in file if line.strip()]
    return list(zip(*rows)) if len(rows) == len(TAGS) else rows


def judge(bench, rows):
    """-> states of plant/health by row, its alarms"""
    bench.write('var.yaml', CONFIG)
    text = ['time,' + ','.join(TAGS)]
    text += ['%d,%s' % (STEP_S * i, ','.join(row)) for i, row in enumerate(rows)]
    bench.write('tep.csv', '\n'.join(text) + '\n')
    judged = recordings.replay(bench, bench.path('tep.csv'), '--config',
                               bench.path('var.yaml'), '--learn', str(LEARN), '--alarms',
                               bench.path('alarms.csv'))
    with open(bench.path('alarms.csv'), encoding='utf-8', newline='') as file:
        alarms = [row for row in csv.DictReader(file) if row['device'] == 'plant']
    return [row[7] for row in judged if row[1:3] == ['plant', 'health']], alarms


def largest_z(rows):
    """-> the trivial detector's verdict of each row"""
    columns = [[float(row[i]) for row in rows] for i in range(len(TAGS))]
    spread = [(statistics.fmean(c[:LEARN]), statistics.pstdev(c[:LEARN])) for c in columns]
    largest = [max(abs(c[k] - mean) / sigma for c, (mean, sigma) in zip(columns, spread))
               for k in range(len(rows))]
    limit = sorted(largest[:LEARN])[int(0.99 * LEARN)]
    return [z > limit for z in largest]


def shares(said):
    """-> percent of the rows before and with the fault"""
    before, after = said[LEARN:LEARN + NORMAL], said[LEARN + NORMAL:]
    return 100 * sum(before) / len(before), 100 * sum(after) / len(after)


def blamed(alarms):
    """-> tags of the first alarm after the fault began"""
    begin = STEP_S * (LEARN + NORMAL)
    first = next(a for a in alarms if int(a['since']) >= begin)
    return [(part['tag'].split('/')[1], part['share'])
            for part in json.loads(first['contributions'])]


def test_faults_are_found_and_named(bench):
    normal = list(read('d00.dat')) + list(read('d00_te.dat'))
    found, trivial = [], []
    for fault, plausible in PLAUSIBLE.items():
        rows = normal + list(read('d%02d_te.dat' % fault))
        states, alarms = judge(bench, rows)
        found.append(shares([state == 'mismatch' for state in states]))
        trivial.append(shares(largest_z(rows)))
        named = blamed(alarms)
        print('  fault %2d: %5.1f %% at %.1f %%; %s' % (
            fault, found[-1][1], found[-1][0],
            ', '.join('%s %.0f %%' % (tag, 100 * share) for tag, share in named)))
        assert plausible & {tag for tag, _ in named}, named
    mean = [statistics.fmean(column) for column in zip(*found)]
    print('  var            %5.1f %% of the faulty rows at %.2f %% of the others' % (
        mean[1], mean[0]))
    print('  largest |z|    %5.1f %% at %.2f %%' % tuple(
        statistics.fmean(column) for column in list(zip(*trivial))[::-1]))
    print('  all rows       100.0 % at 100.00 %')
    assert mean[1] >= 97.5 and mean[0] <= 0.5


def test_faults_that_hardly_show(bench):
    """3 and 9 are left out of averages; nobody claims to find them."""
    normal = list(read('d00.dat')) + list(read('d00_te.dat'))
    for fault in (3, 9):
        states, _ = judge(bench, normal + list(read('d%02d_te.dat' % fault)))
        print('  fault %2d: %5.1f %% at %.1f %%' % (
            (fault,) + shares([state == 'mismatch' for state in states])[::-1]))
        assert states[LEARN - 1] == 'learning' and states[LEARN] != 'learning'


if __name__ == '__main__':
    recordings.harness.main(globals())
