#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""FMUs in the running gateway: a good one follows its input; one that crashes, one that hangs
and one that answers no number cost their own components only."""
import math
import os
import zipfile

import harness

FMUS = os.environ.get('POLLUX_FMUS', '.')
MODELS = {  # name, causality, start
    'stiff': (('u', 'input', '1'), ('fast', 'output', None), ('slow', 'output', None),
              ('tau_fast', 'parameter', '1e-4'), ('tau_slow', 'parameter', '1')),
    'bad': (('y', 'output', None), ('mode', 'parameter', '0')),
}


def make_fmu(bench, model, reference=None):
    """FMI 2.0, around the library of tests/fmu/"""
    variables, outputs = '', ''
    for i, (name, causality, start) in enumerate(MODELS[model]):
        varies = 'tunable' if causality == 'parameter' else 'continuous'
        begins = '' if start is None else ' start="%s"' % start
        variables += ('<ScalarVariable name="%s" valueReference="%d" causality="%s" '
                      'variability="%s"><Real%s/></ScalarVariable>\n'
                      % (name, i, causality, varies, begins))
        if causality == 'output':
            outputs += '<Unknown index="%d"/>' % (i + 1)
    machine = 'linux64' if os.uname().machine == 'x86_64' else 'aarch64-linux'
    with zipfile.ZipFile(bench.path(model + '.fmu'), 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('modelDescription.xml', (
            '<?xml version="1.0"?>\n<fmiModelDescription fmiVersion="2.0" modelName="%s" '
            'guid="{%s}"><CoSimulation modelIdentifier="%s" '
            'canHandleVariableCommunicationStepSize="true"/>'
            '<ModelVariables>%s</ModelVariables><ModelStructure><Outputs>%s</Outputs>'
            '</ModelStructure></fmiModelDescription>'
            % (model, model, model, variables, outputs)))
        archive.write(os.path.join(FMUS, model + '2.so'),
                      'binaries/%s/%s.so' % (machine, model))
        if reference:
            archive.writestr('documentation/%s_ref.csv' % model, reference)


CONFIG = '''
devices:
  - id: rig
    driver: sim
    every: 100ms
    tags:
      - {id: u, at: "constant(value=3)", type: float64}
twin:
  components:
    - {id: lag, model: fmu, file: stiff.fmu, step: 100ms, inputs: {u: rig/u},
       start: {tau_slow: 0.2}}
    - {id: crashes, model: fmu, file: bad.fmu, step: 100ms, start: {mode: 1}}
    - {id: hangs, model: fmu, file: bad.fmu, step: 100ms, start: {mode: 2}}
    - {id: lies, model: fmu, file: bad.fmu, step: 100ms, start: {mode: 4}}
'''
WHY = {'crashes': 'it crashed (Segmentation fault)', 'hangs': 'it did not answer within 1 s',
       'lies': 'an output is no number'}


def failures(gateway):
    return [text for (text,) in gateway.query(
        "select message from events where kind = 'fmu_down'")]


def test_bad_units_cost_their_components_only(bench):
    for model in MODELS:
        make_fmu(bench, model)
    gateway = harness.Gateway(bench, CONFIG)
    gateway.start()
    harness.wait_until('each has failed', lambda: all(
        any(text.startswith('%s: its FMU failed: %s' % (name, why))
            for text in failures(gateway)) for name, why in WHY.items()))
    for name in WHY:
        harness.wait_until('%s is bad' % name, lambda: gateway.query(
            "select 1 from history where device = ? and quality = 'bad' and state = 'bad'",
            name))
    # The good one has come to its input meanwhile, and goes on.
    harness.wait_until('the lag is where its input is', lambda: gateway.query(
        "select 1 from now where device = 'lag' and tag = 'slow' and abs(value - 3) < 1e-6"))
    assert not [text for text in failures(gateway) if text.startswith('lag')]
    # The device was polled all the time: nobody waited the 1 s that the hanging unit has.
    stamps = [ts_us for (ts_us,) in gateway.query(
        "select ts_us from history where device = 'rig' order by ts_us")]
    longest_ms = max(b - a for a, b in zip(stamps, stamps[1:])) / 1000
    print('longest time between two readings at 100 ms: %.0f ms' % longest_ms)
    assert longest_ms < 900, longest_ms
    gateway.process.stop()
    assert not os.path.exists(os.path.join(gateway.state, 'fmu')), 'what was unpacked is gone'


def test_gateway_tries_its_units_beside_its_work(bench):
    """One that is what its reference says, one that is not, one that crashes."""
    for model, tau in ('stiff', 1), ('bad', 1):
        make_fmu(bench, model, 'time,slow\n' + ''.join(
            '%.1f,%.9f\n' % (k / 10, -math.expm1(-k / 10 / tau)) for k in range(11)))
    os.rename(bench.path('stiff.fmu'), bench.path('true.fmu'))
    make_fmu(bench, 'stiff', 'time,slow\n0,0\n1,0.5\n')
    gateway = harness.Gateway(bench, CONFIG.split('    - {id: lag')[0] + '''
    - {id: sound, model: fmu, file: true.fmu, step: 100ms}
    - {id: untrue, model: fmu, file: stiff.fmu, step: 100ms}
    - {id: bad, model: fmu, file: bad.fmu, step: 100ms}
''')
    gateway.start()

    def verdicts():
        return dict((message.split(':')[0], (severity, message)) for severity, message in
                    gateway.query("select severity, message from events "
                                  "where kind = 'fmu_selftest'"))
    harness.wait_until('all were tried', lambda: len(verdicts()) == 3)
    assert verdicts()['sound'] == ('info', 'sound: its FMU passed its self-test'), verdicts()
    severity, message = verdicts()['untrue']
    assert severity == 'warning' and 'fails its self-test: it is up to 0.132 off its reference' \
        in message, message
    gateway.process.stop()
    assert not os.path.exists(os.path.join(gateway.state, 'fmu')), 'what was unpacked is gone'


def test_check_runs_what_brings_a_reference(bench):
    """The slow lag of 1 s towards 1, and one of 0.9 s that it is not."""
    config = bench.write('cell.yaml', 'gateway: {id: a, state_dir: %s}\ntwin:\n  components:\n'
                         '    - {id: lag, model: fmu, file: stiff.fmu, step: 100ms}\n'
                         % bench.path('state'))
    for tau, fails in (1, False), (0.9, True):
        make_fmu(bench, 'stiff', 'time,slow\n' + ''.join(
            '%.1f,%.9f\n' % (k / 10, -math.expm1(-k / 10 / tau)) for k in range(11)))
        done = bench.run([harness.POLLUX, 'check', '-v', '-c', config])
        assert done.returncode == 0, done
        assert ('warning: the self-test of component lag' in done.stderr) == fails, done
        assert ('meets its reference' in done.stdout) != fails, done


if __name__ == '__main__':
    harness.main(globals())
