#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A device that no one here wrote: pymodbus' server, with holes.

usage: pymodbus_peer.py PORT
Units 1 and 5; others are silent.
"""
import logging
import sys
import warnings

warnings.filterwarnings('ignore')
# pylint: disable=wrong-import-position
from pymodbus.datastore import (ModbusServerContext, ModbusSlaveContext,
                                ModbusSparseDataBlock)
from pymodbus.server import StartTcpServer

# unit: {table: ranges, both ends included}
MAP = {
    1: {'holding': [(0, 56), (58, 99), (120, 120), (300, 499)],
        'input': [(10, 27)],
        'coil': [(0, 399), (450, 470)],
        'discrete': []},
    5: {'holding': [(100, 107)], 'input': [], 'coil': [], 'discrete': [(32, 63)]},
}
FLOAT = {100: 0x4148, 101: 0x0000, 102: 0x0000, 103: 0x4148}  # 12.5 as ABCD and CDAB


def block(table, ranges):
    bits = table in ('coil', 'discrete')
    values = {a: (a % 2 == 1 if bits else FLOAT.get(a, a & 0xffff))
              for first, last in ranges for a in range(first, last + 1)}
    # An empty block is taken as one that begins anywhere.
    return ModbusSparseDataBlock(values or {65535: 0})


def slave(tables):
    return ModbusSlaveContext(di=block('discrete', tables['discrete']),
                              co=block('coil', tables['coil']),
                              hr=block('holding', tables['holding']),
                              ir=block('input', tables['input']), zero_mode=True)


def main():
    logging.disable(logging.CRITICAL)
    context = ModbusServerContext({unit: slave(tables) for unit, tables in MAP.items()},
                                  single=False)
    StartTcpServer(context=context, address=('127.0.0.1', int(sys.argv[1])))


if __name__ == '__main__':
    main()
