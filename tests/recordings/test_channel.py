#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""pollux replay against a reference of the channel monitor, row by row."""
import recordings


def near(got, want):
    if got == '' or want == '':
        return got == want
    return abs(float(got) - float(want)) <= 1e-6 * abs(float(want))


def test_every_row_is_that_of_the_reference(bench):
    recording, expected = (recordings.find('refvec/channel_' + name)[0]
                           for name in ('in.csv', 'expected.csv'))
    got = recordings.replay(bench, recording, '--learn', '600')
    want = [list(row.values()) for row in recordings.read_table(expected, ',')]
    assert len(got) == len(want)
    wrong = [(g, w) for g, w in zip(got, want)
             if g[:4] != w[:4] or g[7] != w[7] or
             not all(near(g[i], w[i]) for i in (4, 5, 6))]
    print('%d rows, %d unlike the reference' % (len(got), len(wrong)))
    assert not wrong, wrong[:3]


def test_the_same_input_gives_the_same_bytes(bench):
    recording = recordings.find('refvec/channel_in.csv')[0]
    assert recordings.replay(bench, recording) == recordings.replay(bench, recording)


if __name__ == '__main__':
    recordings.harness.main(globals())
