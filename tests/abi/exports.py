#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""exports.py: what the header declares, what lib/billing.map lists and what
the shared library exports are one list; the static library shows the same
names; the SONAME is the major version's."""
import os
import re
import subprocess
import sys

from header import HEADER, functions

BUILD = os.environ.get('BUILD', 'build')


def run(*command):
    return subprocess.run(command, check=True, capture_output=True,
                          text=True).stdout


def in_map():
    """The names of lib/billing.map, and how its nodes are called."""
    with open('lib/billing.map', encoding='utf8') as file:
        text = re.sub(r'/\*.*?\*/', '', file.read(), flags=re.S)
    nodes = re.findall(r'^(\S+)\s*\{', text, re.M)
    return set(re.findall(r'\b(billing_\w+);', text)), nodes


def exported(path, *flags):
    """Defined global names of an object, without the map's node names."""
    names = set()
    for line in run('nm', '--defined-only', *flags, path).splitlines():
        row = line.split()
        if len(row) == 3 and row[1] != 'A' and row[1].isupper():
            names.add(row[2].split('@')[0])
    return names


def main():
    header, (listed, nodes) = functions(), in_map()
    shared = exported(BUILD + '/libbilling.so', '-D')
    static = exported(BUILD + '/libbilling.a')
    wrong = []
    for what, names in (('lib/billing.map', listed),
                        ('libbilling.so', shared), ('libbilling.a', static)):
        wrong += ['%s lacks %s' % (what, n) for n in sorted(header - names)]
        wrong += ['%s has %s besides the header' % (what, n)
                  for n in sorted(names - header)]
    with open(HEADER, encoding='utf8') as file:
        version = re.search(r'BILLING_VERSION "(.*)"', file.read()).group(1)
    major = version.split('.', maxsplit=1)[0]
    soname = re.search(r'SONAME\s+(\S+)',
                       run('objdump', '-p', BUILD + '/libbilling.so'))
    if not soname or soname.group(1) != 'libbilling.so.' + major:
        wrong.append('SONAME is not libbilling.so.' + major)
    if major == '0' and nodes != ['BILLING_0']:
        wrong.append('until 1.0 the map has one node, BILLING_0')
    for line in wrong:
        print(line)
    print('%d passed, %d failed' % (3 * len(header) + 2 - len(wrong),
                                    len(wrong)))
    sys.exit(bool(wrong))


if __name__ == '__main__':
    main()
