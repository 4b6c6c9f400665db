#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""coverage.py: runs the tests of an instrumented build and prints, for each
file of lib/, the share of lines and branches that they reached."""
import collections
import glob
import gzip
import json
import os
import subprocess
import sys

BUILD = os.environ.get('BUILD', 'build/coverage')


def build():
    """The programs of the tests, counting, and without their assertions: a
    branch that only a mistake of ours takes is not one to reach."""
    done = subprocess.run(
        [os.environ.get('MAKE', 'make'), '-s', '-j%d' % (os.cpu_count() or 2),
         'BUILD=' + BUILD, 'SANITIZE=', 'INSTRUMENT=--coverage -DNDEBUG',
         'CFLAGS=-O0 -g', 'probes'], check=False)
    if done.returncode:
        sys.exit('the instrumented build failed')


def run_tests():
    for count in glob.glob(BUILD + '/**/*.gcda', recursive=True):
        os.remove(count)
    for program in ('unit', 'golden', 'thread', 'fault'):
        path = os.path.join(BUILD, program)
        if os.path.isfile(path):
            done = subprocess.run([path], capture_output=True, text=True)
            print('  %-8s %s' % (program, done.stdout.strip().split('\n')[-1]))


def reached():
    """file -> [lines, lines reached, branches, branches taken]"""
    lines = collections.defaultdict(lambda: collections.defaultdict(int))
    branches = collections.defaultdict(lambda: collections.defaultdict(int))
    notes = sorted(glob.glob(BUILD + '/debug/lib/**/*.gcno', recursive=True))
    for note in notes:
        out = subprocess.run(['gcov', '-b', '-t', '-j', note],
                             capture_output=True).stdout
        if out[:2] == b'\x1f\x8b':
            out = gzip.decompress(out)
        for file in json.loads(out)['files']:
            name = file['file'].removeprefix('./')
            if not name.startswith('lib/'):
                continue
            for line in file['lines']:
                number = line['line_number']
                lines[name][number] += line['count']
                for i, branch in enumerate(line['branches']):
                    branches[name][number, i] += branch['count']
    return {name: (len(lines[name]), sum(c > 0 for c in lines[name].values()),
                   len(branches[name]),
                   sum(c > 0 for c in branches[name].values()))
            for name in sorted(lines)}


def share(part, whole):
    return '%5.1f %%' % (100 * part / whole) if whole else '      -'


def main():
    for name in ('MAKEFLAGS', 'MAKELEVEL', 'MFLAGS'):
        os.environ.pop(name, None)
    build()
    run_tests()
    total = [0, 0, 0, 0]
    print('  %-32s %8s %9s' % ('', 'lines', 'branches'))
    for name, row in reached().items():
        total = [a + b for a, b in zip(total, row)]
        print('  %-32s %8s %9s' % (name, share(row[1], row[0]),
                                   share(row[3], row[2])))
    print('  %-32s %8s %9s' % ('all', share(total[1], total[0]),
                               share(total[3], total[2])))
    sys.exit(not total[1])


if __name__ == '__main__':
    main()
