#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""rebuilds.py: random streams under meters that change, against the model of
meters.py.

As streams.py, for several customers; and at any time the meter becomes another
one, of all that was recorded, or other events of it count, from a moment in
the past on.  Rebuilds are cut anywhere, with events, voids, closes and files
opened anew in between.  At the end everything is as the last meter has it, as
if the events had been recorded under no other.  Needs the Python binding.
"""
import sys

HERE = sys.path.pop(0)          # this folder has a decimal.py and a json.py

import importlib.util                                             # noqa: E402
import os                                                         # noqa: E402
import random                                                     # noqa: E402
from fractions import Fraction as F                               # noqa: E402

import billing                                                    # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))


def module(name):
    spec = importlib.util.spec_from_file_location(name, '%s/%s.py' %
                                                  (HERE, name))
    path = sys.path[:]
    made = importlib.util.module_from_spec(spec)
    sys.path.insert(0, HERE)    # it pops its own folder
    spec.loader.exec_module(made)
    sys.path[:] = path
    return made


streams = module('streams')
meters = streams.meters
moment, instant = streams.moment, streams.instant
ROUNDS = 3000 if os.environ.get('FULL') == '1' else 300


class Shop(streams.Shop):
    """Some customers, whose meter changes."""

    def __init__(self, seed):
        r = random.Random(seed * 7 + 1)
        self.names = ['acme', 'bolt', 'cord', 'dune'][:r.randint(1, 4)]
        self.grouped = r.random() < 0.4
        self.versions = [(-2 ** 62, None)]
        self.owner = {}
        self.pending = False
        super().__init__(seed)

    def fit(self):
        self.meter.pop('groups', None)
        if self.grouped:
            self.meter['groups'] = ['g']
        if 'property' in self.meter:
            unique = self.meter['aggregation'] == 'unique'
            self.meter['property'] = 't' if unique else 'v'

    def document(self):
        document = dict(self.stated())
        start, values = self.versions[-1]
        if values:
            document['filters'] = [{'property': 'g', 'in': values}]
        if start > -2 ** 62:
            document['effective'] = start
        return document

    def catalog(self):
        self.fit()
        catalog = super().catalog()
        catalog['meters'] = [self.document()]
        catalog['customers'] = [{'id': n} for n in self.names]
        one, = catalog['contracts']
        catalog['contracts'] = [dict(one, id='c' + n, customer=n)
                                for n in self.names]
        return catalog

    def event(self, at):
        r = self.r
        self.count += 1
        text, removes = r.choice('abc'), r.random() < 0.4
        value = F(r.randint(-10 ** 6, 10 ** 6), 10 ** r.randint(0, 6))
        group = r.choice('xyz')
        properties = {'v': meters.decimal(value), 'g': group, 't': text}
        if removes:
            properties['op'] = 'remove'
        key = 'k%d' % self.count
        self.owner[key] = r.choice(self.names)
        return (billing.Event(key, self.owner[key], 'e', time=moment(at),
                              properties=properties),
                meters.Event(at, self.count, value, text, removes, group))

    def correct(self):
        if not self.live:
            return
        key = self.r.choice(sorted(self.live))
        pair = self.event(self.live[key].at)
        self.b.correct(key, pair[0], now=moment(self.now))
        self.live.pop(key)
        self.keep(pair)

    def other_meter(self):
        was, stated = self.meter['aggregation'], self.document()
        while self.meter['aggregation'] == was:
            self.meter = meters.some_meter(self.r)
        self.fit()
        # One statement after another is only a statement that changed.
        self.statement = (stated['aggregation'] != 'sql' and
                          self.r.random() < 0.3)
        self.versions = [(-2 ** 62, self.r.choice([None, ['x', 'y']]))]

    def other_events(self):
        low = self.cycles[0].start - 1000
        start = self.r.randint(low, self.now - 1) if self.now > low else low
        self.versions = [v for v in self.versions if v[0] < start] + [
            (start, self.r.choice([['x'], ['y', 'z'], ['z']]))]

    def change(self):
        self.r.choice([self.other_meter, self.other_events])()
        self.b.put('meter', self.document(), now=moment(self.now))
        self.pending = True
        self.rebuild()

    def rebuild(self):
        if self.pending and self.r.random() < 0.2:
            self.b.rebuild('meter', 'm', now=moment(self.now), dry_run=True)
        while self.pending and self.r.random() < 0.7:
            told = self.b.rebuild('meter', 'm', now=moment(self.now), budget=1)
            assert told.customers == len(self.names)
            self.pending = told.more

    def finish(self):
        while self.pending:
            self.rebuild()

    def play(self):
        r = self.r
        if r.random() < 0.5:
            for name in self.names:
                self.b.grant('g' + name, name, 1000, 'USD',
                             now=moment(self.now))
        start, end = self.cycles[0].start, self.cycles[-1].end
        times = r.sample(range(start, end), r.choice([1, 5, 20, 60]))
        extras = [self.void, self.correct, self.reopen, self.change,
                  self.rebuild, self.rebuild]
        for cycle in self.cycles:
            while times and r.random() < 0.9:
                size = r.randint(1, 8)
                cut, times = times[:size], times[size:]
                self.record([self.event(at) for at in cut])
                if r.random() < 0.4:
                    r.choice(extras)()
            self.now = cycle.end
            self.b.advance(moment(self.now), now=moment(self.now), step=True)
            if r.random() < 0.4:
                r.choice(extras)()
        self.record([self.event(at) for at in times])
        self.finish()
        self.now += 32 * meters.DAY
        self.b.advance(moment(self.now), now=moment(self.now), step=True)

    def counts(self, event):
        found = [v for start, v in self.versions if start <= event.at][-1]
        return found is None or event.group in found

    def wanted(self):
        """{(customer, start, group): quantity}, and how many are not wanted
        by the meter."""
        out, unmatched = {}, 0
        count = self.meter['aggregation'] == 'count'
        for name in self.names:
            mine = [e for k, e in self.live.items() if self.owner[k] == name]
            live = [e._replace(value=F(1)) if count else e
                    for e in mine if self.counts(e)]
            unmatched += len(mine) - len(live)
            for cycle in self.cycles:
                found = meters.measure(live, self.meter, cycle)
                for group, (quantity, _, _) in found.items():
                    if quantity:
                        out[name, cycle.start, group] = quantity
        return out, unmatched

    def found(self):
        quantities, amounts, unmatched = {}, {}, 0
        for name in self.names:
            told = self.b.usage(name)
            unmatched += told['unmatched']
            for row in told['usage']:
                key = (name, instant(row['from']),
                       row.get('group', {}).get('g', ''))
                if key[1] < self.now - 32 * meters.DAY:
                    quantities[key] = F(row['quantity'])
                    amounts[key] = F(row['amount'])
        health = self.b.usage_health()['unbilled']
        listed = sum(row['count'] for row in health)
        return ({k: v for k, v in quantities.items() if v},
                {k: v for k, v in amounts.items() if v}, unmatched, listed)

    def billed(self):
        out, number = {}, 0
        while True:
            number += 1
            try:
                told = self.b.invoice('INV-%06d' % number)
            except billing.NotFoundError:
                return {k: v for k, v in out.items() if v}
            for line in told['lines']:
                key = (told['customer'],
                       instant(line['service']['from']),
                       line.get('group', {}).get('g', ''))
                if key[1] < self.now - 32 * meters.DAY:
                    out[key] = out.get(key, 0) + F(line['amount'])


def main():
    first = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    last = first + 1 if len(sys.argv) > 1 else ROUNDS
    failed = 0
    for seed in range(first, last):
        shop = Shop(seed)
        try:
            shop.play()
        except Exception:
            print('stream %d' % seed)
            raise
        (wanted, unmatched), found = shop.wanted(), shop.found()
        billed = shop.billed()
        is_sound = shop.close()
        if is_sound and (wanted, wanted, unmatched, unmatched,
                         wanted) == found + (billed,):
            continue
        failed += 1
        print('stream %d %s %s\n  model  %s %d\n  usage  %s\n  charge %s\n'
              '  unmatched %d, listed %d\n  billed %s%s' % (
                  (seed, shop.meter, shop.versions, wanted, unmatched)
                  + found + (billed,
                             '' if is_sound else '\n  verify: problems')))
    print('%d passed, %d failed' % (last - first - failed, failed))
    sys.exit(failed != 0)


if __name__ == '__main__':
    main()
