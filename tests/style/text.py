#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""text.py: what can be checked of the house rules by reading lines.

Columns, licence lines, comments, left-over marks, and the words that the
library does without.  One test a file.
"""
import glob
import os
import re
import sys

ROOTS = ['include', 'lib', 'examples', 'bindings', 'tests', 'pkgconfig']
CODE = ('.c', '.h', '.py', '.sh', '.awk', '.map')
SPDX = 'SPDX-License-Identifier: MIT OR Apache-2.0'
WIDTH = 79
NOT_OURS = {'build', 'dist', 'venv', '__pycache__', '.hypothesis'}

STRING = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'')
COMMENT = re.compile(r'/\*.*?\*/', re.S)
MARK = re.compile(r'\b(?:TO' r'DO|FIX' r'ME)\b')

# In lib/, outside comments: what must not stand there, and why.
NOT_IN_LIB = [
    (re.compile(r'\bgoto\b'), 'no goto: an arena and one leave end a call'),
    (re.compile(r'\b(?:float|double)\b'), 'no floating point'),
    (re.compile(r'\b(?:is(?:digit|alpha|alnum|space|upper|lower|xdigit)|'
                r'to(?:upper|lower))\s*\('), 'depends on the locale'),
    (re.compile(r'\b(?:strtod|strtol|strtoul|strtoll|strtoull|ato[filq]+|'
                r'[fsv]*n?printf|[fs]*scanf|fopen|getenv|abort|exit|time|'
                r'clock_gettime|gettimeofday|localtime|gmtime|setlocale|'
                r'rand|signal|fork)\s*\('), 'the library does without'),
]
# cJSON's tree has a member valuedouble and JSON is read there.
EXCEPT = {('lib/base/json.c', 'no floating point')}


def files():
    paths = [p for p in ('Makefile', '.ci/run', 'tests/run')
             if os.path.exists(p)]
    for root in ROOTS:
        for path, folders, names in os.walk(root):
            folders[:] = [f for f in folders if f not in NOT_OURS
                          and not f.endswith('.egg-info')]
            paths += [os.path.join(path, n) for n in names
                      if n.endswith(CODE)]
    return sorted(set(paths))


def bare(text):
    """C without strings and comments, line numbers kept."""
    text = STRING.sub('""', text)
    return COMMENT.sub(lambda m: '\n' * m.group(0).count('\n'), text)


def line_faults(path, lines):
    is_make = path.endswith('Makefile')
    for number, line in enumerate(lines, 1):
        if len(line) > WIDTH:
            yield number, '%d columns' % len(line)
        if line != line.rstrip():
            yield number, 'space at the end'
        if '\t' in line and not is_make:
            yield number, 'a tab'
        if MARK.search(line):
            yield number, 'a left-over mark'


def c_faults(path, text):
    for number, line in enumerate(bare(text).split('\n'), 1):
        if '//' in line:
            yield number, 'comments are /* */'
        if path.startswith('lib/'):
            for pattern, why in NOT_IN_LIB:
                if pattern.search(line) and (path, why) not in EXCEPT:
                    yield number, why


def faults(path):
    with open(path, encoding='utf8') as file:
        text = file.read()
    lines = text.split('\n')
    is_c = path.endswith(('.c', '.h'))
    head = '\n'.join(lines[:1] if is_c else lines[:2])
    if SPDX not in head:
        yield 1, 'the licence line is missing'
    if not text.endswith('\n'):
        yield len(lines), 'no newline at the end'
    yield from line_faults(path, lines)
    if is_c:
        yield from c_faults(path, text)


def main():
    passed = failed = 0
    for path in files():
        found = list(faults(path))
        for number, why in found:
            print('%s:%d: %s' % (path, number, why))
        failed += bool(found)
        passed += not found
    for licence in ('LICENSE-MIT', 'LICENSE-APACHE'):
        there = bool(glob.glob(licence))
        passed, failed = passed + there, failed + (not there)
    print('%d passed, %d failed' % (passed, failed))
    sys.exit(failed != 0)


if __name__ == '__main__':
    main()
