#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""test_cli.py: every command of the tool, on a temporary database."""
import glob
import json
import os
import pty
import re
import subprocess
import tempfile
from decimal import Decimal

from tool import CATALOG, TOOL, answer, check, finish, run, write

FEBRUARY = '2026-02-01T00:00:00Z'


def refused(what, pattern, db, *words, status=2, **more):
    got, out, err = run(db, *words, **more)
    check(what, got == status and re.search(pattern, err), (got, err))
    check(what + ': nothing on standard output', out == '', out)


def catalog(folder, db):
    path = write(folder, 'catalog.json', CATALOG)
    dry = answer(db, 'apply', path, '--dry-run')
    check('a dry run creates nothing', [c['action'] for c in dry['changes']]
          == ['create'] * 8 and run(db, 'get', 'plan', 'api')[0] == 2)
    check('apply creates', answer(db, 'apply', path) == dry)
    again = answer(db, 'apply', path)
    check('apply again changes nothing',
          {c['action'] for c in again['changes']} == {'unchanged'}, again)
    bad = json.loads(json.dumps(CATALOG))
    bad['plans'][0]['prices'][1]['unit'] = 'cheap'
    refused('an error names its path',
            r'^billing: INVALID /plans/0/prices/1/unit: .+ \(hint: .+\)\n$',
            db, 'apply', write(folder, 'bad.json', bad))
    meter = {'id': 'gb', 'event': 'store', 'aggregation': 'max'}
    put = answer(db, 'put', 'meter', write(folder, 'gb.json', meter))
    check('put gives version 1', put['version'] == 1, put)
    check('get gives what was put', answer(db, 'get', 'meter', 'gb') == put)
    check('list', [m['id'] for m in answer(db, 'list', 'meter')['items']] ==
          ['calls', 'gb', 'tokens'])
    page = answer(db, 'list', 'meter', '--limit', '1', '--after', 'calls')
    check('list by pages', [m['id'] for m in page['items']] == ['gb'] and
          page['next'] == 'gb', page)
    check('archive', run(db, 'archive', 'meter', 'gb')[0] == 0)
    check('list leaves out what is archived', [
        m['id'] for m in answer(db, 'list', 'meter')['items']] ==
        ['calls', 'tokens'])
    check('unless it is asked for', len(answer(
        db, 'list', 'meter', '--archived')['items']) == 3)
    text = run(db, 'list', 'contract')[1]
    check('a table for people', text.split('\n')[1].split() ==
          ['acme-1', 'acme', 'api', '2026-01-01', '1'], text)
    check('contracts of a customer', [c['id'] for c in answer(
        db, 'list', 'contract', '--customer', 'zoe')['items']] == ['zoe-1'])


def price_book(folder):
    db = os.path.join(folder, 'book.db')
    answer(db, 'apply', write(folder, 'book.json', {
        'tenant': {'id': 'main'}, 'meters': [
            {'id': 'llm', 'event': 'llm', 'aggregation': 'sum',
             'groups': ['model', 'kind']}]}))
    table = os.path.join(folder, 'models.csv')
    words = 'price-book', table, '--id', 'book', '--meter', 'llm'
    for row in 'm1,cheap,10\n', 'm1,2.50,10\n':
        with open(table, 'w', encoding='utf8') as file:
            file.write('model,input,output\n' + row)
        if 'cheap' in row:
            refused('a price book names the row',
                    '/csv: row 2: this is not a price', db, *words)
    book = answer(db, *words, '--mark-up', '20')
    check('a price book is a plan', book['id'] == 'book' and [
        r['price']['unit'] for r in book['prices'][0]['rates']] ==
        ['3', '12'], book)


def lines(*events):
    return ''.join(json.dumps(e) + '\n' for e in events)


