#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""kill9.py [SEED]: kill -9 in the middle of an import, then run it again.

The totals must be those of an import that nothing disturbed, to the last
digit, and what was acknowledged before the kill must be there.  The moments
are random: a time for an import, a number of receipts for a record.  The seed
is printed and may be given.
"""
import json
import os
import random
import subprocess
import sys
import tempfile
import time

from tool import CATALOG, TOOL, answer, check, finish, run, write

ROWS = 30000
KILLS = 24 if os.environ.get('FULL') == '1' else 6
NOW = ['--now', '2026-01-31T00:00:00Z']
WORDS = ['--batch', '250']
MAP = ['--map', 'key=key,customer=customer,time=time,model=properties.model,'
       'tokens=properties.tokens', '--set', 'event=llm']


def make_rows(folder):
    """The same events as CSV and as NDJSON."""
    table, lines = ['key,customer,time,model,tokens'], []
    for i in range(ROWS):
        row = {'key': 'k%d' % i, 'customer': 'acme' if i % 3 else 'zoe',
               'event': 'llm', 'time': '2026-01-%02dT00:00:%02dZ' % (
                   1 + i % 28, i % 60),
               'properties': {'model': 'm%d' % (i % 4),
                              'tokens': 100 + i * 7919 % 5000}}
        lines.append(json.dumps(row) + '\n')
        table.append('%s,%s,%s,%s,%d' % (
            row['key'], row['customer'], row['time'],
            row['properties']['model'], row['properties']['tokens']))
    return (write(folder, 'rows.csv', '\n'.join(table) + '\n'),
            write(folder, 'rows.ndjson', ''.join(lines)))


def fresh(folder, name):
    db = os.path.join(folder, name + '.db')
    run(db, 'apply', write(folder, 'catalog.json', CATALOG), now=NOW[1])
    for customer in ('acme', 'zoe'):
        run(db, 'grant', 'g-' + customer, customer, '40', 'USD', now=NOW[1])
    return db


def command(kind, db, paths):
    if kind in ('import', 'stream'):
        name = ['--stream', 'rows'] if kind == 'stream' else []
        return [TOOL, '--db', db, *NOW, 'import', paths[0], *MAP, *WORDS,
                *name]
    return [TOOL, '--db', db, *NOW, 'record', paths[1], '--receipts', *WORDS]


def figures(db):
    """What a customer sees, and whether it is sound."""
    found = [answer(db, what, customer, now=NOW[1])
             for customer in ('acme', 'zoe')
             for what in ('usage', 'balance')]
    verify = answer(db, 'verify', now=NOW[1])
    return found, verify['ok'], verify['events']


def kill(words, after, most_lines):
    """Kills it after so many seconds, or when it has written so many lines.
    Returns the lines written, and whether it came too late."""
    with subprocess.Popen(words, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as running:
        end = time.monotonic() + after
        os.set_blocking(running.stdout.fileno(), False)
        out = b''
        while time.monotonic() < end and running.poll() is None and \
                out.count(b'\n') < most_lines:
            out += running.stdout.read() or b''
            time.sleep(0.001)
        running.kill()
        os.set_blocking(running.stdout.fileno(), True)
        out += running.stdout.read() or b''
        return out.count(b'\n'), running.wait() == 0


def again(words, sound):
    done = subprocess.run(words + ['--json'], capture_output=True, text=True,
                          timeout=120)
    if '--receipts' not in words:
        found = json.loads(done.stdout)
        if '--stream' in words:          # its counts go on where they were
            found['same'] += sound['events']
            found['new'] -= sound['events']
        return found
    same = done.stdout.count('"status":"same"')
    return {'same': same, 'new': done.stdout.count('"status":"new"'),
            'refused': len(done.stdout.splitlines()) - ROWS}


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(10**6)
    dice = random.Random(seed)
    print('seed', seed)
    with tempfile.TemporaryDirectory() as folder:
        paths = make_rows(folder)
        db = fresh(folder, 'undisturbed')
        start = time.monotonic()
        subprocess.run(command('import', db, paths), timeout=120,
                       stdout=subprocess.DEVNULL, check=True)
        long = time.monotonic() - start
        want = figures(db)
        check('the undisturbed import is sound', want[1:] == (True, ROWS),
              want[1:])
        in_time = 0
        for number in range(KILLS):
            kind = ('import', 'record', 'stream')[number % 3]
            db = fresh(folder, 'killed-%d' % number)
            lines, was_late = kill(
                command(kind, db, paths), dice.uniform(0.02, long) if
                kind != 'record' else 60, dice.randrange(1, ROWS * 3 // 4))
            in_time += not was_late
            sound = answer(db, 'verify', now=NOW[1])
            check('sound after the kill', sound['ok'], sound)
            done = again(command(kind, db, paths), sound)
            check('what was there is the same',
                  done['same'] == sound['events'] and
                  done['same'] + done['new'] == ROWS and
                  done['refused'] == 0, (done, sound['events']))
            if kind == 'record':
                check('what was acknowledged is there',
                      lines <= done['same'], (lines, done))
            check('the same totals', figures(db) == want, figures(db))
            for end in ('', '-wal', '-shm'):
                if os.path.exists(db + end):
                    os.remove(db + end)
        check('some of the kills came in time', in_time * 3 >= KILLS, in_time)
    finish()


if __name__ == '__main__':
    main()
