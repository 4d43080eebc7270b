#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Online change: another program takes the place of the one that runs."""
import signal

import harness

PROGRAM = '''
PROGRAM main
VAR RETAIN n : DINT; END_VAR
VAR w AT %%QW3 : INT; kept : %s := 11; held : INT; END_VAR
n := n + %d;
w := %d;
kept := kept;
held := 0;
END_PROGRAM
'''


def plc(bench, *argv):
    return bench.run([harness.POLLUX, 'plc', *argv])


def value(bench, state, name):
    done = plc(bench, 'watch', '--once', state, name)
    assert done.returncode == 0, done
    return done.stdout.splitlines()[1].split(',')[1]


def test_a_program_is_changed_while_it_runs(bench):
    st = bench.write('p.st', PROGRAM % ('INT', 1, 1))
    state = bench.path('state')
    run = bench.start('plc', [harness.POLLUX, 'plc', 'run', st, '--state', state, '--cycle',
                              '1ms', '--watch', 'w,kept', '--every', '50', '--for', '60s'])
    harness.wait_until('it can be asked', lambda: 'watch and force' in run.errors())
    assert plc(bench, 'force', state, 'held', '5').returncode == 0
    before = int(value(bench, state, 'n'))

    other = bench.write('q.st', PROGRAM % ('INT', 1000000, 2))
    done = plc(bench, 'change', state, other)
    assert done.stdout == 'changed: 4 variables kept, 0 new, 0 gone\n', done
    harness.wait_until('the new one runs', lambda: value(bench, state, '%QW3') == '2')
    assert int(value(bench, state, 'n')) > 1000000 + before
    assert value(bench, state, 'kept') == '11' and value(bench, state, 'held') == '5!'

    wrong = bench.write('r.st', PROGRAM % ('REAL', 1, 3))
    done = plc(bench, 'change', state, wrong)
    assert done.returncode == 3, done
    assert done.stderr == 'main.kept was INT and is REAL now\n', done
    faulty = bench.write('s.st', (PROGRAM % ('INT', 1, 3)).replace('w :=', 'v :='))
    done = plc(bench, 'change', state, faulty)
    assert done.returncode == 3 and 's.st:6:1: error: v is not declared' in done.stderr, done
    gone = bench.write('t.st', (PROGRAM % ('INT', 1, 3)).replace('kept', 'other'))
    done = plc(bench, 'change', state, gone)
    assert done.returncode == 3 and done.stderr == 'kept: there is no such variable\n', done
    assert plc(bench, 'change', state, bench.path('none.st')).returncode == 1
    assert value(bench, state, '%QW3') == '2'

    # without a file the one that runs is read again; so it is after SIGHUP
    bench.write('q.st', PROGRAM % ('INT', 0, 4))
    assert plc(bench, 'change', state).returncode == 0
    harness.wait_until('it runs', lambda: value(bench, state, '%QW3') == '4')
    bench.write('q.st', PROGRAM % ('INT', 0, 5))
    run.popen.send_signal(signal.SIGHUP)
    harness.wait_until('it runs', lambda: value(bench, state, '%QW3') == '5')
    n = value(bench, state, 'n')
    harness.wait_until('it is printed', lambda: '5,11' in run.output())
    run.stop()
    assert run.errors().count('program changed: ') == 3, run.errors()
    assert run.errors().count('program not changed:\n') == 3, run.errors()
    # what is retained is that of the new program
    done = plc(bench, 'run', st, '--state', state, '--scans', '1', '--watch', 'n')
    assert done.stdout.splitlines()[1] == '0,%d' % (int(n) + 1), (done, n)


if __name__ == '__main__':
    harness.main(globals())