def record(folder, db):
    first = {'key': 'r1', 'customer': 'acme', 'event': 'llm',
             'time': '2026-01-05T10:00:00Z',
             'properties': {'model': 'm1', 'tokens': 1200}}
    wrong = dict(first, customer='nobody', key='r2')
    loose = {'key': 'r3', 'customer': 'acme', 'event': 'ping'}
    other = dict(first, properties={'model': 'm1', 'tokens': 1})
    path = write(folder, 'events', lines(first, first, loose))
    done = answer(db, 'record', path)
    check('record counts', done == {
        'events': 3, 'new': 2, 'same': 1, 'refused': 0, 'unmatched': 1,
        'unpriced': 0}, done)
    status, out, _ = run(db, 'record', '-', stdin=lines(first, wrong, other))
    check('refusals are told by line', status == 2 and
          '0 new, 1 same, 2 refused' in out and
          re.search(r'^line 2: NOTFOUND_CUSTOMER: \S', out, re.M) and
          re.search(r'^line 3: CONFLICT_KEY', out, re.M), out)
    status, out, err = run(db, 'record', '--receipts', stdin=lines(first))
    receipt = json.loads(out)
    check('receipts', status == 0 and receipt['status'] == 'same' and
          receipt['cost'] == '0.003' and receipt['number'] > 0, out)
    status, out, _ = run(db, 'record', '--strict', '-',
                         stdin=lines(dict(loose, key='r4')))
    check('strict refuses what no meter wants', status == 2 and
          'DENIED_UNMATCHED' in out, out)
    refused('a clock of 2099 is refused', r'^billing: INVALID_CLOCK', db,
            'archive', 'meter', 'gb', now='2099-01-01')
    status, out, err = run(db, 'record', '-', now='2099-01-01',
                           stdin=lines(dict(first, key='r5')))
    check('and records nothing', status == 2 and 'INVALID_CLOCK' in err and
          '0 new' in out, err)
    quote = answer(db, 'quote', 'acme', 'call', '--value', '150')
    check('quote', quote['cost'] == '12.5', quote)
    usage = answer(db, 'usage', 'acme', '--from', '2026-01-01', '--to',
                   '2026-02-01', '--contract', 'acme-1')
    check('usage', [(u['price'], u['quantity'], u['amount'], u['group'])
                    for u in usage['usage']] ==
          [('tokens', '1200', '0.003', {'model': 'm1'})], usage)


CSV = ('\ufeffwhen,who,"how many",note\r\n'
       '2026-01-06 08:00:00.1234560,acme,10,"a ""quoted"", one"\r\n'
       '\r\n'
       '2026-01-06T09:00:00Z,acme,20,"two\nlines"\r\n'
       '2026-01-06T10:00:00+01:00,acme,30,\r\n')


def imports(folder, db):
    path = write(folder, 'rows.csv', CSV)
    words = ['import', path, '--map', 'when=time,who=customer',
             '--map', 'how many=value,note=properties.note', '--set',
             'event=call', '--key-prefix', 'row']
    done = answer(db, *words)
    check('import', (done['new'], done['same']) == (3, 0), done)
    done = answer(db, *words)
    check('import twice', (done['new'], done['same']) == (0, 3), done)
    usage = answer(db, 'usage', 'acme')['usage']
    check('it counts once', [(u['quantity'], u['amount']) for u in usage
                             if u['price'] == 'calls'] == [('60', '6')],
          usage)
    status, out, _ = run(db, 'record', '--receipts', '-', stdin=lines(
        {'key': 'row-1', 'customer': 'acme', 'event': 'call',
         'time': '2026-01-06T08:00:00.123456Z', 'value': '10',
         'properties': {'note': 'a "quoted", one'}},
        {'key': 'row-2', 'customer': 'acme', 'event': 'call',
         'time': '2026-01-06T09:00:00Z', 'value': 20,
         'properties': {'note': 'two\nlines'}},
        {'key': 'row-3', 'customer': 'acme', 'event': 'call',
         'time': '2026-01-06T09:00:00Z', 'value': '30.0'}))
    check('rows became these events', [
        json.loads(r)['status'] for r in out.splitlines()] == ['same'] * 3,
        out)
    two = ['import', path, '--map', 'when=time,who=customer', '--key-prefix',
           'two', '--event', 'call:how many=value', '--event',
           'ping:#4=properties.note', '--batch', '1']
    done = answer(db, *two)
    check('two events from each row', (done['new'], done['unmatched']) ==
          (6, 3), done)
    refused('a column that is not there', 'there is no column whom', db,
            'import', path, '--map', 'whom=customer', '--set', 'event=call',
            '--key-prefix', 'x')
    refused('a field that does not exist',
            '/fields/colour: an event has no colour', db, 'import', path,
            '--map', 'who=colour')
    refused('a key is needed', 'key_prefix', db, 'import', path, '--map',
            'who=customer', '--set', 'event=call')
    ragged = write(folder, 'ragged.csv',
                   'who,n\nacme,1\nacme\nacme,two\n')
    status, out, err = run(db, 'import', ragged, '--map',
                           'who=customer,n=value', '--set', 'event=call',
                           '--key-prefix', 'ragged')
    check('bad rows are told by line and column, and stop nobody',
          status == 2 and 'line 3: INVALID: the row has 1 fields' in err and
          'line 4, column 6 (n): INVALID: the value two is not a decimal' in
          err and '1 new, 0 same, 2 refused' in out, (out, err))
    open_quote = write(folder, 'quote.csv', 'who,n\nacme,"1\n')
    refused('an open quote', 'the file is empty', db, 'import',
            write(folder, 'empty.csv', ''), '--map', 'a=customer')
    status, _, err = run(db, 'import', open_quote, '--map',
                         'who=customer,n=value', '--set', 'event=call',
                         '--key-prefix', 'q')
    check('a quote that is not closed', status == 2 and 'quote' in err, err)
    control, terminal = pty.openpty()
    subprocess.run([TOOL, '--db', db, '--now', '2026-01-10T12:00:00Z',
                    *words], stderr=terminal, stdout=subprocess.DEVNULL,
                   timeout=60)
    os.close(terminal)
    bar = os.read(control, 4096).decode()
    os.close(control)
    check('a bar on a terminal', re.search(r'import \[#*\.*\] +\d+%', bar),
          bar)


