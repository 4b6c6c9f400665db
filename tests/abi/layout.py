#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""layout.py [--accept]: size and offsets of every public struct.

tests/abi/layout_0.c asserts them for 64-bit machines and is compiled here.
Until 1.0 `make abi-accept` rewrites it; from 1.0 on such a file is never
edited, and each release adds one for what is new.
"""
import os
import shutil
import subprocess
import sys

from header import parsed, structs

FILE = 'tests/abi/layout_0.c'


def assertions():
    ffi = parsed()
    yield '/* SPDX-License-Identifier: MIT OR Apache-2.0 */'
    yield '/* Where every public member lies.  Written by make abi-accept. */'
    yield '#include "billing.h"'
    yield ''
    yield '#define SIZE(type, n) \\'
    yield '  _Static_assert(sizeof(type) == (n), "the size of " #type)'
    yield '#define AT(type, member, n) \\'
    yield '  _Static_assert(offsetof(type, member) == (n), \\'
    yield '                 "the place of " #type "." #member)'
    for name in structs(ffi):
        yield ''
        kind = ffi.typeof('struct ' + name)
        yield 'SIZE(struct %s, %d);' % (name, ffi.sizeof(kind))
        for member, field in kind.fields:
            line = 'AT(struct %s, %s, %d);' % (name, member, field.offset)
            if len(line) > 79:
                line = line.replace(', %s,' % member, ',\n   %s,' % member)
            yield line


def count(text):
    return text.count('\nSIZE(') + text.count('\nAT(')


def main():
    made = '\n'.join(assertions()) + '\n'
    if '--accept' in sys.argv:
        with open(FILE, 'w', encoding='utf8') as out:
            out.write(made)
        return
    passed = failed = skipped = 0
    with open(FILE, encoding='utf8') as file:
        held = file.read()
    for cc in ('gcc', 'clang'):
        if not shutil.which(cc):
            print('SKIPPED layout-%s: %s is not installed' % (cc, cc))
            skipped += 1
            continue
        done = subprocess.run(
            [cc, '-std=c11', '-Iinclude', '-fsyntax-only', FILE],
            stderr=subprocess.STDOUT, stdout=subprocess.PIPE, text=True)
        wrong = done.stdout.count('error:')
        print(done.stdout, end='')
        passed += count(held) - wrong
        failed += wrong
    for line in sorted(set(made.split('\n')) - set(held.split('\n'))):
        if line.startswith('SIZE('):
            print('not in %s: %s' % (FILE, line))
    print('%d passed, %d failed, %d skipped' % (passed, failed, skipped))
    sys.exit(failed != 0)


if __name__ == '__main__':
    os.environ.setdefault('CC', 'cc')
    main()
