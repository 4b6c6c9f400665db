#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""cycles.py METER_CHECK: random calendars, shares, repairs, invoices, twice.

Dates are asked through the kernels shift, cycles, whole_cycles, prorate, due
and repair, and computed here with Python's calendar and its zones; a repair is
computed day by day, an invoice's discounts and taxes in fractions.
"""
import sys

sys.path.pop(0)                 # this folder has a decimal.py and a json.py

import calendar                                                   # noqa: E402
import json                                                       # noqa: E402
import os                                                         # noqa: E402
import random                                                     # noqa: E402
import subprocess                                                 # noqa: E402
from datetime import date, datetime, timedelta, timezone          # noqa: E402
from fractions import Fraction as F                               # noqa: E402
from zoneinfo import ZoneInfo                                     # noqa: E402

ROUNDS = 4000 if os.environ.get('FULL') == '1' else 800
UTC = timezone.utc
ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata',
         'Australia/Lord_Howe', 'Pacific/Apia']


def away(x, places):
    """Half away from zero."""
    scaled = abs(x) * 10 ** places
    whole = (2 * scaled.numerator + scaled.denominator) // (
        2 * scaled.denominator)
    return F(whole if x >= 0 else -whole, 10 ** places)


def text(x):
    """A fraction of few decimals as the library prints it."""
    units = x * 10 ** 18
    assert units.denominator == 1
    digits = '%019d' % abs(units.numerator)
    out = (digits[:-18] + '.' + digits[-18:]).rstrip('0').rstrip('.')
    return ('-' if x < 0 else '') + out


def stamp(at):
    return at.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%SZ')


def months_on(day, months):
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return day.replace(year=year, month=month + 1, day=min(day.day, last))


def instant(wall, zone):
    """A wall clock that is skipped is read with the offset before, one that
    comes twice is the first: what fold=0 means to Python."""
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def shifted(at, zone, count, unit, times):
    """So many steps from a moment, on the wall clock."""
    if times == 0:
        return at
    wall = at.astimezone(zone).replace(tzinfo=None)
    steps = count * times
    if unit in 'DW':
        wall += timedelta(steps * (7 if unit == 'W' else 1))
    else:
        day = months_on(wall.date(), steps * (12 if unit == 'Y' else 1))
        wall = datetime.combine(day, wall.time())
    return instant(wall, zone)


def some_moment(r):
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(
        seconds=r.randint(-4 * 10 ** 8, 4 * 10 ** 8))


def calendars(r):
    name = r.choice(ZONES)
    zone = ZoneInfo(name)
    at, count, unit = some_moment(r), r.randint(1, 5), r.choice('DWMY')
    every = 'P%d%s' % (count, unit)
    times = r.randint(-9, 9)
    yield ({'kernel': 'shift', 'at': stamp(at), 'by': every, 'times': times,
            'zone': name},
           {'at': stamp(shifted(at, zone, count, unit, times))})
    asked, n = some_moment(r), 0
    while shifted(at, zone, count, unit, n) > asked:
        n -= 1
    while shifted(at, zone, count, unit, n + 1) <= asked:
        n += 1
    yield ({'kernel': 'cycles', 'anchor': stamp(at), 'every': every,
            'at': stamp(asked), 'zone': name},
           {'n': n, 'from': stamp(shifted(at, zone, count, unit, n)),
            'to': stamp(shifted(at, zone, count, unit, n + 1))})


def shares(r):
    name = r.choice(ZONES)
    zone = ZoneInfo(name)
    a, b, c, d = sorted(some_moment(r) for _ in range(4))
    amount = F(r.randint(0, 10 ** 7), 100)
    request = {'kernel': 'prorate', 'amount': text(amount), 'from': stamp(b),
               'to': stamp(c), 'full_from': stamp(a), 'full_to': stamp(d),
               'zone': name, 'places': 2}
    part, whole = (c - b).total_seconds(), (d - a).total_seconds()
    if whole:
        yield (dict(request, proration='seconds'),
               {'numerator': int(part), 'denominator': int(whole),
                'amount': text(away(amount * F(int(part), int(whole)), 2))})
    days = [x.astimezone(zone).date() for x in (a, b, c, d)]
    if c > b and days[3] > days[0]:
        yield (dict(request, proration='days_half_open'),
               {'numerator': (days[2] - days[1]).days,
                'denominator': (days[3] - days[0]).days})
        yield (dict(request, proration='days_inclusive'),
               {'numerator': (days[2] - days[1]).days + 1,
                'denominator': (days[3] - days[0]).days + 1})


def dues(r):
    """Whole cycles and stubs of a service, by day."""
    start = date(2026, 1, 1) + timedelta(r.randint(0, 700))
    at = start + timedelta(r.randint(0, 400))
    wanted, step = r.randint(1, 31), r.choice([1, 2, 3, 6, 12])

    def boundary(n):
        day = months_on(start.replace(day=1), n * step)
        last = calendar.monthrange(day.year, day.month)[1]
        return day.replace(day=min(wanted, last))

    n = 0 if boundary(0) >= start else 1
    first = boundary(n)
    through = first
    while through <= at:
        n += 1
        through = boundary(n)
    yield ({'kernel': 'due', 'start': str(start), 'at': str(at),
            'day': wanted, 'every': 'P%dM' % step, 'term': 'advance'},
           {'first': '%sT00:00:00Z' % first,
            'through': '%sT00:00:00Z' % through})


def spans(days):
    """Sorted days as half-open spans."""
    out = []
    for day in sorted(days):
        if out and out[-1][1] == day:
            out[-1][1] = day + 1
        else:
            out.append([day, day + 1])
    return out


def some_items(r, is_apart):
    out, day = [], 0
    for i in range(r.randint(0, 4)):
        start = day + r.randint(0, 20) if is_apart else r.randint(0, 80)
        end = start + r.randint(1, 40)
        day = end
        out.append({'from': start, 'to': end, 'plan': r.choice('pq'),
                    'amount': F(r.randint(1, 9000), 100), 'id': str(i)})
    return out


def repairs(r):
    first = date(2026, 1, 1)
    existing, proposed = some_items(r, 1), some_items(r, 0)
    left = [set(range(x['from'], x['to'])) for x in existing]
    open_ = [set(range(x['from'], x['to'])) for x in proposed]
    rate = {'p': F(5), 'q': F(7)}
    for i, item in enumerate(existing):
        for j, other in enumerate(proposed):
            if item['plan'] == other['plan']:
                both = left[i] & open_[j]
                left[i] -= both
                open_[j] -= both
    lines = []
    for kind, items, rest in (('charge', proposed, open_),
                              ('repair', existing, left)):
        for item, days in zip(items, rest):
            length, taken = item['to'] - item['from'], F(0)
            for a, b in spans(days):
                part = item['amount'] if b - a == length else away(
                    item['amount'] * away(F(b - a, length), 9), 2)
                if kind == 'repair':
                    part = min(part, item['amount'] - taken)
                    taken += part
                lines.append((a, kind, b, part if kind == 'charge'
                              else -part))

    def document(item):
        return {'id': item['id'], 'plan': item['plan'],
                'rate': text(rate[item['plan']]),
                'amount': text(item['amount']),
                'from': str(first + timedelta(item['from'])),
                'to': str(first + timedelta(item['to']))}

    yield ({'kernel': 'repair', 'existing': [document(x) for x in existing],
            'proposed': [document(x) for x in proposed]},
           {'total': text(sum((line[3] for line in lines), F(0))),
            'twice': False})


def invoices(r):
    """What coupons take is never more than there is, shares add up, and the
    tax is that of the exact sum."""
    amounts = [F(r.randint(0, 20000), 100) for _ in range(r.randint(1, 6))]
    percent, rate = F(r.randint(0, 120)), F(r.randint(0, 300), 10)
    off = min(away(sum(amounts) * percent / 100, 2), sum(amounts))
    yield ({'kernel': 'invoice', 'taxes': {'t': text(rate)},
            'lines': [{'amount': text(x)} for x in amounts],
            'coupons': [{'percent': text(percent)}]},
           {'subtotal': text(sum(amounts)), 'discount': text(off),
            'tax': text(away((sum(amounts) - off) * rate / 100, 2)),
            'sums': ('discount', 'tax')})


def holds(answer, expected):
    for key, value in expected.items():
        if key == 'sums':
            parts = [('discount', 'discount'), ('tax_share', 'tax')]
            for member, total in parts:
                if sum((F(x[member]) for x in answer['lines']),
                       F(0)) != F(answer[total]):
                    return False
        elif answer.get(key) != value:
            return False
    return True


def main():
    asked = []
    for seed in range(ROUNDS):
        r = random.Random(seed)
        for make in (calendars, shares, dues, repairs, invoices):
            asked.extend(make(r))
    lines = '\n'.join(json.dumps(request) for request, _ in asked) + '\n'
    out = subprocess.run([sys.argv[1]], input=lines, capture_output=True,
                         text=True, check=True).stdout.split('\n')
    failed = 0
    for (request, expected), line in zip(asked, out):
        good = not line.startswith('refused') and holds(json.loads(line),
                                                        expected)
        if not good:
            failed += 1
            if failed <= 5:
                print('asked %s\n  model %s\n  library %s' % (
                    json.dumps(request), expected, line))
    print('%d passed, %d failed' % (len(asked) - failed, failed))
    sys.exit(failed != 0)


if __name__ == '__main__':
    main()
