#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""test_export.py: what was recorded comes out whole, as CSV and as lines that
can be recorded again."""
import csv
import io
import json
import os
import subprocess
import tempfile
from datetime import datetime
from decimal import Decimal

from tool import CATALOG, TOOL, answer, check, finish, run, write

COLUMNS = ('number key customer event time decided value properties flags '
           'contract price from to group quantity amount asset drawn draws')
MANY = 2300


def events():
    """Three pages of two customers, priced and not, with and without time."""
    for i in range(MANY):
        one = {'key': 'k%d' % i, 'customer': 'zoe' if i % 3 else 'acme',
               'event': ['call', 'llm', 'ping'][i % 5 % 3]}
        if one['event'] == 'call':
            one['value'] = '%d.50' % (i % 7)
        if one['event'] == 'llm':
            one['properties'] = {'model': 'm%d' % (i % 2), 'tokens': i,
                                 'note': 'a "b",\nc;é'}
        if i % 4:
            one['time'] = '2026-01-%02dT10:00:00.%06dZ' % (1 + i % 9, i)
        yield one


def export(db, *words):
    done = subprocess.run([TOOL, '--db', db, 'export', 'events', *words],
                          capture_output=True, timeout=120)
    check('export %s is silent but for its rows' % ' '.join(words),
          done.returncode == 0 and done.stderr == b'', done.stderr)
    return done.stdout.decode()


def is_same(sent, line):
    """Whether a line is what was sent, and what the record adds to it."""
    def plain(event):
        return dict(event, value=event.get('value') and Decimal(
            event['value']), time=datetime.fromisoformat(event['time']))
    ours = ('number', 'decided', 'flags', 'charges')
    found = {k: v for k, v in line.items() if k not in ours}
    return plain(found) == plain(dict({'time': line['decided']}, **sent)) \
        and set(ours) <= set(line)


def lines(db, sent):
    out = export(db)
    found = [json.loads(line) for line in out.splitlines()]
    check('each event is one line', len(found) == MANY, len(found))
    numbers = [e['number'] for e in found]
    check('in the order of their numbers', numbers == sorted(numbers))
    wrong = [pair for pair in zip(sent, found) if not is_same(*pair)]
    check('each is what was sent', wrong == [], wrong[:1])
    return out, found


def again(folder, db, out):
    done = answer(db, 'record', write(folder, 'out.ndjson', out),
                  now='2026-01-11')
    check('recorded again, all are the same', (done['same'], done['new']) ==
          (MANY, 0), done)
    other = os.path.join(folder, 'other.db')
    answer(other, 'apply', write(folder, 'catalog.json', CATALOG))
    done = answer(other, 'record', os.path.join(folder, 'out.ndjson'))
    check('recorded elsewhere, all are new', (done['same'], done['new']) ==
          (0, MANY), done)
    usage = [answer(d, 'usage', 'zoe')['usage'] for d in (db, other)]
    check('and cost the same', [u['amount'] for u in usage[0]] ==
          [u['amount'] for u in usage[1]], usage)


def rows_of(text):
    check('rows end in CR LF', text.endswith('\r\n') and
          text.count('\n') == text.count('\r') == text.count('\r\n'))
    return list(csv.DictReader(io.StringIO(text, newline=''), strict=True))


def table(db, found):
    rows = rows_of(export(db, '--format', 'csv'))
    check('the columns', rows and list(rows[0]) == COLUMNS.split(),
          rows and list(rows[0]))
    want = []
    for e in found:
        for charge in e['charges'] or [None]:
            want.append((e, charge))
    check('a row an event and charge', len(rows) == len(want))
    wrong = []
    for row, (e, charge) in zip(rows, want):
        told = [row['number'] == str(e['number']), row['key'] == e['key'],
                row['customer'] == e['customer'], row['time'] == e['time'],
                row['flags'].split() == e['flags'],
                row['value'] == e.get('value', ''),
                json.loads(row['properties'] or 'null') ==
                e.get('properties')]
        if charge:
            draws = [d.split(':') for d in row['draws'].split()]
            told += [row['price'] == charge['price'],
                     row['from'] == charge['period']['from'],
                     json.loads(row['group']) == charge['group'],
                     row['amount'] == charge['amount'],
                     row['quantity'] == charge['quantity'],
                     Decimal(row['drawn']) == sum(
                         Decimal(a) for g, a in draws if g != '0'),
                     [(int(g), a) for g, a in draws] ==
                     [(d['grant'], d['amount']) for d in charge['draws']]]
        else:
            told += [row['price'] == row['amount'] == row['draws'] == '']
        if not all(told):
            wrong.append((row, e))
    check('each row says what its line says', wrong == [], wrong[:1])
    check('something was drawn, and something is owed',
          any(Decimal(r['drawn'] or 0) > 0 for r in rows) and
          any('0:' in r['draws'].split(' ')[-1][:2] for r in rows))


def narrowed(db, found):
    def numbers(*words):
        return [json.loads(line)['number']
                for line in export(db, *words).splitlines()]
    check('by customer', numbers('--customer', 'acme') ==
          [e['number'] for e in found if e['customer'] == 'acme'])
    check('by the event\'s own time', numbers(
        '--from', '2026-01-03', '--to', '2026-01-05') ==
        [e['number'] for e in found
         if '2026-01-03' <= e['time'] < '2026-01-05'])
    check('to nothing', numbers('--to', '2020-01-01') == [])
    check('or to a header', export(db, '--format', 'csv', '--to',
                                   '2020-01-01').rstrip() ==
          COLUMNS.replace(' ', ','))


def erased(db):
    run(db, 'erase', 'zoe', '--reason', 'asked to')
    found = [json.loads(line) for line in export(db).splitlines()]
    gone = [e for e in found if 'key' not in e]
    check('an erased event keeps its figures', len(found) == MANY and
          len(gone) == sum(1 for i in range(MANY) if i % 3) and
          any(e['charges'] for e in gone) and not any(
              set(e) & {'customer', 'event', 'properties', 'value'}
              for e in gone), gone[:2])
    rows = rows_of(export(db, '--format', 'csv'))
    check('in CSV too', {r['key'] for r in rows if r['customer'] == ''} ==
          {''})


def refused(db):
    for words in (['invoices'], ['events', '--format', 'xml'],
                  ['events', '--customer', 'nobody'],
                  ['events', '--from', 'soon'], []):
        status, out, err = run(db, 'export', *words)
        check('export %s is refused' % ' '.join(words), status == 2 and err
              and '\n' not in out.strip(), (status, out, err))


def main():
    with tempfile.TemporaryDirectory() as folder:
        db = os.path.join(folder, 'test.db')
        sent = list(events())
        answer(db, 'apply', write(folder, 'catalog.json', CATALOG))
        answer(db, 'grant', 'g1', 'zoe', '7', 'USD')
        answer(db, 'record', write(folder, 'in.ndjson', ''.join(
            json.dumps(e) + '\n' for e in sent)), '--batch', '700')
        out, found = lines(db, sent)
        again(folder, db, out)
        table(db, found)
        narrowed(db, found)
        refused(db)
        erased(db)
    finish()


if __name__ == '__main__':
    main()
