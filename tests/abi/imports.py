#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""imports.py: what the release objects import is in tests/abi/imports.txt,
none of it is what a library may not do in a host's process, and no object
has a writable byte."""
import fnmatch
import glob
import os
import re
import subprocess
import sys

BUILD = os.environ.get('BUILD', 'build')
NEVER = set('''abort exit _exit _Exit quick_exit atexit printf fprintf vprintf
    sprintf snprintf vsnprintf puts putchar fputs fwrite stdout stderr getenv
    setlocale localeconv strtod strtol strtoull atoi localtime localtime_r
    gmtime time clock clock_gettime gettimeofday rand random srand
    pthread_create thrd_create fork vfork execve system signal sigaction raise
    kill longjmp __longjmp_chk'''.split())


def allowed():
    with open('tests/abi/imports.txt', encoding='utf8') as file:
        rows = [line.split() for line in file if not line.startswith('#')]
    return [(name, objects) for name, objects in rows]


def undefined(path):
    out = subprocess.run(['nm', '-u', path], check=True, capture_output=True,
                         text=True).stdout
    for line in out.splitlines():
        name = line.split()[-1]
        fortified = re.fullmatch(r'__(\w+)_chk', name)
        yield fortified.group(1) if fortified else name


def writable(path):
    """Sections that can be written and hold anything."""
    out = subprocess.run(['size', '-A', path], check=True,
                         capture_output=True, text=True).stdout
    for line in out.splitlines():
        row = line.split()
        if len(row) == 3 and row[1].isdigit() and int(row[1]) and \
                re.match(r'\.t?(data|bss)\b(?!\.rel\.ro)', row[0]):
            yield '%s of %s bytes' % (row[0], row[1])


def faults(path, rows, ours):
    part = path[len(BUILD + '/lib/'):]
    for name in undefined(path):
        if name in NEVER:
            yield '%s imports %s' % (part, name)
        elif name not in ours and not any(
                fnmatch.fnmatchcase(name, allow) and
                fnmatch.fnmatchcase(part, objects)
                for allow, objects in rows):
            yield '%s imports %s: not in tests/abi/imports.txt' % (part, name)
    for section in writable(path):
        yield '%s has writable %s' % (part, section)


def defined(paths):
    out = subprocess.run(['nm', '-A', '--defined-only', '-g', *paths],
                         check=True, capture_output=True, text=True).stdout
    return {line.split()[-1] for line in out.splitlines()}


def main():
    sources = glob.glob('lib/*/*.c')
    paths = sorted('%s/%s.o' % (BUILD, s[:-2]) for s in sources)
    rows, ours, failed = allowed(), defined(paths), 0
    for name in sorted(n for n in ours if not re.match('(billing|bl)_', n)):
        print('%s is not called bl_ or billing_' % name)
        failed += 1
    for path in paths:
        found = list(faults(path, rows, ours))
        for line in found:
            print(line)
        failed += bool(found)
    print('%d passed, %d failed' % (len(paths) + 1 - failed, failed))
    sys.exit(failed != 0)


if __name__ == '__main__':
    main()
