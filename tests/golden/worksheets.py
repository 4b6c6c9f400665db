#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""worksheets.py [FILE.md ...]: redoes the arithmetic of the golden scenarios.

Each NN-name.md works its scenario out by hand and has the same sums as Python
in a block of their own.  What the block prints must be NN-name.expect line by
line, but for the invoices' bytes (rows of JSON, pages behind a bar), whose
figures are the printed ones.  So no expectation is what the library said.
"""
import contextlib
import glob
import io
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
BLOCK = re.compile(r'^```python\n(.*?)^```', re.M | re.S)

sys.dont_write_bytecode = True
sys.path.insert(0, HERE)


def printed(path):
    with open(path, encoding='utf8') as file:
        blocks = BLOCK.findall(file.read())
    assert blocks, 'no block of Python'
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile('\n'.join(blocks), path, 'exec'), {'__name__': path})
    return [line for line in out.getvalue().split('\n') if line.strip()]


def expected(path):
    """The lines that are figures, not bytes of an invoice."""
    with open(path, encoding='utf8') as file:
        return [line for line in file.read().split('\n')
                if line.strip() and line[0] not in '{|']


def check(path):
    """The first difference, or None."""
    ours = printed(path)
    theirs = expected(path[:-len('md')] + 'expect')
    for number in range(max(len(ours), len(theirs))):
        a = ours[number] if number < len(ours) else '(nothing)'
        b = theirs[number] if number < len(theirs) else '(nothing)'
        if a != b:
            return '\n  worksheet: %s\n  expected:  %s' % (a, b)
    return None


def main():
    paths = sys.argv[1:] or sorted(glob.glob(HERE + '/[0-9]*.md'))
    scenarios = glob.glob(HERE + '/[0-9]*.json')
    failed = 0
    for path in paths:
        try:
            fault = check(path)
        except Exception as error:       # whatever is wrong with the sheet
            fault = repr(error)
        if fault:
            failed += 1
            print('FAILED', os.path.relpath(path), fault)
    if not sys.argv[1:] and len(scenarios) != len(paths):
        failed += 1
        print('FAILED a scenario has no worksheet, or a worksheet no scenario')
    print('%d passed, %d failed' % (len(paths) - min(failed, len(paths)),
                                    failed))
    return failed != 0 or not paths


if __name__ == '__main__':
    sys.exit(main())