STREAM = ('key,customer,event,time,value\n'
          's1,acme,ping,2026-01-07,1\n'
          's2,acme,ping,soon,1\n'
          's3,nobody,ping,2026-01-07,1\n'
          's4,acme,ping,2026-01-07,1\n')


def health(db):
    found = answer(db, 'health')
    rows = [(r['reason'], r['customer'], r['event']) for r in
            found['unbilled']]
    check('what was not billed', ('unmatched', 'acme', 'ping') in rows and
          sum(r['count'] for r in found['unbilled']) ==
          found['counts']['unmatched'] + found['counts']['unpriced'] +
          found['counts']['unentitled'], found)
    found = answer(db, 'health', 'acme', '--reason', 'unpriced')
    check('and why', found['unbilled'] == [], found)
    refused('a reason that is none', 'there is no reason late', db, 'health',
            '--reason', 'late')


def streams(folder, db):
    path = write(folder, 'stream.csv', STREAM)
    status, out, err = run(db, 'import', path, '--all-or-nothing')
    check('all or nothing: nothing', status == 2 and
          'nothing was recorded' in err and out == '', (out, err))
    errors = os.path.join(folder, 'errors')
    rejected = os.path.join(folder, 'rejected')
    status, out, _ = run(db, 'import', path, '--stream', 'daily', '--errors',
                         errors, '--rejected', rejected, '--json')
    done = json.loads(out)
    check('the good lines are new', status == 2 and
          (done['new'], done['refused'], done['lines']) == (2, 2, 5), done)
    with open(errors, encoding='utf8') as lines_of:
        told = [json.loads(line) for line in lines_of]
    check('errors', [(e['line'], e['column'], e['field'], e['code'],
                      e['text']) for e in told] ==
          [(3, 14, 'time', 'INVALID_TIME', 's2,acme,ping,soon,1'),
           (4, 4, 'customer', 'NOTFOUND_CUSTOMER',
            's3,nobody,ping,2026-01-07,1')], told)
    with open(rejected, encoding='utf8') as lines_of:
        check('rejected', lines_of.read() ==
              ''.join(STREAM.splitlines(True)[2:4]))
    done = answer(db, 'import', path, '--stream', 'daily')
    check('a stream goes on where it was', (
        done['new'], done['read_before'], done['bytes']) ==
        (2, 5, len(STREAM)), done)
    with open(path, 'a', encoding='utf8') as more:
        more.write('s5,acme,ping,2026-01-08,1\n')
    done = answer(db, 'import', path, '--stream', 'daily')
    check('and reads what has been added', (done['new'], done['lines']) ==
          (3, 6), done)
    with open(path, encoding='utf8') as text:
        status, out, _ = run(db, 'import', '-', '--stream', 'daily',
                             '--json', stdin=text.read())
    check('from standard input, too', status == 0 and
          json.loads(out)['new'] == 3, out)
    short = write(folder, 'short.csv', STREAM[:40])
    refused('a stream that has become shorter', 'shorter than what was read',
            db, 'import', short, '--stream', 'daily')
    cloud = {'specversion': '1.0', 'id': 'c1', 'source': '/gw', 'type':
             'ping', 'subject': 'acme', 'time': '2026-01-07T00:00:00Z',
             'data': {'n': 1}}
    done = answer(db, 'import', write(folder, 'cloud.ndjson',
                                      lines(cloud, cloud)))
    check('CloudEvents', (done['new'], done['same']) == (1, 1), done)
    wrong = lines(dict(cloud, id='c2', time='noon'),
                  dict(cloud, source='a b'))
    status, out, err = run(db, 'import', '-', stdin=wrong)
    check('and what is wrong with them', status == 2 and
          'line 1, column %d (time): INVALID_TIME' % (
              wrong.index('noon') + 1) in err and
          'line 2, column 47 (source): INVALID: the source has a space' in
          err, err)
    form = {'format': 'csv', 'separator': ';', 'header': ['a', 'b', 'c'],
            'times': 'seconds', 'set': {'event': 'ping', 'customer': 'acme'},
            'fields': {'key': 'a', 'time': '#2', 'properties': 'c'}}
    done = answer(db, 'import', write(
        folder, 'plain', 'f1;1767225600;"{""x"":1}"\nf2;1767225601;\n'),
        '--form', write(folder, 'form.json', form))
    check('a form', (done['new'], done['rows']) == (2, 2), done)


