# SPDX-License-Identifier: Apache-2.0
"""Runs the real program against real peers.

A test file holds functions test_<behaviour>(bench) and calls main().  A Bench is a folder
of its own and the processes that a test starts; when it ends they are gone.  Nothing here
sleeps for a guess: wait_until() looks until something is so, up to a deadline.  Verdicts
are printed as cmocka prints them, for tests/tally.py.
"""
import collections
import json
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import time
import traceback

POLLUX = os.environ.get('POLLUX', 'pollux')
PEERS = os.environ.get('POLLUX_PEERS', '.')  # folder of field and modbus_peer
SOURCE = os.environ.get('POLLUX_SOURCE', '.')
SANITIZERS = ('ERROR: AddressSanitizer', 'ERROR: LeakSanitizer', 'runtime error:')

Message = collections.namedtuple('Message', 'retained topic payload')
Row = collections.namedtuple('Row', 'device tag ts_us value quality')


class Skip(Exception):
    """The test cannot run here; says why."""


def require(program):
    """-> path of a program that the test cannot do without"""
    path = shutil.which(program, path=os.environ.get('PATH', '') + ':/usr/sbin')
    if not path:
        raise Skip('%s is not installed' % program)
    return path


def free_ports(n=1):
    """-> first of n consecutive loopback ports that are free now; where it is more than
    one, from below those that the kernel lends to whoever connects"""
    for _ in range(100):
        held = []
        try:
            any_port = 0 if n == 1 else random.randrange(10000, 32000 - n)
            held.append(socket.create_server(('127.0.0.1', any_port)))
            first = held[0].getsockname()[1]
            for port in range(first + 1, first + n):
                held.append(socket.create_server(('127.0.0.1', port)))
            return first
        except OSError:
            continue
        finally:
            for one in held:
                one.close()
    raise Skip('no %d free ports in a row' % n)


def wait_until(what, condition, seconds=20):
    """Look until condition() is true; -> what it returned.  A look that takes long is
    followed by a longer pause, so that looking does not disturb what is looked at."""
    deadline = time.monotonic() + seconds
    while True:
        began = time.monotonic()
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError('not within %g s: %s' % (seconds, what))
        time.sleep(max(0.05, 4 * (time.monotonic() - began)))


def is_listening(port):
    with socket.socket() as probe:
        return probe.connect_ex(('127.0.0.1', port)) == 0


class Process:
    """A process of the test, with its output in files."""

    def __init__(self, folder, name, argv, **options):
        self.name = name
        self.out_path = os.path.join(folder, name + '.out')
        self.err_path = os.path.join(folder, name + '.err')
        with open(self.out_path, 'ab') as out, open(self.err_path, 'ab') as err:
            self.popen = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=out,
                                          stderr=err, cwd=folder, **options)

    def is_running(self):
        return self.popen.poll() is None

    def stop(self, seconds=10):
        """SIGTERM; -> (exit code, seconds it took)"""
        began = time.monotonic()
        if self.is_running():
            self.popen.send_signal(signal.SIGTERM)
        code = self.wait(seconds)
        return code, time.monotonic() - began

    def kill(self):
        self.popen.kill()
        self.wait()

    def wait(self, seconds=20):
        try:
            return self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError('%s did not end within %g s' % (self.name, seconds))

    def say(self, text):
        self.popen.stdin.write(text.encode())
        self.popen.stdin.flush()

    def output(self):
        with open(self.out_path, encoding='utf-8', errors='replace') as file:
            return file.read()

    def errors(self):
        with open(self.err_path, encoding='utf-8', errors='replace') as file:
            return file.read()


# A machine whose parts are counted; `past CONFIG machine filler SECONDS` gives it a past.
MACHINE = '''
devices:
  - id: filler
    driver: sim
    every: 10s
    tags:
      - {id: count, at: "constant(value=0)", type: float64}
      - {id: rejects, at: "constant(value=0)", type: float64}
      - {id: down, at: "constant(value=0)", type: float64}
      - {id: busy, at: "constant(value=0)", type: float64}
'''


class Broker:
    """A mosquitto of our own that keeps sessions over a clean restart."""

    def __init__(self, bench, more=''):
        """more: further lines of mosquitto.conf"""
        self.bench = bench
        self.program = require('mosquitto')
        self.port = free_ports()
        lines = ['per_listener_settings false', 'listener %d 127.0.0.1' % self.port,
                 'allow_anonymous true', 'max_queued_messages 0', 'persistence true',
                 'persistence_location %s/' % bench.folder]
        lines += ['user root'] if os.getuid() == 0 else []
        bench.write('mosquitto.conf', '\n'.join(lines) + '\n' + more)
        self.start()

    def start(self):
        self.process = self.bench.start('mosquitto', [self.program, '-c', 'mosquitto.conf'])
        wait_until('mosquitto listens', lambda: is_listening(self.port))

    def stop(self):
        self.process.stop()


