#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""reprices.py: random prices that change for the past, against the same months
lived again under the documents of the end.

Some customers use several meters for three months.  At any time a version of
the plan begins on any day, overrides come, change and go, a contract pins
another version since some day, or has had other seats, another minimum or
other usage; rebuilds are cut anywhere, with voids, closes and files opened
anew in between.  Then all of it happens again in a shop where the last
documents were known from the beginning: whatever was billed by price and month
must come to the same; of free units that roll over by price, because the
months that share them book what they come to as events come.  Needs the Python
binding.
"""
import sys

sys.path.pop(0)                 # this folder has a decimal.py and a json.py

import datetime                                                   # noqa: E402
import os                                                         # noqa: E402
import random                                                     # noqa: E402
import tempfile                                                   # noqa: E402
from fractions import Fraction as F                               # noqa: E402

import billing                                                    # noqa: E402

ROUNDS = 2000 if os.environ.get('FULL') == '1' else 150
START = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
MARKS = [START.replace(month=m) for m in (1, 2, 3, 4, 5)]
DAYS = 90
METERS = ['sum', 'count', 'max', 'unique', 'latest', 'average']


def day(number):
    return START + datetime.timedelta(days=number)


def unit(r):
    return '%d.%02d' % (r.randint(0, 9), r.randint(0, 99))


def a_model(r, rolls):
    """How a price rates."""
    if rolls and r.random() < 0.3:
        return {'model': 'per_unit', 'unit': unit(r),
                'free': str(r.randint(1, 40)), 'rollover': r.choice(
                    [{}, {'periods': 1}, {'periods': 2, 'limit': '20'}])}
    tiers = [{'up_to': str(r.randint(1, 40)), 'unit': unit(r)},
             {'up_to': None, 'unit': unit(r)}]
    if r.random() < 0.4:
        tiers[0]['flat'] = str(r.randint(0, 5))
    return r.choice([
        {'model': 'per_unit', 'unit': unit(r)},
        {'model': 'per_unit', 'unit': unit(r)},
        {'model': 'graduated', 'tiers': tiers},
        {'model': 'volume', 'tiers': tiers},
        {'model': 'package', 'unit': unit(r), 'per': str(r.randint(1, 9))}])


class Plan:
    """Versions as they were put: (day, document), day None for the first."""

    def __init__(self, r):
        self.r = r
        self.meters = r.sample(METERS, r.randint(1, 3))
        self.grouped = {m: r.random() < 0.3 for m in self.meters}
        self.fee = r.random() < 0.6
        self.seats = r.random() < 0.5
        # A minimum counts what a month has, and these move between months.
        self.rolls = r.random() < 0.4
        self.least = not self.rolls and r.random() < 0.5
        self.versions = []

    def put(self, since):
        r = self.r
        prices = []
        for m in self.meters:
            if self.versions and r.random() < 0.1:
                continue
            rolls = self.rolls and m in ('sum', 'count')
            price = dict(a_model(r, rolls), id=m, meter=m)
            if self.versions and r.random() < 0.4:
                old = [p for p in self.versions[-1][1]['prices']
                       if p['id'] == m]
                price = old[0] if old else price
            if self.grouped[m]:
                price['groups'] = ['g']
            prices.append(price)
        if self.fee:
            prices.append({'id': 'fee', 'model': 'flat',
                           'amount': str(r.randint(0, 90)),
                           'timing': r.choice(['arrears', 'advance']),
                           **({'quantity': 'seats'} if self.seats else {})})
        document = {'id': 'p', 'currency': 'USD', 'prices': prices}
        if self.least:
            document['minimum'] = str(r.randint(0, 300))
        if since is not None:
            document['effective'] = day(since)
        self.versions.append((since, document))
        return document


class Shop:
    """One run of the months."""

    def __init__(self, folder, name, file):
        self.path = '%s/%s.db' % (folder, name) if file else ':memory:'
        self.file = file
        self.now = START
        self.b = billing.open(self.path, tenant='t')

    def reopen(self):
        if self.file:
            self.b.close()
            self.b = billing.open(self.path, tenant='t')

    def catalog(self, plan, contracts):
        self.b.catalog_apply({
            'tenant': {'id': 't'},
            'customers': [{'id': c} for c in contracts],
            'meters': [dict({'id': m, 'event': 'e', 'aggregation': m,
                             'groups': ['g']},
                            **({} if m == 'count' else
                               {'property': 't' if m == 'unique' else 'v'}))
                       for m in METERS],
            'plans': [plan]}, now=self.now, step=True)

    def advance(self, now):
        self.now = now
        self.b.advance(now, now=now, step=True)

    def billed(self, rolled):
        """{(customer, price, kind, month): amount} of all invoices."""
        out, number = {}, 0
        while True:
            number += 1
            try:
                told = self.b.invoice('INV-%06d' % number)
            except billing.NotFoundError:
                # Each part of a fee is rounded, however it was cut.
                return {k: round(v, 15) for k, v in out.items() if v}
            for line in told['lines']:
                kind = 'usage' if line['price'] in METERS else line['kind']
                month = line['service']['from'][:7]
                key = (told['customer'], line['price'], kind,
                       '' if line['price'] in rolled else month,
                       str(line.get('group', '')))
                out[key] = out.get(key, 0) + F(line['amount'])

    def close(self):
        is_sound = self.b.verify(now=self.now)['ok']
        self.b.close()
        return is_sound


class World:
    def __init__(self, seed):
        self.r = r = random.Random(seed)
        self.folder = tempfile.TemporaryDirectory()
        self.shop = Shop(self.folder.name, 'a', r.random() < 0.3)
        self.plan = Plan(r)
        self.names = ['ann', 'bob', 'cat'][:r.randint(1, 3)]
        self.follows = {n: r.random() < 0.7 for n in self.names}
        self.overrides = {n: [] for n in self.names}
        self.count = 0
        self.done = []           # (what, when, arguments), to happen again
        self.live = []
        self.dated = {n: {} for n in self.names}
        self.late = [n for n in self.names if r.random() < 0.2]
        self.pinned = {}
        self.shop.catalog(self.plan.put(None), self.names)
        for n in self.names:
            if n not in self.late:
                self.put_contract(n)

    # ---- documents ----

    def contract(self, name):
        document = {'id': 'k' + name, 'customer': name, 'plan': 'p',
                    'start': START, 'overrides': self.overrides[name],
                    'quantities': {'seats': [{'value': '2'}]}}
        document.update(self.dated[name])
        if self.follows[name]:
            document['versions'] = 'follow'
        elif name in self.pinned:
            document['plan_version'], since = self.pinned[name]
            document['effective'] = since
        else:
            document['plan_version'] = 1
        return document

    def put_contract(self, name):
        self.shop.b.put('contract', self.contract(name), now=self.shop.now,
                        step=True)

    def past(self):
        return self.r.randint(0, max(0, (self.shop.now - START).days - 1))

    def change_plan(self):
        since = self.past()
        self.shop.b.put('plan', self.plan.put(since), now=self.shop.now,
                        step=True)
        self.rebuild()

    def change_override(self):
        r = self.r
        name = r.choice(self.names)
        own = self.overrides[name]
        if own and r.random() < 0.5:
            at = r.randrange(len(own))
            if r.random() < 0.4:
                own.pop(at)
            else:
                own[at] = dict(own[at], to=day(self.past() + 1))
                if own[at]['to'] <= own[at]['from']:
                    own.pop(at)
        else:
            since = self.past()
            one = {'id': 'o%d' % self.count, 'from': day(since),
                   'prices': [r.choice(self.plan.meters)]}
            self.count += 1
            kind = r.random()
            if kind < 0.5:
                one.update(type='multiplier', factor='0.%d' % r.randint(1, 9))
            elif kind < 0.8:
                one.update(type='overwrite', unit=unit(r))
            else:
                one.update(type='entitlement', entitled=False)
            if r.random() < 0.5:
                one['to'] = day(since + r.randint(1, 40))
            own.append(one)
        self.put_contract(name)
        if name in self.late:
            self.late.remove(name)

    def change_dated(self):
        """Seats, a minimum or the part of usage: since some days."""
        r = self.r
        name = r.choice(self.names)
        since = sorted(r.sample(range(DAYS), r.randint(1, 3)))
        kind = r.choice(['quantities', 'usage'] +
                        ['minimum'] * (not self.plan.rolls))
        if kind == 'quantities':
            steps = [{'value': str(r.randint(0, 4)), 'from': day(n)}
                     for n in since]
            value = {'seats': [{'value': '2'}] + steps}
        elif kind == 'minimum':
            value = [{'amount': str(r.randint(0, 300)), 'from': day(n)}
                     for n in since]
        else:
            value = [{'effective': day(n), 'takes': 'none'}
                     if r.random() < 0.2 else
                     {'effective': day(n), 'filters': [
                         {'property': 'g', 'in': r.sample('xy', r.randint(
                             1, 2))}]}
                     for n in since]
            if r.random() < 0.8:
                value.insert(0, {})
        self.dated[name][kind] = value
        self.put_contract(name)
        if name in self.late:
            self.late.remove(name)

    def rolled(self):
        return {p['id'] for _, document in self.plan.versions
                for p in document['prices'] if 'rollover' in p}

    def change_pin(self):
        name = self.r.choice(self.names)
        if self.follows[name] or name in self.late:
            return
        # Since the beginning: what it was before is nobody's business then.
        self.pinned[name] = (self.r.randint(1, len(self.plan.versions)), START)
        self.put_contract(name)

    def rebuild(self):
        while self.r.random() < 0.7:
            if self.r.random() < 0.2:
                self.shop.b.rebuild('plan', 'p', now=self.shop.now,
                                    dry_run=True, step=True)
            if not self.shop.b.rebuild('plan', 'p', now=self.shop.now,
                                       budget=1, step=True).more:
                break

    # ---- what happens twice ----

    def happen(self, what, *arguments):
        self.done.append((what, self.shop.now, arguments))
        what(self.shop, *arguments)

    @staticmethod
    def record(shop, events):
        for receipt in shop.b.record(events, now=shop.now, step=True):
            assert receipt.code == 0, receipt

    @staticmethod
    def void(shop, key):
        shop.b.void(key, now=shop.now, step=True)

    @staticmethod
    def close_month(shop):
        shop.advance(shop.now)

    def event(self, most):
        r = self.r
        self.count += 1
        key = 'e%d' % self.count
        self.live.append(key)
        at = START + datetime.timedelta(seconds=r.randrange(most * 86400))
        return billing.Event(
            key, r.choice(self.names), 'e', time=at,
            properties={'v': r.randint(0, 30), 't': r.choice('abcdef'),
                        'g': r.choice('xy')})

    def live_on(self, first, last):
        r = self.r
        for n in range(first, last, 3):
            self.shop.now = max(self.shop.now, day(n))
            if n and r.random() < 0.6:
                self.happen(World.record,
                            [self.event(min(n, DAYS))
                             for _ in range(r.randint(1, 4))])
            if self.live and r.random() < 0.1:
                key = self.live.pop(r.randrange(len(self.live)))
                self.happen(World.void, key)
            if n > 2 and r.random() < 0.15:
                r.choice([self.change_plan, self.change_override,
                          self.change_override, self.change_dated,
                          self.change_pin])()
            if r.random() < 0.1:
                self.rebuild()
            if r.random() < 0.1:
                self.shop.reopen()

    def play(self):
        for i in range(3):
            self.live_on((MARKS[i] - START).days,
                         (MARKS[i + 1] - START).days)
            self.shop.now = MARKS[i + 1]
            self.happen(World.close_month)
        self.live_on(90, 100)
        for name in list(self.late):
            self.put_contract(name)
        self.shop.b.rebuild('plan', 'p', now=self.shop.now, step=True)
        self.shop.now = MARKS[4] + datetime.timedelta(days=1)
        self.happen(World.close_month)

    def again(self):
        """Under the documents of the end, from the beginning on."""
        shop = Shop(self.folder.name, 'b', False)
        shop.now = START - datetime.timedelta(days=1)
        shop.catalog(self.plan.versions[0][1], self.names)
        for since, document in self.plan.versions[1:]:
            shop.b.put('plan', document, now=shop.now, step=True)
        for name in self.names:
            document = self.contract(name)
            document.pop('effective', None)
            shop.b.put('contract', document, now=shop.now, step=True)
        for what, now, arguments in self.done:
            shop.now = now
            what(shop, *arguments)
        return shop


def main():
    first = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    last = first + 1 if len(sys.argv) > 1 else ROUNDS
    failed = 0
    for seed in range(first, last):
        world = World(seed)
        try:
            world.play()
            other = world.again()
        except Exception:
            print('world %d' % seed)
            raise
        rolled = world.rolled()
        found, wanted = world.shop.billed(rolled), other.billed(rolled)
        is_sound = world.shop.close() and other.close()
        if is_sound and found == wanted:
            continue
        failed += 1
        print('world %d%s' % (seed, '' if is_sound else ' verify: problems'))
        for key in sorted(set(found) | set(wanted)):
            if found.get(key) != wanted.get(key):
                print('  %s is %s, should be %s' % (
                    key, found.get(key), wanted.get(key)))
    print('%d passed, %d failed' % (last - first - failed, failed))
    sys.exit(failed != 0)


if __name__ == '__main__':
    main()
