#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""families.py [SEED]: random family trees against a model.

Customers stand below each other and move; grants are private, shared with all
below or with some; some have limits a day, which count all below them; usage,
holds, settlements, voids and voided grants come at random, time goes on and
ends holds and grants.  The model keeps trees, lots, holds and counts in
fractions and asks nothing of the library.  What each event draws from which
grant, every refusal, and what everybody has and may spend after each step must
agree; now and then the file is opened anew, so that nobody is in memory, and
at the end the accounts `family` must come to zero.  Needs the Python binding.
"""
import sys

HERE = sys.path.pop(0)          # this folder has a decimal.py and a json.py

import os                                                         # noqa: E402
import random                                                     # noqa: E402
import tempfile                                                   # noqa: E402
from datetime import datetime, timedelta, timezone                # noqa: E402
from fractions import Fraction as F                               # noqa: E402

import billing                                                    # noqa: E402

ROUNDS = 1000 if os.environ.get('FULL') == '1' else 60
UTC = timezone.utc
NEVER = datetime.max.replace(tzinfo=UTC)
MOST = 8                        # generations above one customer
PEOPLE = ['p%d' % i for i in range(9)]


class Refused(Exception):
    pass


class Lot:
    def __init__(self, owner, amount, priority, start, end, shared):
        self.number, self.owner, self.left = None, owner, F(amount)
        self.start = start
        self.priority, self.end, self.shared = priority, end, shared
        self.held, self.void, self.expired = F(0), False, False

    def admits(self, customer):
        if customer == self.owner:
            return True
        return self.shared is True or (isinstance(self.shared, list) and
                                       customer in self.shared)

    def give_back(self, amount, add):
        """Void ones make a new grant of it, ended ones let it go."""
        if self.void:
            add(Lot(self.owner, amount, self.priority, self.start, NEVER,
                    self.shared))
        elif not self.expired:
            self.left += amount


class Model:
    def __init__(self):
        self.parent = dict.fromkeys(PEOPLE)
        self.height = dict.fromkeys(PEOPLE, 0)
        self.orders = {}         # of the customers' contracts
        self.lots = []
        self.stacks = {}         # customer -> [[lot or None, amount], ..]
        self.totals = dict.fromkeys(PEOPLE, F(0))
        self.holds = {}          # key -> [customer, end, [(lot, amount)]]
        self.counted = {}        # key -> (owners of limits, amount, day)
        self.events = {}         # key -> (customer, amount, day, step)
        self.caps = {}           # customer -> what a day allows
        self.used = {}           # (customer, day) -> its use, and of all below
        self.tied = dict.fromkeys(PEOPLE, 0)   # the step of its parent
        self.step = 0

    def above(self, customer):
        while customer:
            yield customer
            customer = self.parent[customer]

    def move(self, customer, parent):
        if parent == self.parent[customer]:
            return
        height = self.height[customer]
        for one in self.above(parent):
            if one == customer:
                raise Refused
            height += 1
        if height > MOST:
            raise Refused
        self.parent[customer], self.tied[customer] = parent, self.step
        height = self.height[customer]
        for one in self.above(parent):
            height += 1
            self.height[one] = max(self.height[one], height)

    def add(self, lot):
        lot.number = len(self.lots) + 1
        self.lots.append(lot)

    def tell(self, now):
        """Holds end by their time; grants do, when they are asked to pay."""
        for key in [k for k, hold in self.holds.items() if hold[1] <= now]:
            self.free(key)

    def free(self, key):
        customer, _, draws = self.holds.pop(key)
        self.counted.pop(key, None)
        for lot, amount in draws:
            lot.held -= amount

    def payers(self, customer, now):
        line = list(self.above(customer))
        lots = [lot for lot in self.lots
                if lot.owner in line and lot.admits(customer) and
                not lot.void and now < lot.end]

        def key(lot):
            distance = line.index(lot.owner)
            if self.orders[customer] == ['priority', 'nearest']:
                return lot.priority, distance, lot.number
            if self.orders[customer] == ['priority', 'expiry']:
                return distance, lot.priority, lot.end, lot.number
            return distance, lot.priority, lot.end, lot.start, lot.number
        return sorted(lots, key=key)

    def draw(self, customer, amount, now, first=()):
        """The draws of an amount; lots are not changed yet."""
        draws, rest, taken = [], F(amount), {}
        for lot, most in first:
            part = min(rest, most, lot.left - lot.held)
            if part > 0 and now < lot.end and not lot.void:
                draws.append((lot, part))
                taken[lot] = part
                rest -= part
        for lot in self.payers(customer, now):
            part = min(rest, lot.left - lot.held - taken.get(lot, 0))
            if part > 0:
                draws.append((lot, part))
                rest -= part
        if rest:
            draws.append((None, rest))
        return draws

    def use(self, key, customer, amount, now, first=()):
        total, self.step = self.totals[customer], self.step + 1
        for one in self.above(customer):
            place = one, now.date()
            self.used[place] = self.used.get(place, F(0)) + amount
        draws = self.draw(customer, amount, now, first)
        stack = self.stacks.setdefault(customer, [])
        for lot, part in draws:
            if lot:
                lot.left -= part
            if stack and stack[-1][0] is lot:
                stack[-1][1] += part
            else:
                stack.append([lot, part])
        self.totals[customer] = total + amount
        self.events[key] = customer, amount, now.date(), self.step
        return draws

    def uncount(self, customer, amount, day, step, today):
        """Of windows that are open, as far as it has stayed below."""
        while customer and day == today:
            self.used[customer, day] -= amount
            if self.tied[customer] >= step:
                break
            customer = self.parent[customer]

    def load(self, customer, now):
        return self.used.get((customer, now.date()), F(0)) + sum(
            (amount for below, day, amount in self.held(now)
             if customer in below), F(0))

    def held(self, now):
        for owners, amount, day in self.counted.values():
            if day == now.date():
                yield owners, day, amount

    def room(self, customer, now):
        return min((max(self.caps[one] - self.load(one, now), F(0))
                    for one in self.above(customer) if one in self.caps),
                   default=None)

    def take_back(self, key, today):
        customer, amount, day, step = self.events.pop(key)
        self.uncount(customer, amount, day, step, today)
        self.totals[customer] -= amount
        stack, returned = self.stacks[customer], []
        while amount > 0:
            lot, part = stack[-1]
            back = min(part, amount)
            stack[-1][1] -= back
            amount -= back
            if stack[-1][1] == 0:
                stack.pop()
            if lot:
                returned.append((lot, back))
        voided = {}
        for lot, back in returned:
            if lot.void:
                voided[lot] = voided.get(lot, 0) + back
            else:
                lot.give_back(back, self.add)
        return returned, voided

    def free_of(self, customer, now, own):
        line = list(self.above(customer))
        return sum((lot.left - lot.held for lot in self.lots
                    if lot.owner in line and lot.admits(customer) and
                    (lot.owner == customer) == own and not lot.void and
                    now < lot.end), F(0))


def plain(figure):
    assert figure.denominator == 1
    return int(figure)


class Play:
    def __init__(self, seed, folder):
        r = self.r = random.Random(seed)
        self.model, self.keys = Model(), 0
        self.path = os.path.join(folder, '%d.db' % seed)
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.open()
        self.caps = {one: r.randint(20, 90) for one in PEOPLE
                     if r.random() < 0.3}
        self.model.caps = {one: F(most) for one, most in self.caps.items()}
        contracts = []
        for one in PEOPLE:
            order = self.model.orders[one] = r.choice(
                [None, ['priority', 'expiry'], ['priority', 'nearest']])
            contracts.append({'id': 'k-' + one, 'customer': one, 'plan': 'p',
                              'start': '2026-01-01', 'order': order})
        self.b.catalog_apply({
            'tenant': {'id': 't'},
            'customers': [self.document(one) for one in PEOPLE],
            'meters': [{'id': 'm', 'event': 'e', 'aggregation': 'sum'}],
            'plans': [{'id': 'p', 'currency': 'USD', 'prices': [
                {'id': 'x', 'meter': 'm', 'model': 'per_unit',
                 'unit': '1'}]}],
            'contracts': contracts}, now=self.now)

    def document(self, customer):
        most = self.caps.get(customer)
        return {'id': customer, 'limits': [
            {'id': 'day', 'amount': str(most), 'asset': 'USD',
             'per': 'day'}] if most else []}

    def open(self):
        self.b = billing.open(self.path, tenant='t')

    def key(self):
        self.keys += 1
        return 'k%d' % self.keys

    def both(self, model, library):
        """What both say; they must refuse the same."""
        try:
            wanted, refused = model(), None
        except Refused as error:
            wanted, refused = None, error
        try:
            found = library()
        except billing.BillingError as error:
            if not refused:
                raise
            return None, None
        if refused:
            raise AssertionError('the model refuses what was done')
        return found, wanted

    # ---- steps

    def move(self):
        customer = self.r.choice(PEOPLE)
        parent = self.r.choice(PEOPLE + [None])
        document = self.document(customer)
        if parent:
            document['parent'] = parent
        self.both(lambda: self.model.move(customer, parent),
                  lambda: self.b.put('customer', document, now=self.now,
                                     step=True))
        shown = self.b.get('customer', customer).get('parent')
        assert shown == self.model.parent[customer], shown

    def give(self):
        r, owner = self.r, self.r.choice(PEOPLE)
        amount, priority, end = r.randint(1, 60), r.randint(-2, 2), NEVER
        if r.random() < 0.4:
            end = self.now + timedelta(hours=r.randint(1, 200))
        shared = r.choice([None, True, True, r.sample(PEOPLE, 3)])
        self.b.grant(self.key(), owner, amount, 'USD', now=self.now,
                     priority=priority, step=True,
                     expires=None if end == NEVER else end,
                     scope={'family': shared} if shared else None)
        self.model.add(Lot(owner, amount, priority, self.now, end, shared))

    def use(self):
        """A batch of several members, drawing from the same grants."""
        events, wanted = [], []
        for _ in range(self.r.randint(1, 4)):
            events.append({'key': self.key(),
                           'customer': self.r.choice(PEOPLE), 'event': 'e',
                           'value': self.r.randint(1, 25)})
        for event in self.ordered(events):
            wanted.append((event['key'], self.model.use(
                event['key'], event['customer'], F(event['value']),
                self.now)))
        receipts = self.b.record(events, now=self.now, step=True)
        found = {event['key']: self.draws(receipt)
                 for event, receipt in zip(events, receipts)}
        for key, draws in wanted:
            same(found[key], [(lot.number if lot else 0, part)
                              for lot, part in draws])

    def ordered(self, events):
        """Of one family in the order given."""
        def root(event):
            *_, top = self.model.above(event['customer'])
            return PEOPLE.index(top)
        return sorted(events, key=root)

    def draws(self, receipt):
        return [(draw.grant, F(draw.amount))
                for draw in self.b.draws(receipt.number)]

    def void(self):
        if not self.model.events:
            return
        key = self.r.choice(sorted(self.model.events))
        _, voided = self.model.take_back(key, self.now.date())
        self.b.void(key, now=self.now, step=True)
        for lot, back in voided.items():
            lot.give_back(back, self.model.add)

    def hold(self):
        customer, amount = self.r.choice(PEOPLE), F(self.r.randint(1, 30))
        end = self.now + timedelta(hours=self.r.randint(1, 30))
        key = self.key()

        def model():
            draws = self.model.draw(customer, amount, self.now)
            room = self.model.room(customer, self.now)
            if draws[-1][0] is None or (room is not None and room < amount):
                raise Refused
            for lot, part in draws:
                lot.held += part
            self.model.holds[key] = [customer, end, draws]
            self.model.counted[key] = (list(self.model.above(customer)),
                                       amount, self.now.date())
            return [(lot.number, part) for lot, part in draws]

        def library():
            self.b.authorize(key, {'customer': customer, 'event': 'e',
                                   'value': plain(amount)}, now=self.now,
                             expires=end, step=True)
            return [(draw['grant'], F(draw['amount']))
                    for draw in self.b.get('hold', key)['draws']]
        found, wanted = self.both(model, library)
        same(found, wanted)

    def settle(self):
        if not self.model.holds:
            return
        key = self.r.choice(sorted(self.model.holds))
        customer, _, draws = self.model.holds[key]
        counted = self.model.counted[key]
        self.model.free(key)
        if self.r.random() < 0.3:
            self.b.release(key, now=self.now, step=True)
            return
        if self.r.random() < 0.2:
            self.model.holds[key] = [customer, self.now + timedelta(days=9),
                                     draws]
            self.model.counted[key] = counted
            for lot, part in draws:
                lot.held += part
            self.b.extend(key, self.now + timedelta(days=9), now=self.now,
                          step=True)
            return
        event, amount = self.key(), F(self.r.randint(1, 40))
        wanted = self.model.use(event, customer, amount, self.now, draws)
        receipt = self.b.settle(key, {'key': event, 'event': 'e',
                                      'value': plain(amount)}, now=self.now,
                                step=True)
        same(self.draws(receipt), [(lot.number if lot else 0, part)
                                   for lot, part in wanted])

    def void_grant(self):
        lots = [lot for lot in self.model.lots
                if not lot.void and not lot.held and self.now < lot.end]
        if not lots:
            return
        lot = self.r.choice(lots)
        self.b.change_grant(self.key(), lot.number, 'void', now=self.now,
                            step=True)
        lot.void, lot.left = True, F(0)

    def go_on(self):
        self.b.advance(self.now, now=self.now, step=True)
        for lot in self.model.lots:
            if lot.end <= self.now and not lot.void:
                lot.expired, lot.left = True, F(0)

    def reopen(self):
        self.b.close()
        self.open()

    # ----

    def check(self):
        for one in self.r.sample(PEOPLE, 4):
            found = self.b.balance(one, 'USD', now=self.now)
            same((F(found.free), F(found.shared)),
                 (self.model.free_of(one, self.now, True),
                  self.model.free_of(one, self.now, False)))
            spend = self.b.check(one, 0, 'USD', now=self.now)
            room = self.model.room(one, self.now)
            whole = F(found.free) + F(found.shared)
            same(F(spend), whole if room is None else min(whole, room))

    def play(self):
        steps = [self.move, self.move, self.give, self.give, self.use,
                 self.use, self.use, self.void, self.hold, self.hold,
                 self.settle, self.void_grant, self.go_on, self.reopen]
        for _ in range(50):
            self.now += timedelta(minutes=self.r.randint(0, 600))
            self.model.tell(self.now)
            self.model.step += 1
            self.r.choice(steps)()
            self.check()
        assert self.b.verify()['ok'], self.b.verify()
        self.reopen()
        self.check()
        sums = {}
        for row in self.b.ledger(now=self.now)['balances']:
            sums[row['account']] = (sums.get(row['account'], F(0)) +
                                    F(row['balance']))
        assert not sums.get('family'), sums
        self.b.close()


def same(found, wanted):
    assert found == wanted, 'found %s, model %s' % (found, wanted)


def main():
    first = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    last = first + 1 if len(sys.argv) > 1 else ROUNDS
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(first, last):
            play = Play(seed, folder)
            try:
                play.play()
            except (AssertionError, billing.BillingError) as error:
                if len(sys.argv) > 1:
                    raise
                failed += 1
                print('families %d: %s' % (seed, error))
    print('%d passed, %d failed' % (last - first - failed, failed))
    sys.exit(failed != 0)


if __name__ == '__main__':
    main()
