# SPDX-License-Identifier: MIT OR Apache-2.0
"""tool.py - what the tests of the tool share: running it, and counting."""
import json
import os
import subprocess
import sys

TOOL = os.path.abspath(os.environ.get('BUILD', 'build') + '/billing')

CATALOG = {
    'tenant': {'id': 'main', 'assets': [{'code': 'tok'}]},
    'customers': [{'id': 'acme', 'name': 'Acme GmbH'},
                  {'id': 'zoe', 'name': 'Zoe Erasable'}],
    'meters': [
        {'id': 'tokens', 'event': 'llm', 'aggregation': 'sum',
         'property': 'tokens', 'groups': ['model']},
        {'id': 'calls', 'event': 'call', 'aggregation': 'sum'}],
    'plans': [{'id': 'api', 'currency': 'USD', 'prices': [
        {'id': 'base', 'name': 'Base fee', 'model': 'flat', 'amount': '20'},
        {'id': 'tokens', 'name': 'Tokens', 'meter': 'tokens',
         'model': 'per_unit', 'unit': '2.50', 'per': '1000000',
         'groups': ['model']},
        {'id': 'calls', 'name': 'Calls', 'meter': 'calls',
         'model': 'graduated', 'tiers': [
             {'up_to': '100', 'unit': '0.10'}, {'unit': '0.05'}]}]}],
    'contracts': [
        {'id': 'acme-1', 'customer': 'acme', 'plan': 'api',
         'start': '2026-01-01'},
        {'id': 'zoe-1', 'customer': 'zoe', 'plan': 'api',
         'start': '2026-01-01'}]}


class Count:
    passed = failed = 0


def check(what, is_true, found=''):
    if is_true:
        Count.passed += 1
    else:
        Count.failed += 1
        print('FAILED %s: %s' % (what, found))
    return bool(is_true)


def finish(skipped=0):
    print('%d passed, %d failed' % (Count.passed, Count.failed) +
          (', %d skipped' % skipped if skipped else ''))
    sys.exit(Count.failed != 0)


def run(db, *words, now='2026-01-10T12:00:00Z', stdin=None):
    """(exit status, standard output, standard error)."""
    done = subprocess.run([TOOL, '--db', db, '--now', now, *words],
                          capture_output=True, text=True, timeout=120,
                          input=stdin)
    return done.returncode, done.stdout, done.stderr


def answer(db, *words, **more):
    """The command's JSON; what is not well is counted as failed."""
    status, out, err = run(db, *words, '--json', **more)
    check('billing ' + ' '.join(words[:3]) + ' ends with 0', status == 0, err)
    try:
        return json.loads(out)
    except ValueError:
        check('billing ' + ' '.join(words[:3]) + ' prints JSON', False, out)
        return {}


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, 'w', encoding='utf8', newline='') as out:
        out.write(text if isinstance(text, str) else json.dumps(text))
    return path
