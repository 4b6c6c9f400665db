#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""two_writers.py: two processes import into one file at once.

Both have the same rows, one of them backwards, so each row is tried twice; a
third only reads.  Nothing is lost and nothing counts twice.
"""
import json
import os
import sqlite3
import subprocess
import tempfile
import threading
import time
from decimal import Decimal

from tool import CATALOG, TOOL, answer, check, finish, run, write

ROWS = 20000
NOW = '2026-01-31T00:00:00Z'


def make_rows():
    return ['k%d,%s,2026-01-%02dT08:00:00Z,%d\n' % (
        i, 'acme' if i % 2 else 'zoe', 1 + i % 28, 1 + i % 50)
        for i in range(ROWS)]


def feed(pipe, rows):
    """A thousand rows at a time, so that neither can run ahead."""
    pipe.write('key,customer,time,value\n')
    for at in range(0, ROWS, 1000):
        pipe.write(''.join(rows[at:at + 1000]))
        pipe.flush()
        time.sleep(0.01)
    pipe.close()


def start(db, rows, batch):
    writer = subprocess.Popen(
        [TOOL, '--db', db, '--now', NOW, 'import', '-', '--json', '--map',
         'key=key,customer=customer,time=time,value=value', '--set',
         'event=call', '--batch', str(batch)], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    feeder = threading.Thread(target=feed, args=(writer.stdin, rows))
    feeder.start()
    return writer, feeder


def main():
    with tempfile.TemporaryDirectory() as folder:
        db = os.path.join(folder, 'shared.db')
        rows = make_rows()
        run(db, 'apply', write(folder, 'catalog.json', CATALOG), now=NOW)
        lock = sqlite3.connect(db, isolation_level=None)
        lock.execute('begin immediate')          # both wait for their turn
        started = [start(db, rows, 200), start(db, rows[::-1], 300)]
        writers = [writer for writer, _ in started]
        time.sleep(0.5)
        check('both wait', all(w.poll() is None for w in writers))
        lock.execute('rollback')
        lock.close()
        reads, troubles = 0, []
        while any(w.poll() is None for w in writers):
            status, _, err = run(db, 'usage', 'acme', now=NOW)
            troubles += [err] if status else []
            reads += 1
        done = []
        for writer, feeder in started:
            feeder.join()
            out, err = writer.stdout.read(), writer.stderr.read()
            writer.wait()
            check('a writer ends well', writer.returncode == 0, err)
            done.append(json.loads(out))
        check('somebody read meanwhile, and nothing was in the way',
              reads > 0 and not troubles, troubles)
        check('each row is new once', sum(d['new'] for d in done) == ROWS,
              done)
        check('and the same once', sum(d['same'] for d in done) == ROWS,
              done)
        check('both wrote', all(d['new'] > 0 for d in done), done)
        for customer, odd in (('acme', 1), ('zoe', 0)):
            usage = answer(db, 'usage', customer, now=NOW)['usage']
            values = [1 + i % 50 for i in range(ROWS) if i % 2 == odd]
            cost = 10 + (sum(values) - 100) * Decimal('0.05')
            check('usage of ' + customer, [
                (u['quantity'], u['events'], Decimal(u['amount']))
                for u in usage] == [(str(sum(values)), len(values), cost)],
                usage)
        found = answer(db, 'verify', now=NOW)
        check('verify', found['ok'] and found['events'] == ROWS, found)
    finish()


if __name__ == '__main__':
    main()
