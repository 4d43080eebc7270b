#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The shipped device templates against devices that have the registers of the public maps
that they follow, and no others.

What a device holds is written down here from the maps once more: address, bytes on the
wire, and what they mean."""
import json
import math
import os
import shutil
import struct
import sys

import harness

BAD = None  # what the device says is no value


def words(form, *values):
    """-> registers, high byte and high word first"""
    data = struct.pack('>' + form, *values)
    return list(struct.unpack('>%dH' % (len(data) // 2), data))


def text(what, n_bytes):
    return words('%ds' % n_bytes, what.encode())


def energy_meter():
    """SDM630: parameter 30001 is input register 0; floats."""
    phases = {'voltage': (0, 230.5), 'current': (6, 5.25), 'power': (12, 1200),
              'apparent_power': (18, 1210.5), 'reactive_power': (24, -158.25),
              'power_factor': (30, 0.96875)}
    totals = {'voltage': (42, 231.5), 'current_sum': (48, 18.75), 'power': (52, 3603),
              'apparent_power': (56, 3634.5), 'reactive_power': (60, -471.75),
              'power_factor': (62, 0.984375), 'frequency': (70, 50.015625),
              'energy_import': (72, 123456.5), 'energy_export': (74, 789.125)}
    found = {'%s_l%d' % (name, k + 1): ('input', first + 2 * k, 'f', value + k)
             for name, (first, value) in phases.items() for k in range(3)}
    found.update({name: ('input', address, 'f', value)
                  for name, (address, value) in totals.items()})
    return {tag: (table, at, words(form, value), value)
            for tag, (table, at, form, value) in found.items()}


def frequency_inverter():
    """ATV320: the logic address of a parameter is its holding register."""
    return {'status_word': ('holding', 3201, [0x0637], 0x0637),
            'output_frequency': ('holding', 3202, words('h', -255), -25.5),
            'frequency_reference': ('holding', 3203, words('h', -500), -50),
            'motor_current': ('holding', 3204, [123], 12.3),
            'drive_thermal_state': ('holding', 3209, [61], 61),
            'last_fault': ('holding', 7121, [9], 9),
            'speed': ('holding', 8604, words('h', -747), -747),
            'error_code': ('holding', 8606, [0x2310], 0x2310)}


def pt100_module(per_degree):
    """MB8ART: 30000 is an open circuit, -30000 a wrong sensor."""
    degrees = [23.4, -12.5, 0, 180.1, 30000, -30000, 99.9, -199.9]
    found = {}
    for k, t in enumerate(degrees):
        sensor = abs(t) != 30000
        raw = round(t * per_degree) if sensor else t
        found['temperature_%d' % (k + 1)] = ('input', k, words('h', raw),
                                             t if sensor else BAD)
        found['connected_%d' % (k + 1)] = ('discrete', k, [int(sensor)], int(sensor))
    found['module_temperature'] = ('input', 8, words('h', 315), 31.5)
    return found


def plc():
    """OpenPLC: %IW, %QW, %MW, %MD (floats), %ML (doubles), bits."""
    found = {}
    for k in range(8):
        found['QX0_%d' % k] = ('coil', k, [k % 2], k % 2)
        found['IX0_%d' % k] = ('discrete', k, [k % 3 == 0], k % 3 == 0)
        found['IW%d' % k] = ('input', k, words('h', -k), -k)
        found['QW%d' % k] = ('holding', k, words('h', 1000 - k), 1000 - k)
        found['MW%d' % k] = ('holding', 1024 + k, words('h', k - 9), k - 9)
        found['MD%d' % k] = ('holding', 2048 + 2 * k, words('f', k + 0.5), k + 0.5)
        found['ML%d' % k] = ('holding', 4096 + 4 * k, words('d', k / 3), k / 3)
    return found


# Model 103 from its length on: (tag, scale factor or None, struct format, value); a tag
# None is a register without one.
MODEL_103 = [
    ('ac_current', 'A', 'H', 12.5), ('ac_current_a', 'A', 'H', 4.25),
    ('ac_current_b', 'A', 'H', 4), ('ac_current_c', 'A', 'H', BAD), ('A', 'sf', 'h', 0),
    ('voltage_ab', 'V', 'H', 400), ('voltage_bc', 'V', 'H', 401.5),
    ('voltage_ca', 'V', 'H', BAD), ('voltage_an', 'V', 'H', 230),
    ('voltage_bn', 'V', 'H', 231.5), ('voltage_cn', 'V', 'H', 229), ('V', 'sf', 'h', 0),
    ('ac_power', 'W', 'h', 5000), ('W', 'sf', 'h', 0), ('frequency', 'Hz', 'H', 50),
    ('Hz', 'sf', 'h', 0), ('apparent_power', 'VA', 'h', 5100), ('VA', 'sf', 'h', 0),
    ('reactive_power', 'VAr', 'h', -300), ('VAr', 'sf', 'h', 0),
    ('power_factor', 'PF', 'h', -98), ('PF', 'sf', 'h', 0), ('energy', 'WH', 'I', 1234500),
    ('WH', 'sf', 'h', 0), ('dc_current', 'DCA', 'H', 8.5), ('DCA', 'sf', 'h', 0),
    ('dc_voltage', 'DCV', 'H', 620.5), ('DCV', 'sf', 'h', 0), ('dc_power', 'DCW', 'h', 5200),
    ('DCW', 'sf', 'h', 0), ('temperature_cabinet', 'Tmp', 'h', 41.5),
    ('temperature_heat_sink', 'Tmp', 'h', -5.5), ('temperature_transformer', 'Tmp', 'h', BAD),
    ('temperature_other', 'Tmp', 'h', BAD), ('Tmp', 'sf', 'h', 0), ('state', None, 'H', 4),
    ('state_vendor', None, 'H', BAD), ('events', None, 'I', 0x80)]
# Two ways in which the inverter may say the same.
FACTORS = [{'A': -2, 'V': -1, 'W': 0, 'Hz': -2, 'VA': 0, 'VAr': 1, 'PF': 0, 'WH': 2,
            'DCA': -2, 'DCV': -1, 'DCW': 1, 'Tmp': -1},
           {'A': -3, 'V': -1, 'W': 1, 'Hz': -1, 'VA': 1, 'VAr': 0, 'PF': -1, 'WH': 0,
            'DCA': -1, 'DCV': -2, 'DCW': 2, 'Tmp': -2}]


def solar_inverter(base, common_length, factors):
    """SunSpec models 1 and 103; model 1 has `common_length` registers behind its length."""
    found = {None: ('holding', base, text('SunS', 4) + [1, common_length], 0),
             'manufacturer': ('holding', base + 4, text('Example', 32), 'Example'),
             'model': ('holding', base + 20, text('I-5000', 32), 'I-5000'),
             'options': ('holding', base + 36, text('', 16), 0),
             'version': ('holding', base + 44, text('1.2.3', 16), '1.2.3'),
             'serial': ('holding', base + 52, text('0123456789', 32), '0123456789'),
             'unit': ('holding', base + 68, [1] * (common_length - 64), 0)}
    at = base + 4 + common_length
    found['model_id'] = ('holding', at, [103], 103)
    found['length'] = ('holding', at + 1, [50], 0)
    at += 2
    for name, factor, form, value in MODEL_103:
        raw = factors[name] if factor == 'sf' else value
        if value is BAD:
            raw = {'H': 0xffff, 'h': -0x8000}[form]
        elif factor not in ('sf', None):
            raw = round(value / 10 ** factors[factor])
            assert math.isclose(raw * 10 ** factors[factor], value), (name, value)
        found[name] = ('holding', at, words(form, raw), value)
        at += len(found[name][2])
    return found


def image_of(device):
    found = {}
    for table, address, registers, _ in device.values():
        found.setdefault(table, {}).update(
            {address + i: int(v) for i, v in enumerate(registers)})
    return found


def start_peer(bench, images):
    if bench.run([sys.executable, '-c', 'import pymodbus.server']).returncode:
        raise harness.Skip('python3-pymodbus or python3-serial-asyncio is not installed')
    port = harness.free_ports()
    bench.write('images.json', json.dumps(images))
    bench.start('peer', [sys.executable, os.path.join(harness.SOURCE,
                                                      'tests/e2e/register_peer.py'),
                         str(port), bench.path('images.json')])
    harness.wait_until('the device listens', lambda: harness.is_listening(port))
    return port


def tags_of(bench, path):
    """-> names of the tags that a configuration has"""
    listed = bench.run([harness.POLLUX, 'check', '-v', '-c', path]).stdout
    return {line.split(':')[0].partition('/')[2] for line in listed.splitlines()
            if line.startswith('  d/')}


def check(bench, template, devices, parameters='{}', seconds=0):
    """Run a template on a device that answers from one image of devices after the other,
    for that long: every tag of it has the map's value, or none, all the time."""
    device = devices[0]
    port = start_peer(bench, [image_of(d) for d in devices])
    gateway = harness.Gateway(bench, '''
devices:
  - {id: d, template: %s, address: "tcp://127.0.0.1:%d", every: 200ms, parameters: %s}
''' % (template, port, parameters))
    names = tags_of(bench, gateway.config)
    assert names and names <= set(device), names - set(device)
    gateway.start()

    def now():
        found = {tag: (value, quality) for tag, value, quality in
                 gateway.query('select tag, value, quality from now')}
        return found if names <= set(found) else None
    harness.wait_until('all tags were read', now)
    harness.wait_until('it ran for a time', lambda: gateway.query(
        'select max(ts_us) - min(ts_us) from history')[0][0] >= seconds * 1e6)
    gateway.process.stop()
    for tag, value, quality in gateway.query('select tag, value, quality from history'):
        want = device[tag][3]
        if want is BAD:
            assert (value, quality) == (None, 'bad'), (tag, value, quality)
        elif isinstance(want, str):
            assert (value, quality) == (want, 'good'), (tag, value, want)
        else:
            assert quality == 'good' and math.isclose(value, want, abs_tol=1e-9), (
                tag, value, want, quality)


