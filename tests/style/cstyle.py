#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Figures of style, to look at now and then; none of them is a gate.

    cstyle.py NAME FILE.c ...              one JSON line
    cstyle.py -H NAME EXPORT FILE.h ...    the same for a public header
    cstyle.py --table                      our tree, beside what we aim at

Function figures need universal-ctags.
"""
import glob
import json
import re
import shutil
import statistics
import subprocess
import sys

TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'
                   r"'(?:\\.|[^'\\\n])*'", re.S)
ASSERT = re.compile(r'\b\w*(?:assert|ASSERT|ALWAYS|NEVER|ENSURE|MUST)\w*\s*\(')
MARK = re.compile(r'\b(?:TO' r'DO|FIX' r'ME)\b')

AIMS = [
    ('files', 'files', ''), ('code', 'lines of code', ''),
    ('comment_pct', 'comment share, %', '20 to 30'),
    ('file_med', 'file length, median', '<= 250'),
    ('file_max', 'file length, longest', '<= 800'),
    ('funcs', 'functions', ''),
    ('fn_med', 'function length, median', '<= 15'),
    ('fn_p90', 'function length, 90 of 100', '<= 40'),
    ('fn_max', 'function length, longest', '<= 70'),
    ('fn_max_name', '  its name', ''),
    ('nest_p90', 'nesting, 90 of 100', '<= 2'),
    ('args_p90', 'parameters, 90 of 100', '<= 4'),
    ('args_max', 'parameters, most', '5'),
    ('static_pct', 'static functions, %', ''),
    ('asserts_per_fn', 'assertions a function', '>= 1.5'),
    ('goto_k', 'goto in 1,000 lines', '0'),
    ('ifdef_k', '#if in 1,000 lines', '<= 2'),
    ('width_p99', 'columns, 99 of 100', '<= 79'),
]


def split(text):
    """The code with comments blanked and strings emptied; the comments."""
    comments = []

    def blank(found):
        token = found.group(0)
        if token[0] != '/':
            return token[0] + token[0]
        comments.append(token)
        return '\n' * token.count('\n') or ' '
    return TOKEN.sub(blank, text), comments


def at(values, percent):
    row = sorted(values) or [0]
    return row[min(len(row) - 1, round(percent / 100 * (len(row) - 1)))]


def functions(path):
    if not shutil.which('ctags'):
        return []
    out = subprocess.run(
        ['ctags', '--output-format=json', '--fields=+neS-P', '--extras=+F',
         '--kinds-C=f', '--language-force=C', '-o', '-', path],
        capture_output=True, text=True, errors='replace').stdout
    tags = (json.loads(line) for line in out.splitlines())
    return [t for t in tags if t.get('kind') == 'function' and 'end' in t]


def depth(lines):
    now = most = 0
    for c in ''.join(lines):
        if c == '{':
            now += 1
            most = max(most, now)
        if c == '}':
            now -= 1
    return most - 1


def read(path):
    with open(path, encoding='utf8', errors='replace') as file:
        return file.read()


def report(name, paths):
    code = remark = gotos = asserts = ifdefs = marks = static = 0
    size, span, deep, wide, args, per_file = [], [], [], [], [], []
    longest = (0, '')
    for path in paths:
        text = read(path)
        plain, comments = split(text)
        rows = plain.split('\n')
        size.append(len(rows))
        code += sum(1 for row in rows if row.strip())
        remark += sum(c.count('\n') + 1 for c in comments)
        wide += [len(row.expandtabs(4)) for row in text.split('\n')
                 if row.strip()]
        gotos += len(re.findall(r'\bgoto\b', plain))
        asserts += len(ASSERT.findall(plain))
        ifdefs += len(re.findall(r'^\s*#\s*(?:if|elif)', plain, re.M))
        marks += len(MARK.findall(text))
        found = functions(path)
        per_file.append(len(found))
        for f in found:
            lines = f['end'] - f['line'] + 1
            span.append(lines)
            longest = max(longest, (lines, f['name']))
            static += 'file' in f
            deep.append(max(0, depth(rows[f['line'] - 1:f['end']])))
            inner = (f.get('signature') or '()')[1:-1]
            args.append(0 if inner in ('', 'void') else inner.count(',') + 1)
    count, thousand = max(1, len(span)), max(1, code) / 1000
    return dict(
        name=name, files=len(paths), code=code,
        comment_pct=round(100 * remark / max(1, code + remark), 1),
        file_med=int(statistics.median(size or [0])), file_p90=at(size, 90),
        file_max=max(size or [0]), funcs=len(span),
        per_file_med=int(statistics.median(per_file or [0])),
        fn_med=statistics.median(span or [0]), fn_p90=at(span, 90),
        fn_max=longest[0], fn_max_name=longest[1],
        gt70_pct=round(100 * sum(s > 70 for s in span) / count, 1),
        nest_p90=at(deep, 90), args_p90=at(args, 90),
        args_max=max(args or [0]), static_pct=round(100 * static / count),
        asserts_per_fn=round(asserts / count, 2),
        goto_k=round(gotos / thousand, 1), ifdef_k=round(ifdefs / thousand, 1),
        todo_k=round(marks / thousand, 2), width_p99=at(wide, 99))


def header(name, paths, export):
    code = remark = words = protos = 0
    for path in paths:
        plain, comments = split(read(path))
        code += sum(1 for row in plain.split('\n') if row.strip())
        remark += sum(c.count('\n') + 1 for c in comments)
        words += sum(len(re.findall(r"[A-Za-z][A-Za-z'-]+", c))
                     for c in comments)
        protos += len(re.findall(export, plain, re.M))
    return dict(
        name=name, lines=code + remark,
        comment_pct=round(100 * remark / max(1, code + remark), 1),
        functions=protos, words_per_function=round(words / max(1, protos), 1))


def table():
    lib = report('lib', sorted(glob.glob('lib/*/*.c')))
    tests = report('tests', sorted(glob.glob('tests/*/*.[ch]')))
    public = header('header', ['include/billing.h'], '^BILLING_API')
    for key, what, aim in AIMS:
        print('  %-30s %12s   %s' % (what, lib[key], aim))
    print('  %-30s %12.2f   %s' % ('test lines for a library line',
                                  tests['code'] / max(1, lib['code']),
                                  '>= 1.2'))
    print('  %-30s %12d   %s' % ('exported functions', public['functions'],
                                '<= 100'))
    print('  %-30s %12s   %s' % ('header: comment share, %',
                                public['comment_pct'], '>= 65'))
    print('  %-30s %12s   %s' % ('header: words a function',
                                public['words_per_function'], '60 to 120'))


def main():
    args = sys.argv[1:]
    if args == ['--table']:
        table()
    elif args[:1] == ['-H']:
        print(json.dumps(header(args[1], args[3:], args[2])))
    else:
        print(json.dumps(report(args[0], args[1:])))


if __name__ == '__main__':
    main()
