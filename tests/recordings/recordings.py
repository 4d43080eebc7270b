# SPDX-License-Identifier: Apache-2.0
"""What the recordings' tests share: where the data lie, a replay, and how it is scored.

The data lie beside the project (POLLUX_SHARED, ../shared) and are read in place.  Nothing
here, and no default of the program, was set by looking at their labels."""
import csv
import datetime
import glob
import math
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'e2e'))
import harness  # pylint: disable=wrong-import-position

DATA = os.path.join(os.environ.get('POLLUX_SHARED', '../shared'), 'data')


def find(pattern):
    """-> files of the data, in the order of their names"""
    files = sorted(glob.glob(os.path.join(DATA, pattern)))
    if not files:
        raise harness.Skip('no %s in %s (POLLUX_SHARED)' % (pattern, DATA))
    return files


def replay(bench, recording, *options):
    """-> rows of what pollux replay writes, without the heading"""
    out = bench.path('judged.csv')
    run = bench.run([harness.POLLUX, 'replay', '--quiet', '--input', recording,
                     '--output', out] + list(options), seconds=300)
    assert run.returncode == 0, run.stderr
    with open(out, encoding='utf-8', newline='') as file:
        return list(csv.reader(file))[1:]


def read_table(path, separator):
    with open(path, encoding='utf-8', newline='') as file:
        return list(csv.DictReader(file, delimiter=separator))


def utc_s(text):
    return datetime.datetime.fromisoformat(text + '+00:00').timestamp()


class Confusion:
    """Rows counted by what was said and what was so."""

    def __init__(self):
        self.counts = {}

    def add(self, said, true):
        key = (bool(said), bool(true))
        self.counts[key] = self.counts.get(key, 0) + 1

    def figures(self):
        """-> F1, false alarms and missed alarms in percent"""
        hit, false, missed, quiet = (self.counts.get(key, 0) for key in (
            (True, True), (True, False), (False, True), (False, False)))
        return (2 * hit / (2 * hit + false + missed), 100 * false / (false + quiet),
                100 * missed / (missed + hit))


PROFILES = ((1, -0.11, -1), (1, -0.22, -1), (1, -0.11, -2))  # hit, false, missed
WINDOW_S = 60


class ChangePoints:
    """Score of change points after the Numenta benchmark (Lavin, Ahmad 2015), as SKAB's
    leaderboard has it: a window of 60 s from each true one on; the first said in it earns
    from 1 at its begin down to the price of a false one at its end, along a tanh."""

    def __init__(self):
        self.scores = [0.0, 0.0, 0.0]
        self.true = self.false = 0

    def add(self, true_s, said_s):
        begin = -math.inf
        windows = []
        for t in true_s:
            windows.append((max(t, begin), t + WINDOW_S))
            begin = t + WINDOW_S
        false = [t for t in said_s if not any(a <= t <= b for a, b in windows)]
        self.true += len(windows)
        self.false += len(false)
        for i, (hit, price, missed) in enumerate(PROFILES):
            self.scores[i] += price * len(false)
            for a, b in windows:
                inside = [t for t in said_s if a <= t <= b]
                if inside:
                    x = math.pi * ((inside[0] - a) / (b - a) - 0.5)
                    way = 0.5 - math.tanh(x) / math.tanh(math.pi / 2) / 2
                    self.scores[i] += price + (hit - price) * way
                else:
                    self.scores[i] += missed

    def figures(self):
        """-> the three profiles, 0 for silence and 100 for perfection; false ones"""
        return [100 * (score - missed * self.true) / ((hit - missed) * self.true)
                for score, (hit, _, missed) in zip(self.scores, PROFILES)], self.false