def rebuilds(folder):
    db = os.path.join(folder, 'rebuilds.db')
    answer(db, 'apply', write(folder, 'again.json', CATALOG))
    event = {'customer': 'acme', 'event': 'call', 'value': 10,
             'time': '2026-01-06T08:00:00Z'}
    run(db, 'record', '-', stdin=lines(dict(event, key='r1'),
                                       dict(event, key='r2')))
    answer(db, 'put', 'meter', write(folder, 'calls.json', dict(
        CATALOG['meters'][1], aggregation='count')))
    told = answer(db, 'rebuild', 'meter', 'calls', '--dry-run')
    check('a dry rebuild', [(d['customer'], d['was'], d['amount'])
                            for d in told['differences']] ==
          [('acme', '2', '0.2')], told)
    told = answer(db, 'rebuild', 'meter', 'calls', '--budget', '1')
    check('a rebuild', (told['done'], told['moved'], told['events']) ==
          (1, 1, 2), told)
    told = answer(db, 'rebuild', 'meter', 'calls')
    check('a rebuild again', told['moved'] == 0, told)
    refused('nothing to rebuild', r'^billing: NOTFOUND', db, 'rebuild',
            'meter', 'x')
    told = answer(db, 'rebuild', 'plan', CATALOG['plans'][0]['id'])
    check('a plan without a past', (told['moved'], told['done']) ==
          (0, told['customers']), told)


def voids(folder):
    db = os.path.join(folder, 'voids.db')
    answer(db, 'apply', write(folder, 'again.json', CATALOG))
    event = {'key': 'v1', 'customer': 'acme', 'event': 'call',
             'time': '2026-01-06T08:00:00Z', 'value': 10}
    run(db, 'record', '-', stdin=lines(event, dict(
        event, key='v2', time='2026-01-07T08:00:00Z', value=3)))
    undone = answer(db, 'void', 'v1')
    check('void', (undone['status'], undone['cost']) == ('new', '-1'),
          undone)
    check('void again', answer(db, 'void', 'v1')['status'] == 'same')
    made = answer(db, 'correct', 'v2', 'acme', 'call', '--key', 'v3',
                  '--value', '4', '--time', '2026-01-07T08:00:00Z')
    check('correct', (made['voided']['cost'], made['recorded']['cost']) ==
          ('-0.3', '0.4'), made)
    refused('nothing to void', r'^billing: NOTFOUND', db, 'void', 'v9')
    days = answer(db, 'usage', 'acme', '--meter', 'calls', '--window', 'day',
                  '--from', '2026-01-06', '--to', '2026-01-08',
                  '--group-by', 'team')['usage']
    check('usage by windows', [(d['quantity'], d['cumulative'], d['group'])
                               for d in days] ==
          [('0', '0', {'team': None}), ('4', '4', {'team': None})], days)
    page = answer(db, 'usage', 'acme', '--meter', 'calls', '--window', 'day',
                  '--from', '2026-01-06', '--to', '2026-01-08', '--limit', '1',
                  '--filters', '[{"property":"team","exists":true}]')
    check('a page of filtered usage', page['next'] == '1' and
          [d['quantity'] for d in page['usage']] == ['0'], page)


