#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""check_trace.py [FILE.csv]: billing a trace of requests.

The sum is taken here with Python's integers, in units of 10^-7 USD: 25 for a
token in, 100 for a token out.  The tool imports the file twice, by two ways
of mapping it, and the demo once; all must agree to the last digit.  Without a
file, or when it is not there, a small trace is written for the purpose.
"""
import csv
import datetime
import json
import os
import subprocess
import sys
import tempfile
from decimal import Decimal

BUILD = os.environ.get('BUILD', 'build')
TOOL, DEMO = BUILD + '/billing', BUILD + '/demo'
UNIT = 10**7
passed = failed = 0


def check(what, is_true, found=''):
    global passed, failed
    passed, failed = passed + bool(is_true), failed + (not is_true)
    if not is_true:
        print('FAILED %s %s' % (what, found))


def write_trace(path):
    """With quotes, CRLF and times of seven decimals."""
    with open(path, 'w', newline='') as out:
        out.write('TIMESTAMP,ContextTokens,"GeneratedTokens"\r\n')
        for i in range(2500):
            time = datetime.datetime(2023, 11, 16) + \
                datetime.timedelta(seconds=37 * i, microseconds=977 * i)
            stamp = time.strftime('%Y-%m-%d %H:%M:%S.%f0')
            cells = (stamp, 17 + i * 7919 % 8192, 1 + i * 104729 % 1024)
            out.write('%s,%d,"%d"\r\n' % cells)


def read_trace(path):
    with open(path, newline='') as file:
        rows = list(csv.DictReader(file))
    return (len(rows), sum(int(r['ContextTokens']) for r in rows),
            sum(int(r['GeneratedTokens']) for r in rows),
            min(r['TIMESTAMP'] for r in rows))


def decimal_text(units):
    whole, rest = divmod(units, UNIT)
    return ('%d.%07d' % (whole, rest)).rstrip('0').rstrip('.')


def cents(units):
    """Rounded half away from zero."""
    whole = (units * 100 * 2 + UNIT) // (UNIT * 2)
    return '%d.%02d' % divmod(whole, 100)


def tool(db, *words):
    run = subprocess.run([TOOL, '--db', db, '--now', '2024-01-01', *words],
                         capture_output=True, text=True, timeout=120)
    check('billing ' + ' '.join(words[:2]), run.returncode == 0, run.stderr)
    return run.stdout


CATALOG = {
    'tenant': {'id': 'main'},
    'customers': [{'id': 'trace'}],
    'meters': [
        {'id': 'in', 'event': 'llm', 'aggregation': 'sum',
         'property': 'input'},
        {'id': 'out', 'event': 'llm', 'aggregation': 'sum',
         'property': 'output'},
        {'id': 'in-value', 'event': 'in', 'aggregation': 'sum'},
        {'id': 'out-value', 'event': 'out', 'aggregation': 'sum'}],
    'plans': [{'id': 'api', 'currency': 'USD', 'prices': [
        {'id': name, 'meter': name, 'model': 'per_unit',
         'unit': '2.50' if name.startswith('in') else '10.00',
         'per': '1000000'}
        for name in ('in', 'out', 'in-value', 'out-value')]}]}


def one_event(db, path):
    """Each row is one event with two properties."""
    return json.loads(tool(
        db, 'import', path, '--json', '--set', 'customer=trace', '--set',
        'event=llm', '--key-prefix', 'trace', '--map', 'TIMESTAMP=time,'
        'ContextTokens=properties.input,GeneratedTokens=properties.output'))


def two_events(db, path):
    """Each row is two events with a value."""
    return json.loads(tool(
        db, 'import', path, '--json', '--set', 'customer=trace',
        '--key-prefix', 'trace', '--map', 'TIMESTAMP=time', '--batch', '777',
        '--event', 'in:ContextTokens=value',
        '--event', 'out:GeneratedTokens=value'))


def check_import(folder, path, run, prices, events, sums):
    db = os.path.join(folder, run.__name__ + '.db')
    rows, tokens_in, tokens_out, first = sums
    CATALOG['contracts'] = [{'id': 'c', 'customer': 'trace', 'plan': 'api',
                             'start': first[:7] + '-01'}]
    with open(os.path.join(folder, 'catalog.json'), 'w') as out:
        json.dump(CATALOG, out)
    tool(db, 'apply', os.path.join(folder, 'catalog.json'))
    count = rows * events
    done = run(db, path)
    check('all is new', (done['new'], done['same'], done['refused']) ==
          (count, 0, 0), done)
    once = tool(db, 'usage', 'trace', '--json')
    done = run(db, path)
    check('again: all is the same',
          (done['new'], done['same'], done['refused']) == (0, count, 0), done)
    check('the usage is as before', tool(db, 'usage', 'trace', '--json') ==
          once)
    usage = {u['price']: (u['quantity'], u['amount'])
             for u in json.loads(once)['usage']}
    units = (25 * tokens_in, 100 * tokens_out)
    check('usage', usage == {
        prices[0]: (str(tokens_in), decimal_text(units[0])),
        prices[1]: (str(tokens_out), decimal_text(units[1]))}, usage)
    tool(db, 'advance')
    made = json.loads(tool(db, 'invoice', 'INV-000001', '--json'))
    due = [cents(u) for u in units]
    lines = [(n['amount'], Decimal(n['due'])) for n in made['lines']]
    check('lines', lines == [(decimal_text(u), Decimal(d))
                             for u, d in zip(units, due)], lines)
    total = made['totals'][0]
    check('the total to the last digit',
          total['amount'] == decimal_text(sum(units)), total)
    check('due is the sum of the lines',
          Decimal(total['due']) == sum(Decimal(d) for d in due), total)
    check('verify', json.loads(tool(db, 'verify', '--json'))['ok'])
    return due, units


def check_demo(path, sums, due, units):
    run = subprocess.run([DEMO, path], capture_output=True, text=True,
                         timeout=120)
    text = [' '.join(line.split()) for line in run.stdout.split('\n')]
    check('the demo ends well', run.returncode == 0, run.stderr)

    def padded(amount):
        whole, _, rest = decimal_text(amount).partition('.')
        return whole + '.' + rest.ljust(2, '0')
    total = sum(Decimal(d) for d in due)
    for line in (
            '%d new, 0 same, 0 refused' % sums[0],
            '0 new, %d same, 0 refused' % sums[0],
            '%d %s 0.00 %s USD' % (sums[1], padded(units[0]), due[0]),
            '%d %s 0.00 %s USD' % (sums[2], padded(units[1]), due[1]),
            'Total %s 0.00 %s USD' % (padded(sum(units)), total),
            'journal, ledger and tables: sound; %d events, 1 invoices' %
            sums[0]):
        check('the demo says: ' + line,
              any(t == line or t.endswith(': ' + line) for t in text))


def main():
    paths = [p for p in sys.argv[1:] if os.path.exists(p)]
    with tempfile.TemporaryDirectory() as folder:
        if not paths:
            paths = [os.path.join(folder, 'trace.csv')]
            write_trace(paths[0])
        for number, path in enumerate(paths):
            sums = read_trace(path)
            own = os.path.join(folder, str(number))
            os.mkdir(own)
            due, units = check_import(own, path, one_event, ('in', 'out'), 1,
                                      sums)
            check_import(own, path, two_events, ('in-value', 'out-value'), 2,
                         sums)
            check_demo(path, sums, due, units)
    print('%d passed, %d failed' % (passed, failed))
    sys.exit(failed != 0)


if __name__ == '__main__':
    main()
