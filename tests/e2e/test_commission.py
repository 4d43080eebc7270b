#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""pollux commission on the scripts that are shipped: exit codes, reports, repeatability."""
import json
import os
import xml.etree.ElementTree

import harness

SCRIPTS = os.path.join(os.environ.get('POLLUX_SOURCE', '.'), 'etc', 'commissioning')
DATE = {**os.environ, 'SOURCE_DATE_EPOCH': '1767323045'}


def commission(bench, script, *options):
    """-> exit code, what is on stdout, what is on stderr"""
    if not os.path.isabs(script):
        script = os.path.join(SCRIPTS, script)
    done = bench.run([harness.POLLUX, 'commission', script, *options], seconds=250,
                     env=DATE)
    return done.returncode, done.stdout, done.stderr


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def test_line_passes_and_repeats_itself(bench):
    page, again, junit = (bench.path(n) for n in ('a.html', 'b.html', 'a.xml'))
    code, table, errors = commission(bench, 'line.yaml', '--report', page, '--junit', junit)
    assert code == 0 and not errors, (code, table, errors)
    assert ' 0 failed, 0 not reached' in table, table
    commission(bench, 'line.yaml', '--report', again)
    assert read(page) == read(again)
    suites = xml.etree.ElementTree.parse(junit).getroot()
    assert suites.tag == 'testsuites'
    for suite in suites:
        # What the schemas of Ant and of Jenkins both demand.
        assert {'id', 'package', 'name', 'timestamp', 'hostname', 'tests', 'failures',
                'errors', 'time'} <= set(suite.attrib), suite.attrib
        assert [e.tag for e in suite if e.tag != 'testcase'] == \
            ['properties', 'system-out', 'system-err']
        assert len(suite.findall('testcase')) == int(suite.get('tests'))


def test_twin_beside_finds_the_faults(bench):
    code, text, errors = commission(bench, 'line-twin.yaml', '--json')
    assert code == 0, (code, errors)
    faults = {f['fault']: f for run in json.loads(text)['runs'] for f in run['faults']}
    assert len(faults) == 4
    for name, fault in faults.items():
        assert fault['alarm'] and fault['right_tag'] and fault['delay_s'] < 10, (name, fault)
    assert faults['drift']['right_kind'] and faults['dropout']['right_kind']
    false_alarms = [a for run in json.loads(text)['runs'] for a in run['false_alarms']]
    assert not false_alarms, false_alarms


def test_bottling_line_passes_and_its_twin_brother_does_not(bench):
    code, table, errors = commission(bench, 'bottling.yaml')
    assert code == 0 and not errors, (code, table, errors)
    page = bench.path('bug.html')
    code, table, _ = commission(bench, 'bottling-bug.yaml', '--report', page)
    assert code == 1, code
    row = next(line for line in table.splitlines() if line.startswith('S1 '))
    assert ' FAIL ' in row and 'fill_valve = 1' in row and 'jam [stopping=1]' in row, row
    text = read(page)
    for part in ('S1 violated', 'inject capper jam 1', 'Coverage of the PLC program',
                 'bottling-bug.st', 'line.state'):
        assert part in text, part


def test_script_with_mistakes_is_refused_with_their_places(bench):
    path = bench.write('bad.yaml', '''\
        plant: %s
        scenarios:
          - id: a
            steps:
              - set: {level1_setpiont: 1}
              - expect: {id: R1, that: "within 5 s: tank1.level > 0.8 ± 0,02"}
              - inject: {target: tank1, fault: drift}
        ''' % os.path.join(SCRIPTS, '..', 'line.yaml'))
    code, _, errors = commission(bench, path)
    assert code == 3, code
    for place in (":5:15: error: nothing is called 'level1_setpiont' (did you mean "
                  "'level1_setpoint'?)", ':6:', ":7:40: error: 'tank1' has no fault 'drift'"):
        assert place in errors, errors
    assert errors.count('error:') == 3 and errors.count('^') == 3, errors


def test_failed_requirement_is_named_and_drawn(bench):
    path, page = bench.path('flood.yaml'), bench.path('flood.html')
    bench.write('flood.yaml', '''\
        plant: %s
        invariants:
          - {id: S9, that: "always tank1.level < 0.52"}
        scenarios:
          - id: flood
            steps:
              - set: {level1_setpoint: 0.6}
              - wait: 60s
        ''' % os.path.join(SCRIPTS, '..', 'line.yaml'))
    code, table, _ = commission(bench, path, '--report', page)
    assert code == 1, code
    row = next(line for line in table.splitlines() if line.startswith('S9'))
    assert 'FAIL' in row and 'tank1.level = 0.52' in row, row
    assert 'S9 violated' in read(page)


def test_each_scenario_starts_the_program_anew_and_what_never_ran_is_marked(bench):
    path, page = bench.path('twice.yaml'), bench.path('twice.html')
    etc = os.path.join(SCRIPTS, '..')
    bench.write('twice.yaml', '''\
        plant: %s
        program: [%s]
        scenarios:
          - id: twice
            sweep: {again: [0, 1]}
            steps:
              - expect: {id: N1, that: "for 1 s: bottles_good + bottles_rejected == 0"}
              - press: start_button
              - expect: {id: N2, that: "within 45 s: bottles_good >= 1"}
              - wait: 45s
        ''' % (os.path.join(etc, 'bottling.yaml'), os.path.join(etc, 'plc', 'bottling.st')))
    code, table, _ = commission(bench, path, '--report', page)
    assert code == 0 and '4 passed' in table and '2 runs' in table, (code, table)
    marked = [line for line in read(page).splitlines() if 'class="never"' in line]
    assert any('fault_code := 4' in line for line in marked), marked
    assert not any('state_out := 1' in line for line in marked), marked


def test_calls_that_are_wrong(bench):
    for argv, want in (([], 2), (['nowhere.yaml'], 3), (['line.yaml', '--what'], 2),
                       (['line.yaml', 'line.yaml'], 2), (['line.yaml', '--report'], 2)):
        code = bench.run([harness.POLLUX, 'commission', *argv], seconds=60).returncode
        assert code == want, (argv, code)


if __name__ == '__main__':
    harness.main(globals())
