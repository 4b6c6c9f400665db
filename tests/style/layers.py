#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""layers.py [--write]: who may include whom, read from the #include lines.

              engine            the only layer with an arrow to both sides
             /      \\
      kernels        store      neither knows the other
             \\      /
        catalog    crypto
           |       /
      expression  /
              \\ /
              base

It also checks that lib/all.c lists every file in that order (--write makes it
so), that some headers have one user only, and that only one file rounds
money.
"""
import glob
import re
import sys

KERNELS = ['meter', 'price', 'wallet', 'contract', 'invoice', 'payment',
           'entitle', 'report']
ORDER = ['base', 'expression', 'catalog', 'crypto'] + KERNELS + [
    'store', 'engine']

# folder: the folders of ours that it may include from, besides its own
MAY = {
    'base': set(),
    'expression': {'base'},
    'catalog': {'base', 'expression'},
    'crypto': {'base'},
    'store': {'base', 'facts.h'},
    'engine': {'base', 'expression', 'catalog', 'crypto', 'store', 'facts.h',
               *KERNELS},
    'facts.h': {'base'},
}
for kernel in KERNELS:
    MAY[kernel] = {'base', 'expression', 'catalog', 'crypto', 'facts.h'}

# header of somebody else: the only files that may include it
ONLY = {
    r'cJSON\.h|cjson/.*': r'lib/base/json\.c',
    r'sqlite3(ext)?\.h': r'lib/store/sqlite\w*\.c',
    r'sodium(/.*)?\.h': r'lib/crypto/.*',
    r'fcntl\.h|unistd\.h|errno\.h|sys/(stat|types)\.h':
        r'lib/(base/zone|store/sqlite_wal)\.c',
    r'pthread\.h': r'lib/engine/.*',
    r'emmintrin\.h': r'lib/base/marks\.h',
    r'stdlib\.h': r'lib/base/(arena|json|json_read)\.c',
}
FREE = re.compile(r'(assert|limits|stdalign|stdarg|stdatomic|stddef|stdint|'
                  r'string)\.h')

# Rounding a quantity is not rounding money.  file: why
ROUNDS_QUANTITIES = {
    'lib/price/transform.c': 'units to whole packages, as the price says',
    'lib/expression/compute.c': 'numbers, as the expression says',
    'lib/store/sqlite_exact.c': 'numbers, as the statement says',
}


def part_of(path):
    """The folder below lib/, or facts.h."""
    return path.split('/')[1]


def includes(path):
    with open(path, encoding='utf8') as text:
        for number, line in enumerate(text, 1):
            found = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            if found:
                yield number, found.group(1), found.group(2)


def wrong_ours(path, name):
    """Why `path` may not include our header `name`, or None."""
    if name == 'billing.h':
        return None
    part, other = part_of(path), name.split('/')[0]
    if other != 'facts.h' and '/' not in name:
        return 'write it as "folder/%s"' % name
    if part not in MAY:
        return 'lib/%s is in no layer' % part
    if other != part and other not in MAY[part]:
        return '%s may not know %s' % (part, other)
    return None


def wrong_theirs(path, name):
    """Why `path` may not include the system's header `name`, or None."""
    for header, users in ONLY.items():
        if re.fullmatch(header, name):
            if re.fullmatch(users, path):
                return None
            return 'only %s may' % users.replace('\\', '')
    return None if FREE.fullmatch(name) else 'not among the headers we use'


def check_includes(files):
    for path in files:
        for number, quote, name in includes(path):
            theirs = quote == '<' or re.fullmatch('|'.join(ONLY), name)
            why = wrong_theirs(path, name) if theirs else \
                wrong_ours(path, name)
            if why:
                yield '%s:%d: %s: %s' % (path, number, name, why)


def check_rounding(files):
    for path in files:
        if path.startswith('lib/base/') or path == 'lib/invoice/round.c' \
                or path in ROUNDS_QUANTITIES:
            continue
        with open(path, encoding='utf8') as text:
            for number, line in enumerate(text, 1):
                if re.search(r'\bbl_dec_round\s*\(', line):
                    yield '%s:%d: only lib/invoice/round.c rounds money' % (
                        path, number)


def all_c():
    """lib/all.c as it should be."""
    def place(path):
        part = part_of(path)
        return ORDER.index(part) if part in ORDER else len(ORDER), path
    lines = [
        '/* SPDX-License-Identifier: MIT OR Apache-2.0 */',
        '/*',
        ' * all.c - the library as one translation unit, in layer order.  It '
        'compiles',
        ' * as it is, and flattened it is the amalgamation.  Written by',
        ' * `make all-c`.',
        ' */',
        '#ifndef _POSIX_C_SOURCE',
        '#define _POSIX_C_SOURCE 200809L',
        '#endif',
    ]
    folder = None
    for path in sorted(glob.glob('lib/*/*.c'), key=place):
        if part_of(path) != folder:
            lines.append('')
            folder = part_of(path)
        lines.append('#include "%s"' % path[len('lib/'):])
    return '\n'.join(lines) + '\n'


def main():
    if '--write' in sys.argv:
        with open('lib/all.c', 'w', encoding='utf8') as out:
            out.write(all_c())
        return
    files = sorted(glob.glob('lib/*/*.[ch]') + glob.glob('lib/*.h'))
    wrong = list(check_includes(files)) + list(check_rounding(files))
    with open('lib/all.c', encoding='utf8') as text:
        if text.read() != all_c():
            wrong.append('lib/all.c: not the list of files: make all-c')
    for line in wrong:
        print(line)
    bad = len({line.split(':')[0] for line in wrong})
    print('%d passed, %d failed' % (len(files) + 1 - bad, bad))
    sys.exit(bad != 0)


if __name__ == '__main__':
    main()
