#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`pollux scan` before servers that no one here wrote: pymodbus and libmodbus."""
import csv
import os
import pty
import signal
import sys

import harness

FAST = ['--rate', '1000/s', '--to', '519']
# Of pymodbus_peer.py, which cannot be imported without pymodbus.
WANT = {('1', 'holding'): [(0, 56), (58, 99), (120, 120), (300, 499)],
        ('1', 'input'): [(10, 27)],
        ('1', 'coil'): [(0, 399), (450, 470)],
        ('5', 'holding'): [(100, 107)],
        ('5', 'discrete'): [(32, 63)]}


def start_pymodbus(bench):
    """-> address"""
    try:
        import pymodbus  # pylint: disable=import-outside-toplevel,unused-import
    except ImportError as why:
        raise harness.Skip('pymodbus is not installed') from why
    port = harness.free_ports()
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'pymodbus_peer.py')
    bench.start('peer', [sys.executable, script, str(port)])
    harness.wait_until('pymodbus listens', lambda: harness.is_listening(port))
    return 'tcp://127.0.0.1:%d' % port


def start_libmodbus(bench):
    port = harness.free_ports()
    bench.start('peer', [os.path.join(harness.PEERS, 'modbus_peer'), 'tcp', str(port)])
    harness.wait_until('the device listens', lambda: harness.is_listening(port))
    return 'tcp://127.0.0.1:%d' % port


def scan(bench, *argv):
    done = bench.run([harness.POLLUX, 'scan'] + list(argv), seconds=200)
    assert not any(word in done.stderr for word in harness.SANITIZERS), done.stderr
    return done


def ranges(text):
    """-> {(unit, table): [(first, last)]} of CSV"""
    found = {}
    for row in csv.DictReader(text.splitlines()):
        table, number = row['address'].split(':')
        spans = found.setdefault((row['slave'], table), [])
        if spans and spans[-1][1] + 1 == int(number):
            spans[-1] = (spans[-1][0], int(number))
        else:
            spans.append((int(number), int(number)))
    return found


def test_units_and_holes_of_pymodbus(bench):
    address = start_pymodbus(bench)
    done = scan(bench, address, '--csv', '--units', '1-8,247', *FAST)
    assert done.returncode == 0, done.stderr
    assert ranges(done.stdout) == WANT, done.stdout
    assert 'several units' in done.stderr, done.stderr


def test_what_is_printed_can_be_pasted(bench):
    address = start_pymodbus(bench)
    done = scan(bench, address, '--units', '4-6', '--tables', 'holding,discrete',
                '--timeout', '200ms', *FAST)
    assert done.returncode == 0, done.stderr
    # 12.5 is shown where it is: ABCD from 100, CDAB from 102.
    rows = {line.split()[1]: line.split()[5:9] for line in done.stdout.splitlines()
            if 'float32' in line}
    assert rows['holding:100'][0] == '12.5' and rows['holding:102'][1] == '12.5', rows
    gateway = harness.Gateway(bench, done.stdout)
    check = bench.run([harness.POLLUX, 'check', '-c', gateway.config])
    assert check.returncode == 0, check.stderr
    gateway.start()
    wanted = {('unit5', 'h103', 0x4148), ('unit5', 'h107', 107), ('unit5', 'd33', 1)}
    harness.wait_until('the pasted tags are polled', lambda: wanted <= set(
        gateway.query('select device, tag, value from now where quality = ?', 'good')))


def test_table_can_be_imported(bench):
    address = start_pymodbus(bench)
    done = scan(bench, address, '--units', '5', '--csv', *FAST)
    assert done.returncode == 0 and not done.stderr, done
    assert '5,h100,holding:100,uint16,16712' in done.stdout.splitlines(), done.stdout
    table = bench.write('map.csv', done.stdout)
    imported = bench.run([harness.POLLUX, 'config', 'import-csv', table, '--address',
                          address, '--unit', '5'])
    assert imported.returncode == 0, imported.stderr
    by_hand = ('devices:\n  - {id: five, driver: modbus, address: "%s", unit: 5, '
               'tags_csv: map.csv}\n' % address)
    for text in (imported.stdout, by_hand):
        gateway = harness.Gateway(bench, text)
        check = bench.run([harness.POLLUX, 'check', '-c', gateway.config])
        assert check.returncode == 0, check.stderr


