#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Mutation check: 30 mistakes of one line each in the program of the bottling line, and
which of them the shipped commissioning script finds.

usage: mutants.py POLLUX SOURCE_ROOT [-v]   exit 1 where fewer than 27 are found
"""
import os
import subprocess
import sys
import tempfile

# What is written, what it becomes, and where both are the same to everybody: why.
MUTANTS = [
    ('IF jam THEN', 'IF jam AND state <> CLEARING THEN', ''),
    ('IF NOT estop_ok THEN', 'IF estop_ok AND FALSE THEN', ''),
    ('fault_code := 2;', 'fault_code := 1;', ''),
    ('jam := jam_time.Q OR cap_time.Q;', 'jam := cap_time.Q;', ''),
    ('jam_time(IN := torque > TORQUE_JAM,', 'jam_time(IN := torque < TORQUE_JAM,', ''),
    ('PT := T#200ms);', 'PT := T#2s);', ''),
    ('IF start_edge.Q AND stop_ok THEN\n        state := RUNNING;\n        fault_code',
     'IF start_edge.Q AND NOT stop_ok THEN\n        state := RUNNING;\n        fault_code', ''),
    ('state := CLEARING;\n      ELSIF table_count >= TABLE_FULL',
     'state := IDLE;\n      ELSIF table_count >= TABLE_FULL', ''),
    ('table_count >= TABLE_FULL', 'table_count <= TABLE_FULL', ''),
    ('TABLE_FULL : INT := 34;', 'TABLE_FULL : INT := 44;', ''),
    ('table_count <= TABLE_FREE', 'table_count >= TABLE_FREE', ''),
    ('ELSIF empty_time.Q THEN', 'ELSIF NOT empty_time.Q THEN', ''),
    ('reset_edge.Q AND estop_ok AND', 'reset_edge.Q AND', ''),
    ('torque <= TORQUE_JAM THEN', 'torque > TORQUE_JAM THEN', ''),
    ('moving := state = RUNNING OR state = CLEARING;', 'moving := state = RUNNING;', ''),
    ('IF filler_present AND moving THEN', 'IF moving THEN', ''),
    ('fill >= target - AFTER_RUN', 'fill >= target', ''),
    ('fill >= target - AFTER_RUN', 'fill <= target - AFTER_RUN', ''),
    ('fill_valve := filler = F_FILL AND filler_present AND (moving OR state = HOLD);',
     'fill_valve := filler = F_FILL;', ''),
    ('filler_release := filler = F_RELEASE AND moving', 'filler_release := moving', ''),
    ('infeed_gate := moving AND filler = F_WAIT;', 'infeed_gate := moving;', ''),
    ('bottles_enable := state = RUNNING;', 'bottles_enable := TRUE;', ''),
    ('capper_run := capper_present AND NOT capper_done AND',
     'capper_run := capper_present AND', ''),
    ('capper_release := capper_done AND', 'capper_release := capper_present AND', ''),
    ('> tolerance;', '< tolerance;', ''),
    ('next_bad := bad[tail];', 'next_bad := FALSE;', ''),
    ('reject_time(IN := next_bad,', 'reject_time(IN := FALSE,', ''),
    ('IF bowl_level < BOWL_LOW THEN', 'IF bowl_level > BOWL_LOW THEN', ''),
    ('lamp_fault := state = FAULT;', 'lamp_fault := state <> FAULT;', ''),
    ('HOLD: state_out := 2;', 'HOLD: state_out := 1;', ''),
]


def mutate(program, old, new):
    assert program.count(old) >= 1, 'the program has no %r' % old
    return program.replace(old, new, 1)


def try_one(pollux, scripts, program):
    """-> exit code, the first requirement that is not passed"""
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, 'mutant.st')
        script = os.path.join(folder, 'mutant.yaml')
        with open(source, 'w', encoding='utf-8') as file:
            file.write(program)
        with open(script, 'w', encoding='utf-8') as file:
            file.write('base: %s\nprogram: [%s]\n'
                       % (os.path.join(scripts, 'bottling.yaml'), source))
        done = subprocess.run([pollux, 'commission', script], text=True,
                              capture_output=True, timeout=280, check=False)
    failed = [line.split()[0] for line in done.stdout.splitlines()
              if ' FAIL ' in line or ' not reached ' in line]
    return done.returncode, failed[0] if failed else done.stderr.strip()


def main():
    pollux, root = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    scripts = os.path.join(root, 'etc', 'commissioning')
    with open(os.path.join(root, 'etc', 'plc', 'bottling.st'), encoding='utf-8') as file:
        program = file.read()
    code, first = try_one(pollux, scripts, program)
    assert code == 0, 'the program itself: %d, %s' % (code, first)
    found = 0
    for old, new, why in MUTANTS:
        code, first = try_one(pollux, scripts, mutate(program, old, new))
        assert code in (0, 1), 'not a valid program: %s: %s' % (new, first)
        found += code == 1
        if code == 0 or '-v' in sys.argv:
            print('%-8s %s  ->  %s  %s' % (first if code else 'MISSED', ' '.join(old.split()),
                                           ' '.join(new.split()), why if code == 0 else ''))
    print('%d of %d mutants found' % (found, len(MUTANTS)))
    sys.exit(found < 27)


if __name__ == '__main__':
    main()
