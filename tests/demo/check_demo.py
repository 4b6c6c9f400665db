#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""check_demo.py [build/demo]: every figure that the demo prints.

The month is computed here again from the words of examples/demo/scenario.h,
with exact decimals and nothing of the library; then the whole output is
compared line by line, spaces aside.  Only the speed may be anything.
"""
import os
import re
import subprocess
import sys
from decimal import ROUND_HALF_UP, Decimal, getcontext

getcontext().prec = 60
CENT = Decimal('0.01')
EVENTS, CUSTOMERS = 100000, 100
EVERY = 26784000                        # microseconds between events
PROMOTION_ENDS = 15 * 86400 * 10**6     # 16 January
TIERS = [(500, Decimal('0.004')), (1000, Decimal('0.003')),
         (10**9, Decimal('0.002'))]
PRICES = ['requests', 'input', 'output', 'embed']
NAMES = {'requests': 'Requests', 'input': 'Input tokens',
         'output': 'Output tokens', 'embed': 'Embeddings'}


def graduated(quantity):
    """[(tier, units, unit price, amount)] of a number of requests."""
    parts, floor = [], 0
    for tier, (bound, unit) in enumerate(TIERS, 1):
        units = min(quantity, bound) - floor
        if units > 0:
            parts.append((tier, units, unit, units * unit))
        floor = bound
    return parts


def price(name, quantity):
    if name == 'requests':
        return sum((p[3] for p in graduated(quantity)), Decimal(0))
    rate = {'input': Decimal('2.5') / 10**6, 'output': Decimal(10) / 10**6,
            'embed': Decimal(1)}[name]
    return quantity * rate


class Customer:
    def __init__(self, number):
        self.number = number
        self.quantity = dict.fromkeys(PRICES, 0)
        self.amount = dict.fromkeys(PRICES, Decimal(0))
        self.drawn = dict.fromkeys(PRICES, Decimal(0))
        self.events = []                # (key, time, charge of the request)
        self.given = Decimal(number % 2)
        self.bought = Decimal(5)
        self.tokens = Decimal(200000)

    def pay(self, name, amount, time):
        """Draws what was given before what was bought."""
        if name == 'embed':
            paid = min(self.tokens, amount)
            self.tokens -= paid
        else:
            first = min(self.given, amount) if time < PROMOTION_ENDS else 0
            self.given -= first
            second = min(self.bought, amount - first)
            self.bought -= second
            paid = first + second
        self.drawn[name] += paid
        return paid

    def use(self, key, time, quantities):
        """(cost, drawn) of one event."""
        cost = drawn = Decimal(0)
        for name in PRICES:
            if name not in quantities:
                continue
            before = price(name, self.quantity[name])
            self.quantity[name] += quantities[name]
            charge = price(name, self.quantity[name]) - before
            self.amount[name] += charge
            cost += charge
            drawn += self.pay(name, charge, time)
            if name == 'requests':
                self.events.append((key, time, charge))
        return cost, drawn

    def quote(self, quantities):
        return sum((price(n, self.quantity[n] + q) -
                    price(n, self.quantity[n])
                    for n, q in quantities.items()), Decimal(0))


class Dice:
    state = 0

    def draw(self, below):
        self.state = (self.state * 6364136223846793005 +
                      1442695040888963407) % 2**64
        return (self.state >> 33) % below


def plain(value):
    """The shortest plain text."""
    text = format(Decimal(value), 'f')
    return text.rstrip('0').rstrip('.') if '.' in text else text


def grouped(value, places):
    """12,345.60: with commas and at least so many decimals."""
    text = plain(value)
    whole, _, rest = text.partition('.')
    sign, digits = ('-', whole[1:]) if whole[0] == '-' else ('', whole)
    rest = rest.ljust(places, '0')
    return sign + format(int(digits), ',d') + ('.' + rest if rest else '')


def padded(value):
    text = plain(value)
    whole, _, rest = text.partition('.')
    return whole + '.' + rest.ljust(2, '0')


def clock(time):
    """The demo's times as RFC 3339; January only."""
    seconds, micros = divmod(time, 10**6)
    days, seconds = divmod(seconds, 86400)
    return '2026-01-%02dT%02d:%02d:%02d%sZ' % (
        days + 1, seconds // 3600, seconds // 60 % 60, seconds % 60,
        '.%06d' % micros if micros else '')