class Sink:
    """mosquitto_sub with a durable session: everything that was ever delivered."""

    def __init__(self, bench, broker, topic='pollux/#', name='sink'):
        self.process = bench.start(name, [
            require('mosquitto_sub'), '-h', '127.0.0.1', '-p', str(broker.port),
            '-t', topic, '-q', '1', '-c', '-i', name, '-F', '%r %t %p'])

    def messages(self):
        found = []
        for line in self.process.output().splitlines(keepends=True):
            if line.endswith('\n'):  # else it is still being written
                retained, topic, payload = line.rstrip('\n').split(' ', 2)
                found.append(Message(retained == '1', topic, payload))
        return found

    def last(self, topic):
        """-> payload of the newest message on a topic, or None"""
        found = [m.payload for m in self.messages() if m.topic == topic]
        return found[-1] if found else None

    def samples(self):
        """-> [(stream, device, tag, ts in ms, value)] of layout `tag`, as they came;
        stream is 'live', 'history' or, at a subscription, 'retained'"""
        found = []
        for message in self.messages():
            parts = message.topic.split('/')
            if len(parts) == 5 and parts[4] == 'state':
                state = json.loads(message.payload)
                stream = 'retained' if message.retained else 'live'
                found.append((stream, parts[2], parts[3], state['ts'], state['value']))
            elif len(parts) == 5 and parts[4] == 'history':
                for row in json.loads(message.payload)['samples']:
                    found.append(('history', parts[2], parts[3], row[0], row[1]))
        return found


class Field:
    """Devices whose values say where they come from (field.c)."""
    MODES = ('silent', 'answer', 'refuse', 'reset', 'trickle', 'garbage', 'blackhole')

    def __init__(self, bench, n, refused=()):
        """refused: [(first, last)] of registers that no request may touch"""
        self.n = n
        self.port = free_ports(n)
        self.process = bench.start('field', [os.path.join(PEERS, 'field'), str(n),
                                             str(self.port)] +
                                   [str(address) for pair in refused for address in pair])
        wait_until('the field listens', lambda: is_listening(self.port + n - 1))

    def config(self, tags=1, every='100ms', options=''):
        """-> the section `devices:`, tags t0, t1, ... of devices d0, d1, ..."""
        lines = ['devices:']
        for d in range(self.n):
            lines += ['  - id: d%d' % d, '    driver: modbus',
                      '    address: tcp://127.0.0.1:%d' % (self.port + d),
                      '    every: ' + every, '    timeout: 300ms']
            lines += ['    ' + options] if options else []
            lines += ['    tags:']
            lines += ['      - {id: t%d, at: "holding:%d", type: uint64}' % (t, 4 * t)
                      for t in range(tags)]
        return '\n'.join(lines) + '\n'

    def answer(self, device, answers):
        self.process.say('%d %d\n' % (device, answers))

    def behave(self, modes):
        """modes: {device: one of MODES}"""
        self.process.say(''.join('%d %d\n' % (device, self.MODES.index(mode))
                                 for device, mode in modes.items()))

    def requests(self):
        """-> [(time in us, device)]"""
        lines = self.process.output().rpartition('\n')[0].splitlines()
        return [(int(line.split()[0]), int(line.split()[1])) for line in lines]

    def exceptions(self):
        """-> [(device, first address, count)] of the requests that were refused"""
        lines = self.process.output().rpartition('\n')[0].splitlines()
        found = [[int(word) for word in line.split()] for line in lines]
        return [(device, address, n) for _, device, address, n, code in found if code]

    @staticmethod
    def origin(value):
        """-> (device, tag, count) that a value says it comes from"""
        number = int(value)
        return ('d%d' % (number >> 40), 't%d' % (number >> 24 & 0xffff),
                number & 0xffffff)


