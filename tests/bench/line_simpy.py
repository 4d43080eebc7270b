#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The line of tests/bench/bench_line.c in SimPy, and how much faster pollux is in the same run.

usage: line_simpy.py BENCH_LINE [PARTS]   (Debian's python3-simpy3)
"""
import random
import re
import subprocess
import sys
import time

import simpy

STATIONS = 24


def part(env, stations):
    for station in stations:
        with station.request() as turn:
            yield turn
            yield env.timeout(random.expovariate(1 / 0.9))


def source(env, stations):
    while True:
        yield env.timeout(random.expovariate(1))
        env.process(part(env, stations))


def main():
    parts = float(sys.argv[2]) if len(sys.argv) > 2 else 4000
    random.seed(1)
    env = simpy.Environment()
    stations = [simpy.Resource(env) for _ in range(STATIONS)]
    env.process(source(env, stations))
    began = time.monotonic()
    env.run(until=parts)
    theirs = parts / (time.monotonic() - began)
    said = subprocess.run([sys.argv[1], str(50 * parts)], check=True, text=True,
                          capture_output=True).stdout
    ours = float(re.search(r'([0-9.e+]+) parts/s', said).group(1))
    print(said + 'simpy       %.3g parts/s: pollux %.0f times' % (theirs, ours / theirs))


if __name__ == '__main__':
    main()
