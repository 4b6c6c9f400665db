#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""streams.py: random streams of events through billing_record, against the
model of meters.py.

Events of three months come in any order and in batches cut anywhere, some of
them twice, some voided or corrected later, while periods close and files are
opened anew.  At the end, each period and group has the quantity that the model
makes of what is left, and has been charged for it, at 1 a unit, to the last
decimal.  Half of the meters that a statement of SQL can say are one.  Needs
the Python binding.
"""
import sys

HERE = sys.path.pop(0)          # this folder has a decimal.py and a json.py

import datetime                                                   # noqa: E402
import importlib.util                                             # noqa: E402
import os                                                         # noqa: E402
import random                                                     # noqa: E402
import tempfile                                                   # noqa: E402
import zoneinfo                                                   # noqa: E402
from fractions import Fraction as F                               # noqa: E402

import billing                                                    # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
SPEC = importlib.util.spec_from_file_location('meters', HERE + '/meters.py')
PATH = sys.path[:]
meters = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(meters)
sys.path[:] = PATH              # the model pops its own folder

ROUNDS = 3000 if os.environ.get('FULL') == '1' else 300
STATED = {'count': 'count(*)', 'sum': 'sum(v)', 'max': 'max(v)',
          'min': 'min(v)', 'average': 'avg(v)',
          'latest': 'latest(v, time_us)', 'earliest': 'earliest(v, time_us)'}
MICRO = datetime.timedelta(microseconds=1)


class Cycle(meters.Period):
    """A billing period: shares are of all of it."""

    def __init__(self, start, end, zone):
        super().__init__(start, end, 0, zone)

    def whole(self, share):
        if share == 'time':
            return self.end - self.start
        return self.day(self.end - 1) + 1 - self.day(self.start)


def moment(us):
    return meters.EPOCH + us * MICRO


def instant(text):
    at = datetime.datetime.fromisoformat(text.replace('Z', '+00:00'))
    return (at - meters.EPOCH) // MICRO


class Shop:
    """One customer, one meter, three calendar months from `start` on."""

    def __init__(self, seed):
        self.r = r = random.Random(seed)
        self.meter = meters.some_meter(r)
        self.statement = random.Random(~seed).random() < 0.5
        self.zone = r.choice(meters.ZONES)
        year, month = r.randint(2021, 2026), r.randint(1, 12)
        marks = []
        for i in range(4):
            n = month - 1 + i
            at = datetime.datetime(year + n // 12, n % 12 + 1, 1,
                                   tzinfo=zoneinfo.ZoneInfo(self.zone))
            marks.append((at - meters.EPOCH) // MICRO)
        self.cycles = [Cycle(a, b, self.zone)
                       for a, b in zip(marks, marks[1:])]
        self.now = marks[0]
        self.file = r.random() < 0.2
        self.folder = tempfile.TemporaryDirectory()
        self.live = {}           # key -> what the model sees
        self.sent = []           # events that were recorded
        self.count = 0
        self.open()
        self.b.catalog_apply(self.catalog(), now=moment(self.now))
        if r.random() < 0.5:
            self.b.grant('g', 'acme', 1000, 'USD', now=moment(self.now))

    def open(self):
        path = self.folder.name + '/a.db' if self.file else ':memory:'
        self.b = billing.open(path, tenant='t')

    def stated(self):
        """The same meter as a statement of SQL, if one may say that."""
        kind = self.meter['aggregation']
        if kind not in STATED or not self.statement or (
                self.meter.get('recurring') or
                self.meter.get('proration', 'none') != 'none'):
            return self.meter
        meter = {k: v for k, v in self.meter.items() if k in (
            'id', 'event', 'convert', 'negative')}
        if kind in ('count', 'sum'):
            meter['tick'] = random.Random(~self.cycles[0].start).choice(
                ['period', 'day', 'hour'])
        return dict(meter, aggregation='sql', properties=['v', 'g'],
                    sql=('SELECT %s AS value, g FROM events GROUP BY g'
                         if 'groups' in self.meter else
                         'SELECT %s FROM events') % STATED[kind])

    def catalog(self):
        price = {'id': 'p', 'meter': 'm', 'model': 'per_unit', 'unit': '1'}
        if 'groups' in self.meter:
            price['groups'] = ['g']
        return {'tenant': {'id': 't'}, 'customers': [{'id': 'acme'}],
                'meters': [self.stated()],
                'plans': [{'id': 'plan', 'currency': 'USD',
                           'prices': [price]}],
                'contracts': [{'id': 'c', 'customer': 'acme', 'plan': 'plan',
                               'zone': self.zone, 'start':
                               self.cycles[0].start}]}

    def event(self, at):
        r = self.r
        self.count += 1
        text, removes = r.choice('abc'), r.random() < 0.4
        value = F(r.randint(-10 ** 6, 10 ** 6), 10 ** r.randint(0, 6))
        if self.meter['aggregation'] == 'count':
            value = F(1)
        group = r.choice('xyz')
        properties = {'v': meters.decimal(value), 'g': group}
        if self.meter['aggregation'] == 'unique':
            properties['v'] = text
        if removes:
            properties['op'] = 'remove'
        key = 'k%d' % self.count
        return (billing.Event(key, 'acme', 'e', time=moment(at),
                              properties=properties),
                meters.Event(at, self.count, value, text, removes, group))

    def keep(self, pair):
        self.sent.append(pair)
        self.live[pair[0].key] = pair[1]

    def record(self, pairs):
        twice = [p for p in pairs + self.sent if self.r.random() < 0.1]
        batch = pairs + [p for p in twice]
        known = {p[0].key for p in self.sent}
        for pair, receipt in zip(batch, self.b.record(
                [p[0] for p in batch], now=moment(self.now))):
            is_new = pair[0].key not in known
            known.add(pair[0].key)
            assert receipt.status == (
                billing.Status.NEW if is_new else billing.Status.SAME), receipt
            if is_new:
                self.keep(pair)

    def void(self):
        if not self.sent:
            return
        key = self.r.choice(self.sent)[0].key
        receipt = self.b.void(key, now=moment(self.now))
        assert (receipt.status == billing.Status.NEW) == (key in self.live)
        self.live.pop(key, None)

    def correct(self):
        if not self.live:
            return
        key = self.r.choice(sorted(self.live))
        pair = self.event(self.live[key].at)
        self.b.correct(key, pair[0], now=moment(self.now))
        self.live.pop(key)
        self.keep(pair)

    def reopen(self):
        if self.file:
            self.b.close()
            self.open()

    def play(self):
        r = self.r
        start, end = self.cycles[0].start, self.cycles[-1].end
        times = r.sample(range(start, end), r.choice([0, 1, 5, 20, 60]))
        for cycle in self.cycles:
            while times and r.random() < 0.9:
                size = r.randint(1, 8)
                cut, times = times[:size], times[size:]
                self.record([self.event(at) for at in cut])
                if r.random() < 0.2:
                    r.choice([self.void, self.correct, self.reopen])()
            self.now = cycle.end
            self.b.advance(moment(self.now), now=moment(self.now), step=True)
            if r.random() < 0.3:
                r.choice([self.void, self.correct, self.reopen])()
        self.record([self.event(at) for at in times])
        # A fourth period closes, and corrects the three.
        self.now += 32 * meters.DAY
        self.b.advance(moment(self.now), now=moment(self.now), step=True)

    def wanted(self):
        """{(start, group): quantity}, of what is not nothing."""
        out = {}
        for cycle in self.cycles:
            found = meters.measure(list(self.live.values()), self.meter,
                                   cycle)
            for group, (quantity, _, _) in found.items():
                if quantity:
                    out[cycle.start, group] = quantity
        return out

    def found(self):
        quantities, amounts = {}, {}
        for row in self.b.usage('acme')['usage']:
            key = instant(row['from']), row.get('group', {}).get('g', '')
            if key[0] < self.now - 32 * meters.DAY:
                quantities[key] = F(row['quantity'])
                amounts[key] = F(row['amount'])
        return ({k: v for k, v in quantities.items() if v},
                {k: v for k, v in amounts.items() if v})

    def billed(self):
        """What invoices say in all, by period and group."""
        out, number = {}, 0
        while True:
            number += 1
            try:
                told = self.b.invoice('INV-%06d' % number)
            except billing.NotFoundError:
                return {k: v for k, v in out.items() if v}
            for line in told['lines']:
                key = (instant(line['service']['from']),
                       line.get('group', {}).get('g', ''))
                if key[0] < self.now - 32 * meters.DAY:
                    out[key] = out.get(key, 0) + F(line['amount'])

    def close(self):
        told = self.b.verify()
        self.b.close()
        self.folder.cleanup()
        return told['ok']


def main():
    first = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    last = first + 1 if len(sys.argv) > 1 else ROUNDS
    failed = 0
    for seed in range(first, last):
        shop = Shop(seed)
        shop.play()
        wanted, (quantities, amounts) = shop.wanted(), shop.found()
        billed = shop.billed()
        is_sound = shop.close()
        if wanted == quantities == amounts == billed and is_sound:
            continue
        failed += 1
        print('stream %d %s\n  model  %s\n  usage  %s\n  charge %s\n'
              '  billed %s%s' % (
            seed, shop.meter, wanted, quantities, amounts, billed,
            '' if is_sound else '\n  verify finds problems'))
    print('%d passed, %d failed' % (last - first - failed, failed))
    sys.exit(failed != 0)


if __name__ == '__main__':
    main()
