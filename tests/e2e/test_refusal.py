#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A device that refuses registers: learned once, remembered over a restart."""
import json
import os
import signal

import harness

DEVICES, TAGS = 2, 40
# t7 and t8; half of t20; a gap that no tag asks for, between t29 and t31.
REFUSED = [(28, 35), (82, 82), (121, 122)]
BAD = {'t7', 't8', 't20'}


def config(field):
    """all tags but t30"""
    lines = field.config(tags=TAGS, every='100ms').splitlines(keepends=True)
    return ''.join(line for line in lines if '{id: t30,' not in line)


def now(gateway):
    """-> {(device, tag): quality} of the newest samples"""
    return {(device, tag): quality for device, tag, quality in gateway.query(
        'select device, tag, quality from now')}


def wait_verdicts(gateway):
    """until all tags but those that are refused are good, and these bad"""
    wanted = {('d%d' % d, 't%d' % t): 'bad' if 't%d' % t in BAD else 'good'
              for d in range(DEVICES) for t in range(TAGS) if t != 30}
    harness.wait_until('only refused tags are bad', lambda: now(gateway) == wanted)


def wait_cycles(field, n):
    """until each device was asked n times more"""
    before = [sum(d == device for _, d in field.requests()) for device in range(DEVICES)]
    harness.wait_until('%d cycles' % n, lambda: all(
        sum(d == device for _, d in field.requests()) >= before[device] + n
        for device in range(DEVICES)))


def holes(gateway):
    return [device['holes'] for device in gateway.status()['devices']]


def test_what_is_refused_is_asked_for_once_in_a_life(bench):
    field = harness.Field(bench, DEVICES, REFUSED)
    gateway = harness.Gateway(bench, config(field))
    path = os.path.join(gateway.state, 'devices.json')
    process = gateway.start()
    wait_verdicts(gateway)
    wait_cycles(field, 20)
    learned = field.exceptions()
    assert len(set(learned)) == len(learned), 'a refused request was repeated'
    found = holes(gateway)
    assert {hole['range'] for hole in found[0] if hole['range'] == hole['asked']} == {
        'holding:28..31', 'holding:32..35', 'holding:80..83'}, found
    harness.wait_until('it is in the state directory', lambda: os.path.exists(path))
    harness.wait_until('all of it', lambda: [
        d['holes'] for d in json.load(open(path, encoding='utf-8'))['devices']] == [
            [{key: hole[key] for key in ('range', 'asked', 'code')} for hole in device]
            for device in found])
    process.kill()  # not even time to say good-bye
    process = gateway.start()
    wait_cycles(field, 20)
    wait_verdicts(gateway)
    assert field.exceptions() == learned, field.exceptions()[len(learned):]
    assert [len(device) for device in holes(gateway)] == [len(device) for device in found]
    process.stop()
    said = bench.run([harness.POLLUX, 'check', '-v', '-c', gateway.config]).stdout
    assert said.count('refuses holding:80..83 (exception 2)\n') == DEVICES, said
    assert said.count('not asked for: 3 tags\n') == DEVICES, said
    assert said.count(' ms as measured\n') == DEVICES, said


def test_reload_asks_once_more(bench):
    field = harness.Field(bench, DEVICES, REFUSED)
    gateway = harness.Gateway(bench, config(field))
    process = gateway.start()
    wait_verdicts(gateway)
    wait_cycles(field, 20)
    learned = field.exceptions()
    process.popen.send_signal(signal.SIGHUP)
    harness.wait_until('each is asked once more',
                       lambda: len(field.exceptions()) >= len(learned) + 3 * DEVICES)
    wait_cycles(field, 20)
    again = field.exceptions()[len(learned):]
    assert set(again) <= set(learned) and len(set(again)) == len(again), again
    wait_verdicts(gateway)


if __name__ == '__main__':
    harness.main(globals())