def test_device_that_does_not_look_at_the_unit(bench):
    address = start_libmodbus(bench)
    done = scan(bench, address, *FAST, '--csv')
    found = ranges(done.stdout)
    assert found == {('1', table): [(0, 199)]
                     for table in ('holding', 'input', 'coil', 'discrete')}, done


def test_serial_line(bench):
    ends = [bench.path('line-a'), bench.path('line-b')]
    bench.start('line', [harness.require('socat')] +
                ['pty,raw,echo=0,link=' + end for end in ends])
    harness.wait_until('the line is there', lambda: all(map(os.path.exists, ends)))
    bench.start('peer', [os.path.join(harness.PEERS, 'modbus_peer'), 'rtu', ends[0]])
    address = 'rtu://%s?baud=19200&parity=even&stop=1' % ends[1]
    done = scan(bench, address, '--units', '6-8', '--tables', 'holding', '--to', '250',
                '--rate', '1000/s', '--csv', '--timeout', '500ms')
    assert ranges(done.stdout) == {('7', 'holding'): [(0, 199)]}, done


def test_interrupted_scan_prints_what_was_found(bench):
    address = start_libmodbus(bench)
    # At 20/s the 200 registers are found in a second, and all takes many.
    process = bench.start('scan', [harness.POLLUX, 'scan', address, '--units', '7',
                                   '--rate', '20/s'])
    harness.time.sleep(2)
    process.popen.send_signal(signal.SIGINT)
    assert process.wait() == 1
    assert 'interrupted' in process.output()
    config = bench.write('found.yaml', process.output())
    check = bench.run([harness.POLLUX, 'check', '-c', config])
    assert check.returncode == 0, check.stderr


def test_progress_is_for_terminals(bench):
    address = start_libmodbus(bench)
    argv = [harness.POLLUX, 'scan', address, '--units', '7', '--to', '300', '--csv',
            '--tables', 'holding']  # what is drawn fits a terminal's buffer
    assert bench.run(argv).stderr == ''
    master, slave = pty.openpty()
    done = harness.subprocess.run(argv, stdout=harness.subprocess.PIPE, stderr=slave,
                                  timeout=60, check=True)
    os.close(slave)
    drawn = os.read(master, 65536)
    os.close(master)
    assert b'#' in drawn and b'unit 7 (1 of 1)' in drawn, drawn
    assert drawn.endswith(b'\r\033[K'), drawn
    assert b'7,h199,holding:199,uint16,' in done.stdout, done.stdout


def test_nobody_and_nonsense(bench):
    nobody = 'tcp://127.0.0.1:%d' % harness.free_ports()
    done = scan(bench, nobody)
    assert done.returncode == 4 and 'refused' in done.stderr, done
    done = scan(bench, 'rtu://%s?baud=19200' % bench.path('line'))
    assert done.returncode == 4 and 'No such file' in done.stderr, done
    address = start_pymodbus(bench)
    done = scan(bench, address, '--units', '2-4', '--timeout', '100ms')
    assert done.returncode == 4 and 'no unit answers' in done.stderr, done
    for argv in ([], ['http://x'], ['rtu:///dev/null', '--units', '0-9'], [nobody, '--units', '300'], [nobody, '--units', '5-1'],
                 [nobody, '--tables', 'holdings'], [nobody, '--from', '9', '--to', '8'],
                 [nobody, '--rate', 'fast'], [nobody, '--fine', '0'],
                 [nobody, '--timeout', '5'], [nobody, '--bogus'], [nobody, nobody]):
        done = scan(bench, *argv)
        assert done.returncode == 2 and done.stderr, (argv, done)


if __name__ == '__main__':
    harness.main(globals())