def limited(folder):
    db = os.path.join(folder, 'limited.db')
    answer(db, 'apply', write(folder, 'limited.json', dict(
        CATALOG, contracts=CATALOG['contracts'][:1],
        customers=[{'id': 'acme', 'limits': [
            {'id': 'key', 'amount': '3', 'asset': 'USD', 'hours': 5,
             'by': ['api_key'], 'soft': True}]}])))
    answer(db, 'grant', 'g', 'acme', '10', 'USD')
    one = ['acme', '--amount', '2', '--asset', 'USD', '--properties']
    hold = answer(db, 'authorize', 'h1', *one, '{"api_key":"a"}')
    check('within a soft limit', 'over_limit' not in hold, hold)
    hold = answer(db, 'authorize', 'h2', *one, '{"api_key":"b"}')
    check('each key has its own', 'over_limit' not in hold, hold)
    hold = answer(db, 'authorize', 'h3', *one, '{"api_key":"a"}')
    check('a soft limit tells', hold['over_limit'] is True, hold)


def topped_up(folder):
    """A file of its own: one more customer would move what others see."""
    db = os.path.join(folder, 'top-ups.db')
    answer(db, 'apply', write(folder, 'top-ups.json', {
        'tenant': {'id': 'main'},
        'customers': [{'id': 'acme', 'top_ups': [
            {'id': 'refill', 'asset': 'USD', 'at': '5', 'target': '20',
             'fee': '0.30', 'retries': [60]}]}]}))
    asked = answer(db, 'top-ups', 'acme')['top_ups']
    check('a top-up is asked for', [(a['state'], a['total']) for a in asked]
          == [('wanted', '20.3')], asked)
    number = str(asked[0]['top_up'])
    failed = answer(db, 'top-up', 'f', number, 'failed', '--reason', 'no')
    check('it fails', (failed['state'], failed['reason']) ==
          ('failed', 'no'), failed)
    paid = answer(db, 'top-up', 'p', number, 'paid')
    check('it is paid', (paid['state'], paid['grant']) == ('paid', 1), paid)
    check('and again the same', answer(db, 'top-up', 'p', number, 'paid') ==
          paid)
    refused('once', 'CONFLICT_ENDED /outcome', db, 'top-up', 'q', number,
            'paid')
    refused('no such outcome', 'INVALID /outcome', db, 'top-up', 'q', number,
            'lost')
    refused('no such top-up', 'NOTFOUND /number', db, 'top-up', 'q', '7',
            'paid')