class Month:
    def __init__(self):
        self.customers = [Customer(n + 1) for n in range(CUSTOMERS)]
        self.usd = [Decimal(0), Decimal(0)]
        self.tok = [Decimal(0), Decimal(0)]
        dice = Dice()
        for number in range(EVENTS):
            if number == EVENTS // 2:
                self.ask(number * EVERY)
            self.event(dice, number)

    def event(self, dice, number):
        one, other = dice.draw(CUSTOMERS), dice.draw(CUSTOMERS)
        customer = self.customers[min(one, other)]
        if dice.draw(10) == 0:
            used, sums = {'embed': 100 + dice.draw(1000)}, self.tok
        else:
            used = {'requests': 1, 'input': 200 + dice.draw(1800),
                    'output': 50 + dice.draw(500)}
            sums = self.usd
        cost, drawn = customer.use('e%06d' % number, number * EVERY, used)
        sums[0] += cost
        sums[1] += drawn

    def ask(self, time):
        refused, allowed = self.customers[41], self.customers[89]
        wanted = refused.quote({'requests': 1, 'input': 100000,
                                'output': 5000000})
        self.missing = wanted - refused.bought
        assert self.missing > 0
        self.held = allowed.quote({'requests': 1, 'input': 20000,
                                   'output': 30000})
        assert self.held <= allowed.bought
        self.used, drawn = allowed.use(
            'job-2', time, {'requests': 1, 'input': 18500, 'output': 21000})
        assert drawn == self.used
        self.left = allowed.bought

    def lines(self, customer):
        """(price, quantity, amount, drawn, due, asset) of its invoice."""
        for name in PRICES:
            amount, drawn = customer.amount[name], customer.drawn[name]
            if amount == 0:
                continue
            asset = 'tok' if name == 'embed' else 'USD'
            step = Decimal(1) if name == 'embed' else CENT
            due = (amount - drawn).quantize(step, ROUND_HALF_UP)
            yield (NAMES[name], customer.quantity[name], amount, drawn, due,
                   asset)
        team = customer.number % 5 == 0
        yield ('Seats' if team else 'Base fee', 5 if team else 1, Decimal(20),
               Decimal(0), Decimal(20), 'USD')

    def totals(self, lines, asset):
        rows = [row for row in lines if row[5] == asset]
        return [sum((row[i] for row in rows), Decimal(0)) for i in (2, 3, 4)]


def invoice(month, number):
    customer = month.customers[number - 1]
    lines = list(month.lines(customer))
    yield 'INVOICE INV-%06d' % number
    yield ''
    yield 'Customer Customer %d (c%03d)' % (number, number)
    yield 'Contract c%03d-2026' % number
    yield 'Period 2026-01-01 to 2026-01-31'
    yield 'Issued 2026-02-01'
    yield 'Time zone UTC'
    yield ''
    yield '# Description Service period'
    yield 'Quantity Amount From credit Due'
    yield '-' * 79
    for place, (name, quantity, *money, asset) in enumerate(lines, 1):
        show = plain if asset == 'tok' else padded
        yield '%d %s 2026-01-01 to 2026-01-31' % (place, name)
        yield ' '.join([plain(quantity)] + [show(m) for m in money] + [asset])
    yield '-' * 79
    for asset in ('USD', 'tok'):
        show = plain if asset == 'tok' else padded
        money = month.totals(lines, asset)
        yield ' '.join(['Total'] + [show(m) for m in money] + [asset])


def explained(month, number):
    customer = month.customers[number - 1]
    quantity = customer.quantity['requests']
    for part in graduated(quantity):
        yield 'tier %d: %d at %s = %s' % (
            part[0], part[1], plain(part[2]), plain(part[3]))
    drawn = customer.drawn['requests']
    yield 'prepaid: %s' % plain(drawn)
    owed = customer.amount['requests'] - drawn
    if owed:
        yield 'owed: %s' % plain(owed)
    for key, time, charge in customer.events[:3]:
        yield 'event %s at %s: %s' % (key, clock(time), plain(charge))
    yield 'and so on, %d events in all' % quantity


