#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""cdef.py: the preprocessed header is what cffi can parse, and nothing in it
is a type that may not cross the boundary."""
import re
import sys

from header import functions, parsed, plain, structs

FORBIDDEN = {
    'long', 'short', 'double', 'float', 'bool', '_Bool', 'enum', 'va_list',
    'FILE', 'time_t', 'off_t', 'ssize_t', 'wchar_t', 'union',
}


def by_value(ffi):
    """Functions that pass or return a struct by value, or are variadic."""
    for name in sorted(functions()):
        kind = ffi._parser._declarations['function ' + name][0]
        parts = [kind.result, *kind.args]
        if kind.ellipsis or any('Struct' in type(p).__name__ for p in parts):
            yield name


def main():
    wrong = []
    ffi = parsed()                      # raises when cffi cannot read it
    words = set(re.findall(r'\w+', plain()))
    wrong += ['the type %s' % w for w in sorted(words & FORBIDDEN)]
    wrong += ['%s takes or gives a struct by value' % f for f in by_value(ffi)]
    wrong += ['the name %s' % n for n in sorted(functions())
              if not n.startswith('billing_')]
    for line in wrong:
        print(line)
    seen = 1 + len(functions()) + len(structs(ffi))
    print('%d passed, %d failed' % (seen, len(wrong)))
    sys.exit(bool(wrong))


if __name__ == '__main__':
    main()
