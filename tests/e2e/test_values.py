#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""F37: a device that sends NaN, infinities, the ends of every type, a counter that wraps and
text that is none, in every order of words.  What is no value is bad, what is one arrives to
the last digit, and no message is anything but JSON."""
import json
import os
import struct
import sys

import harness

FLT_MAX = struct.unpack('>f', bytes.fromhex('7f7fffff'))[0]
FLT_LEAST = struct.unpack('>f', bytes.fromhex('00000001'))[0]
DBL_MAX, DBL_LEAST = sys.float_info.max, 5e-324
NAN, INF = float('nan'), float('inf')

# tag: (type and keys, struct format, what the device holds in one image after the other)
TAGS = {
    'half': ('float16', 'e', [1.5, NAN, INF, -INF, 65504.0, 2.0 ** -24]),
    'single': ('float32', 'f', [12.5, NAN, INF, -INF, FLT_MAX, FLT_LEAST]),
    'double': ('float64', 'd', [-0.1, NAN, INF, -INF, DBL_MAX, DBL_LEAST]),
    'scaled': ('float64, scale: 10', 'd', [0.25, NAN, INF, -INF, DBL_MAX, 0.0]),
    'int16': ('int16', 'h', [0, -1, 1, 2, 32767, -32768]),
    'int64': ('int64', 'q', [0, -1, 2 ** 53 + 1, 2, 2 ** 63 - 1, -2 ** 63]),
    'uint64': ('uint64', 'Q', [0, 1, 2 ** 53 + 1, 2, 2 ** 64 - 1, 2 ** 63]),
    'counter': ('uint16', 'H', [65533, 65534, 65535, 0, 1, 2]),
    'text': ('string(8)', '8s', [b'plain', b'"\\/', b'\x01\t\n', b'\xff\xfe\xc3', b'\xc3\xa4',
                                b'']),
}
ORDERS = ('ABCD', 'CDAB', 'BADC', 'DCBA')


def reorder(data, order):
    words = [data[i:i + 2] for i in range(0, len(data), 2)]
    if order in ('CDAB', 'DCBA'):
        words.reverse()
    if order in ('BADC', 'DCBA'):
        words = [w[::-1] for w in words]
    return list(struct.unpack('>%dH' % len(words), b''.join(words)))


def device():
    """-> (lines of its tags, images of its registers, {tag: values by image, None: bad})"""
    lines, images, wants = [], [{} for _ in range(6)], {}
    for order in ORDERS:
        at = max(images[0], default=-1) + 1
        for name, (kind, form, values) in TAGS.items():
            tag = '%s_%s' % (name, order)
            lines.append('      - {id: %s, at: "holding:%d", type: %s, word_order: %s}' % (
                tag, at, kind, order))
            for image, value in zip(images, values):
                data = struct.pack('>' + form, value)
                words = reorder(data, 'ABCD' if form == '8s' else order)
                image.update({at + i: word for i, word in enumerate(words)})
            at += len(words)
            wants[tag] = [wanted(name, value) for value in values]
    return lines, [{'holding': image} for image in images], wants


def wanted(name, value):
    if isinstance(value, bytes):
        text = ''.join(chr(b) if b < 0x80 else '?' for b in value)
        return 'ä' if value == b'\xc3\xa4' else text
    value = value * 10 if name == 'scaled' else value
    return value if value == value and abs(value) != INF else None


def strict(payload):
    def no_constant(word):
        raise AssertionError('%s in JSON: %s' % (word, payload))
    return json.loads(payload, parse_constant=no_constant)


def start(bench, layout):
    """-> (sink, {tag: wanted values}); every message of it was JSON"""
    lines, images, wants = device()
    if bench.run([sys.executable, '-c', 'import pymodbus.server']).returncode:
        raise harness.Skip('python3-pymodbus or python3-serial-asyncio is not installed')
    port = harness.free_ports()
    bench.write('images.json', json.dumps(images))
    bench.start('peer', [sys.executable, os.path.join(harness.SOURCE,
                                                      'tests/e2e/register_peer.py'),
                         str(port), bench.path('images.json')])
    harness.wait_until('the device listens', lambda: harness.is_listening(port))
    broker = harness.Broker(bench)
    sink = harness.Sink(bench, broker)
    gateway = harness.Gateway(bench, '\n'.join([
        'mqtt: {servers: ["mqtt://127.0.0.1:%d"], layout: %s}' % (broker.port, layout),
        'devices:', '  - id: d', '    driver: modbus', '    every: 200ms',
        '    address: tcp://127.0.0.1:%d' % port, '    tags:'] + lines) + '\n')
    gateway.start()
    return sink, gateway, wants


def readings(sink):
    """-> [(tag, value, quality)] of both layouts"""
    found = []
    for message in sink.messages():
        parts = message.topic.split('/')
        if not message.payload or parts[-1] == 'availability':
            continue
        body = strict(message.payload)
        if parts[-1] == 'state':
            found.append((parts[3], body['value'], body['quality']))
        elif parts[-1] == 'data':
            found += [(key, value, body.get(key + '.quality', 'good'))
                      for key, value in body.items() if '.' not in key and key != 'ts']
    return found


def check(bench, layout):
    sink, gateway, wants = start(bench, layout)

    def all_seen():
        found = readings(sink)
        seen = {(tag, value) for tag, value, _ in found}
        return found if all((tag, value) in seen for tag, values in wants.items()
                            for value in values) else None
    found = harness.wait_until('every value arrives', all_seen, 40)
    for tag, value, quality in found:
        assert value in wants[tag], (tag, value, quality)
        assert (value is None) == (quality == 'bad'), (tag, value, quality)
    for command in ('status', 'read'):
        done = bench.run([harness.POLLUX, command, '--json', '-c', gateway.config] +
                         ['d/' + tag for tag in wants if command == 'read'])
        strict(done.stdout)
    for tag, value, quality in gateway.query('select tag, value, quality from history'):
        assert (value is None) == (quality == 'bad'), (tag, value, quality)


def test_layout_tag(bench):
    check(bench, 'tag')


def test_layout_device(bench):
    check(bench, 'device')


if __name__ == '__main__':
    harness.main(globals())
