#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""alerts.py: alerts of random kinds, windows and bands, against a model.

A customer uses, gets grants and is loaded anew at random times.  The model
keeps what was used and when, takes each figure before and after a call in
fractions, and asks nothing of the library.  In the end every row that was told
must agree.  Needs the Python binding.
"""
import sys

HERE = sys.path.pop(0)          # this folder has a decimal.py and a json.py

import os                                                         # noqa: E402
import random                                                     # noqa: E402
import tempfile                                                   # noqa: E402
from datetime import datetime, timedelta, timezone                # noqa: E402
from fractions import Fraction as F                               # noqa: E402

import billing                                                    # noqa: E402

ROUNDS = 2000 if os.environ.get('FULL') == '1' else 150
START = datetime(2026, 1, 1, tzinfo=timezone.utc)
MINUTE = timedelta(minutes=1)
NEVER = F(10**30)


def text(figure):
    scaled = F(figure) * 100
    assert scaled.denominator == 1
    return '%d.%02d' % divmod(scaled.numerator, 100)


def exact(figure):
    """18 decimals, half to even."""
    return F(round(figure * 10**18), 10**18)


class Alert:
    def __init__(self, rng, number, of):
        self.id, self.owner = 'a%d' % number, of
        self.of = rng.choice(['balance', 'owed', 'spend', 'spend', 'usage',
                              'exhaustion'])
        self.falls = self.of in ('balance', 'exhaustion')
        self.per = self.hours = None
        if self.of in ('spend', 'usage') and rng.random() < 0.5:
            self.per = rng.choice(['hour', 'day'])
        elif self.of in ('usage', 'exhaustion') or (
                self.of == 'spend' and rng.random() < 0.7):
            self.hours = rng.choice([1, 5, 24])
        most = {'balance': 12, 'owed': 6, 'spend': 20, 'usage': 200,
                'exhaustion': 4}[self.of]
        self.at = F(rng.randrange(1, most * 4), 4)
        self.band = rng.random() < 0.5
        self.back = self.at + F(rng.randrange(1, 12), 4) if self.falls \
            else self.at * F(rng.randrange(0, 4), 4)
        self.back = F(int(self.back * 100), 100)
        self.told = False

    def document(self):
        doc = {'id': self.id, 'of': self.of, 'at': text(self.at)}
        if self.of == 'usage':
            doc['meter'] = 'm'
        else:
            doc['asset'] = 'USD'
        if self.per:
            doc['per'] = self.per
        if self.hours:
            doc['hours'] = self.hours
        if self.band:
            doc['recovers'] = text(self.back)
        return doc

    def is_met(self, figure, at, falls):
        return figure <= at if falls else figure >= at


class Model:
    def __init__(self, alerts):
        self.alerts, self.rows = alerts, []
        self.left, self.owed, self.spend = F(0), F(0), F(0)
        self.uses = []           # (when, units)

    def window(self, alert, now):
        """Units in its window."""
        if alert.per:
            start = now.replace(minute=0, second=0)
            if alert.per == 'day':
                start = start.replace(hour=0)
            return sum((n for at, n in self.uses if at >= start), F(0))
        slice_s = alert.hours * 60
        length = timedelta(hours=alert.hours)
        total = F(0)
        for at, units in self.uses:
            end = (int(at.timestamp()) // slice_s + 1) * slice_s
            if datetime.fromtimestamp(end, timezone.utc) + length > now:
                total += units
        return total

    def figure(self, alert, now):
        if alert.of == 'balance':
            return self.left
        if alert.of == 'owed':
            return self.owed
        if alert.of == 'usage':
            return self.window(alert, now)
        if alert.of == 'spend':
            return self.window(alert, now) / 10 \
                if alert.per or alert.hours else self.spend
        spent = self.window(alert, now) / 10
        if spent <= 0:
            return NEVER
        return exact(exact(self.left * alert.hours / 24) / spent)

    def call(self, now, change):
        before = [self.figure(alert, now) for alert in self.alerts]
        change()
        for alert, was in zip(self.alerts, before):
            figure = self.figure(alert, now)
            is_met = alert.is_met(figure, alert.at, alert.falls)
            if not alert.band:
                if is_met and not alert.is_met(was, alert.at, alert.falls):
                    self.rows.append(('reached', alert.id, figure))
            elif not alert.told and is_met:
                alert.told = True
                self.rows.append(('reached', alert.id, figure))
            elif alert.told and alert.is_met(figure, alert.back,
                                             not alert.falls):
                alert.told = False
                self.rows.append(('recovered', alert.id, figure))


class Round:
    def __init__(self, seed, path):
        rng = self.rng = random.Random(seed)
        self.now, self.path, self.keys = START, path, 0
        self.alerts = [Alert(rng, i, 'tenant' if i < 2 else 'contract')
                       for i in range(rng.randrange(1, 7))]
        self.model = Model(self.alerts)
        self.used = []           # (key, units, what of it was drawn)
        self.b = billing.open(path, tenant='t')
        self.b.catalog_apply({
            'tenant': {'id': 't', 'alerts': self.of('tenant')},
            'customers': [{'id': 'a'}],
            'meters': [{'id': 'm', 'event': 'e', 'aggregation': 'sum'}],
            'plans': [{'id': 'p', 'currency': 'USD',
                       'prices': [{'id': 'x', 'meter': 'm',
                                   'model': 'per_unit', 'unit': '0.10'}]}],
            'contracts': [{'id': 'c', 'customer': 'a', 'plan': 'p',
                           'start': '2026-01-01',
                           'alerts': self.of('contract')}]}, now=self.now)
        self.model.call(self.now, lambda: None)

    def of(self, owner):
        return [alert.document() for alert in self.alerts
                if alert.owner == owner]

    def key(self):
        self.keys += 1
        return 'k%d' % self.keys

    def take(self, units):
        m = self.model
        cost = F(units, 10)
        drawn = min(m.left, cost)
        m.left -= drawn
        m.owed += cost - drawn
        m.spend += cost
        m.uses.append((self.now, F(units)))

    def use(self):
        units = [self.rng.randrange(1, 60)
                 for _ in range(self.rng.randrange(1, 4))]
        events = [{'key': self.key(), 'customer': 'a', 'event': 'e',
                   'value': n, 'time': self.now} for n in units]
        self.b.record(events, now=self.now, step=True)
        self.model.call(self.now, lambda: [self.take(n) for n in units])

    def give(self, amount):
        self.model.left += amount

    def grant(self):
        amount = self.rng.randrange(1, 15)
        self.b.grant(self.key(), 'a', amount, 'USD', now=self.now, step=True)
        self.model.call(self.now, lambda: self.give(amount))

    def reopen(self):
        self.b.close()
        self.b = billing.open(self.path, tenant='t')

    def rows(self):
        after, rows = None, []
        while True:
            page = self.b.outbox(after=after, limit=1000)
            rows += page['rows']
            if 'next' not in page:
                return rows
            after = int(page['next'])

    def compare(self):
        told = []
        for row in self.rows():
            kind, _, what = row['body']['type'].partition('.')
            if kind == 'alert':
                data = row['body']['data']
                told.append((what, data['alert'], F(data['value'])
                             if 'value' in data else NEVER))
        assert told == self.model.rows, (told, self.model.rows,
                                         [a.document() for a in self.alerts])

    def run(self):
        for _ in range(self.rng.randrange(5, 40)):
            if self.rng.random() < 0.7:
                self.now += self.rng.choice([1, 9, 30, 61, 200, 1500]) * MINUTE
            self.rng.choice([self.use, self.use, self.use, self.grant,
                             self.reopen])()
        self.compare()
        problems = self.b.verify(now=self.now)
        assert problems['ok'], problems
        self.b.close()


def main():
    first = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    rounds = 1 if len(sys.argv) > 1 else ROUNDS
    for seed in range(first, first + rounds):
        with tempfile.TemporaryDirectory() as folder:
            try:
                Round(seed, os.path.join(folder, 'b.db')).run()
            except Exception:
                print('seed %d' % seed)
                raise
    print('%d passed, 0 failed' % rounds)


main()