def wallets(folder, db):
    grant = ['grant', 'g1', 'acme', '10', 'USD', '--cost', '8', '--name',
             'Ten', '--priority', '-1', '--until', '2027-01-01']
    check('grant', answer(db, *grant) == {'grant': 1})
    check('grant again', answer(db, *grant) == {'grant': 1})
    refused('the same key, other terms', 'CONFLICT_KEY', db, 'grant', 'g1',
            'acme', '11', 'USD')
    answer(db, 'grant', 'g2', 'acme', '1000', 'tok', '--promotional',
           '--scope', '{"meters":["tokens"]}')
    both = answer(db, 'balance', 'acme')['balances']
    check('balance of all assets', {(a['asset'], a['left'], a['granted'])
                                    for a in both} ==
          {('USD', '10', '10'), ('tok', '1000', '1000')}, both)
    answer(db, 'grant', 'g3', 'acme', '6', 'USD', '--cost', '3',
           '--origin', 'manual')
    back = answer(db, 'change-grant', 'c1', 'g3', 'refund', '--amount', '2')
    check('refund of a grant', (back['amount'], back['cost']) == ('2', '1'),
          back)
    later = answer(db, 'change-grant', 'c2', '3', 'expiry', '--expires',
                   '2027-01-01')
    check('another end', later['expires'] == '2027-01-01T00:00:00Z', later)
    answer(db, 'change-grant', 'c3', '3', 'expiry', '--expires', 'never')
    refused('not more than there is', 'DENIED_BALANCE /amount', db,
            'change-grant', 'c4', 'g3', 'refund', '--amount', '5')
    refused('no such change', 'INVALID /change', db, 'change-grant', 'c4',
            'g3', 'burn')
    gone = answer(db, 'change-grant', 'c4', 'g3', 'void')
    check('void', gone['amount'] == '4', gone)
    hold = answer(db, 'authorize', 'h1', 'acme', '--event', 'call',
                  '--value', '20')
    check('authorize holds', (hold['held'], hold['free'], hold['status']) ==
          ('1', '9', 'open'), hold)
    one = answer(db, 'balance', 'acme', 'USD')['balances'][0]
    check('and others see less', (one['held'], one['free']) == ('1', '9'),
          one)
    refused('no before use', r'^billing: DENIED_BALANCE: \S+ USD are missing',
            db, 'authorize', 'h2', 'acme', '--event', 'call', '--value',
            '4000')
    receipt = answer(db, 'settle', 'h1', 'call', '--value', '10')
    check('settle takes what was used', (receipt['cost'], receipt['drawn'],
                                         receipt['balance']) ==
          ('0.5', '0.5', '9.5'), receipt)
    draws = answer(db, 'draws', str(receipt['number']))['draws']
    check('draws', draws == [{'amount': '0.5', 'asset': 'USD', 'grant': 1,
                              'contract': 'acme-1', 'price': 'calls'}],
          draws)
    hold = answer(db, 'authorize', 'h3', 'acme', '--amount', '2', '--asset',
                  'USD', '--expires', '2026-01-10T12:30:00Z')
    check('an amount can be held', hold['held'] == '2' and hold['expires'] ==
          '2026-01-10T12:30:00Z', hold)
    refused('more than was held', 'DENIED_ABOVE_HOLD', db, 'settle', 'h3',
            'call', '--value', '100', '--above', 'refuse')
    check('release', run(db, 'release', 'h3')[0] == 0 and answer(
        db, 'get', 'hold', 'h3')['status'] == 'released')
    refused('settled is settled', 'CONFLICT_ENDED', db, 'release', 'h1')
    hold = answer(db, 'authorize', 'h4', 'acme', '--event', 'call=10,call=9',
                  '--least', '1')
    check('several estimates', (hold['held'], hold['value']) == ('0.95', '9'),
          hold)
    hold = answer(db, 'extend', 'h4', '2026-01-10T18:00:00Z')
    check('a hold is extended', hold['expires'] == '2026-01-10T18:00:00Z',
          hold)
    check('open holds are listed', [h['id'] for h in answer(
        db, 'list', 'hold', '--status', 'open')['items']] == ['h4'])
    limits = answer(db, 'limits', 'acme')
    check('nothing limits acme', limits == {'limits': []}, limits)
    acme = next(one for one in CATALOG['customers'] if one['id'] == 'acme')
    for kind, document in (
            ('feature', {'id': 'n', 'kind': 'quota', 'meter': 'calls',
                         'per': 'life', 'default': 'unlimited'}),
            ('customer', {**acme, 'features': {'n': '1'}})):
        check('put ' + kind, run(db, 'put', kind, write(
            folder, kind + '.json', document))[0] == 0)
    found = answer(db, 'entitled', 'acme', 'n')
    check('acme has one call', (found['granted'], found['left'],
                                found['source']) == ('yes', '1', 'customer'),
          found)
    found = answer(db, 'features', 'acme')['features']
    check('features are listed', [f['feature'] for f in found] == ['n'],
          found)
    refused('an unknown feature', 'NOTFOUND', db, 'entitled', 'acme', 'x')
    refused('a quota', 'DENIED_LIMIT', db, 'authorize', 'q', 'acme',
            '--event', 'call', '--value', '2')
    secret = write(folder, 'secret', '00' * 31 + '07\n')
    status, token, err = run(db, 'token', 'acme', '--secret', secret,
                             '--until', '2026-01-11', '--features', 'n')
    check('a token', status == 0 and token.count('.') == 2, err)
    key = run(db, 'token-key', secret)[1].strip()
    claims = answer(db, 'token-verify', token.strip(), '--key', key)
    check('says what it says', claims['features'][0]['left'] == '1', claims)
    refused('a token that has ended', 'DENIED_EXPIRED', db, 'token-verify',
            token.strip(), '--key', key, now='2026-01-11T00:00:00Z')
    refused('a token of another key', 'DENIED_KEY', db, 'token-verify',
            token.strip(), '--key', key[::-1])
    check('put acme again', run(db, 'put', 'customer', write(
        folder, 'customer.json', {**acme, 'features': {'n': False}}))[0] == 0)
    check('nothing is left', run(db, 'entitled', 'acme', 'n')[0] == 1)
    check('put acme as it was', run(db, 'put', 'customer', write(
        folder, 'customer.json', acme))[0] == 0)
    limited(folder)
    topped_up(folder)
    check('a hold that nobody needs', run(db, 'release', 'h4')[0] == 0)
    rows = answer(db, 'outbox', '--limit', '1')['rows']
    check('what is to be told', len(rows) == 1 and rows[0]['body']['type'],
          rows)
    check('and is done', answer(db, 'outbox-done', str(rows[0]['row'])) == {})
    left = answer(db, 'outbox', '--limit', '1')['rows']
    check('leaves', left != rows, left)
    ledger = answer(db, 'ledger', '--customer', 'acme', '--asset', 'USD',
                    '--limit', '1000')
    check('the ledger is even', 'next' not in ledger and 0 == sum(
        Decimal(p['amount']) for p in ledger['postings']) == sum(
            Decimal(b['balance']) for b in ledger['balances']), ledger)
    page = answer(db, 'ledger', '--account', 'deferred', '--limit', '1')
    after = answer(db, 'ledger', '--account', 'deferred', '--limit', '1',
                   '--after', str(page['next']))
    check('the ledger by pages', page['postings'] != after['postings'] and
          len(after['postings']) == 1, after)


