#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""import_million.py [EVENTS]: a large CSV in little memory, killed, resumed.

Writes a file of EVENTS (1,000,000) rows, imports it once undisturbed and once
killed by SIGKILL again and again and run anew under the same stream name.
Shows the peak of memory, which must stay below 256 MiB, and that usage,
balances and counts are the same to the last digit.
"""
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time

from tool import CATALOG, TOOL, answer, check, finish, run, write

EVENTS = int(sys.argv[1]) if len(sys.argv) > 1 else 1000000
KILLS = 5
BATCH = str(min(10000, EVENTS // 100))
MOST = 256 * 1024                        # KiB
NOW = '2026-01-31T00:00:00Z'
CUSTOMERS = 1000


def catalog():
    """The tool's catalog with a thousand customers."""
    wide = json.loads(json.dumps(CATALOG))
    wide['customers'] += [{'id': 'c%d' % n} for n in range(CUSTOMERS)]
    wide['contracts'] += [
        {'id': 'c%d-1' % n, 'customer': 'c%d' % n, 'plan': 'api',
         'start': '2026-01-01'} for n in range(CUSTOMERS)]
    return wide


def make_rows(path):
    """Rows that are all different, some of them refused."""
    with open(path, 'w', encoding='utf8') as out:
        out.write('id,account,at,model,tokens,request\n')
        for i in range(EVENTS):
            who = 'nobody' if i % 1000 == 999 else 'c%d' % (
                i * 7919 % CUSTOMERS)
            out.write('e%d,%s,2026-01-%02dT%02d:%02d:%02dZ,m%d,%d,"req, %x"\n'
                      % (i, who, 1 + i % 28, i % 24, i % 60, i // 60 % 60,
                         i % 5, 100 + i * 7907 % 5000, i * 2654435761 % 2**32))


def words(db, path, name):
    return [TOOL, '--db', db, '--now', NOW, 'import', path, '--json',
            '--batch', BATCH, '--stream', name, '--set', 'event=llm', '--map',
            'id=key,account=customer,at=time,model=properties.model,'
            'tokens=properties.tokens,request=properties.request']


def fresh(folder, name, file):
    db = os.path.join(folder, name + '.db')
    status, _, err = run(db, 'apply', file, now=NOW)
    check('the catalog is applied', status == 0, err)
    return db


def figures(db):
    """What some customers see, and whether all of it is sound."""
    found = [answer(db, what, 'c%d' % n, now=NOW) for n in range(0, 1000, 50)
             for what in ('usage', 'balance')]
    verify = answer(db, 'verify', now=NOW)
    return found, verify['ok'], verify['events'], verify['problems']


def undisturbed(folder, path, file):
    db = fresh(folder, 'undisturbed', file)
    start = time.monotonic()
    done = subprocess.run(words(db, path, 'usage'), capture_output=True,
                          text=True, check=False)
    took = time.monotonic() - start
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    counts = json.loads(done.stdout)
    print('undisturbed: %d events in %.1f s, %d refused, peak %.0f MiB' % (
        counts['events'], took, counts['refused'], peak / 1024))
    check('peak memory is below 256 MiB', peak < MOST, peak)
    check('all rows were read', counts['events'] == EVENTS and
          counts['new'] + counts['refused'] == EVENTS, counts)
    return db, counts, took


def killed(folder, path, file, took):
    """The counts of the run that came to the end."""
    db = fresh(folder, 'killed', file)
    dice = random.Random(EVENTS)
    parts = 0
    for number in range(KILLS):
        with subprocess.Popen(words(db, path, 'usage'),
                              stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as running:
            time.sleep(dice.uniform(0.05, 0.2) * took)
            running.kill()
            running.wait()
        there = answer(db, 'verify', now=NOW)['events']
        parts += 0 < there < EVENTS - EVENTS // 1000
        print('killed %d: %d events are there' % (number + 1, there))
    check('some of the kills came in time', parts > 0)
    done = subprocess.run(words(db, path, 'usage'), capture_output=True,
                          text=True, check=False)
    counts = json.loads(done.stdout)
    print('resumed behind line %d of %d' % (counts['read_before'],
                                            counts['lines']))
    return db, counts


def main():
    with tempfile.TemporaryDirectory(dir=os.environ.get('BUILD')) as folder:
        path = os.path.join(folder, 'usage.csv')
        file = write(folder, 'catalog.json', catalog())
        make_rows(path)
        print('%d rows, %.0f MiB' % (EVENTS, os.path.getsize(path) / 2**20))
        whole, want, took = undisturbed(folder, path, file)
        pieces, found = killed(folder, path, file, took)
        want.pop('read_before')
        found.pop('read_before')
        check('the same counts', found == want, (found, want))
        sums = figures(whole)
        check('what was imported is sound', sums[1], sums[3])
        check('the same totals', figures(pieces) == sums)
    finish()


if __name__ == '__main__':
    main()