def ledger(month):
    lines = [row for c in month.customers for row in month.lines(c)
             if row[5] == 'USD']
    amount, drawn, due = month.totals(lines, 'USD')
    given = sum((c.given for c in month.customers), Decimal(0))
    bought = drawn + given - Decimal(550)   # all that was given has ended
    rows = [('funding', Decimal(500)), ('promotion', Decimal(50)),
            ('deferred', bought), ('credit', Decimal(0)),
            ('unbilled', Decimal(0)),
            ('receivable', due), ('revenue', -amount), ('breakage', -given),
            ('rounding', amount - drawn - due), ('family', Decimal(0))]
    for account, balance in rows:
        yield '%s %s USD' % (account, grouped(balance, 2))
    yield 'sum %s USD' % grouped(sum(r[1] for r in rows), 2)


def expected(month, version):
    lines = [row for c in month.customers for row in month.lines(c)]
    amount, drawn, due = month.totals(lines, 'USD')
    yield 'billing %s: January 2026 of 100 customers, on SQLite' % version
    yield from ('', '== What is sold', '')
    yield ('207 documents: 1 tenant, 4 meters, 2 plans, 100 customers with '
           'a contract each')
    yield '80 x 20.00 base fee and 20 x 5 seats at 4.00: %s USD a month' % (
        grouped(sum(r[2] for r in lines if r[0] in ('Base fee', 'Seats')), 2))
    yield from ('', '== Prepaid wallets', '')
    yield ('100 x 5.00 USD bought, 50 x 1.00 USD given until 2026-01-16, '
           '100 x 200,000 tok bought')
    yield from ('', '== Usage, and asking first', '')
    yield ('c042 asks for 5,000,000 output tokens: DENIED_BALANCE: %s USD '
           'are missing' % plain(month.missing))
    yield ('c090 asks for 30,000: %s USD are held, %s USD were used, %s USD '
           'are left' % tuple(grouped(v, 2) for v in
                              (month.held, month.used, month.left)))
    yield ('100000 events, SPEED a second: deduplicated, metered, priced, '
           'drawn, on disk')
    yield 'cost %s USD and %s tok' % (grouped(month.usd[0], 2),
                                      grouped(month.tok[0], 0))
    yield 'prepaid %s USD and %s tok of it' % (grouped(month.usd[1], 2),
                                               grouped(month.tok[1], 0))
    yield from ('', '== The invoice run, 1 February 2026', '')
    yield '100 periods closed, 100 invoices, %d grants expired' % 50
    yield 'charged %s USD with the fees' % grouped(amount, 2)
    yield 'prepaid %s USD' % grouped(drawn, 2)
    yield 'due %s USD' % grouped(due, 2)
    yield from ('', '== One invoice', '')
    yield from invoice(month, 42)
    yield from ('', '== Where its first line comes from', '')
    yield from explained(month, 42)
    yield from ('', '== The ledger', '')
    yield from ledger(month)
    yield from ('', '== Verify', '')
    yield ('journal, ledger and tables: sound; 100001 events, 100 invoices')


def main():
    build = os.environ.get('BUILD', 'build')
    demo = sys.argv[1] if len(sys.argv) > 1 else build + '/demo'
    run = subprocess.run([demo], capture_output=True, text=True, timeout=300)
    version = re.search(r'#define BILLING_VERSION "(.*)"',
                        open('include/billing.h').read()).group(1)
    got = [' '.join(line.split()) for line in run.stdout.split('\n')]
    got = [re.sub(r'^(100000 events, )\d+ a', r'\1SPEED a', line)
           for line in got]
    want = list(expected(Month(), version)) + ['']
    failed = 0
    for number in range(max(len(got), len(want))):
        one = got[number] if number < len(got) else '(no line)'
        two = want[number] if number < len(want) else '(no line)'
        if one != two:
            failed += 1
            print('line %d\n  printed:  %s\n  expected: %s' % (
                number + 1, one, two))
    if run.returncode:
        failed += 1
        print('the demo ended with %d\n%s' % (run.returncode, run.stderr))
    print('%d passed, %d failed' % (len(want) + 1 - min(failed, len(want)),
                                    failed))
    sys.exit(failed != 0)


if __name__ == '__main__':
    main()
