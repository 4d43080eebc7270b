#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The demonstration ends well: briefly here, whole with POLLUX_DEMO_FOR=90s."""
import os

import harness

FOR = os.environ.get('POLLUX_DEMO_FOR', '20s')


def test_demo_ends_well(bench):
    harness.require('mosquitto')
    done = bench.run([harness.POLLUX, 'demo', '--for', FOR], seconds=180,
                     env=dict(os.environ, PATH=os.environ['PATH'] + ':/usr/sbin'))
    print(done.stdout, done.stderr)
    assert done.returncode == 0, done.returncode
    for word in ('polls', 'overruns', 'stored', 'published', 'balance'):
        assert word in done.stdout.lower(), word


if __name__ == '__main__':
    harness.main(globals())
