# SPDX-License-Identifier: MIT OR Apache-2.0
"""Random programmes: a catalog, and what is done with it, as plain data.

Everything is drawn from small ranges, so that keys meet, tiers are crossed at
their bounds, grants run dry and periods close under late events.
"""
from hypothesis import strategies as st

CUSTOMERS = ['ann', 'bob', 'cyd']
ZONES = ['UTC', 'America/New_York']
START = 1767225600 * 10 ** 6            # 2026-01-01T00:00:00Z
HOUR = 3600 * 10 ** 6
DAY = 24 * HOUR
UNITS = {'tok': 0, 'gpu_h': 4}
ASSETS = ['USD', 'JPY', 'tok']

# Rates between assets; `after` is in days since the start, None: always.
RATES = [('tok', 'USD', '0.25', None), ('tok', 'USD', '0.2', 12),
         ('tok', 'JPY', '37', None), ('JPY', 'USD', '0.0067', None),
         ('JPY', 'USD', '0.007', 33), ('KWD', 'USD', '3.25', None),
         ('KWD', 'JPY', '480.123456789', None)]

METERS = [
    {'id': 'calls', 'event': 'call', 'aggregation': 'count',
     'groups': ['model', 'region']},
    {'id': 'tokens', 'event': 'call', 'aggregation': 'sum', 'property': 'n',
     'filters': [{'property': 'model', 'in': ['a', 'b']}],
     'groups': ['model']},
    {'id': 'peak', 'event': 'job', 'aggregation': 'max', 'property': 'n'},
    {'id': 'least', 'event': 'job', 'aggregation': 'min', 'property': 'n',
     'filters': [{'property': 'region', 'not_in': ['eu']}]},
    {'id': 'users', 'event': 'login', 'aggregation': 'unique',
     'property': 'who', 'groups': ['region']},
    {'id': 'level', 'event': 'gauge', 'aggregation': 'latest'},
    {'id': 'paid', 'event': 'pay', 'aggregation': 'sum',
     'filters': [{'property': 'region', 'exists': True}]},
    {'id': 'unsold', 'event': 'ping', 'aggregation': 'count'},
]
EVENTS = ['call'] * 6 + ['job'] * 3 + ['login', 'gauge', 'pay'] * 2 + [
    'ping', 'nothing']

rates = st.sampled_from(['0', '0.05', '1', '2.5', '0.333333333333333333'])
flats = st.sampled_from(['0', '0', '3', '0.01'])
values = st.sampled_from(['1', '2', '5', '0.5', '10', '0', '-3', '-0.25',
                          '7.123456789012345678'])


def rarely(odd, usual, one_in=8):
    """Mostly the usual, which is what a test is shrunk to."""
    return st.integers(0, one_in - 1).flatmap(
        lambda n: odd if n == one_in - 1 else usual)


@st.composite
def tiers(draw):
    bounds = sorted(draw(st.sets(st.sampled_from([1, 2, 5, 10, 12]),
                                 max_size=3)))
    return [{'up_to': str(b) if b else None, 'unit': draw(rates),
             'flat': draw(flats)} for b in [*bounds, None]]


def steps(rungs, *members):
    return [{k: rung[k] for k in ('up_to', *members)} for rung in rungs]


@st.composite
def matrix(draw, groups):
    """Rates of some values, and one for all others."""
    rows = []
    for _ in range(draw(st.integers(0, 3))):
        values = {g: draw(st.sampled_from(['a', 'b', 'eu', 'us']))
                  for g in groups if draw(st.booleans())}
        rows.append({'values': values, 'unit': draw(rates)})
    rows.append({'values': {}, 'price': {
        'model': 'package', 'unit': draw(flats),
        'per': draw(st.sampled_from(['2', '7']))}})
    return rows


