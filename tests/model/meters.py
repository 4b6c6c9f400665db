#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""meters.py METER_CHECK: random streams of events, measured twice.

Each stream is measured by the aggregate kernel and by the model below, which
is written from the rules alone: it keeps all events, sorts them and counts in
fractions.  The same stream is asked again in another order of arrival (only
times that are equal are told apart by arrival, so streams have none), and by
local days.
"""
import sys

sys.path.pop(0)                 # this folder has a decimal.py and a json.py

import collections                                                # noqa: E402
import datetime                                                   # noqa: E402
import json                                                       # noqa: E402
import os                                                         # noqa: E402
import random                                                     # noqa: E402
import subprocess                                                 # noqa: E402
import zoneinfo                                                   # noqa: E402
from fractions import Fraction as F                               # noqa: E402

US = 1000000
DAY = 86400 * US
ROUNDS = 6000 if os.environ.get('FULL') == '1' else 1500
ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu',
         'Australia/Lord_Howe']
SHARES = ['time', 'days_half_open', 'lago_days', 'lago_days_exact']
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


# ---- rounding ---------------------------------------------------------------

def rounded(x, places, how):
    """x to so many decimals, by the words of documents."""
    step = F(10) ** -places
    low = x / step // 1
    rest = x / step - low
    up = {
        'ceiling': rest > 0, 'floor': False,
        'up': rest > 0 and x > 0, 'down': rest > 0 and x < 0,
        'half_up': rest >= F(1, 2), 'half_down': rest > F(1, 2),
        'half_away': rest > F(1, 2) or (rest == F(1, 2) and x > 0),
        'half_even': rest > F(1, 2) or (rest == F(1, 2) and low % 2 == 1),
    }[how]
    if how == 'half_down' and rest == F(1, 2):
        up = x < 0                       # toward zero
    return (low + up) * step


def exact(x):
    return rounded(x, 18, 'half_even')


# ---- the model --------------------------------------------------------------

Event = collections.namedtuple('Event', 'at number value text removes group')


def local_day(us, zone):
    at = (EPOCH + datetime.timedelta(microseconds=us)).astimezone(zone)
    return at.date().toordinal()


class Period:
    def __init__(self, start, end, whole_days, zone):
        self.start, self.end = start, end
        self.whole_days = whole_days
        self.zone = zoneinfo.ZoneInfo(zone)

    def part(self, start, end):
        return Period(start, end, self.whole_days, self.zone.key)

    def days(self):
        """Where its local days begin and end, cut to the period."""
        bounds = [self.start]
        day = datetime.date.fromordinal(self.day(self.start))
        while bounds[-1] < self.end:
            day += datetime.timedelta(days=1)
            midnight = datetime.datetime(day.year, day.month, day.day,
                                         tzinfo=self.zone)
            at = (midnight - EPOCH) // datetime.timedelta(microseconds=1)
            bounds.append(min(at, self.end))
        return list(zip(bounds, bounds[1:]))

    def day(self, us):
        return local_day(us, self.zone)

    def left(self, us, share):
        """What of the period is left at an instant."""
        us = max(us, self.start)
        if share == 'time':
            return F(self.end - us)
        return F(self.day(self.end - 1) + 1 - self.day(us))

    def whole(self, share):
        return self.whole_days * (DAY if share == 'time' else 1)


def stays(events, period, share):
    """[added, removed) of each value, in the order of time."""
    lago = share.startswith('lago')
    for text in sorted({e.text for e in events}):
        own = [e for e in events if e.text == text]
        own = [e for i, e in enumerate(own)
               if not (lago and e.removes and i + 1 < len(own)
                       and not own[i + 1].removes
                       and period.day(e.at) == period.day(own[i + 1].at))]
        added = None
        for e in own:
            if e.removes and added is not None:
                yield added, e.at
                added = None
            elif not e.removes and added is None:
                added = e.at
        if added is not None:
            yield added, None


def presence(events, period, share):
    total = F(0)
    for added, removed in stays(events, period, share):
        if removed is None:
            total += period.left(added, share)
        elif removed >= period.start:
            total += period.left(added, share) - period.left(removed, share)
            total += share.startswith('lago')
    return total


def percentile(events, meter):
    values = sorted(e.value for e in events)
    percent = F(meter['percentile'])
    if not values:
        return F(0)
    if meter.get('method') != 'linear':
        return next(v for v in values
                    if 100 * sum(w <= v for w in values)
                    >= percent * len(values))
    place = percent * (len(values) - 1) / 100
    low = int(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + exact((values[high] - values[low]) * (place - low))


def weighted(events, meter, period):
    """Walks through the period and adds up the area below the level."""
    area, level, at = F(0), F(0), period.start
    for e in events:
        here = max(e.at, period.start)
        area += level * (here - at)
        at = here
        level = e.value if meter.get('reading') == 'level' \
            else level + e.value
    area += level * (period.end - at)
    unit = {'second': US, 'minute': 60 * US, 'hour': 3600 * US, 'day': DAY}
    return exact(area / unit.get(meter.get('per'), period.whole('time')))


def peak(events, period):
    """The highest level, as it stands after each instant."""
    def level(at):
        return sum((e.value for e in events if e.at <= at), F(0))
    if not events:
        return F(0)
    return max(level(at) for at in [period.start] +
               [e.at for e in events if e.at > period.start])


def aggregate(events, meter, period):
    kind = meter['aggregation']
    if kind == 'peak':
        return peak(events, period)
    values = [e.value for e in events]
    if kind == 'count':
        return F(len(events))
    if kind == 'unique':
        return F(sum(r is None for _, r in stays(events, period, 'none')))
    if kind == 'weighted_sum':
        return weighted(events, meter, period)
    if kind == 'percentile':
        return percentile(events, meter)
    if not events:
        return F(0)
    return {'sum': lambda: sum(values), 'max': lambda: max(values),
            'min': lambda: min(values), 'latest': lambda: values[-1],
            'earliest': lambda: values[0],
            'average': lambda: exact(sum(values) / len(values))}[kind]()


def prorated(events, meter, period):
    share = meter['proration']
    if meter['aggregation'] == 'unique':
        part = presence(events, period, share)
    else:
        part = sum((e.value * period.left(e.at, share) for e in events), F(0))
    part /= period.whole(share)
    if share == 'lago_days':
        return rounded(part, 5, 'ceiling')
    return exact(part)


def finished(quantity, meter):
    if meter.get('negative') == 'zero':
        quantity = max(quantity, F(0))
    convert = meter.get('convert')
    if not convert:
        return quantity
    by = F(convert.get('by', '1'))
    raw = quantity / by if convert.get('operation') == 'divide' \
        else quantity * by
    if convert.get('round', 'none') == 'none':
        return exact(raw)
    return rounded(raw, convert.get('places', 0), convert['round'])


def measure(events, meter, period):
    """{group: (quantity, full or None, events)}"""
    carried = meter.get('recurring', False)
    kept = sorted((e for e in events if e.at < period.end and
                   (carried or e.at >= period.start)),
                  key=lambda e: (e.at, e.number))
    groups = {}
    for name in sorted({e.group for e in kept}) if 'groups' in meter else ['']:
        own = [e for e in kept if 'groups' not in meter or e.group == name]
        level = aggregate(own, meter, period)
        quantity = prorated(own, meter, period) if 'proration' in meter \
            else level
        groups[name] = (finished(quantity, meter),
                        finished(level, meter) if 'proration' in meter
                        else None,
                        sum(e.at >= period.start for e in own))
    return groups


def panes(events, meter, period):
    """{group: [(quantity, cumulative, change)]}, a local day each."""
    out = {name: [] for name in measure(events, meter, period)}
    none = finished(F(0), meter)
    for name, row in out.items():
        own = [e for e in events if 'groups' not in meter or e.group == name]
        last = F(0)
        for start, end in period.days():
            now = measure(own, meter, period.part(period.start, end))
            alone = measure(own, meter, period.part(start, end))
            cumulative = now.get(name, (none,))[0]
            quantity = alone.get(name, (none,))[0]
            if 'proration' in meter:
                quantity = cumulative - last
            elif meter.get('recurring') and \
                    meter['aggregation'] not in ('weighted_sum', 'peak'):
                quantity = cumulative
            row.append((quantity, cumulative, cumulative - last))
            last = cumulative
    return out


# ---- random streams ---------------------------------------------------------

def some_convert(r):
    convert = {'operation': r.choice(['multiply', 'divide']),
               'by': r.choice(['1', '3', '1000', '0.7', '1024'])}
    if r.random() < 0.8:
        convert['round'] = r.choice(['up', 'down', 'ceiling', 'floor',
                                     'half_away', 'half_up', 'half_down',
                                     'half_even'])
        convert['places'] = r.randint(-3, 6)
    return convert


def some_meter(r):
    kind = r.choice(['count', 'sum', 'max', 'min', 'average', 'latest',
                     'earliest', 'unique', 'weighted_sum', 'percentile',
                     'peak'])
    meter = {'id': 'm', 'event': 'e', 'aggregation': kind}
    if kind != 'count':
        meter['property'] = 'v'
    if kind == 'unique':
        meter['operation'] = 'op'
    if kind in ('count', 'sum', 'unique', 'latest', 'weighted_sum',
                'peak'):
        meter['recurring'] = r.random() < 0.5
    if kind in ('sum', 'unique') and r.random() < 0.7:
        meter['proration'] = r.choice(SHARES)
    if kind == 'weighted_sum':
        meter['reading'] = r.choice(['change', 'level'])
        meter['per'] = r.choice(['period', 'second', 'minute', 'hour', 'day'])
    if kind == 'percentile':
        meter['percentile'] = r.choice(['0', '50', '95', '99.9', '100', '33'])
        meter['method'] = r.choice(['nearest', 'linear'])
    if r.random() < 0.4:
        meter['convert'] = some_convert(r)
    if r.random() < 0.3:
        meter['negative'] = 'zero'
    if r.random() < 0.4:
        meter['groups'] = ['g']
    return meter


def some_events(r, meter, start, end):
    count = r.choice([0, 1, 2, 5, 20, 60])
    width = end - start
    times = r.sample(range(start - width, end + width // 4), count)
    if r.random() < 0.5:                 # crowded, so that days are shared
        step = max(1, width // 40)
        times = sorted({t // step * step + i for i, t in enumerate(times)})
        r.shuffle(times)
    events = []
    for number, at in enumerate(times):
        text = r.choice('abc')
        value = F(r.randint(-10 ** 6, 10 ** 6), 10 ** r.randint(0, 6))
        if meter['aggregation'] == 'count':
            value = F(1)
        events.append(Event(at, number, value, text, r.random() < 0.4,
                            r.choice('xyz')))
    return events


def decimal(x):
    """A fraction with few decimals, as text."""
    whole = x * 10 ** 18
    assert whole.denominator == 1
    sign, digits = '-' if whole < 0 else '', str(abs(int(whole))).zfill(19)
    return '%s%s.%s' % (sign, digits[:-18], digits[-18:])


def some_stream(seed):
    r = random.Random(seed)
    start = r.randint(1600000000, 1800000000) * US
    whole = r.randint(1, 40)
    end = start + r.randint(1, whole * 24) * 3600 * US
    if r.random() < 0.2:
        end += r.randint(1, 10 ** 9)
    meter = some_meter(r)
    zone = r.choice(ZONES)
    return (r, meter, some_events(r, meter, start, end),
            Period(start, end, whole, zone), zone)


def request(meter, events, period, zone, window='none'):
    out = []
    for e in events:
        properties = {'v': decimal(e.value), 'g': e.group}
        if meter['aggregation'] == 'unique':
            properties['v'] = e.text
        if e.removes:
            properties['op'] = 'remove'
        out.append({'time': e.at, 'properties': properties})
    return json.dumps({'kernel': 'aggregate', 'meter': meter, 'events': out,
                       'from': period.start, 'to': period.end, 'zone': zone,
                       'days': period.whole_days, 'window': window})


# ---- comparing --------------------------------------------------------------

def answer_of(line):
    groups = {}
    for group in json.loads(line)['groups']:
        full = group.get('full')
        groups[group.get('group', {}).get('g', '')] = (
            F(group['quantity']), None if full is None else F(full),
            group['events'])
    return groups


def panes_of(line):
    groups = {}
    for group in json.loads(line)['groups']:
        groups[group.get('group', {}).get('g', '')] = [
            (F(w['quantity']), F(w['cumulative']), F(w['change']))
            for w in group['windows']]
    return groups


def main():
    streams = [some_stream(seed) for seed in range(ROUNDS)]
    lines = []
    for r, meter, events, period, zone in streams:
        lines.append(request(meter, events, period, zone))
        again = events[:]
        r.shuffle(again)
        lines.append(request(meter, again, period, zone))
        lines.append(request(meter, events, period, zone, 'day'))
    run = subprocess.run([sys.argv[1]], input='\n'.join(lines) + '\n',
                         stdout=subprocess.PIPE, universal_newlines=True,
                         check=True)
    answers = run.stdout.splitlines()
    assert len(answers) == len(lines)
    failed = 0
    for i, (_, meter, events, period, _) in enumerate(streams):
        want = measure(events, meter, period)
        windows = panes(events, meter, period)
        whole, again, days = answers[3 * i:3 * i + 3]
        for line, is_right in (
                (whole, lambda x: answer_of(x) == want),
                (again, lambda x: answer_of(x) == want),
                (days, lambda x: panes_of(x) == windows)):
            if line.startswith('refused') or not is_right(line):
                failed += 1
                if failed < 10:
                    print('stream %d %s\n  model  %s\n  answer %s' % (
                        i, meter, windows if line is days else want, line))
    print('%d passed, %d failed' % (len(lines) - failed, failed))
    sys.exit(failed != 0)


if __name__ == '__main__':
    main()
