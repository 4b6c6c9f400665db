#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""prices.py METER_CHECK: random prices and running totals, priced twice.

Each price is asked through the kernels quote, rate, transactions, composite,
allowance and commit_rate, and by the model below, which is written from the
rules alone and counts in fractions.
What must hold besides: however a total is reached, in parts, upward and back
again, what the parts cost adds up to the price of the total, to the last digit
(events come late and are corrected by totals that go another way).
"""
import sys

sys.path.pop(0)                 # this folder has a decimal.py and a json.py

import json                                                       # noqa: E402
import os                                                         # noqa: E402
import random                                                     # noqa: E402
import subprocess                                                 # noqa: E402
from fractions import Fraction as F                               # noqa: E402

ROUNDS = 12000 if os.environ.get('FULL') == '1' else 3000
MOST = F(10 ** 38 - 1, 10 ** 18)
MODELS = ['per_unit', 'graduated', 'volume', 'stairstep', 'package',
          'percentage', 'graduated_percentage', 'dynamic']


class Over(Exception):
    """A figure that a decimal cannot hold."""


def exact(x):
    """At 10^-18, half even; Python's round of a fraction is that."""
    out = F(round(x * 10 ** 18), 10 ** 18)
    if abs(out) > MOST:
        raise Over
    return out


def text(x):
    scaled = x * 10 ** 18
    assert scaled.denominator == 1
    sign, digits = '-' if scaled < 0 else '', str(abs(int(scaled))).zfill(19)
    return (sign + digits[:-18] + '.' + digits[-18:]).rstrip('0').rstrip('.')


# ---- the model --------------------------------------------------------------

