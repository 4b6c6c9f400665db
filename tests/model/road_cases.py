# SPDX-License-Identifier: MIT OR Apache-2.0
"""Programmes that chance finds too rarely, each named by what it is about.

They are written like those of road_programme.py.
"""
from road_programme import DAY, START

FALLING = [{'up_to': '2', 'unit': '5', 'flat': '0'},
           {'up_to': None, 'unit': '1', 'flat': '0'}]


def plan(*prices, currency='USD'):
    return {'id': 'pro', 'currency': currency,
            'prices': [{'id': 'p%d' % n, **price}
                       for n, price in enumerate(prices)]}


def contract(**members):
    return {'id': 'k0', 'plan': 'pro', 'customer': 'ann', 'start': START,
            'zone': 'UTC', 'anchor': 'calendar', 'overdraft': '0',
            'quantities': {}, **members}


def event(name='call', ago=None, **members):
    return {'key': None, 'customer': 'ann', 'event': name, 'ago': ago,
            'value': None, 'properties': {'n': '1', 'model': 'a'}, **members}


def record(*events, whole=False):
    return {'do': 'record', 'events': list(events), 'cut': 100,
            'as_text': False, 'strict': False, 'whole': whole}


def grant(amount='20', lasts=None, **members):
    return {'do': 'grant', 'customer': 'ann', 'amount': amount,
            'asset': 'USD', 'cost': None, 'priority': 0, 'starts': None,
            'lasts': lasts, 'origin': 'bought', 'scope': None,
            'again': False, **members}


def authorize(estimate=None, amount='3', lasts=None):
    return {'do': 'authorize', 'estimate': estimate, 'customer': 'ann',
            'amount': amount, 'asset': 'USD', 'lasts': lasts, 'again': None}


def settle(one, above='all'):
    return {'do': 'settle', 'hold': 0, 'event': one, 'above': above}


def wait(us):
    return {'do': 'wait', 'for': us}


def advance(budget=0, back=0):
    return {'do': 'advance', 'budget': budget, 'back': back}


def case(prices, *steps, **terms):
    return {'plan': prices, 'contracts': [contract(**terms)],
            'steps': list(steps)}


PER_CALL = plan({'meter': 'calls', 'model': 'per_unit', 'unit': '1'})
BY_VOLUME = plan({'meter': 'calls', 'model': 'volume', 'tiers': FALLING})
MIXED = plan({'meter': 'calls', 'model': 'per_unit', 'unit': '3.1',
              'asset': 'tok'},
             {'meter': 'tokens', 'model': 'per_unit', 'unit': '1.005',
              'asset': 'USD'},
             {'id': 'f0', 'model': 'flat', 'amount': '1000', 'asset': 'JPY',
              'timing': 'advance'},
             {'id': 'f1', 'model': 'flat', 'amount': '2.5',
              'asset': 'USD'}, currency='USD')
PAID = plan({'meter': 'paid', 'model': 'per_unit', 'unit': '1'})


def pay(amount):
    return event('pay', value=amount,
                 properties={'n': '1', 'region': 'eu'})


def login(user):
    return event('login', properties={'n': '1', 'who': user})


CASES = {
    'what returns to an expired grant expires again': case(
        BY_VOLUME, grant(lasts=2 * DAY), record(event(), event()),
        wait(3 * DAY), advance(), record(event()), record(event())),

    'what returns to a grant that advance has not seen is left in it': case(
        BY_VOLUME, grant(lasts=2 * DAY), record(event(), event()),
        wait(3 * DAY), record(event()), advance()),

    'a total below zero is owed to the customer before grants are drawn':
        case(PAID, grant(), record(pay('-3')), record(pay('2')),
             record(pay('5')), record(pay('-7')), record(pay('4'))),

    'a refused estimate leaves no charge keys behind': case(
        plan(*[{'meter': 'calls', 'model': 'per_unit', 'unit': unit}
               for unit in ('1', '2', '3')]),
        record(event()), wait(30 * DAY), authorize(event()),
        wait(1), record(event(), event())),

    'at one instant holds end, then periods close, then grants expire': case(
        PER_CALL, grant(lasts='month'), authorize(lasts=12 * DAY),
        record(event()), wait(13 * DAY), advance(1), advance(1), advance(1),
        advance(1)),

    'a lot that one charge gives back to pays the next charge': case(
        plan({'meter': 'calls', 'model': 'volume', 'tiers': FALLING},
             {'meter': 'calls', 'model': 'per_unit', 'unit': '2'}),
        grant('14'), grant('5', priority=1), record(event(), event()),
        record(event()), record(event())),

    'an event after the end is not priced, one before is billed late': case(
        PER_CALL, grant('1'), record(event()), wait(30 * DAY), advance(),
        record(event(), event(ago=20 * DAY), event(ago=29 * DAY)),
        advance(), advance(), end=START + 25 * DAY),

    'a batch that is refused as a whole leaves no values behind': case(
        plan({'meter': 'users', 'model': 'per_unit', 'unit': '1'}),
        grant('7'), record(*[login('u%d' % n) for n in range(7)]),
        record(login('u7'), login('u8'), login('u9'),
               event(customer='nobody'), whole=True),
        record(login('u7')), record(login('u8')), record(login('u9'))),

    'a batch that is refused as a whole wakes no grant': case(
        BY_VOLUME, grant('1', scope={'meters': ['users']}, priority=-2),
        grant('1', scope={'meters': ['users']}, priority=-2), grant('5'),
        grant('20', priority=1), record(event()),
        record(event(), event(), event(customer='nobody'), whole=True),
        record(event()), record(event())),

    'settling beyond the hold, in each way': case(
        PER_CALL, grant('2'), authorize(amount='1'),
        settle(event(properties={'n': '1'}), 'refuse'), authorize(),
        authorize(amount='1'), settle(event(), 'owe'),
        settle(event(), 'owe'), settle(event(), 'refuse')),

    'a hold is priced at the total and at the total with open holds': case(
        plan({'meter': 'tokens', 'model': 'volume', 'tiers': FALLING}),
        grant('100'), authorize(event()), authorize(event()),
        authorize(event()), settle(event()), record(event()),
        {'do': 'reopen'}, {'do': 'release', 'hold': 1}),

    'fees by calendar and by anniversary over a change of clocks': case(
        plan({'id': 'f0', 'model': 'flat', 'amount': '20',
              'timing': 'advance', 'proration': 'time'},
             {'id': 'f1', 'model': 'flat', 'amount': '9.99',
              'timing': 'arrears', 'proration': 'days_half_open'}),
        wait(30 * DAY), advance(2), wait(30 * DAY), advance(),
        zone='America/New_York', start=START + 9 * DAY,
        end=START + 75 * DAY),

    'what is open in other assets is converted by the rates of its time':
        case(MIXED, grant('7', asset='tok'), advance(),
             record(*[event() for _ in range(4)]), wait(32 * DAY), advance(),
             record(event(ago=20 * DAY), event(), event(ago=25 * DAY)),
             wait(30 * DAY), advance(), record(event(ago=40 * DAY)),
             wait(32 * DAY), advance(), {'do': 'reopen'},
             invoice_currency='USD', zone='America/New_York'),

    'a rate is turned round where there is no other': case(
        MIXED, record(*[event() for _ in range(3)]), wait(32 * DAY),
        advance(), record(event(ago=15 * DAY)), wait(31 * DAY), advance(),
        invoice_currency='JPY', end=START + 50 * DAY),
}
