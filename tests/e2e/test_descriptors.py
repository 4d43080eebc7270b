#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""F9: more than 1024 descriptors in use when a serial line opens, and none left at all."""
import os
import pty
import resource
import selectors
import socket
import struct
import threading
import time
import tty

import harness

DEVICES = 1100


def crc(data):
    value = 0xffff
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xa001 if value & 1 else 0)
    return value.to_bytes(2, 'little')


class Field(threading.Thread):
    """Every address of 127.0.0.0/8 is a device; its register 0 is the address's end."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(('0.0.0.0', 0), backlog=2048)
        self.port = self.listener.getsockname()[1]
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.clients = set()
        self.hang_up = threading.Event()
        self.answers = 0
        self.ended = False

    def run(self):
        while not self.ended:
            for key, _ in self.selector.select(0.1):
                if key.fileobj is self.listener:
                    client = self.listener.accept()[0]
                    self.clients.add(client)
                    self.selector.register(client, selectors.EVENT_READ)
                else:
                    self.serve(key.fileobj)
            if self.hang_up.is_set():
                for client in list(self.clients):
                    self.drop(client)
                self.hang_up.clear()

    def drop(self, client):
        self.selector.unregister(client)
        self.clients.remove(client)
        client.close()

    def serve(self, client):
        try:
            request = client.recv(64)
        except OSError:
            request = b''
        if len(request) != 12:
            self.drop(client)
            return
        last = int(client.getsockname()[0].split('.')[3])
        client.send(request[:4] + struct.pack('>HBBBH', 5, request[6], request[7], 2, last))
        self.answers += 1


class Line(threading.Thread):
    """One unit on a pseudo terminal that answers 4711."""

    def __init__(self):
        super().__init__(daemon=True)
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        self.path = os.ttyname(self.slave)

    def run(self):
        held = b''
        while True:
            held += os.read(self.master, 64)
            if len(held) >= 8:
                answer = held[:2] + struct.pack('>BH', 2, 4711)
                os.write(self.master, answer + crc(answer))
                held = held[8:]


def config(field, path):
    lines = ['devices:']
    for i in range(DEVICES):
        lines += ['  - id: d%d' % i, '    driver: modbus',
                  '    address: tcp://127.0.%d.%d:%d' % (1 + i // 250, 1 + i % 250,
                                                         field.port),
                  '    every: 2s', '    timeout: 5s',
                  '    tags: [{id: t, at: "holding:0", type: uint16}]']
    lines += ['  - id: line', '    driver: modbus', '    address: rtu://%s' % path,
              '    every: 1s', '    tags: [{id: t, at: "holding:0", type: uint16}]']
    return '\n'.join(lines) + '\n'


def descriptors(process):
    return len(os.listdir('/proc/%d/fd' % process.popen.pid))


def cpu_s(process):
    with open('/proc/%d/stat' % process.popen.pid, encoding='ascii') as file:
        fields = file.read().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def limit_own():
    """The test holds the other end of every connection."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < DEVICES + 500:
        raise harness.Skip('descriptors are limited to %d' % most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


def test_a_line_opens_beyond_1024_descriptors(bench):
    most = limit_own()
    field, line = Field(), Line()
    field.start()
    line.start()
    gateway = harness.Gateway(bench, config(field, bench.path('tty')), launcher=[
        harness.require('prlimit'), '--nofile=256:%d' % most])  # it raises that itself
    gateway.start()
    harness.wait_until('all are connected', lambda: len(field.clients) >= DEVICES, 60)
    assert descriptors(gateway.process) > 1024
    os.symlink(line.path, bench.path('tty'))  # only now is there a line to open
    harness.wait_until('the line is read', lambda: [
        row for row in gateway.query("select value from history where device = 'line' "
                                     "and quality = 'good'") if row[0] == 4711], 60)
    print('%d descriptors' % descriptors(gateway.process))
    starve(gateway, field, most)
    field.ended = True
    field.join()


def starve(gateway, field, most):
    process = gateway.process
    resource.prlimit(process.popen.pid, resource.RLIMIT_NOFILE, (16, most))
    field.hang_up.set()  # every device needs a descriptor, and there is none
    harness.wait_until('all have lost their connection', lambda: not field.clients)
    began, used_s = time.monotonic(), cpu_s(process)
    time.sleep(3)
    share = (cpu_s(process) - used_s) / (time.monotonic() - began)
    assert process.is_running() and not field.clients
    resource.prlimit(process.popen.pid, resource.RLIMIT_NOFILE, (most, most))
    restored = time.monotonic()
    harness.wait_until('all are back within a probe interval',
                       lambda: len(field.clients) >= DEVICES, 35)
    print('without any left: %.1f %% of a processor; back after %.1f s'
          % (100 * share, time.monotonic() - restored))


if __name__ == '__main__':
    harness.main(globals())
