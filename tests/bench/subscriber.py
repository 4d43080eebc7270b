# SPDX-License-Identifier: Apache-2.0
"""Counts what a gateway really delivered: tags, messages, and how old samples were.

usage: subscriber.py PORT

A tag is a JSON member `"rN":`.  Its age is known where registers 0 and 1 are the field's
clock (field.c).  SIGUSR2 zeroes, SIGUSR1 reports: a line of JSON.  SIGTERM ends.
"""
import json
import re
import select
import signal
import socket
import struct
import sys
import time

CLOCK = re.compile(rb'"r0":(\d+),"r1":(\d+)')
CONNECT = b'\x10\x13\x00\x04MQTT\x04\x02\x00\x3c\x00\x07counter'
SUBSCRIBE = b'\x82\x06\x00\x01\x00\x01#\x00'
PING = b'\xc0\x00'


class Counts:
    def __init__(self):
        self.zero()

    def zero(self):
        self.since = time.monotonic()
        self.messages = self.tags = self.bytes = 0
        self.ages_ms = []

    def message(self, payload):
        self.messages += 1
        self.bytes += len(payload)
        self.tags += payload.count(b'"r')
        clock = CLOCK.search(payload)
        if clock:
            sent = int(clock.group(1)) << 16 | int(clock.group(2))
            age = (time.time_ns() // 1000000 - sent) & 0xffffffff
            self.ages_ms.append(0 if age > 0x7fffffff else age)

    def report(self):
        seconds = time.monotonic() - self.since
        ages = sorted(self.ages_ms) or [-1]
        return {'tags_s': self.tags / seconds, 'messages_s': self.messages / seconds,
                'bytes_s': self.bytes / seconds, 'lat_p50_ms': ages[len(ages) // 2],
                'lat_p99_ms': ages[len(ages) * 99 // 100], 'lat_max_ms': ages[-1]}


def packets(buffer):
    """Take whole packets off the buffer; -> (first byte, body) each"""
    at = 0
    while True:
        length, shift, p = 0, 0, at + 1
        while p < len(buffer):
            length |= (buffer[p] & 127) << shift
            shift += 7
            p += 1
            if not buffer[p - 1] & 128:
                break
        else:
            break
        if p + length > len(buffer):
            break
        yield buffer[at], bytes(buffer[p:p + length])
        at = p + length
    del buffer[:at]


def serve(link, counts):
    buffer = bytearray()
    pinged = time.monotonic()
    while True:
        if select.select([link], [], [], 1)[0]:
            got = link.recv(1 << 20)
            if not got:
                sys.exit('the broker has gone')
            buffer += got
            for first, body in packets(buffer):
                if first >> 4 == 3:
                    counts.message(body[2 + struct.unpack('>H', body[:2])[0]:])
        if time.monotonic() - pinged > 20:
            pinged = time.monotonic()
            link.sendall(PING)


def main():
    counts = Counts()
    signal.signal(signal.SIGUSR1, lambda *_: print(json.dumps(counts.report()), flush=True))
    signal.signal(signal.SIGUSR2, lambda *_: counts.zero())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    link = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
    link.sendall(CONNECT + SUBSCRIBE)
    serve(link, counts)


if __name__ == '__main__':
    main()