def invoices(db):
    refused('advance beyond the clock', r'INVALID /until_us', db, 'advance',
            '--until', FEBRUARY)
    refused('a month is a large step', 'INVALID_CLOCK', db, 'advance',
            now=FEBRUARY)
    done = answer(db, 'advance', '--step', now=FEBRUARY)
    check('advance', (done['invoices'], done['periods'],
                      done['first_invoice'], done['done']) ==
          (2, 2, 1, FEBRUARY), done)
    listed = answer(db, 'invoices')['items']
    check('invoices', [i['number'] for i in listed] ==
          ['INV-000001', 'INV-000002'], listed)
    one = answer(db, 'invoice', 'INV-000001')
    check('invoice', one == listed[0] and one['customer'] == 'acme')
    names = [n['name'] for n in one['lines']]
    check('its lines', names == ['Tokens', 'Calls', 'Base fee'], names)
    text = run(db, 'invoice', '1')[1]
    check('as text', text.startswith('INVOICE    INV-000001\n') and
          'Acme GmbH (acme)' in text and max(map(len, text.split('\n'))) < 80,
          text)
    check('as text with --json too', run(
        db, 'invoice', '1', '--text', '--json')[1] == text)
    told = answer(db, 'explain', 'INV-000001', '--line', '2', '--events',
                  '1')
    # 60 + 60 + 10 calls and 1 of the ragged file: 131
    check('explain', told['quantity'] == '131' and
          [t['amount'] for t in told['tiers']] == ['10', '1.55'] and
          len(told['events']) == 1 and told['amount'] == '11.55', told)
    refused('no such line', 'NOTFOUND', db, 'explain', '1', '--line', '9')
    draft = answer(db, 'preview', 'acme', now=FEBRUARY)['invoices']
    check('preview', draft and all(d['draft'] and 'number' not in d
                                   for d in draft), draft)
    text = run(db, 'preview', 'acme', '--replace', '--at',
               '2026-03-01T00:00:00Z', now=FEBRUARY)[1]
    check('preview as text', 'draft, not issued' in text, text)
    refused('a preview of the past', 'INVALID /at', db, 'preview', 'acme',
            '--at', '2026-01-01T00:00:00Z', now=FEBRUARY)
    same = answer(db, 'simulate', '--prices', now=FEBRUARY)
    check('simulate', same['customers'] and all(
        s['before'] == s['after'] for c in same['customers']
        for s in c['prices']), same)
    rows = run(db, 'simulate', '--customer', 'acme', now=FEBRUARY)[1]
    check('simulate as a table', rows.split()[:3] == [
        'customer', 'asset', 'before'] and 'acme' in rows, rows)
    refused('no such plan', 'NOTFOUND /instead', db, 'simulate', '--instead',
            'nothing=api', now=FEBRUARY)
    refused('no pair', 'PLAN=OTHER', db, 'simulate', '--instead', 'api',
            now=FEBRUARY)
    refused('no such invoice', 'NOTFOUND', db, 'invoice', 'INV-000009')
    sums = run(db, 'invoices', '--customer', 'zoe')[1].split('\n')[1].split()
    check('a table of invoices', sums[:3] == ['INV-000002', 'zoe', 'zoe-1']
          and sums[-2:] == ['20', 'USD'], sums)


def bytes_of(db):
    return b''.join(open(p, 'rb').read() for p in glob.glob(db + '*'))