def packages(units, size, how):
    count = units / size
    return exact(F(-(-count // 1) if how == 'up' else count // 1))


def tier_cost(price, tier, units):
    per = F(100) if 'percentage' in price['model'] else F(price.get('per', 1))
    unit = F(tier.get('unit', tier.get('rate', 0)))
    if 'package' in tier:
        units, per = packages(units, F(tier['package']), 'up'), F(1)
    return exact(units * unit / per)


def is_beyond(price, quantity, bound):
    if bound is None:
        return False
    if price.get('bound') == 'exclusive':
        return quantity >= F(bound)
    return quantity > F(bound)


def at_zero(price):
    return F(price['tiers'][0].get('flat', 0)) if price.get(
        'flat_at_zero') else F(0)


def one_tier(price, quantity):
    if quantity <= 0:
        return at_zero(price) if quantity == 0 else F(0)
    tier = next(t for t in price['tiers']
                if not is_beyond(price, quantity, t['up_to']))
    return tier_cost(price, tier, quantity) + F(tier.get('flat', 0))


def all_tiers(price, quantity):
    if quantity <= 0:
        return at_zero(price) if quantity == 0 else F(0)
    due, floor = F(0), F(0)
    for tier in price['tiers']:
        top = quantity if tier['up_to'] is None else min(quantity,
                                                         F(tier['up_to']))
        enters = quantity > floor or (
            quantity == floor and price.get('bound') == 'exclusive')
        if enters:
            due += F(tier.get('flat', 0))
        if top > floor:
            due += tier_cost(price, tier, top - floor)
        if tier['up_to'] is None:
            break
        floor = F(tier['up_to'])
    return due


def total(price, quantity):
    model = price['model']
    if model in ('volume', 'stairstep'):
        due = one_tier(price, quantity)
    elif model in ('graduated', 'graduated_percentage'):
        due = all_tiers(price, quantity)
    else:
        if F(price.get('free', 0)):
            quantity = max(quantity - F(price['free']), F(0))
        due = simple(price, quantity)
    if 'maximum' in price:
        due = min(due, F(price['maximum']))
    return exact(due)


def simple(price, quantity):
    if price['model'] == 'package':
        how = price.get('partial', 'up')
        if quantity <= 0:
            return F(0)
        if how != 'prorate':
            return exact(packages(quantity, F(price['per']), how)
                         * F(price['unit']))
        return exact(quantity * F(price['unit']) / F(price['per']))
    unit, per = {
        'per_unit': (price.get('unit'), price.get('per', 1)),
        'percentage': (price.get('rate'), 100),
        'dynamic': (price.get('multiplier', 1), 1),
    }[price['model']]
    return exact(quantity * F(unit) / F(per))


def transactions(price, values):
    """What each costs; the free events and the free amount end together."""
    events, amount = price.get('free_events', 0), F(price.get('free', 0))
    by_events, by_amount = events > 0, amount > 0
    is_open = by_events or by_amount
    out = []
    for v in values:
        if is_open and not (by_events and not events) and not (
                by_amount and not amount):
            events -= 1
            if not by_amount:
                out.append(F(0))
                continue
            if v <= amount:
                amount -= v
                out.append(F(0))
                continue
            v -= amount
        is_open = False
        cost = exact(v * F(price['rate']) / 100)
        if v >= 0:
            cost = max(cost + F(price.get('fixed', 0)),
                       F(price.get('transaction_minimum', 0)))
            if 'transaction_maximum' in price:
                cost = min(cost, F(price['transaction_maximum']))
        out.append(cost)
    return out


# ---- random prices ----------------------------------------------------------

def some_decimal(r, low=0):
    kind = r.random()
    if kind < 0.15:
        return F(low)
    if kind < 0.6:
        return F(r.randint(low, 1000))
    if kind < 0.9:
        return F(r.randint(low, 10 ** 9), 10 ** r.randint(0, 9))
    if kind < 0.97:
        return F(r.randint(low, 10 ** 22), 10 ** 18)
    return F(r.randint(low, 10 ** 19))


def more(r):
    """More than zero."""
    return max(some_decimal(r), F(1, 10 ** r.choice([0, 2, 18])))


def some_tiers(r, model):
    bounds = sorted({more(r) for _ in range(r.randint(0, 4))})
    tiers = []
    for bound in [*bounds, None]:
        tier = {'up_to': None if bound is None else text(bound),
                'flat': text(some_decimal(r))}
        if model in ('graduated', 'volume'):
            tier['unit'] = text(some_decimal(r))
            if r.random() < 0.2:
                tier['package'] = text(more(r))
        if model == 'graduated_percentage':
            tier['rate'] = text(some_decimal(r))
        tiers.append(tier)
    return tiers


def some_price(r):
    model = r.choice(MODELS)
    price = {'model': model, 'asset': 'tok'}
    if model in ('per_unit', 'package'):
        price['unit'] = text(some_decimal(r))
    if model in ('per_unit', 'package', 'graduated', 'volume') and (
            model == 'package' or r.random() < 0.5):
        price['per'] = text(more(r))
    if model == 'percentage':
        price['rate'] = text(some_decimal(r))
    if model == 'dynamic' and r.random() < 0.7:
        price['multiplier'] = text(some_decimal(r))
    if model in ('per_unit', 'package', 'percentage') and r.random() < 0.4:
        price['free'] = text(some_decimal(r))
    if model == 'package':
        price['partial'] = r.choice(['up', 'down', 'prorate'])
    if model in ('graduated', 'volume', 'stairstep', 'graduated_percentage'):
        price['tiers'] = some_tiers(r, model)
        price['flat_at_zero'] = r.random() < 0.3
        price['bound'] = r.choice(['inclusive', 'exclusive'])
    if r.random() < 0.3:
        price['maximum'] = text(some_decimal(r))
    return price


def near(r, price):
    """A quantity that is often on a bound, or next to it."""
    bounds = [F(t['up_to']) for t in price.get('tiers', ()) if t['up_to']]
    bounds += [F(price[k]) for k in ('per', 'free') if k in price]
    q = r.choice(bounds) if bounds and r.random() < 0.5 else some_decimal(r)
    q += r.choice([0, 0, 0, 1, -1]) * F(1, 10 ** 18)
    return -q if r.random() < 0.08 else q


def some_transactions(r):
    price = {'model': 'percentage', 'asset': 'tok',
             'rate': text(some_decimal(r))}
    for name in ('fixed', 'free', 'transaction_minimum',
                 'transaction_maximum'):
        if r.random() < 0.4:
            price[name] = text(some_decimal(r))
    if r.random() < 0.4:
        price['free_events'] = r.randint(0, 4)
    return price


def some_composite(r):
    """A price of spend, what was spent on whom, and perhaps a minimum."""
    price = some_price(r)
    while price['model'] not in ('percentage', 'graduated_percentage'):
        price = some_price(r)
    spend = [{'price': r.choice('abcd'), 'tags': r.sample('xyz', 1),
              'amount': text(some_decimal(r, -9))}
             for _ in range(r.randint(0, 5))]
    return {'kernel': 'composite', 'price': price, 'spend': spend,
            'prices': r.sample('abcd', r.randint(1, 2)),
            'tags': r.sample('xyz', r.randint(1, 1)),
            **({'minimum': text(some_decimal(r))}
               if r.random() < 0.5 else {})}


def composite(request):
    """Base, and what it costs: the minimum at least."""
    base = exact(sum(F(s['amount']) for s in request['spend']
                     if s['price'] in request['prices']
                     or set(s['tags']) & set(request['tags'])))
    amount = max(total(request['price'], base),
                 F(request.get('minimum', 0)))
    return base, amount, amount


def some_plain_price(r):
    """One that costs something unit by unit, so that it can be split."""
    price = some_price(r)
    while price['model'] not in ('per_unit', 'graduated'):
        price = some_price(r)
    for tier in price.get('tiers', ()):
        tier.pop('package', None)
        tier['flat'] = '0'
    for name in ('maximum', 'flat_at_zero'):
        price.pop(name, None)
    return price


def reach(price, most, money):
    """The least quantity that costs the money, at most so much; or what it
    divides to in the tier where that is, if nothing is left over."""
    low, high = 0, int(most * 10 ** 18)
    while low < high:
        middle = (low + high) // 2
        cost = attempt(total, price, F(middle, 10 ** 18))
        if cost is not None and cost < money:
            low = middle + 1
        else:
            high = middle
    least, start = F(low, 10 ** 18), F(price.get('free', 0))
    for tier in price.get('tiers', [price]):
        end = F(tier['up_to']) if tier.get('up_to') else MOST
        if start < least <= end and F(tier['unit']):
            units = (money - total(price, start)) * F(
                price.get('per', 1)) / F(tier['unit'])
            if (units * 10 ** 18).denominator == 1 and start + units <= end:
                return min(max(least, start + units), most)
        start = max(start, end)
    return least


def commit_rate(request):
    """What is covered comes first in the tiers, both count one position."""
    quantity, money = F(request['quantity']), F(request['money'])
    covered = (reach(request['commit_rate'], quantity, money)
               if money > 0 else F(0))
    amount = total(request['commit_rate'], covered)
    rest = exact(total(request['price'], quantity)
                 - total(request['price'], covered))
    return covered, amount, rest, exact(amount + rest)


def allowance(request):
    """Each unit that is free has a period of its own; the oldest go first."""
    free, most = F(request['free']), F(request['limit'])
    lasts = len(request['usage']) if request.get('accumulates') else request[
        'periods']
    left, billed = [], []
    for now, used in enumerate(map(F, request['usage'])):
        left.append(free)
        for i in range(now + 1):
            taken = min(left[i], used)
            left[i], used = left[i] - taken, used - taken
        billed.append(used)
        room = most
        for i in reversed(range(now + 1)):
            left[i] = min(left[i], room) if now - i < lasts else F(0)
            room -= left[i]
    return billed, sum(billed)


# ---- questions --------------------------------------------------------------

def figure(x):
    """How an answer writes it, or the refusal."""
    return text(x)


def attempt(f, *arguments):
    try:
        return f(*arguments)
    except Over:
        return None


def path(price, totals):
    """Charges along totals that go anywhere, and the sum."""
    last, out = F(0), []
    for q in totals:
        now = total(price, q)
        out.append(exact(now - last))
        last = now
    return out, last


def split_transactions(r, price):
    """However transactions are cut into batches, the parts are the whole."""
    values = [F(r.randint(0, 500)) for _ in range(6)]
    costs = attempt(transactions, price, values)
    if costs is None or abs(sum(costs)) > MOST:
        return
    for cut in range(1, 6):
        part = sum(costs[:cut], F(0))
        yield ({'kernel': 'transactions', 'price': price,
                'events': [text(v) for v in values[:cut]]},
               {'amount': figure(part),
                'charges': [figure(c) for c in costs[:cut]]})


def questions(seed):
    """(request, the answer's members that are compared, or None: LIMIT)"""
    r = random.Random(seed)
    price = some_price(r)
    totals = [near(r, price) for _ in range(r.randint(1, 6))]
    due = attempt(path, price, totals)
    yield ({'kernel': 'rate', 'price': price,
            'totals': [text(q) for q in totals]},
           due and {'deltas': [figure(d) for d in due[0]],
                    'booked': figure(due[1])})
    q = totals[-1]
    due = attempt(total, price, q)
    if q:
        yield ({'kernel': 'quote', 'price': price, 'quantity': text(q)},
               None if due is None else {'total': figure(due)})
    price = some_transactions(r)
    values = [near(r, price) for _ in range(r.randint(0, 6))]
    costs = attempt(transactions, price, values)
    if costs is not None and abs(sum(costs)) <= MOST and abs(
            sum(values)) <= MOST:
        yield ({'kernel': 'transactions', 'price': price,
                'events': [text(v) for v in values]},
               {'charges': [figure(c) for c in costs],
                'amount': figure(F(sum(costs)))})
    request = {'kernel': 'allowance', 'free': text(some_decimal(r)),
               'limit': text(some_decimal(r)), 'periods': r.randint(0, 3),
               'accumulates': r.random() < 0.3,
               'usage': [text(some_decimal(r)) for _ in range(6)]}
    periods, due = allowance(request)
    if due <= MOST and 6 * F(request['free']) <= MOST:
        yield request, {'billed': text(due)}
    request = some_composite(r)
    due = attempt(composite, request)
    if due is not None:
        yield request, dict(zip(('base', 'amount', 'due'), map(figure, due)))
    yield from split_transactions(r, price)
    listed = some_plain_price(r)
    request = {'kernel': 'commit_rate', 'price': listed,
               'commit_rate': some_plain_price(r),
               'quantity': text(abs(near(r, listed))),
               'money': text(some_decimal(r))}
    if r.random() < 0.3:        # what some quantity costs, if that is even
        money = attempt(total, request['commit_rate'],
                        F(r.randint(1, 9000), r.choice([1, 2, 100])))
        request['money'] = text(money or F(1))
    due = attempt(commit_rate, request)
    yield request, due and dict(zip(
        ('covered_quantity', 'covered_amount', 'rest', 'amount'),
        map(figure, due)))


def main():
    asked = [q for seed in range(ROUNDS) for q in questions(seed)]
    lines = '\n'.join(json.dumps(request) for request, _ in asked) + '\n'
    out = subprocess.run([sys.argv[1]], input=lines, capture_output=True,
                         text=True, check=True).stdout.split('\n')
    failed = 0
    for (request, expected), line in zip(asked, out):
        if expected is None:
            good = line == 'refused LIMIT'
        elif line.startswith('refused'):
            good = False
        else:
            answer = json.loads(line)
            good = all(answer[k] == v for k, v in expected.items())
        if not good:
            failed += 1
            if failed <= 5:
                print('asked %s\n  model %s\n  library %s' % (
                    json.dumps(request), expected, line))
    print('%d passed, %d failed' % (len(asked) - failed, failed))
    sys.exit(failed != 0)


if __name__ == '__main__':
    main()
