#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A device of pymodbus' own server that has the registers of a map and no others.

usage: register_peer.py PORT FILE; FILE is a JSON list of images {table: {address: value}}.
Every read of registers is answered from the next image: what is read in two requests may
come from two of them.  Ends with its standard input."""
import json
import os
import sys
import threading

from pymodbus.datastore import (ModbusServerContext, ModbusSlaveContext,
                                ModbusSparseDataBlock)
from pymodbus.server import StartTcpServer


class Turning(ModbusSparseDataBlock):
    def __init__(self, images):
        super().__init__(dict(images[0]))
        self.images = images
        self.turn = 0

    def getValues(self, address, count=1):  # noqa: N802, pymodbus' name
        self.turn = (self.turn + 1) % len(self.images)
        return [self.images[self.turn][address + i] for i in range(count)]


def main():
    with open(sys.argv[2], encoding='utf-8') as file:
        images = json.load(file)
    blocks = {}
    for name, table in (('co', 'coil'), ('di', 'discrete'), ('hr', 'holding'), ('ir', 'input')):
        turns = [{int(a): v for a, v in image.get(table, {}).items()} for image in images]
        blocks[name] = Turning(turns if turns[0] else [{0xffff: 0}])
    context = ModbusServerContext(ModbusSlaveContext(zero_mode=True, **blocks), single=True)
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    StartTcpServer(context=context, address=('127.0.0.1', int(sys.argv[1])))


if __name__ == '__main__':
    main()
