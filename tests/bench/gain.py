# SPDX-License-Identifier: Apache-2.0
"""Is the gain that `pollux optimise` promises there on the virtual plant?

usage: gain.py BUILD [SEEDS]

Runs the demo line, a gateway until its models have learnt, and `pollux optimise` of
etc/examples/goal.yaml on it; then the virtual plant with as many noise seeds (100), as it is and
with the setpoints that were found, and counts how often the saving lies in the stated band.
"""
import json
import os
import socket
import subprocess
import sys
import tempfile
import time

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
# What the demo's gateway calls the plant's signals.
SIGNALS = {'line/temperature_setpoint': 'temperature_setpoint',
           'line/level2_setpoint': 'level2_setpoint'}
BAR = 0.9


def wait(what, condition, seconds):
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            sys.exit('not within %d s: %s' % (seconds, what))
        time.sleep(0.5)


def main():
    build, seeds = os.path.abspath(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else '100'
    pollux = os.path.join(build, 'gateway', 'pollux')
    plant, config = (os.path.join(SOURCE, 'etc', name) for name in ('line.yaml', 'demo.yaml'))
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        line = 'tcp://127.0.0.1:%d' % probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        environment = dict(os.environ, POLLUX_DEMO_LINE=line, POLLUX_DEMO_STATE=folder,
                           POLLUX_DEMO_BROKER='mqtt://127.0.0.1:1')
        script = os.path.join(folder, 'script.yaml')
        with open(script, 'w', encoding='utf-8') as file:
            file.write('script: []\n')
        sim = subprocess.Popen([pollux, 'sim', '-c', plant, '--script', script, '--listen', line],
                               stdout=subprocess.DEVNULL)
        time.sleep(2)
        gateway = subprocess.Popen([pollux, 'run', '-c', config], env=environment,
                                   stderr=subprocess.DEVNULL)

        def learnt():
            done = subprocess.run([pollux, 'status', '--json', '-c', config], env=environment,
                                  capture_output=True, check=False)
            parts = json.loads(done.stdout).get('components', []) if done.returncode == 0 else []
            return parts and all(part['learnt'] == 1 for part in parts)

        try:
            wait('the models have learnt', learnt, 300)
            done = subprocess.run([pollux, 'optimise', os.path.join(SOURCE, 'etc', 'examples',
                                                                    'goal.yaml'),
                                   '-c', config, '--json'], env=environment,
                                  capture_output=True, text=True, check=False)
        finally:
            gateway.terminate()
            gateway.wait()
            sim.terminate()
            sim.wait()
    if done.returncode != 0:
        sys.exit(done.stderr)
    found = json.loads(done.stdout)
    objective = found['objectives'][0]
    setpoints = ['%s=%.9g' % (SIGNALS[v['signal']], v['best']) for v in found['variables']]
    gain, half = objective['gain'], objective['gain_half']
    print('promised: %.3f ± %.3f kWh by %s' % (gain, half, ' '.join(setpoints)))
    done = subprocess.run([os.path.join(build, 'tests', 'bench', 'bench_gain'), plant, seeds, '1',
                           'heating+power', str(gain - half), str(gain + half)] + setpoints,
                          capture_output=True, text=True, check=True)
    print(done.stdout, end='')


if __name__ == '__main__':
    main()
