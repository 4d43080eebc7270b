#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The history reads well with the plain sqlite3 program, running and stopped."""
import os

import harness

VIEWS = {
    'recent': 'time device tag value unit predicted residual quality source state ts_us',
    'history': 'time device tag value unit predicted residual quality source state ts_us',
    'now': 'device tag value unit predicted sigma quality state age_s time',
    'minutely': 'time device tag n good min avg max last unit ts_us',
    'hourly': 'time device tag n good min avg max last unit ts_us',
    'alarms': 'time device tag kind severity state value predicted threshold message '
              'cleared acknowledged_by',
    'events': 'time device tag kind severity state value predicted threshold message '
              'cleared acknowledged_by',
    'devices': 'device driver address state since error',
    'tags': 'device tag unit type period_ms writable description',
    'gaps': 'time device tag ts_from ts_to n reason',
}
READER_GROUP = 54321


def sqlite(bench, gateway, sql, mode='-box', launcher=()):
    done = bench.run([*launcher, harness.require('sqlite3'), mode, gateway.database, sql])
    assert done.returncode == 0 and not done.stderr, done.stderr
    return done.stdout


def check_views(bench, gateway):
    for view, columns in VIEWS.items():
        has = sqlite(bench, gateway, "select name from pragma_table_info('%s')" % view,
                     '-list')
        assert has.split() == columns.split(), (view, has.split())
        sqlite(bench, gateway, 'select * from %s limit 5' % view)
    box = sqlite(bench, gateway, 'select * from recent limit 5').splitlines()
    assert len(box) == 3 + 5 + 1, box
    now = sqlite(bench, gateway, 'select device, tag from now', '-list')
    assert 'd0|t0' in now and 'd1|t2' in now, now
    assert len(sqlite(bench, gateway, 'select * from tags', '-list').splitlines()) == 6


def start(bench):
    field = harness.Field(bench, 2)
    gateway = harness.Gateway(bench, field.config(tags=3))
    gateway.start()
    gateway.wait_rows(60)
    return gateway


def test_views_have_their_columns_running_and_stopped(bench):
    gateway = start(bench)
    check_views(bench, gateway)
    code, _ = gateway.process.stop()
    assert code == 0, code
    check_views(bench, gateway)
    ok = sqlite(bench, gateway, 'pragma integrity_check', '-list')
    assert ok.strip() == 'ok', ok


def test_rows_are_in_order_and_from_their_tag(bench):
    gateway = start(bench)
    gateway.process.stop()
    newest = {}
    for row in gateway.rows():
        device, tag, count = harness.Field.origin(row.value)
        assert (device, tag) == (row.device, row.tag), row
        assert newest.get((device, tag), (0, -1)) < (row.ts_us, count), row
        newest[device, tag] = (row.ts_us, count)
    assert len(newest) == 6


def test_group_reads_running_and_stopped(bench):
    if os.getuid() != 0:
        raise harness.Skip('needs root to become another user')
    reader = [harness.require('setpriv'), '--reuid=65534', '--regid=%d' % READER_GROUP,
              '--clear-groups']
    field = harness.Field(bench, 1)
    gateway = harness.Gateway(bench, field.config())
    os.chown(gateway.state, 0, READER_GROUP)
    os.chmod(gateway.state, 0o2750)
    gateway.start()
    gateway.wait_rows(5)
    for _ in ('running', 'stopped'):
        assert len(sqlite(bench, gateway, 'select * from recent limit 5',
                          launcher=reader).splitlines()) == 9
        gateway.process.stop()


def test_command_line_shows_running_and_stopped(bench):
    gateway = start(bench)
    for _ in ('running', 'stopped'):
        shown = bench.run([harness.POLLUX, 'history', '-c', gateway.config, 'd0/t1',
                           '--csv'])
        lines = shown.stdout.splitlines()
        assert shown.returncode == 0 and len(lines) > 10, shown
        assert all(',t1,' in line for line in lines[1:]), lines[:3]
        gateway.process.stop()


if __name__ == '__main__':
    harness.main(globals())
