# SPDX-License-Identifier: Apache-2.0
"""Measures how long a write takes while 100,000 tags a second are polled (W4).

usage: writes.py [--seconds T] [--own] [--build DIR] ...

One write after another, each to a device drawn at random, through the local socket as
`pollux write` does it: from the question to the device's own answer.  Field, gateway,
broker and subscriber are those of run.py.
"""
import argparse
import os
import random
import socket
import tempfile
import time

import run

WORKLOAD = 'W4'
BAR_MS = 100  # p99
run.FIELD_PORT, run.BROKER_PORT = 17000, 18833  # not those of a run.py beside it


class Writable(run.Pollux):
    """The gateway of run.py with one tag of each device writable."""

    def __init__(self, world):
        super().__init__(world, WORKLOAD)
        self.tag = 'r%d' % (run.WORKLOADS[WORKLOAD][1] - 1)

    def write(self):
        super().write()
        with open(self.config, encoding='ascii') as file:
            text = file.read()
        last = run.WORKLOADS[WORKLOAD][1] - 1
        plain = '{id: r%d, at: holding:%d, type: uint16}' % (last, last)
        with open(self.config, 'w', encoding='ascii') as file:
            file.write(text.replace(plain, plain[:-1] + ', write: {}}'))

    def ask(self, question):
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(30)
            link.connect(os.path.join(self.folder, 'state', 'control.sock'))
            link.sendall(question.encode() + b'\n')
            answer = b''
            while True:
                more = link.recv(65536)
                if not more:
                    return answer.decode()
                answer += more


def write_for(gateway, seconds):
    """-> (ms of each write, how many had another outcome than done)"""
    took, failed = [], 0
    draw = random.Random(1)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        device = draw.randrange(run.WORKLOADS[WORKLOAD][0])
        began = time.monotonic()
        answer = gateway.ask('write d%d/%s %d' % (device, gateway.tag,
                                                   20000 + draw.randrange(16)))
        took.append(1e3 * (time.monotonic() - began))
        failed += '"status":"done"' not in answer.replace(' ', '')
        time.sleep(draw.uniform(0, 0.02))  # at any phase of the polls
    return sorted(took), failed


def measure(world, options):
    gateway = Writable(world)  # learns from a field of its own
    field, broker = world.field(WORKLOAD), world.broker()
    subscriber = world.subscriber()
    process = gateway.start()
    time.sleep(options.warm)
    field.zero()
    subscriber.zero()
    took, failed = write_for(gateway, options.seconds)
    seen, heard = field.report()['total'], subscriber.report()
    world.stop(process, subscriber, broker, field)

    def at(part):
        return took[min(len(took) - 1, int(part * len(took)))]
    print('writes beside %.0f tags/s: %d, not done %d | p50 %.1f p95 %.1f p99 %.1f '
          'max %.1f ms (bar: p99 under %d) | late polls %d of %d'
          % (heard['tags_s'], len(took), failed, at(0.5), at(0.95), at(0.99), took[-1],
             BAR_MS, seen['late'], seen['gaps']), flush=True)
    return not failed and at(0.99) < BAR_MS


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--seconds', type=float, default=30, help='of writing (30)')
    parser.add_argument('--warm', type=float, default=8, help='seconds before (8)')
    parser.add_argument('--own', action='store_true', help='without the tools of ../shared')
    parser.add_argument('--keep', action='store_true', help='keep the folder of the run')
    parser.add_argument('--build', default=os.path.join(tempfile.gettempdir(),
                                                        'pollux-bench-build'))
    options = parser.parse_args()
    options.fresh = False
    options.tools = None if options.own else os.path.join(
        os.environ.get('POLLUX_SHARED', os.path.join(run.SOURCE, '..', 'shared')), 'tools')
    world = run.World(options)
    try:
        good = measure(world, options)
    finally:
        world.close()
    return 0 if good else 1


if __name__ == '__main__':
    raise SystemExit(main())
