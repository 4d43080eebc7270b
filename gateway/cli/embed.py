# SPDX-License-Identifier: Apache-2.0
"""Print C source with files as strings: embed.py HEADER NAME=FILE..."""
import sys

print(f'#include "{sys.argv[1]}"')
for pair in sys.argv[2:]:
    name, path = pair.split('=', 1)
    data = open(path, 'rb').read() + b'\0'
    rows = [data[i:i + 16] for i in range(0, len(data), 16)]
    print(f'const char {name}[] = {{')
    for row in rows:
        print('\t' + ' '.join(f'{b},' if b < 128 else f'(char){b},' for b in row))
    print('};')
