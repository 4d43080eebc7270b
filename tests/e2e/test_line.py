#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The virtual line is a machine to anyone who speaks Modbus, not only to Pollux."""
import os

import harness

READ_WITH_PYMODBUS = '''
import sys
from pymodbus.client import ModbusTcpClient
client = ModbusTcpClient("127.0.0.1", port=int(sys.argv[1]))
assert client.connect()
answer = client.read_input_registers(0, 4, slave=1)
assert not answer.isError(), answer
print(*answer.registers)
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
    done = bench.run([mbpoll, '-m', 'tcp', '-p', str(port), '-a', '1', '-t', '3', '-0',
                      '-r', '0', '-c', '4', '-1', '127.0.0.1'])
    assert done.returncode == 0, done
    assert '[0]:' in done.stdout and '[3]:' in done.stdout, done.stdout


def test_pymodbus_and_another_master_at_once(bench):
    port = start_line(bench)
    script = bench.write('read.py', READ_WITH_PYMODBUS)
    if bench.run(['/usr/bin/python3', '-c', 'import pymodbus']).returncode:
        raise harness.Skip('python3-pymodbus is not installed')
    masters = [bench.start('master%d' % i, ['/usr/bin/python3', script, str(port)])
               for i in range(3)]
    for master in masters:
        assert master.wait() == 0, master.errors()
        assert len(master.output().split()) == 4, master.output()


if __name__ == '__main__':
    harness.main(globals())