class Gateway:
    """`pollux run` on a state directory that outlives it."""

    def __init__(self, bench, config, name='gateway', launcher=(), env=None):
        self.bench = bench
        self.name = name
        self.state = bench.mkdir(name + '-state')
        self.config = bench.write(name + '.yaml', 'gateway: {id: cell7, state_dir: %s}\n'
                                  % self.state + config)
        self.launcher = list(launcher)
        self.env = env
        self.process = None

    def start(self):
        self.process = self.bench.start(
            self.name, self.launcher + [POLLUX, 'run', '-c', self.config], env=self.env)
        return self.process

    @property
    def database(self):
        return os.path.join(self.state, 'history.db')

    def query(self, sql, *values):
        """-> rows, or [] where there is no history yet"""
        not_yet = ('no such table', 'unable to open', 'not a database')
        try:
            db = sqlite3.connect('file:%s?mode=ro' % self.database, uri=True, timeout=5)
        except sqlite3.OperationalError:
            return []
        try:
            return db.execute(sql, values).fetchall()
        except sqlite3.DatabaseError as why:
            if any(word in str(why) for word in not_yet):
                return []
            raise
        finally:
            db.close()

    def rows(self):
        """-> every committed sample, in order of time"""
        return [Row(*row) for row in self.query(
            'select device, tag, ts_us, value, quality from history order by ts_us')]

    def count(self):
        found = self.query('select count(*) from history')
        return found[0][0] if found else 0

    def wait_rows(self, n, seconds=30):
        wait_until('%d samples are stored' % n, lambda: self.count() >= n, seconds)

    def status(self):
        """-> `pollux status --json`, or None while it does not answer"""
        done = self.bench.run([POLLUX, 'status', '--json', '-c', self.config])
        return json.loads(done.stdout) if done.returncode == 0 else None

    def wait_delivered(self, seconds=60):
        """until every destination has all that is stored now; -> the status by then"""
        stored = wait_until('the gateway says its status', self.status)['stored']

        def delivered():
            status = self.status()
            return status if status and all(d['delivered'] + d['evicted'] >= stored
                                            for d in status['destinations']) else None
        return wait_until('%d samples are delivered' % stored, delivered, seconds)


def check_balance(status):
    dropped = sum(status['dropped'].values())
    assert status['produced'] == status['stored'] + dropped, status
    for d in status['destinations']:
        assert status['stored'] == d['delivered'] + d['pending'] + d['evicted'], status


class Bench:
    """A folder, and everything that runs in it."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix='pollux-e2e-')
        os.chmod(self.folder, 0o711)  # others reach what is theirs
        self.processes = []

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), 'w', encoding='utf-8') as file:
            file.write(textwrap.dedent(text))
        return self.path(name)

    def mkdir(self, name):
        os.makedirs(self.path(name), mode=0o750, exist_ok=True)
        return self.path(name)

    def start(self, name, argv, **options):
        process = Process(self.folder, name, argv, **options)
        self.processes.append(process)
        return process

    def run(self, argv, seconds=60, **options):
        """-> the finished process with stdout and stderr as text"""
        return subprocess.run(argv, cwd=self.folder, timeout=seconds, text=True,
                              capture_output=True, check=False, **options)

    def close(self):
        for process in reversed(self.processes):
            try:
                process.stop(15)
            except AssertionError:
                process.kill()
            process.popen.stdin.close()

    def complaints(self):
        """-> names of the logs in which a sanitizer speaks"""
        return sorted({p.name for p in self.processes
                       if any(word in p.errors() for word in SANITIZERS)})

    def print_logs(self):
        for name in sorted({p.name for p in self.processes}):
            for end in ('.out', '.err'):
                with open(self.path(name + end), encoding='utf-8',
                          errors='replace') as file:
                    lines = file.read().splitlines()[-25:]
                if lines:
                    print('--- %s%s\n%s' % (name, end, '\n'.join(lines)))


def run_one(test):
    """-> 'OK', 'FAILED' or 'SKIPPED'"""
    bench = Bench()
    try:
        test(bench)
        bench.close()
        assert not bench.complaints(), 'a sanitizer complains'
        return 'OK'
    except Skip as why:
        print(why)
        return 'SKIPPED'
    except Exception:  # pylint: disable=broad-except
        traceback.print_exc(file=sys.stdout)
        bench.close()
        bench.print_logs()
        return 'FAILED'
    finally:
        bench.close()
        shutil.rmtree(bench.folder, ignore_errors=True)


def main(tests):
    """Run the functions named test_* of globals() and leave with meson's exit code."""
    wanted = sys.argv[1:]
    verdicts = []
    for name, test in list(tests.items()):
        if name.startswith('test_') and (not wanted or name in wanted):
            print('[ RUN      ] ' + name, flush=True)
            verdicts.append(run_one(test))
            print('[ %8s ] %s' % (verdicts[-1], name), flush=True)
    if 'FAILED' in verdicts:
        sys.exit(1)
    sys.exit(77 if all(v == 'SKIPPED' for v in verdicts) else 0)
