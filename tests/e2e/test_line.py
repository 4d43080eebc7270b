#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The virtual line is a machine to anyone who speaks Modbus, not only to Pollux."""
import os
import re

import harness

# Reads level1, tells the line another setpoint, and reads that back.
MASTER = '''
import struct, sys
from pymodbus.client import ModbusTcpClient
client = ModbusTcpClient("127.0.0.1", port=int(sys.argv[1]))
assert client.connect()
answer = client.read_input_registers(0, 2, slave=2)
assert not answer.isError(), answer
level = struct.unpack(">f", struct.pack(">HH", *answer.registers))[0]
answer = client.write_register(0, 4600, slave=2)
assert not answer.isError(), answer
answer = client.read_holding_registers(0, 1, slave=2)
print(level, answer.registers[0])
assert client.read_input_registers(0, 2, slave=99).isError()
client.close()
'''


def start_line(bench):
    port = harness.free_ports()
    bench.start('line', [harness.POLLUX, 'sim', '-c',
                         os.path.join(harness.SOURCE, 'etc', 'line.yaml'),
                         '--listen', 'tcp://127.0.0.1:%d' % port])
    harness.wait_until('the line listens', lambda: harness.is_listening(port))
    return port


def test_mbpoll_reads_the_line(bench):
    mbpoll = harness.require('mbpoll')
    port = start_line(bench)
    done = bench.run([mbpoll, '-m', 'tcp', '-p', str(port), '-a', '2', '-t', '3:float',
                      '-B', '-0', '-r', '0', '-c', '2', '-1', '127.0.0.1'])
    assert done.returncode == 0, done
    level = float(re.search(r'\[0\]:\s+(\S+)', done.stdout).group(1))
    assert 0.4 < level < 0.6, done.stdout


def test_several_masters_read_and_write(bench):
    if bench.run(['/usr/bin/python3', '-c', 'import pymodbus.client']).returncode:
        raise harness.Skip('python3-pymodbus or python3-serial-asyncio is not installed')
    port = start_line(bench)
    script = bench.write('master.py', MASTER)
    masters = [bench.start('master%d' % i, ['/usr/bin/python3', script, str(port)])
               for i in range(4)]
    for master in masters:
        assert master.wait() == 0, master.errors()
        level, setpoint = master.output().split()
        assert 0.4 < float(level) < 0.6 and int(setpoint) == 4600, master.output()


def test_line_ends_with_a_summary(bench):
    done = bench.run([harness.POLLUX, 'sim', '-c',
                      os.path.join(harness.SOURCE, 'etc', 'line.yaml'), '--listen',
                      'tcp://127.0.0.1:0', '--speed', '100', '--for', '30s'])
    assert done.returncode == 0 and done.stdout + done.stderr, done


if __name__ == '__main__':
    harness.main(globals())
