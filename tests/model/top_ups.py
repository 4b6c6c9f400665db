#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""top_ups.py: top-ups under random rules, usage, payments and failures.

A customer, its contract and the plan have rules by balance and by schedule,
with limits, retries, fees and bonuses.  Usage, grants, outcomes of payments
(also late ones, twice, of rules that pause) and advances come at random; the
handle is opened anew now and then.  The model keeps a balance and a state for
each rule in fractions and asks nothing of the library.  After each step the
balance, the rules as they stand, and in the end every row of the outbox must
agree.  Needs the Python binding.
"""
import sys

HERE = sys.path.pop(0)          # this folder has a decimal.py and a json.py

import os                                                         # noqa: E402
import random                                                     # noqa: E402
import tempfile                                                   # noqa: E402
from datetime import datetime, timedelta, timezone                # noqa: E402
from fractions import Fraction as F                               # noqa: E402

import billing                                                    # noqa: E402

ROUNDS = 2000 if os.environ.get('FULL') == '1' else 120
START = datetime(2026, 1, 1, tzinfo=timezone.utc)
MINUTE = timedelta(minutes=1)
NEVER = datetime.max.replace(tzinfo=timezone.utc)
LONG_AGO = datetime.min.replace(tzinfo=timezone.utc)
UNDER_WAY = ('wanted', 'failed', 'paused')


def money(figure):
    """Cents, a half away from zero."""
    return F((abs(figure) * 100 + F(1, 2)) // 1, 100)


def text(figure):
    scaled = F(figure) * 10**6
    assert scaled.denominator == 1
    whole, rest = divmod(scaled.numerator, 10**6)
    return ('%d.%06d' % (whole, rest)).rstrip('0').rstrip('.')


class Rule:
    def __init__(self, rng, number, of):
        self.id, self.of = 'r%d' % number, of
        self.at = None if rng.random() < 0.3 else F(rng.randrange(0, 6))
        self.every = self.at is None
        self.first = START + rng.randrange(0, 3000) * MINUTE
        self.target = self.amount = None
        self.repeat = False
        if rng.random() < 0.5:
            self.target = F(rng.randrange(6, 30))
        else:
            self.amount = F(rng.randrange(1, 60), 4)
            self.repeat = self.at is not None and rng.random() < 0.5
        self.price = rng.choice([F(1), F(1, 2), F(1, 4), F(2)])
        self.discount = rng.choice([F(0), F(0), F(1, 10), F(1, 3)])
        self.discount = F(self.discount.numerator * 1000
                          // self.discount.denominator, 1000)
        self.mark_up = rng.choice([F(0), F(3, 100)])
        self.fee = rng.choice([F(0), F(30, 100)])
        self.least = rng.choice([F(0), F(0), F(2)])
        self.most = rng.choice([F(0), F(0), F(9)])
        self.bonus = rng.choice([F(0), F(1, 2)])
        self.share = rng.choice([F(0), F(1, 8)])
        self.per = rng.choice([None, 'hour', 'day'])
        self.count = rng.choice([0, 1, 2, 3])
        self.sum = rng.choice([F(0), F(25)])
        if not self.count and not self.sum:
            self.per = None
        self.lasts = rng.choice([30, 120, 1440])
        self.retries = [rng.choice([10, 60, 600])
                        for _ in range(rng.randrange(3))]

    def document(self):
        doc = {'id': self.id, 'asset': 'USD', 'unit_price': text(self.price),
               'discount': text(self.discount), 'mark_up': text(self.mark_up),
               'fee': text(self.fee), 'least': text(self.least),
               'most': text(self.most), 'lasts': self.lasts * 60,
               'retries': [minutes * 60 for minutes in self.retries],
               'bonus': {'amount': text(self.bonus),
                         'share': text(self.share)}}
        if self.every:
            doc.update(every='day', **{'from': self.first.isoformat()})
        else:
            doc['at'] = text(self.at)
        if self.target is not None:
            doc['target'] = text(self.target)
        else:
            doc['amount'] = text(self.amount)
            doc['repeat'] = self.repeat
        if self.per:
            doc['limit'] = {'per': self.per}
            if self.count:
                doc['limit']['count'] = self.count
            if self.sum:
                doc['limit']['amount'] = text(self.sum)
        return doc


class Asked:
    """A top-up."""

    def __init__(self, rule, left, amount):
        self.rule, self.left, self.amount = rule, left, amount
        self.charge = money(amount * rule.price * (1 - rule.discount))
        self.fee = money(self.exact_charge() * rule.mark_up + rule.fee)
        self.bonus = money(rule.bonus + amount * rule.share)
        self.attempt, self.state, self.until = 1, None, None
        self.given_up = False

    def exact_charge(self):
        return self.amount * self.rule.price * (1 - self.rule.discount)

    def shown(self):
        return (self.state, self.amount, self.bonus, self.charge, self.fee,
                self.attempt,
                self.until if self.state in ('wanted', 'failed') else None)


class Model:
    def __init__(self, rules):
        self.rules, self.left = rules, F(0)
        self.last = {}           # of a rule: (Asked, since, due)
        self.windows = {}        # of a rule and window: [count, amount]
        self.rows = {rule: [] for rule in rules}
        self.asked = []          # in their order, all of them

    def window(self, rule, now):
        start = now.replace(minute=0, second=0)
        if rule.per == 'day':
            start = start.replace(hour=0)
        return self.windows.setdefault((rule, start), [0, F(0)])

    def wish(self, rule, now):
        """How much the rule would ask for."""
        left = self.left
        if rule.at is not None and left > rule.at:
            return F(0)
        if rule.target is not None:
            amount = rule.target - left
            if amount <= 0:
                return F(0)
            amount = max(amount, rule.least / rule.price)
        else:
            amount = rule.amount
            if rule.repeat:
                amount *= (rule.at - left) // rule.amount + 1
        if rule.most and (rule.target is not None or
                          (rule.repeat and left < rule.at)):
            amount = min(amount, rule.most / rule.price)
        if rule.per:
            count, used = self.window(rule, now)
            if rule.count and count >= rule.count:
                return F(0)
            if rule.sum:
                amount = min(amount, rule.sum - used)
                if amount < rule.least / rule.price or amount <= 0:
                    return F(0)
        return amount

    def idle(self, rule):
        return rule not in self.last or \
            self.last[rule][0].state not in UNDER_WAY

    def note(self, asked, state, now, until=None, due=None):
        asked.state, asked.until = state, until
        rule = asked.rule
        before = self.last.get(rule)
        if not before or before[0] is asked or due is not None:
            if due is None:
                due = before[2] if before else LONG_AGO
            self.last[rule] = (asked, now, due)
        if state not in ('skipped', 'resumed'):
            kind = 'failed' if state == 'paused' else state
            self.rows[rule].append((kind,) + asked.shown())

    def ask(self, rule, now, due):
        amount = self.wish(rule, now)
        asked = Asked(rule, self.left, amount)
        if not amount:
            return self.note(asked, 'skipped', now, due=due)
        self.asked.append(asked)
        if rule.per:
            window = self.window(rule, now)
            window[0] += 1
            window[1] += amount
        return self.note(asked, 'wanted', now, now + rule.lasts * MINUTE, due)

    def look(self, now):
        for rule in self.rules:
            if rule.at is not None and self.idle(rule) and \
                    self.wish(rule, now):
                self.ask(rule, now, LONG_AGO)

    def due(self, rule, now):
        """When time brings something of the rule."""
        asked, since, due = self.last.get(rule, (None, LONG_AGO, LONG_AGO))
        if not self.idle(rule):
            return NEVER if asked.state == 'paused' else asked.until
        if rule.at is not None:
            return since if self.wish(rule, now) else NEVER
        at = rule.first
        while asked and at <= max(since, due):
            at += timedelta(1)
        return at

    def fail(self, asked, now):
        retries = asked.rule.retries
        if asked.attempt <= len(retries):
            self.note(asked, 'failed', now,
                      now + retries[asked.attempt - 1] * MINUTE)
        else:
            self.note(asked, 'paused', now)

    def advance(self, now):
        while True:
            due, rule = min(((self.due(rule, now), i)
                             for i, rule in enumerate(self.rules)))
            if due > now:
                return
            rule = self.rules[rule]
            if self.idle(rule):
                self.ask(rule, now, due if rule.every else LONG_AGO)
            elif self.last[rule][0].state == 'wanted':
                self.fail(self.last[rule][0], now)
            else:
                asked = self.last[rule][0]
                if rule.at is None or self.left <= rule.at:
                    asked.attempt += 1
                    self.note(asked, 'wanted', now, now + rule.lasts * MINUTE)
                else:
                    self.note(asked, 'void', now)
            self.look(now)

    def end(self, asked, outcome, now):
        """Whether that can become of it."""
        fits = {'paid': UNDER_WAY + ('resumed',), 'failed': ('wanted',),
                'void': UNDER_WAY, 'resume': ('paused',)}[outcome]
        by_itself = outcome == 'paid' and asked.state == 'void' and \
            not asked.given_up
        if asked.state not in fits and not by_itself:
            return False
        if outcome == 'failed':
            self.fail(asked, now)
        elif outcome == 'paid':
            self.left += asked.amount + asked.bonus
            self.note(asked, 'paid', now)
        else:
            asked.given_up = outcome == 'void'
            self.note(asked, 'resumed' if outcome == 'resume' else 'void', now)
        self.look(now)
        return True


def told(row):
    """A top-up as the library tells it, like Asked.shown."""
    until = row.get('until', row.get('again'))
    return (row['state'],) + tuple(
        F(row[name]) for name in ('amount', 'bonus', 'charge', 'fee')) + (
            row['attempt'], datetime.fromisoformat(until) if until else None)


class Round:
    def __init__(self, seed, path):
        rng = self.rng = random.Random(seed)
        self.now, self.path, self.keys = START, path, 0
        self.rules = [Rule(rng, i, rng.choice(['customer', 'contract',
                                               'plan']))
                      for i in range(rng.randrange(1, 4))]
        self.rules.sort(key=lambda r: ['customer', 'contract',
                                       'plan'].index(r.of))
        self.model = Model(self.rules)
        self.b = billing.open(path, tenant='t')
        self.put()

    def of(self, of):
        return [rule.document() for rule in self.rules if rule.of == of]

    def put(self):
        self.b.catalog_apply({
            'tenant': {'id': 't'},
            'customers': [{'id': 'a', 'top_ups': self.of('customer')}],
            'meters': [{'id': 'm', 'event': 'e', 'aggregation': 'sum'}],
            'plans': [{'id': 'p', 'currency': 'USD',
                       'top_ups': self.of('plan'),
                       'prices': [{'id': 'x', 'meter': 'm',
                                   'model': 'per_unit', 'unit': '0.10'}]}],
            'contracts': [{'id': 'c', 'customer': 'a', 'plan': 'p',
                           'start': '2026-01-01',
                           'top_ups': self.of('contract')}]}, now=self.now)
        self.model.look(self.now)

    def key(self):
        self.keys += 1
        return 'k%d' % self.keys

    def use(self):
        units = self.rng.randrange(1, 80)
        self.b.record([{'key': self.key(), 'customer': 'a', 'event': 'e',
                        'value': units, 'time': self.now}], now=self.now,
                      step=True)
        self.model.left = max(F(0), self.model.left - F(units, 10))
        self.model.look(self.now)

    def grant(self):
        amount = self.rng.randrange(1, 12)
        self.b.grant(self.key(), 'a', amount, 'USD', now=self.now, step=True)
        self.model.left += amount
        self.model.look(self.now)

    def numbers(self):
        """Of all that were asked for, in their order."""
        rows = [row['body'] for row in self.rows()]
        seen = []
        for row in rows:
            if row['type'] == 'top_up.wanted' and \
                    row['data']['top_up'] not in seen:
                seen.append(row['data']['top_up'])
        return seen

    def end(self):
        if not self.model.asked:
            return
        place = self.rng.randrange(len(self.model.asked))
        if self.rng.random() < 0.8:
            place = max(place, len(self.model.asked) - 3)
        number, asked = self.numbers()[place], self.model.asked[place]
        outcome = self.rng.choice(['paid', 'paid', 'failed', 'failed', 'void',
                                   'resume'])
        fits = self.model.end(asked, outcome, self.now)
        key = self.key()
        try:
            said = self.b.top_up(key, number, outcome, now=self.now,
                                 step=True)
            assert fits, (outcome, asked.state)
            again = self.b.top_up(key, number, outcome, now=self.now)
            assert said == again
        except billing.ConflictError:
            assert not fits, (outcome, asked.state)

    def advance(self):
        self.model.advance(self.now)
        budget = self.rng.choice([0, 1])
        while self.b.advance(now=self.now, step=True, budget=budget).more:
            pass

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
        left = F(self.b.balance('a', 'USD', now=self.now).left)
        assert left == self.model.left, (left, self.model.left)
        for rule, row in zip(self.rules, self.b.top_ups('a', now=self.now)):
            assert (row['of'], row['rule']) == (rule.of, rule.id)
            if rule not in self.model.last:
                assert row['state'] == 'idle', row
                continue
            asked = self.model.last[rule][0]
            assert told(row) == asked.shown(), (row, asked.shown())
            if rule.per:
                used = row['used']
                assert [int(used['count']), F(used['amount'])] == \
                    self.model.window(rule, self.now), row

    def compare_rows(self):
        rows = {rule.id: [] for rule in self.rules}
        for row in self.rows():
            body = row['body']
            kind, _, what = body['type'].partition('.')
            if kind == 'top_up':
                rows[body['data']['rule']].append(
                    (what,) + told(body['data']))
        for rule in self.rules:
            assert rows[rule.id] == self.model.rows[rule], (
                rule.id, rows[rule.id], self.model.rows[rule])

    def run(self):
        for _ in range(self.rng.randrange(10, 60)):
            if self.rng.random() < 0.6:
                self.now += self.rng.choice([1, 7, 30, 61, 700]) * MINUTE
            self.rng.choice([self.use, self.use, self.use, self.grant,
                             self.end, self.end, self.advance, self.advance,
                             self.reopen])()
            self.compare()
        self.compare_rows()
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
