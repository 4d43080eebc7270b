#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""SKAB, folder valve1, after its protocol: rows 0 to 399 of each file are learnt, the
others are judged and pooled.  A row is in alarm where some tag is not healthy."""
import itertools

import recordings

LEARN = 400
QUIET = 30  # rows after a change point in which there is no other


def states_by_row(rows, n):
    """-> set of the tags' states, for each row of the input"""
    tags = len(rows) // n
    return [{row[7] for row in rows[i * tags:(i + 1) * tags]} for i in range(n)]


def change_points(states):
    """-> rows where "some tag moves" or "some tag is off its level" changes"""
    found, before = [], (False, False)
    for i, now in enumerate(states):
        edge = ('transient' in now, bool(now & {'drift', 'mismatch'}))
        if i >= LEARN and edge != before and (not found or i - found[-1] > QUIET):
            found.append(i)
        before = edge
    return found


def print_rows(what, confusion):
    print('  %-28s F1 %.3f  FAR %5.1f %%  MAR %5.1f %%' % ((what,) + confusion.figures()))


def print_points(what, points):
    print('  %-28s %.1f / %.1f / %.1f with %d false' % (
        (what,) + tuple(points.figures()[0]) + (points.false,)))


def test_valve1_is_judged_as_well_as_by_the_reference(bench):
    verdicts = {name: recordings.Confusion() for name in ('twin', 'all', 'middle')}
    points = {name: recordings.ChangePoints() for name in ('twin', 'minute')}
    for path in recordings.find('skab/valve1/*.csv'):
        table = recordings.read_table(path, ';')
        rows = recordings.replay(bench, path, '--learn', str(LEARN), '--ignore',
                                 'anomaly,changepoint')
        states = states_by_row(rows, len(table))
        t = [recordings.utc_s(row['datetime']) for row in table]
        for i, row in itertools.islice(enumerate(table), LEARN, None):
            true = float(row['anomaly'])
            verdicts['twin'].add(states[i] - {'healthy'}, true)
            verdicts['all'].add(True, true)
            verdicts['middle'].add(170 <= i - LEARN < 570, true)
        true = [t[i] for i, row in enumerate(table)
                if i >= LEARN and float(row['changepoint'])]
        points['twin'].add(true, [t[i] for i in change_points(states)])
        points['minute'].add(true, t[LEARN::60])
    print_rows('twin', verdicts['twin'])
    print_rows('all rows', verdicts['all'])
    print_rows('rows 170 to 569, unread', verdicts['middle'])
    print_points('change points of the twin', points['twin'])
    print_points('a change point a minute', points['minute'])
    f1, far, _ = verdicts['twin'].figures()
    assert f1 >= 0.85 and far <= 18
    assert all(got >= want for got, want in zip(points['twin'].figures()[0], (50, 47, 55)))
    assert points['twin'].false <= 18


if __name__ == '__main__':
    recordings.harness.main(globals())
