#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""grants.py: recurring grants, and grants that are changed, against a model.

A contract gives tokens by the month, week or day, with shares of cut periods,
rollover and ends after some periods; others are given, voided, refunded and
prolonged.  Usage comes at random, time is advanced or not.  The model keeps a
list of lots in fractions and asks nothing of the library; it counts periods
with Python's calendar.  What each event draws, what is left after each step,
and the lots at the end must agree.  Needs the Python binding.
"""
import sys

HERE = sys.path.pop(0)          # this folder has a decimal.py and a json.py

import os                                                         # noqa: E402
import random                                                     # noqa: E402
from datetime import datetime, timedelta, timezone                # noqa: E402
from decimal import Decimal                                       # noqa: E402
from fractions import Fraction as F                               # noqa: E402

import billing                                                    # noqa: E402

ROUNDS = 2000 if os.environ.get('FULL') == '1' else 150
UTC = timezone.utc
NEVER = datetime.max.replace(tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def exact(figure):
    """A figure as the library keeps it: 18 decimals, half to even."""
    return F(round(figure * 10**18), 10**18)


def decimal(figure):
    return Decimal(figure.numerator * 10**18 // figure.denominator).scaleb(-18)


def cycle(every, at):
    """The whole cycle that holds a moment."""
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    if every == 'day':
        return day, day + timedelta(1)
    if every == 'week':
        day -= timedelta(day.weekday())
        return day, day + timedelta(7)
    first = day.replace(day=1)
    return first, (first + timedelta(32)).replace(day=1)


class Lot:
    def __init__(self, number, origin, amount, start, end, priority, rule=None,
                 full_end=None):
        self.number, self.origin, self.amount = number, origin, amount
        self.left, self.start, self.end = amount, start, end
        self.priority, self.rule, self.full_end = priority, rule, full_end
        self.void = False

    def holds(self, at):
        return not self.void and self.start <= at < self.end

    def shown(self):
        return (self.number, self.origin, self.amount, self.start,
                None if self.end == NEVER else self.end)


class Model:
    """What a customer has, by the calendar alone."""

    def __init__(self, start, rules, seats):
        self.start, self.rules, self.seats = start, rules, seats
        self.lots = []
        self.next = [start for _ in rules]

    def add(self, *arguments, **more):
        self.lots.append(Lot(len(self.lots) + 1, *arguments, **more))

    def end_after(self, rule, full_end, periods):
        for _ in range(periods - 1):
            full_end = cycle(rule['every'], full_end)[1]
        return full_end

    def give_one(self, at):
        """The soonest that is due; of equals the first rule."""
        due = min(self.next)
        if due > at:
            return False
        index = self.next.index(due)
        rule = self.rules[index]
        low, high = cycle(rule['every'], due)
        share = F((high - due) // timedelta(microseconds=1),
                  (high - low) // timedelta(microseconds=1))
        amount = exact(rule['amount'] * (self.seats if rule['seats'] else 1)
                       * share)
        lasts = rule['lasts']
        end = self.end_after(rule, high, lasts) if lasts else NEVER
        self.add('recurring', amount, due, end, rule['priority'], rule, high)
        self.next[index] = high
        return True

    def roll(self, lot):
        rule = lot.rule
        lot.rule = None
        if not rule or not rule['share']:
            return
        moved = min(exact(lot.left * rule['share']), rule['limit'])
        end = self.end_after(rule, lot.full_end,
                             rule['lasts'] + rule['more'])
        if moved > 0 and end > lot.end:
            lot.left -= moved
            self.add('rollover', moved, lot.start, end, lot.priority)

    def ended(self, at):
        return [lot for lot in self.lots if lot.rule and lot.end <= at]

    def ask(self, at):
        """Whoever asks: all is given, then what has ended rolls over, in the
        order in which it would be drawn."""
        while self.give_one(at):
            pass
        while self.ended(at):
            self.roll(min(self.ended(at), key=lambda lot: (
                lot.priority, lot.end, lot.start, lot.number)))

    def advance(self, at):
        """One thing after the other, by its time; ends before beginnings."""
        while True:
            ends = min(self.ended(at), key=lambda lot: (lot.end, lot.number),
                       default=None)
            due = min(self.next)
            if ends and ends.end <= due:
                self.roll(ends)
            elif due <= at:
                self.give_one(due)
            else:
                break

    def draw(self, amount, at):
        rest = amount
        lots = [lot for lot in self.lots if lot.holds(at) and lot.left > 0]
        for lot in sorted(lots, key=lambda lot: (lot.priority, lot.end,
                                                 lot.start, lot.number)):
            taken = min(rest, lot.left)
            lot.left -= taken
            rest -= taken
        return amount - rest

    def balance(self, at):
        return sum((lot.left for lot in self.lots if lot.holds(at)), F(0))


def document(rule, number):
    grant = {'id': 'g%d' % number, 'asset': 'tok', 'every': rule['every'],
             'amount': str(decimal(rule['amount'])),
             'priority': rule['priority'],
             'expires': rule['lasts'] or 'never'}
    if rule['seats']:
        grant['quantity'] = 'seats'
    if rule['share']:
        grant['rollover'] = {'share': str(decimal(rule['share'])),
                             'limit': str(decimal(rule['limit'])),
                             'periods': rule['more']}
    return grant


class Play:
    def __init__(self, seed):
        r = self.r = random.Random(seed)
        self.now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(
            hours=r.randint(0, 24 * 40))
        rules = [self.rule() for _ in range(r.randint(1, 3))]
        seats = r.randint(1, 4)
        self.model = Model(self.now, rules, seats)
        self.keys = 0
        self.b = billing.open(':memory:', tenant='t')
        grants = [document(rule, i) for i, rule in enumerate(rules)]
        self.b.catalog_apply({
            'tenant': {'id': 't', 'assets': [{'code': 'tok', 'places': 0}]},
            'customers': [{'id': 'a'}],
            'meters': [{'id': 'm', 'event': 'e', 'aggregation': 'sum'}],
            'plans': [{'id': 'p', 'currency': 'USD', 'grants': grants,
                       'prices': [{'id': 'x', 'meter': 'm', 'asset': 'tok',
                                   'model': 'per_unit', 'unit': '1'}]}],
            'contracts': [{'id': 'c', 'customer': 'a', 'plan': 'p',
                           'start': self.now.isoformat(),
                           'quantities': {'seats': str(seats)}}]},
            now=self.now)

    def rule(self):
        r = self.r
        lasts = r.choice([0, 1, 1, 1, 2, 3])
        return {'every': r.choice(['month', 'month', 'week', 'day']),
                'amount': F(r.randint(1, 400)), 'lasts': lasts,
                'priority': r.randint(-2, 2), 'seats': r.random() < 0.3,
                'share': F(r.randint(0, 4), 4) if lasts else F(0),
                'limit': F(r.randint(1, 100)), 'more': r.randint(1, 2)}

    def key(self):
        self.keys += 1
        return 'k%d' % self.keys

    def use(self):
        amount = F(self.r.randint(1, 150))
        self.model.ask(self.now)
        drawn = self.model.draw(amount, self.now)
        receipt, = self.b.record(
            [{'key': self.key(), 'customer': 'a', 'event': 'e',
              'value': decimal(amount)}], now=self.now, step=True)
        return F(receipt.drawn), drawn

    def give(self):
        amount, end = F(self.r.randint(1, 200)), NEVER
        if self.r.random() < 0.6:
            end = self.now + timedelta(hours=self.r.randint(1, 600))
        priority = self.r.randint(-2, 2)
        self.b.grant(
            self.key(), 'a', decimal(amount), 'tok', now=self.now, step=True,
            expires=None if end == NEVER else end, priority=priority,
            origin='promotional')
        self.model.add('promotional', amount, self.now, end, priority)
        return F(0), F(0)

    def change(self):
        """Some lot that is there without being asked for."""
        self.model.ask(self.now)
        lots = [lot for lot in self.model.lots
                if lot.end > self.now and not lot.void]
        if not lots:
            return F(0), F(0)
        lot = self.r.choice(lots)
        what = self.r.choice(['void', 'refund', 'expiry'])
        if what == 'refund' and lot.left <= 0:
            what = 'void'
        end = self.now + timedelta(hours=self.r.randint(1, 900))
        self.b.record([{'key': self.key(), 'customer': 'a', 'event': 'e',
                        'value': 0}], now=self.now, step=True)
        number = next(found[0] for found in self.lots()
                      if found[1:] == lot.shown()[1:])
        if what == 'void':
            self.b.change_grant(self.key(), number, 'void', now=self.now,
                                step=True)
            lot.void, lot.end, lot.left, lot.rule = True, self.now, F(0), None
        elif what == 'refund':
            part = exact(lot.left / 2) or lot.left
            self.b.change_grant(self.key(), number, 'refund',
                                now=self.now, amount=decimal(part), step=True)
            lot.left -= part
        elif end > lot.start:
            self.b.change_grant(self.key(), number, 'expiry',
                                now=self.now, expires=end, step=True)
            lot.end = end
        return F(0), F(0)

    def go_on(self):
        self.b.advance(self.now, now=self.now, step=True)
        self.model.advance(self.now)
        return F(0), F(0)

    def left(self):
        return F(self.b.balance('a', 'tok', now=self.now).left)

    def lots(self):
        return [(g['number'], g['origin'], F(g['amount']),
                 datetime.fromisoformat(g['effective']),
                 datetime.fromisoformat(g['expires']) if 'expires' in g
                 else None) for g in self.b.list('grant')]

    def play(self):
        for step in range(40):
            self.now += timedelta(minutes=self.r.randint(0, 60 * 24 * 6))
            found, wanted = self.r.choice(
                [self.use, self.use, self.use, self.give, self.change,
                 self.go_on])()
            self.model.ask(self.now)
            left = self.left()
            if found != wanted or left != self.model.balance(self.now):
                return 'step %d: %s, model %s; left %s, model %s' % (
                    step, found, wanted, left, self.model.balance(self.now))
        self.b.record([{'key': 'last', 'customer': 'a', 'event': 'e',
                        'value': 0}], now=self.now, step=True)
        found, wanted = self.lots(), [lot.shown() for lot in self.model.lots]
        if sorted(lot[1:4] for lot in found) != sorted(lot[1:4]
                                                       for lot in wanted):
            return 'lots %s\n  model %s' % (found, wanted)
        return None if self.b.verify()['ok'] else 'verify finds a problem'


def main():
    first = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    last = first + 1 if len(sys.argv) > 1 else ROUNDS
    failed = 0
    for seed in range(first, last):
        play = Play(seed)
        problem = play.play()
        play.b.close()
        if problem:
            failed += 1
            print('grants %d %s' % (seed, problem))
    print('%d passed, %d failed' % (last - first - failed, failed))
    sys.exit(failed != 0)


if __name__ == '__main__':
    main()
