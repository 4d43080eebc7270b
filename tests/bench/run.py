# SPDX-License-Identifier: Apache-2.0
"""Measures the gateway beside a field, a broker and a subscriber, all on this machine.

usage: run.py [options] [WORKLOAD...]     W1 W2 W3 W4 W5 start; default: all

Builds the program and the field from this tree into a folder under TMPDIR.  Where the
tools of ../shared are there (or --tools says where), their field and subscriber are used,
and the floor runs in turn with the gateway: the least that the work can cost, with raw
sockets and one SQLite writer, storage on.  Figures of a shared machine move by a factor
of four: only those of one run are to be compared.
"""
import argparse
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
TICK = os.sysconf('SC_CLK_TCK')
FIELD_PORT, BROKER_PORT = 16000, 18832
REGISTERS_MAX, SERVICE_MS = 125, 10
LEARN = 400  # readings, in scripted time before the first start

# name: devices, registers of each, period in ms (0: the next cycle at once)
WORKLOADS = {
    'W1': (1, 100, 100),
    'W2': (10, 1000, 1000),
    'W3': (100, 100, 1000),
    'W4': (100, 1000, 1000),
    'W5': (50, 500, 0),
}


def offered(name):
    """-> tags a second that the field offers"""
    devices, registers, period = WORKLOADS[name]
    if period:
        return devices * registers * 1000 / period
    return devices * registers / (-(-registers // REGISTERS_MAX) * SERVICE_MS / 1000)


class Process:
    """A program on this machine, with its output in a file."""

    def __init__(self, folder, name, argv, wait=0.3):
        self.path = os.path.join(folder, name + '.log')
        with open(self.path, 'wb') as log:
            self.popen = subprocess.Popen(argv, stdout=log, stderr=log, cwd=folder)
        time.sleep(wait)
        if self.popen.poll() is not None:
            sys.exit('%s left at once: %s' % (argv[0], self.text()[-500:]))

    def text(self):
        with open(self.path, encoding='utf-8', errors='replace') as log:
            return log.read()

    def cpu_s(self):
        with open('/proc/%d/stat' % self.popen.pid, encoding='ascii') as stat:
            fields = stat.read().rsplit(')', 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def memory_mb(self):
        """-> VmRSS, VmHWM"""
        with open('/proc/%d/status' % self.popen.pid, encoding='ascii') as status:
            lines = dict(line.split(':', 1) for line in status)
        return tuple(int(lines[key].split()[0]) / 1000 * 1.024
                     for key in ('VmRSS', 'VmHWM'))

    def zero(self):
        self.popen.send_signal(signal.SIGUSR2)

    def report(self):
        mark = len(self.text())
        self.popen.send_signal(signal.SIGUSR1)
        for _ in range(100):
            time.sleep(0.05)
            text = self.text()[mark:]
            if text.endswith('\n'):
                return json.loads(text.strip().splitlines()[-1])
        sys.exit('no report in %s' % self.path)

    def stop(self):
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
            try:
                self.popen.wait(10)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()


class World:
    """Programs and folders of this run; what it starts is ended with it."""

    def __init__(self, options):
        self.options = options
        self.bin = options.build
        self.folder = tempfile.mkdtemp(prefix='pollux-bench-')
        self.live = []
        self.shared = options.tools and os.path.isdir(options.tools)
        self.build()

    def build(self):
        if not os.path.exists(os.path.join(self.bin, 'build.ninja')):
            subprocess.run(['meson', 'setup', '--buildtype=release', self.bin, SOURCE],
                           check=True, stdout=subprocess.DEVNULL)
        subprocess.run(['ninja', '-C', self.bin, 'gateway/pollux',
                        'tests/bench/bench_field', 'tests/bench/bench_learn'],
                       check=True, stdout=subprocess.DEVNULL)
        if self.shared:
            for source, libraries in (('fieldsim.c', []), ('bench/mqttcount.c', ['-lmosquitto']),
                                      ('bench/p_floor.c', ['-lsqlite3'])):
                name = os.path.basename(source)[:-2]
                subprocess.run(['cc', '-O2', '-o', os.path.join(self.folder, name),
                                os.path.join(self.options.tools, source)] + libraries,
                               check=True)

    def start(self, name, argv, wait=0.3):
        process = Process(self.folder, name, argv, wait)
        self.live.append(process)
        return process

    def stop(self, *processes):
        for process in processes:
            process.stop()
            self.live.remove(process)

    def close(self):
        self.stop(*reversed(self.live))
        if self.options.keep:
            print('kept: %s' % self.folder)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def field(self, name, tick_ms=1000, at_once=False):
        devices, _, period = WORKLOADS[name]
        common = ['-n', str(devices), '-p', str(FIELD_PORT), '-P', str(period or 40),
                  '-t', str(tick_ms)]
        if self.shared:
            slow = [] if period or at_once else ['-s', '*:delay=%d,serial=1' % SERVICE_MS]
            return self.start('field', [self.folder + '/fieldsim', '-j'] + common + slow)
        slow = [] if period or at_once else ['-d', str(SERVICE_MS)]
        return self.start('field', [self.bin + '/tests/bench/bench_field'] + common + slow)

    def broker(self):
        conf = os.path.join(self.folder, 'mosquitto.conf')
        with open(conf, 'w', encoding='ascii') as file:
            file.write('listener %d 127.0.0.1\nallow_anonymous true\npersistence false\n'
                       'set_tcp_nodelay true\nmax_queued_messages 0\n'
                       'max_inflight_messages 0\nlog_type error\n' % BROKER_PORT)
            file.write('user root\n' if os.getuid() == 0 else '')
        path = os.environ.get('PATH', '') + ':/usr/sbin'
        program = shutil.which('mosquitto', path=path) or sys.exit('mosquitto is missing')
        return self.start('broker', [program, '-c', conf])

    def subscriber(self):
        if self.shared:
            return self.start('subscriber', [self.folder + '/mqttcount', '-p',
                                             str(BROKER_PORT)])
        return self.start('subscriber', [sys.executable, HERE + '/subscriber.py',
                                         str(BROKER_PORT)])


class Pollux:
    title = 'pollux'

    def __init__(self, world, name):
        self.world, self.name = world, name
        self.folder = os.path.join(world.folder, name)
        self.config = os.path.join(self.folder, 'pollux.yaml')
        if not os.path.isdir(self.folder):
            os.makedirs(self.folder)
            self.write()
            if not world.options.fresh:
                self.learn()

    def write(self):
        devices, registers, period = WORKLOADS[self.name]
        in_flight = 8 if self.name in ('W4', 'W5') else 1
        tags = ''.join('      - {id: r%d, at: holding:%d, type: uint16}\n' % (i, i)
                       for i in range(registers))
        with open(self.config, 'w', encoding='ascii') as out:
            out.write('gateway: {id: bench, state_dir: %s/state}\n' % self.folder +
                      'mqtt: {servers: [mqtt://127.0.0.1:%d], layout: device, qos: 0}\n'
                      % BROKER_PORT + 'twin: {monitor: {learn: %d}}\n' % LEARN + 'devices:\n')
            for d in range(devices):
                out.write('  - id: d%d\n    driver: modbus\n' % d +
                          '    address: tcp://127.0.0.1:%d\n' % (FIELD_PORT + d) +
                          '    every: %dms\n    limits: {in_flight: %d}\n    tags:\n'
                          % (period, in_flight) + tags)

    def learn(self):
        """Every tag learns from a field whose time runs faster."""
        field = self.world.field(self.name, tick_ms=20, at_once=True)
        subprocess.run([self.world.bin + '/tests/bench/bench_learn', self.config], check=True)
        self.world.stop(field)

    def start(self, wait=1.0):
        return self.world.start('pollux', [self.world.bin + '/gateway/pollux', 'run', '-c',
                                           self.config], wait)


class Floor:
    title = 'floor, storing'

    def __init__(self, world, name):
        self.world, self.name = world, name

    def start(self):
        devices, registers, period = WORKLOADS[self.name]
        return self.world.start('floor', [
            self.world.folder + '/p_floor', '-n', str(devices), '-p', str(FIELD_PORT), '-r',
            str(registers), '-i', str(period), '-m', str(BROKER_PORT), '-t', '36000', '-S',
            self.world.folder + '/floor.db'])


def window(processes, seconds):
    """One window; -> what was seen"""
    gateway, field, subscriber = processes
    field.zero()
    subscriber.zero()
    cpu_s, began = gateway.cpu_s(), time.monotonic()
    time.sleep(seconds)
    cpu_s, took = gateway.cpu_s() - cpu_s, time.monotonic() - began
    seen, heard = field.report()['total'], subscriber.report()
    rss, peak = gateway.memory_mb()
    return {'registers_s': seen['registers_s'], 'late': seen['late'], 'scans': seen['gaps'],
            'tags_s': heard['tags_s'], 'age_p50': heard['lat_p50_ms'],
            'age_p99': heard['lat_p99_ms'], 'cpu': 100 * cpu_s / took, 'rss': rss,
            'peak': peak}


def measure(world, gateway, options):
    field, broker = world.field(gateway.name), world.broker()
    subscriber = world.subscriber()
    process = gateway.start()
    time.sleep(options.warm)
    windows = [window((process, field, subscriber), options.seconds)
               for _ in range(options.windows)]
    world.stop(process, subscriber, broker, field)
    return windows


def line(name, title, windows):
    def middle(key):
        return statistics.median(w[key] for w in windows)
    cpus = [w['cpu'] for w in windows]
    print('%-3s %-14s tags/s %8.0f of %.0f | registers/s %8.0f | late %d of %d | '
          'age p50 %.0f p99 %.0f ms | cpu %.2f %% (%.2f to %.2f) | rss %.1f MB, peak %.1f'
          % (name, title, middle('tags_s'), offered(name), middle('registers_s'),
             middle('late'), middle('scans'), middle('age_p50'), middle('age_p99'),
             middle('cpu'), min(cpus), max(cpus), middle('rss'), middle('peak')), flush=True)


def run(world, name, options):
    gateways = [Pollux] + ([Floor] if world.shared else [])
    seen = {gateway: [] for gateway in gateways}
    for _ in range(options.starts):
        for gateway in gateways:
            seen[gateway] += measure(world, gateway(world, name), options)
    for gateway in gateways:
        line(name, gateway.title, seen[gateway])
    if world.shared:
        ratio = {key: statistics.median(w[key] for w in seen[Pollux]) /
                 max(1e-9, statistics.median(w[key] for w in seen[Floor]))
                 for key in ('cpu', 'registers_s')}
        print('%-3s ratio to floor cpu %.2f | registers/s %.3f'
              % (name, ratio['cpu'], ratio['registers_s']), flush=True)


def first_sample(world, name):
    """-> seconds from starting the program to its first sample at a subscriber"""
    gateway = Pollux(world, name)  # learns from a field of its own
    field, broker = world.field(name), world.broker()
    with socket.create_connection(('127.0.0.1', BROKER_PORT)) as link:
        topic = b'pollux/+/+/data'
        link.sendall(b'\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04wait' +
                     bytes([0x82, len(topic) + 5, 0, 1, 0, len(topic)]) + topic + b'\x00')
        link.recv(4096)
        time.sleep(0.2)
        link.setblocking(False)
        try:
            link.recv(4096)
        except BlockingIOError:
            pass
        link.setblocking(True)
        began = time.monotonic()
        process = gateway.start(wait=0)
        link.recv(1)
        took = time.monotonic() - began
    world.stop(process, broker, field)
    return took


def start(world, options):
    for name in ('W2', 'W4'):
        times = [first_sample(world, name) for _ in range(options.windows)]
        print('start to first sample, %d tags: %.0f ms (%.0f to %.0f)'
              % (WORKLOADS[name][0] * WORKLOADS[name][1], 1e3 * statistics.median(times),
                 1e3 * min(times), 1e3 * max(times)), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('workloads', nargs='*', metavar='WORKLOAD',
                        help='of %s start' % ' '.join(WORKLOADS))
    parser.add_argument('--windows', type=int, default=5, help='a start (5)')
    parser.add_argument('--starts', type=int, default=1, help='of each gateway (1)')
    parser.add_argument('--seconds', type=float, default=20, help='a window (20)')
    parser.add_argument('--warm', type=float, default=8, help='seconds before the first (8)')
    parser.add_argument('--fresh', action='store_true', help='begin with nothing learnt')
    parser.add_argument('--own', action='store_true', help='without the tools of ../shared')
    parser.add_argument('--keep', action='store_true', help='keep the folder of the run')
    parser.add_argument('--tools', default=os.path.join(
        os.environ.get('POLLUX_SHARED', os.path.join(SOURCE, '..', 'shared')), 'tools'))
    parser.add_argument('--build', default=os.path.join(tempfile.gettempdir(),
                                                        'pollux-bench-build'))
    options = parser.parse_args()
    options.tools = None if options.own else options.tools
    names = options.workloads or list(WORKLOADS) + ['start']
    for name in names:
        if name not in WORKLOADS and name != 'start':
            parser.error('no workload %s' % name)
    world = World(options)
    try:
        for name in names:
            if name == 'start':
                start(world, options)
            else:
                run(world, name, options)
    finally:
        world.close()


if __name__ == '__main__':
    main()
