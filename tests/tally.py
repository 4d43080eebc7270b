#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Count the cases of finished test runs and say what failed and what was skipped.

usage: tally.py LOG...                meson's .json logs

A cmocka program counts by its cases, every other test as one.  The last line is
`N passed, N failed, N skipped`; exit 1 where one failed, or where a run left no log.
"""
import json
import re
import sys

CASE = re.compile(r'^\[ +(OK|FAILED|SKIPPED|ERROR) +\] (\w+)$', re.M)
GOOD = ('OK', 'EXPECTEDFAIL')


def last_line(text):
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else 'no reason given'


def why_skipped(case, output):
    said = re.search(r'\] %s\n(.*?)\n?\[ +SKIPPED' % case, output, re.S)
    return last_line(said.group(1)) if said else 'no reason given'


def judge(test):
    """-> (number passed, [failed], [skipped]), the latter as texts"""
    name = test['name'].split(' / ')[-1]
    output = test.get('stdout', '') + '\n' + test.get('stderr', '')
    cases = {}
    for verdict, case in CASE.findall(output):
        cases.setdefault(case, verdict)
    if test['result'] == 'SKIP':
        return 0, [], ['%s: %s' % (name, last_line(output))]
    passed = sum(verdict == 'OK' for verdict in cases.values())
    failed = ['%s: %s' % (name, case) for case, verdict in cases.items()
              if verdict in ('FAILED', 'ERROR')]
    skipped = ['%s: %s: %s' % (name, case, why_skipped(case, output))
               for case, verdict in cases.items() if verdict == 'SKIPPED']
    if test['result'] not in GOOD and not failed:
        failed = ['%s: %s' % (name, test['result'].lower())]
    if not cases and not failed:
        passed = 1
    return passed, failed, skipped


def read_log(path):
    try:
        with open(path, encoding='utf-8') as log:
            return [json.loads(line) for line in log]
    except OSError:
        return [{'name': path, 'result': 'no tests ran'}]


def main(paths):
    passed, failed, skipped = 0, [], []
    for path in paths:
        for test in read_log(path):
            good, bad, left_out = judge(test)
            passed += good
            failed += bad
            skipped += left_out
            if bad and test.get('stdout', '') + test.get('stderr', ''):
                text = test.get('stdout', '') + test.get('stderr', '')
                print('--- %s\n%s' % (test['name'], '\n'.join(text.splitlines()[-40:])))
    for what in skipped:
        print('skipped: ' + what)
    for what in failed:
        print('failed: ' + what)
    print('%d passed, %d failed, %d skipped' % (passed, len(failed), len(skipped)))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
