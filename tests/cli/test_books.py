#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""test_books.py: the exported ledger of every golden scenario is accepted by
other book-keepers, and adds up to what the library says at any time."""
import csv
import glob
import io
import json
import os
import shutil
import subprocess
import tempfile
from collections import defaultdict
from decimal import Decimal, getcontext

from tool import TOOL, check, finish

getcontext().prec = 60
GOLDEN = os.path.join(os.path.dirname(TOOL), 'golden')
NOW = '2100-01-01T00:00:00Z'


def tool(db, tenant, *words):
    done = subprocess.run(
        [TOOL, '--db', db, '--tenant', tenant, '--now', NOW, *words],
        capture_output=True, timeout=120)
    check('billing %s says nothing' % ' '.join(words),
          done.returncode == 0 and not done.stderr, done.stderr)
    return done.stdout


def sums(rows):
    total = defaultdict(Decimal)
    for row in rows:
        key = row['customer'] or '', row['account'], row['asset']
        total[key] += Decimal(row['amount'])
    return {key: amount for key, amount in total.items() if amount}


def groups(rows):
    total = defaultdict(Decimal)
    for row in rows:
        total[row['seq'], row['customer'], row['asset']] += Decimal(
            row['amount'])
    return total


def balances(db, tenant, *words):
    said = json.loads(tool(db, tenant, 'ledger', '--json', '--limit', '1',
                           *words))
    total = defaultdict(Decimal)
    for row in said['balances']:
        key = row['customer'] or '', row['account'], row['asset']
        total[key] += Decimal(row['balance'])
    return {key: amount for key, amount in total.items() if amount}


def added_up(name, db, tenant):
    rows = [json.loads(line) for line in
            tool(db, tenant, 'export', 'ledger').splitlines()]
    check(name + ': there are postings', len(rows) > 1)
    check(name + ': each transaction is balanced',
          not any(groups(rows).values()))
    check(name + ': the export adds up to the balances',
          sums(rows) == balances(db, tenant), sums(rows))
    moments = sorted({row['at'] for row in rows})
    for at in moments[:: 1 + len(moments) // 4]:
        check('%s: before %s' % (name, at),
              sums(row for row in rows if row['at'] < at) ==
              balances(db, tenant, '--to', at))
    text = tool(db, tenant, 'export', 'ledger', '--format', 'csv').decode()
    found = list(csv.DictReader(io.StringIO(text, newline='')))
    check(name + ': CSV says the same', [
        (r['number'], r['amount'], r['account']) for r in found] == [
        (r['number'], r['amount'], r['account']) for r in rows])
    return rows


def checked(name, folder, db, tenant, rows):
    path = os.path.join(folder, name + '.journal')
    with open(path, 'wb') as out:
        out.write(tool(db, tenant, 'export', 'ledger', '--format', 'hledger'))
    done = subprocess.run(['hledger', 'check', '--strict', '-f', path],
                          capture_output=True, text=True, timeout=120)
    check(name + ': hledger check --strict', done.returncode == 0,
          done.stderr)
    done = subprocess.run(['hledger', 'print', '-O', 'csv', '-f', path],
                          capture_output=True, text=True, timeout=120)
    theirs = list(csv.DictReader(io.StringIO(done.stdout)))
    check(name + ': hledger reads every amount', sorted(
        Decimal(r['amount']) for r in theirs) == sorted(
        Decimal(r['amount']) for r in rows), theirs[:2])


def counted(name, folder, db, tenant):
    path = os.path.join(folder, name + '.beancount')
    with open(path, 'wb') as out:
        out.write(tool(db, tenant, 'export', 'ledger', '--format',
                       'beancount'))
    done = subprocess.run(['bean-check', path], capture_output=True,
                          text=True, timeout=120)
    check(name + ': bean-check', done.returncode == 0,
          done.stdout + done.stderr)


def main():
    has_hledger = shutil.which('hledger') is not None
    has_beancount = shutil.which('bean-check') is not None
    with tempfile.TemporaryDirectory() as folder:
        for path in sorted(glob.glob('tests/golden/[0-9]*.json')):
            name = os.path.basename(path)[:-5]
            db = os.path.join(folder, name + '.db')
            subprocess.run([GOLDEN, '--keep', db, path], check=True,
                           stdout=subprocess.DEVNULL)
            with open(path, encoding='utf8') as scenario:
                tenant = json.load(scenario)['tenant']
            rows = added_up(name, db, tenant)
            if has_hledger:
                checked(name, folder, db, tenant, rows)
            if has_beancount and rows:
                counted(name, folder, db, tenant)
    if not has_hledger:
        print('SKIPPED books-hledger: hledger is not installed')
    if not has_beancount:
        print('SKIPPED books-beancount: beancount is not installed')
    finish(2 - has_hledger - has_beancount)


main()
