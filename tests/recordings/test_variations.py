#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The same recordings written in other ways, in part, or with holes: what is judged hangs
on the readings alone, not on a file."""
import datetime
import random
import statistics

import recordings
import test_skab as valves
import test_tep as plant

LABELS = ('anomaly', 'changepoint')


def skab():
    """-> heading and rows of a recording, as text"""
    path = recordings.find('skab/valve1/*.csv')[0]
    with open(path, encoding='utf-8') as file:
        lines = [line.rstrip('\n').split(';') for line in file]
    return lines[0], lines[1:]


def text(heading, rows, separator=';', end='\n'):
    return ''.join(separator.join(row) + end for row in [heading] + rows)


def judge(bench, written):
    """-> what is said of each reading, without its time; in order of tags, then rows"""
    path = bench.path('variation.csv')
    with open(path, 'w', encoding='utf-8', newline='') as file:
        file.write(written)
    rows = recordings.replay(bench, path, '--learn', '400', '--ignore', ','.join(LABELS))
    return sorted((row[2], i, row[3:]) for i, row in enumerate(rows)), rows


def said(bench, written):
    """-> {tag: rows of value, predicted, sigma, score, state}"""
    by_tag = {}
    for tag, _, row in judge(bench, written)[0]:
        by_tag.setdefault(tag, []).append(row)
    return by_tag


def with_time(rows, write):
    return [[write(recordings.utc_s(row[0]))] + row[1:] for row in rows]


def test_spelling_does_not_matter(bench):
    heading, rows = skab()
    order = list(range(len(heading)))
    random.Random(5).shuffle(order)
    in_paris = datetime.timezone(datetime.timedelta(hours=2))
    want = said(bench, text(heading, rows))
    for name, written in (
            ('commas', text(heading, rows, ',')),
            ('carriage returns', text(heading, rows, end='\r\n')),
            ('blanks about the cells', text(heading, rows, ' ; ')),
            ('quotes', text(['"%s"' % h for h in heading],
                            [['"%s"' % cell for cell in row] for row in rows])),
            ('a byte order mark', '\ufeff' + text(heading, rows)),
            ('other order of columns', text([heading[i] for i in order],
                                            [[row[i] for i in order] for row in rows])),
            ('without labels', text(heading[:-2], [row[:-2] for row in rows])),
            ('column time', text(['time'] + heading[1:], rows)),
            ('seconds', text(['ts'] + heading[1:],
                             with_time(rows, lambda t: '%d' % t))),
            ('another zone', text(heading, with_time(
                rows, lambda t: datetime.datetime.fromtimestamp(t, in_paris).isoformat()))),
            ('a column of words', text(heading + ['note'], [row + ['ok'] for row in rows]))):
        assert said(bench, written) == want, name


def test_part_of_a_recording_is_judged_as_in_the_whole(bench):
    heading, rows = skab()
    _, whole = judge(bench, text(heading, rows))
    for n in (300, 401, 700):
        _, part = judge(bench, text(heading, rows[:n]))
        assert part == whole[:len(part)] and len(part) == n * (len(heading) - 3), n
    assert {row[7] for row in whole[:300]} == {'learning'}


def test_holes_cost_little(bench):
    """One value in fifty is missing: as an empty cell, or in words."""
    rng = random.Random(9)
    whole, holed = recordings.Confusion(), recordings.Confusion()
    for path in recordings.find('skab/valve1/*.csv'):
        with open(path, encoding='utf-8') as file:
            lines = [line.rstrip('\n').split(';') for line in file]
        for confusion, share in ((whole, 0), (holed, 0.02)):
            rows = [[cell if i in (0, 9, 10) or rng.random() >= share
                     else rng.choice(('', 'NaN', 'null')) for i, cell in enumerate(row)]
                    for row in lines[1:]]
            _, got = judge(bench, text(lines[0], rows))
            states = valves.states_by_row(got, len(rows))
            for i, row in enumerate(rows[400:], 400):
                confusion.add(states[i] - {'healthy', 'bad'}, float(row[9]))
    for name, confusion in (('whole', whole), ('one in fifty missing', holed)):
        print('  %-22s F1 %.3f  FAR %5.1f %%  MAR %5.1f %%' % (
            (name,) + confusion.figures()))
    assert abs(holed.figures()[0] - whole.figures()[0]) < 0.03


def test_columns_of_a_plant_in_other_order(bench):
    normal = list(plant.read('d00.dat')) + list(plant.read('d00_te.dat'))
    rows = normal + list(plant.read('d04_te.dat'))
    want, _ = plant.judge(bench, rows)
    tags = list(plant.TAGS)
    try:
        plant.TAGS.reverse()
        got, alarms = plant.judge(bench, [row[::-1] for row in rows])
    finally:
        plant.TAGS[:] = tags
    assert got == want
    assert plant.blamed(alarms)[0][0] == 'xmv_10'


def test_faults_from_the_start_of_other_runs(bench):
    """dNN.dat: 480 rows with the fault from early on, which test_tep.py does not look at."""
    normal = list(plant.read('d00.dat')) + list(plant.read('d00_te.dat'))
    shares = []
    for fault in plant.PLAUSIBLE:
        states, _ = plant.judge(bench, normal + list(plant.read('d%02d.dat' % fault)))
        after = states[plant.LEARN:]
        shares.append(100 * after.count('mismatch') / len(after))
    print('  TEP, the other run of each fault: %.1f %% (%s)' % (
        statistics.fmean(shares), ', '.join('%.0f' % share for share in shares)))
    assert statistics.fmean(shares) >= 97.5


if __name__ == '__main__':
    recordings.harness.main(globals())