def erase(db):
    event = {'key': 'zoe-secret-key', 'customer': 'zoe', 'event': 'llm',
             'properties': {'model': 'm1', 'tokens': 5,
                            'prompt': 'private-words'}}
    run(db, 'record', '-', stdin=lines(event), now=FEBRUARY)
    run(db, 'grant', 'zoe-grant', 'zoe', '5', 'USD', '--name', 'For Zoe E.',
        now=FEBRUARY)
    marks = [b'Zoe Erasable', b'zoe-secret-key', b'private-words',
             b'zoe-grant', b'For Zoe E.']
    there = [m for m in marks if m in bytes_of(db)]
    check('what will be erased is in the file', there == marks, there)
    status, _, err = run(db, 'erase', 'zoe', '--reason', 'asked to',
                         now=FEBRUARY)
    check('erase', status == 0, err)
    left = [m for m in marks if m in bytes_of(db)]
    check('nothing of it is left', left == [], left)
    check('erase again is fine', run(db, 'erase', 'zoe', now=FEBRUARY)[0]
          == 0)
    refused('the customer is gone', 'NOTFOUND_CUSTOMER', db, 'balance', 'zoe')
    found = answer(db, 'verify', now=FEBRUARY)
    check('verify is still well and says what was redacted',
          found['ok'] and len(found['redacted']) > 0 and
          all(r['by'] > r['seq'] for r in found['redacted']), found)
    bill = answer(db, 'invoice', 'INV-000002')
    check('the invoice stays without the name', bill['totals'][0]['due'] ==
          '20' and bill['customer_name'] in (None, '') and
          bill['customer'] in (None, ''), bill)


def unsound(folder, db):
    """A byte of the journal is changed behind the library's back."""
    import sqlite3
    check('verify is well', run(db, 'verify')[0] == 0)
    raw = sqlite3.connect(db)
    rows = raw.execute('select rowid, facts from billing_journal').fetchall()
    row, facts = next(r for r in rows if len(r[1]) > 20)
    changed = bytes([facts[0]]) + bytes([facts[1] ^ 1]) + facts[2:]
    raw.execute('update billing_journal set facts = ? where rowid = ?',
                (changed, row))
    raw.commit()
    raw.close()
    status, out, err = run(db, 'verify')
    check('verify ends with 1 or is refused as CORRUPT', status == 1 or
          'CORRUPT' in err, (status, out, err))


def usage_errors(folder, db):
    check('help', run(db, 'help')[0] == 0)
    status, out, _ = run(db, 'help', 'import')
    check('help of a command', status == 0 and out.startswith(
        'usage: billing import FILE|-'), out)
    refused('no such command', 'no such command: sing', db, 'sing')
    refused('no such option', r'no such option: --loud', db, 'verify',
            '--loud')
    refused('a word is missing', 'usage: billing get KIND ID', db, 'get',
            'plan')
    refused('a word too many', 'one word too many', db, 'verify', 'all')
    refused('a value is missing', 'needs a value', db, 'explain', '1',
            '--line')
    refused('not a number', r'--line two is not a whole number', db,
            'explain', '1', '--line', 'two')
    refused('not a time', 'is not a time', db, 'advance', '--until', 'soon')
    refused('not a decimal', 'is not a decimal', db, 'grant', 'g', 'acme',
            'ten', 'USD')
    refused('no database', r'^billing: NOTFOUND.*billing apply', os.path.join(
        folder, 'none.db'), 'verify')
    check('and none was made', not os.path.exists(
        os.path.join(folder, 'none.db')))
    refused('no such tenant', 'NOTFOUND_TENANT', db, 'verify', '--tenant',
            'other')
    version = subprocess.run([TOOL, '--version'], capture_output=True,
                             text=True)
    check('--version', version.returncode == 0 and
          re.fullmatch(r'billing \d+\.\d+\.\d+\n', version.stdout))
    question = {'kernel': 'quote', 'quantity': '1200', 'price': {
        'model': 'per_unit', 'unit': '2', 'per': '1000'}}
    found = answer(db, 'evaluate', write(folder, 'question', question))
    check('evaluate', found['amount'] == '2.4', found)


def main():
    with tempfile.TemporaryDirectory() as folder:
        db = os.path.join(folder, 'test.db')
        catalog(folder, db)
        price_book(folder)
        record(folder, db)
        imports(folder, db)
        streams(folder, db)
        health(db)
        voids(folder)
        rebuilds(folder)
        wallets(folder, db)
        invoices(db)
        erase(db)
        usage_errors(folder, db)
        unsound(folder, db)
    finish()


if __name__ == '__main__':
    main()