@st.composite
def model_members(draw, price):
    """What the price's model has beside the members of all."""
    model = price['model']
    if model in ('per_unit', 'graduated', 'volume', 'package'):
        price['per'] = draw(st.sampled_from(['1', '1', '10', '3']))
    if model in ('per_unit', 'package'):
        price['unit'] = draw(rates)
    elif model == 'percentage':
        price['rate'] = draw(rates)
    elif model == 'graduated_percentage':
        price['tiers'] = [{'rate': t.pop('unit'), **t}
                          for t in draw(tiers())]
    elif model == 'stairstep':
        price['tiers'] = steps(draw(tiers()), 'flat')
    elif model != 'dynamic':
        price['tiers'] = draw(tiers())
    if model == 'package':
        price['partial'] = draw(st.sampled_from(['up', 'down', 'prorate']))
    if model in ('per_unit', 'package', 'percentage') and draw(
            st.integers(0, 3)) == 3:
        price['free'] = draw(st.sampled_from(['2', '0.5']))
    if draw(st.integers(0, 5)) == 5:
        price['maximum'] = draw(st.sampled_from(['4', '0.5']))


@st.composite
def usage_price(draw, number):
    # Calls are what most events are.
    meter = METERS[number] if number < 2 else draw(
        st.sampled_from(METERS[:-1]))
    price = {'id': 'p%d' % number, 'meter': meter['id'],
             'model': draw(st.sampled_from(
                 ['per_unit', 'graduated', 'volume'] * 2 + [
                     'package', 'stairstep', 'percentage', 'dynamic',
                     'graduated_percentage']))}
    if draw(st.integers(0, 7)) == 7:
        price['asset'] = draw(st.sampled_from(ASSETS))
    if meter.get('groups') and draw(st.booleans()):
        price['groups'] = draw(st.sampled_from([meter['groups'],
                                                meter['groups'][:1]]))
    if draw(st.integers(0, 3)) == 3:
        price['filters'] = [{'property': 'region', 'in': ['eu', 'us']}]
    if price.get('groups') and draw(st.integers(0, 2)) == 2:
        price['model'] = 'matrix'
        price['rates'] = draw(matrix(price['groups']))
    else:
        draw(model_members(price))
    return price


@st.composite
def fee(draw, number):
    price = {'id': 'f%d' % number, 'model': 'flat',
             'amount': draw(st.sampled_from(['20', '9.99', '0.005', '0'])),
             'timing': draw(st.sampled_from(['advance', 'arrears'])),
             'proration': draw(st.sampled_from(['time', 'time', 'none',
                                                'days_half_open']))}
    if draw(st.booleans()):
        price['quantity'] = draw(st.sampled_from(['seats', 'none']))
    return price


@st.composite
def plan(draw):
    prices = [draw(usage_price(n)) for n in range(draw(st.integers(3, 7)))]
    fees = [draw(fee(n)) for n in range(draw(st.integers(0, 2)))]
    currency = draw(rarely(st.just('KWD'), st.just('USD')))
    return {'id': 'pro', 'currency': currency,
            'prices': draw(st.permutations(prices + fees))}


@st.composite
def contract(draw, number):
    start = START + draw(st.integers(-40, 15)) * DAY \
        + draw(st.sampled_from([0, 0, 5, 31])) * HOUR
    document = {
        'id': 'k%d' % number, 'plan': 'pro',
        'customer': ['ann', 'bob', 'ann'][number % 3],
        'start': start, 'zone': draw(st.sampled_from(ZONES)),
        'anchor': draw(st.sampled_from(['calendar', 'anniversary'])),
        'overdraft': draw(st.sampled_from(['0', '5', 'unlimited'])),
        'quantities': {'seats': draw(st.sampled_from(['1', '5', '2.5']))},
    }
    if draw(st.integers(0, 3)) == 3:
        document['order'] = draw(st.sampled_from([
            ['expiry'], ['created', 'priority'], ['promotional', 'larger'],
            ['larger'], ['narrow', 'effective', 'zero_cost']]))
    if draw(st.integers(0, 4)) == 4:
        document['end'] = start + draw(st.integers(20, 90)) * DAY
    return document


properties = st.fixed_dictionaries(
    {'n': rarely(st.sampled_from(['-3', '-0.25']),
                 st.sampled_from(['1', '2', '5', '0.5', '10',
                                  '7.123456789012345678'])),
     'who': st.sampled_from(['u%d' % n for n in range(12)])},
    optional={'model': st.sampled_from(['a', 'a', 'b', 'c']),
              'region': st.sampled_from(['eu', 'us'])})