def test_energy_meter(bench):
    check(bench, 'eastron-sdm630', [energy_meter()])


def test_frequency_inverter(bench):
    check(bench, 'schneider-atv320', [frequency_inverter()])


def test_pt100_module(bench):
    check(bench, 'comwintop-mb8art', [pt100_module(10)])


def test_pt100_module_of_high_resolution(bench):
    check(bench, 'comwintop-mb8art', [pt100_module(100)], '{resolution: 0.01}')


def test_plc(bench):
    check(bench, 'openplc', [plc()])


def test_solar_inverter_whose_scale_factors_change(bench):
    check(bench, 'sunspec-inverter', [solar_inverter(40000, 65, f) for f in FACTORS],
          seconds=2)


def test_solar_inverter_elsewhere(bench):
    check(bench, 'sunspec-inverter', [solar_inverter(50000, 66, FACTORS[1])],
          '{base: 50000, common_length: 66}')


def test_templates_are_found_from_where_the_program_lies(bench):
    """As installed under any prefix, and as built."""
    templates = os.path.join(harness.SOURCE, 'etc/templates')
    for program, place in (('usr/bin', 'usr/share/pollux/templates'),
                           ('build/gateway', 'build/etc/templates')):
        bench.mkdir(program)
        shutil.copy(harness.POLLUX, bench.path(program))
        shutil.copytree(templates, bench.path(place))
        done = bench.run([os.path.join(program, 'pollux'), 'config', 'templates'],
                         env={'PATH': '/usr/bin', 'ASAN_OPTIONS': 'detect_leaks=0'})
        for name in os.listdir(templates):
            if name.endswith('.yaml'):
                assert bench.path(os.path.join(place, name)) in done.stdout, done


if __name__ == '__main__':
    harness.main(globals())