event = st.fixed_dictionaries({
    'key': rarely(st.integers(0, 4), st.none(), 5),
    'customer': rarely(st.sampled_from(['cyd', 'nobody']), st.sampled_from(
        ['ann', 'ann', 'ann', 'bob'])),
    'event': st.sampled_from(EVENTS),
    'ago': rarely(st.sampled_from(
        [-400 * DAY, -40 * DAY, -3 * DAY, 1, HOUR, DAY, 9 * DAY, 20 * DAY,
         35 * DAY]), st.none(), 3),
    'value': rarely(values, st.none(), 2),
    'properties': rarely(st.just({}), properties, 12),
})

record = st.fixed_dictionaries({
    'do': st.just('record'), 'events': st.lists(event, min_size=1,
                                                max_size=8),
    'cut': st.integers(1, 8), 'as_text': st.booleans(),
    'strict': rarely(st.just(True), st.just(False)),
    'whole': rarely(st.just(True), st.just(False), 4)})

grant = st.fixed_dictionaries({
    'do': st.just('grant'),
    'customer': st.sampled_from(['ann', 'ann', 'ann', 'ann', 'bob', 'cyd']),
    'amount': st.sampled_from(['20', '5', '1', '0.01', '100']),
    'asset': rarely(st.sampled_from(['JPY', 'tok', 'KWD']), st.just('USD'),
                    4),
    'cost': st.sampled_from([None, '1']),
    'priority': st.sampled_from([0, 0, 0, 1, -1]),
    'starts': rarely(st.just(5 * DAY), st.sampled_from([None, -60 * DAY]), 6),
    # "month": until the end of January, when periods close too.
    'lasts': st.sampled_from([None, None, 11 * DAY, 20 * DAY, 45 * DAY,
                              'month']),
    'origin': st.sampled_from(['bought', 'promotional']),
    'scope': rarely(st.sampled_from([
        {'meters': ['calls', 'tokens']}, {'meters': ['calls']},
        {'prices': ['p0']}, {'prices': ['p0', 'p1'], 'contracts': ['k0']}]),
        st.none(), 3),
    'again': rarely(st.just(True), st.just(False))})

call = st.fixed_dictionaries({
    'key': st.none(), 'customer': st.just('ann'), 'event': st.just('call'),
    'ago': st.none(), 'value': st.none(), 'properties': properties})

authorize = st.fixed_dictionaries({
    'do': st.just('authorize'),
    'estimate': st.one_of(st.none(), event, call, call, call),
    'customer': st.sampled_from(['ann', 'ann', 'bob']),
    'amount': st.sampled_from(['1', '3', '50']),
    'asset': rarely(st.just('JPY'), st.just('USD')),
    'lasts': st.sampled_from([None, 5 * 60 * 10 ** 6, 12 * DAY]),
    'again': rarely(st.sampled_from(['same', 'other']), st.none(), 6)})

settle = st.fixed_dictionaries({
    'do': st.just('settle'), 'hold': rarely(st.integers(1, 2), st.just(0), 4),
    'event': st.one_of(event, call, call, call),
    'above': st.sampled_from(['all', 'refuse', 'owe'])})

release = st.fixed_dictionaries({'do': st.just('release'),
                                 'hold': st.integers(0, 2)})

wait = st.fixed_dictionaries({'do': st.just('wait'), 'for': st.sampled_from(
    [1, 10 * 60 * 10 ** 6, DAY, 9 * DAY, 30 * DAY])})

advance = st.fixed_dictionaries({
    'do': st.just('advance'), 'back': st.sampled_from([0, 0, DAY, 20 * DAY]),
    'budget': st.sampled_from([0, 0, 1, 2])})

quote = st.fixed_dictionaries({'do': st.just('quote'), 'event': event})

# Asked for, and used at once or a little later.
used = st.tuples(authorize, st.one_of(wait, record, grant), settle).map(list)

renewal = st.fixed_dictionaries({'do': st.just('contract'), 'plan': plan(),
                                 'contract': contract(9)})

operation = st.one_of(
    *(one.map(lambda step: [step]) for one in (
        record, record, record, record, grant, grant, authorize, release,
        settle, wait, wait, advance, advance, quote,
        st.just({'do': 'reopen'}), renewal)),
    used, used, used)


@st.composite
def programme(draw):
    contracts = [draw(contract(n)) for n in range(draw(st.integers(2, 3)))]
    first = draw(plan())
    steps = draw(st.lists(operation, min_size=10, max_size=30))
    return {'plan': first, 'contracts': contracts,
            'steps': [draw(grant), draw(record), *sum(steps, [])]}
