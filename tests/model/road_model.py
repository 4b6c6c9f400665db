# SPDX-License-Identifier: MIT OR Apache-2.0
"""A plain model of the road: what happens to an event, said as directly as
Python can say it, with exact fractions and no thought of speed.

It is written from the words of billing.h and shares nothing with the library:
the comparison in road.py is worth something only as long as that stays so.
Amounts are Fractions, instants are whole microseconds.
"""
import calendar
import copy
import dataclasses
import datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

PLACES = {'USD': 2, 'JPY': 0, 'KWD': 3}
UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)
HOUR = 3600 * 10 ** 6
DAY = 24 * HOUR
AHEAD = 366 * DAY               # how far in the future an event may be
NEVER = float('inf')            # compares above every instant

ORDER = ['priority', 'zero_cost', 'narrow', 'expiry', 'effective', 'created']
UNMATCHED, UNPRICED, LATE, MIXED, OWED, UNENTITLED = 1, 2, 4, 8, 16, 256
NEW, SAME, CONFLICT, REFUSED = 1, 2, 3, 4
OPEN, SETTLED, RELEASED, EXPIRED, UNRESOLVED = 1, 2, 3, 4, 5


class Refused(Exception):
    """A call that fails; says the name of its code."""


def exact(f):
    """A quotient at 10^-18, half even: what a price function ends with."""
    return Fraction(round(Fraction(f) * 10 ** 18), 10 ** 18)


def half_away(f, places):
    """The one rounding of money."""
    scaled = abs(f) * 10 ** places
    whole = int(scaled + Fraction(1, 2))
    return Fraction(whole if f >= 0 else -whole, 10 ** places)


# ---- time -------------------------------------------------------------------

def moment(us):
    return EPOCH + datetime.timedelta(microseconds=us)


def micros(when):
    return (when - EPOCH) // datetime.timedelta(microseconds=1)


def add_months(local, months):
    """The same wall clock some months on; a day that is not there becomes
    the month's last."""
    at = local.year * 12 + local.month - 1 + months
    year, month = divmod(at, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return local.replace(year=year, month=month + 1,
                         day=min(local.day, last))


def to_us(local, zone):
    return micros(local.replace(tzinfo=zone).astimezone(UTC))


@dataclasses.dataclass(frozen=True)
class Span:
    start: int
    end: int

    def __contains__(self, us):
        return self.start <= us < self.end


def cycle(terms, n):
    """The whole cycle n, counted from the one that holds the start."""
    zone = ZoneInfo(terms.zone)
    first = moment(terms.start).astimezone(zone).replace(tzinfo=None)
    if terms.anchor == 'calendar':
        first = first.replace(day=1, hour=0, minute=0, second=0,
                              microsecond=0)
    return Span(to_us(add_months(first, n), zone),
                to_us(add_months(first, n + 1), zone))


# ---- prices -----------------------------------------------------------------

@dataclasses.dataclass
class Price:
    id: str
    model: str
    asset: str
    meter: str = ''
    unit: Fraction = Fraction(0)
    per: Fraction = Fraction(1)
    tiers: list = ()            # (up_to or None, unit, flat)
    groups: tuple = ()
    filters: list = ()
    amount: Fraction = Fraction(0)
    timing: str = 'arrears'
    proration: str = 'time'
    quantity: str = ''
    free: Fraction = Fraction(0)
    partial: str = 'up'
    maximum: Fraction = None
    rates: list = ()            # (values by name, Price)

    def of(self, group):
        """The price of a group, ((name, value), ..): a matrix is the rate
        that names the most of its values, of several the first."""
        if self.model != 'matrix':
            return self
        fit = [(values, rate) for values, rate in self.rates
               if values.items() <= dict(group).items()]
        return max(fit, key=lambda row: len(row[0]))[1]

    def total(self, quantity):
        """What so much costs in one period."""
        due = self._uncapped(quantity)
        return due if self.maximum is None else min(due, self.maximum)

    def _uncapped(self, quantity):
        if self.free:
            quantity = max(quantity - self.free, Fraction(0))
        if self.model in ('per_unit', 'percentage', 'dynamic'):
            return exact(quantity * self.unit / self.per)
        if quantity <= 0:
            return Fraction(0)
        if self.model == 'package':
            return self._packages(quantity / self.per)
        if self.model in ('volume', 'stairstep'):
            return self._volume(quantity)
        return self._graduated(quantity)

    def _packages(self, count):
        if self.partial == 'prorate':
            return exact(count * self.unit)
        return self.unit * (-(-count // 1) if self.partial == 'up'
                            else count // 1)

    def _graduated(self, quantity):
        due, floor = Fraction(0), Fraction(0)
        for up_to, unit, flat in self.tiers:
            if quantity <= floor:
                break
            top = quantity if up_to is None else min(quantity, up_to)
            due += exact((top - floor) * unit / self.per) + flat
            floor = up_to
            if up_to is None:
                break
        return due

    def _volume(self, quantity):
        for up_to, unit, flat in self.tiers:
            if up_to is None or quantity <= up_to:
                return exact(quantity * unit / self.per) + flat
        raise AssertionError('the last tier is open')


@dataclasses.dataclass
class Meter:
    id: str
    event: str
    aggregation: str
    property: str = ''
    filters: list = ()


def wants(filters, properties):
    """Filters are (property, test, values); all must hold."""
    for name, test, values in filters:
        value = properties.get(name)
        if test == 'in' and value not in values:
            return False
        if test == 'not_in' and value in values:
            return False
        if test == 'exists' and (value is not None) != values:
            return False
    return True


# ---- wallets ----------------------------------------------------------------

@dataclasses.dataclass
class Grant:
    number: int
    customer: str
    asset: str
    amount: Fraction
    left: Fraction
    priority: int
    cost: Fraction
    effective: int
    expires: float
    created: int
    promotional: bool
    scope: dict
    held: Fraction = Fraction(0)
    gone: bool = False          # what was left is booked as breakage

    @property
    def account(self):
        """Where what is left of it stands."""
        return 'credit' if self.promotional else 'deferred'

    def place(self, order, left):
        """By the keys that an order names; the number is always the last."""
        width = sum(len(names) for names in self.scope.values())
        keys = {'priority': self.priority, 'zero_cost': self.cost > 0,
                'narrow': width or NEVER, 'expiry': self.expires,
                'effective': self.effective, 'created': self.created,
                'promotional': not self.promotional, 'larger': -left}
        return [keys[key] for key in order] + [self.number]

    def pays(self, use):
        names = {'meters': use.meter, 'prices': use.price,
                 'contracts': use.contract}
        return (self.asset == use.asset
                and self.effective <= use.time < self.expires
                and all(not named or names[kind] in named
                        for kind, named in self.scope.items()))


@dataclasses.dataclass(frozen=True)
class Use:
    asset: str
    time: int
    meter: str = ''
    price: str = ''
    contract: str = ''


@dataclasses.dataclass
class Tally:
    """Usage under one charge key, and what was booked for it."""
    contract: object
    price: Price
    period: int
    group: tuple
    total: Fraction = Fraction(0)
    events: int = 0
    at: int = 0
    seen: set = dataclasses.field(default_factory=set)
    amount: Fraction = Fraction(0)
    stack: list = dataclasses.field(default_factory=list)
    billed: Fraction = Fraction(0)
    billed_drawn: Fraction = Fraction(0)
    held: Fraction = Fraction(0)

    @property
    def rate(self):
        return self.price.of(self.group)

    @property
    def drawn(self):
        return sum((a for grant, a in self.stack if grant), Fraction(0))

    def level(self, meter, sample, time):
        """(total, time of the latest) after one more sample."""
        if meter.aggregation == 'count':
            return self.total + 1, 0
        if meter.aggregation == 'sum':
            return self.total + sample, 0
        if meter.aggregation == 'unique':
            return self.total + (sample not in self.seen), 0
        if meter.aggregation == 'latest':
            if self.events and time < self.at:
                return self.total, self.at
            return sample, time
        if not self.events:
            return sample, 0
        pick = max if meter.aggregation == 'max' else min
        return pick(self.total, sample), 0


@dataclasses.dataclass
class Contract:
    id: str
    number: int
    customer: str
    currency: str
    prices: list
    start: int
    end: float
    zone: str
    anchor: str
    quantities: dict
    overdraft: float
    order: list
    invoice_in: str = ''        # the currency of its invoices
    closed: int = 0
    advanced: int = 0
    ended: bool = False
    late: float = NEVER
    periods: list = dataclasses.field(default_factory=list)
    tallies: dict = dataclasses.field(default_factory=dict)

    def period(self, index):
        """(span, whole cycle), or None behind the end."""
        while len(self.periods) <= index:
            if self.periods and self.periods[-1][0].end >= self.end:
                return None
            whole = cycle(self, len(self.periods))
            cut = Span(max(whole.start, self.start),
                       min(whole.end, self.end))
            self.periods.append((cut, whole))
        return self.periods[index]

    def period_at(self, us):
        """The number of the period that holds the instant, or None."""
        if not self.start <= us < self.end:
            return None
        index = 0
        while us not in self.period(index)[0]:
            index += 1
        return index

    @property
    def has_advance(self):
        return any(not p.meter and p.timing == 'advance'
                   for p in self.prices)


@dataclasses.dataclass
class Hold:
    number: int
    key: str
    customer: str
    asset: str
    draws: list
    overdraft: Fraction
    parts: list                 # (tally, quantity)
    expires: int
    at: int
    content: tuple
    status: int = OPEN
    event: str = ''             # the key that settled it


@dataclasses.dataclass
class Charge:
    tally: Tally
    meter: Meter
    sample: object
    total: Fraction
    at: int
    amount: Fraction
    draws: list


# ---- the road ---------------------------------------------------------------

class Road:
    """One tenant."""

    def __init__(self, units):
        self.places = {**PLACES, **units}
        self.customers = set()
        self.meters = []
        self.contracts = []
        self.grants = []
        self.holds = []
        self.events = {}        # key -> (content, receipt, time)
        self.requests = {}      # key -> (content, Grant or Hold)
        self.books = {}         # (customer, account, asset) -> amount
        self.counts = {}        # customer -> [events, unmatched, unpriced,
                                #              unentitled]
        self.invoices = []
        self.rates = []         # (from, to, rate, since), the later the last

    # -- the ledger

    def post(self, customer, asset, *moves):
        assert sum(amount for _, amount in moves) == 0
        for account, amount in moves:
            at = (customer, account, asset)
            self.books[at] = self.books.get(at, Fraction(0)) + amount

    def book(self, customer, account, asset):
        return self.books.get((customer, account, asset), Fraction(0))

    # -- grants and balances

    def grant(self, key, content, now, **terms):
        if key in self.requests:
            known, one = self.requests[key]
            if known != content or not isinstance(one, Grant):
                raise Refused('CONFLICT_KEY')
            return one.number
        if terms['effective'] >= terms['expires']:
            raise Refused('INVALID')
        one = Grant(number=len(self.grants) + 1, left=terms['amount'],
                    created=now, **terms)
        self.grants.append(one)
        self.requests[key] = (content, one)
        other = 'promotion' if one.promotional else 'funding'
        self.post(one.customer, one.asset, (one.account, -one.amount),
                  (other, one.amount))
        return one.number

    def lots(self, customer, asset):
        return [g for g in self.grants
                if g.customer == customer and g.asset == asset]

    def free(self, customer, asset, now):
        lots = [g for g in self.lots(customer, asset)
                if g.effective <= now < g.expires]
        left = sum((g.left for g in lots), Fraction(0))
        return left, left - sum((g.held for g in lots), Fraction(0))

    def balance(self, customer, asset, now):
        """granted, left, held, free, owed."""
        frozen = self.overdue(customer, now)
        for hold in frozen:
            self.move(hold, -1)
        left, free = self.free(customer, asset, now)
        for hold in frozen:
            self.move(hold, 1)
        granted = sum((g.amount for g in self.lots(customer, asset)),
                      Fraction(0))
        return (granted, left, left - free, free,
                self.book(customer, 'unbilled', asset))

    # -- draws

    def split(self, customer, use, amount, taken, order, held=None,
              capped=False):
        """Who pays an amount: [(grant or None, amount)].  `taken` is what is
        decided for the same event but not booked; `held` is what the hold
        that is being settled has reserved."""
        draws = []
        used = {}
        for grant, part in taken:
            used[grant] = used.get(grant, Fraction(0)) + part
        lots = [g for g in self.lots(customer, use.asset) if g.pays(use)]
        left = {g.number: g.left - used.get(g.number, Fraction(0))
                for g in lots}
        free = {g.number: left[g.number] - g.held for g in lots}
        lots.sort(key=lambda one: one.place(order, left[one.number]))

        def pay(number, most):
            nonlocal amount
            part = min(amount, free[number], most)
            if part > 0:
                draws.append((number, part))
                free[number] -= part
                amount -= part

        for number, reserved in held or ():
            if number in free:
                pay(number, reserved - used.get(number, Fraction(0)))
        if not capped:
            for grant in lots:
                pay(grant.number, amount)
        if amount > 0:
            draws.append((0, amount))
        return draws

    def give_back(self, tally, amount):
        """The newest draws come back first."""
        draws = []
        for grant, part in reversed(tally.stack):
            back = min(part, amount)
            if back > 0:
                draws.append((grant, -back))
                amount -= back
        return draws

    def draws_of(self, charge, taken, held, capped, time):
        """Only what is charged above zero can be drawn."""
        tally = charge.tally
        now, then = tally.amount, tally.amount + charge.amount
        part = max(then, 0) - max(now, 0)
        if part < 0:
            return self.give_back(tally, -part)
        use = Use(tally.price.asset, time, tally.price.meter, tally.price.id,
                  tally.contract.id)
        if part == 0:
            return []
        return self.split(tally.contract.customer, use, part, taken,
                          tally.contract.order, held, capped)

    # -- rating

    def sample(self, meter, event):
        if meter.aggregation == 'count':
            return Fraction(1)
        if not meter.property:
            return event['value']
        value = event['properties'].get(meter.property)
        if value is None:
            raise Refused('INVALID')
        if meter.aggregation == 'unique':
            return value
        try:
            return Fraction(value)
        except ValueError:
            raise Refused('INVALID') from None

    def tally(self, contract, price, period, properties):
        group = tuple((name, properties.get(name)) for name in
                      sorted(price.groups))
        at = (contract.prices.index(price), period, group)
        if at not in contract.tallies:
            contract.tallies[at] = Tally(contract, price, period, group)
        return contract.tallies[at]

    def rate(self, event, held=None, capped=False):
        """(charges, flags): what the event costs, and who pays."""
        charges, taken = [], []
        matched = priced = covered = False
        flags = 0
        for meter in self.meters:
            if meter.event != event['event'] or not wants(
                    meter.filters, event['properties']):
                continue
            matched = True
            sample = self.sample(meter, event)
            for contract in self.contracts:
                if contract.customer != event['customer']:
                    continue
                period = contract.period_at(event['time'])
                if period is None:
                    continue
                covered = True
                for price in contract.prices:
                    if price.meter != meter.id or not wants(
                            price.filters, event['properties']):
                        continue
                    priced = True
                    if period < contract.closed:
                        flags |= LATE
                    tally = self.tally(contract, price, period,
                                       event['properties'])
                    total, at = tally.level(meter, sample, event['time'])
                    charge = Charge(tally, meter, sample, total, at,
                                    tally.rate.total(total)
                                    - tally.rate.total(tally.total), [])
                    charge.draws = self.draws_of(charge, taken, held, capped,
                                                 event['time'])
                    taken += charge.draws
                    charges.append(charge)
        if not matched:
            flags |= UNMATCHED
        elif not covered:
            flags |= UNENTITLED
        elif not priced:
            flags |= UNPRICED
        if len({c.tally.price.asset for c in charges}) > 1:
            flags |= MIXED
        if any(not grant and part > 0 for grant, part in taken):
            flags |= OWED
        return charges, flags

    def apply(self, charge, now):
        """Books one charge."""
        tally, contract = charge.tally, charge.tally.contract
        customer, asset = contract.customer, tally.price.asset
        tally.total, tally.at = charge.total, charge.at
        tally.events += 1
        tally.seen.add(charge.sample)
        tally.amount += charge.amount
        drawn = {'deferred': Fraction(0), 'credit': Fraction(0)}
        for number, part in charge.draws:
            self.stack(tally, number, part)
            if not number:
                continue
            grant = self.grants[number - 1]
            drawn[grant.account] += part
            grant.left -= part
            if grant.gone and part < 0:
                grant.left += part
                self.post(customer, asset, (grant.account, -part),
                          ('breakage', part))
        self.post(customer, asset, *drawn.items(),
                  ('unbilled', charge.amount - sum(drawn.values())),
                  ('revenue', -charge.amount))
        if tally.period < contract.closed:
            contract.late = min(contract.late, now)

    @staticmethod
    def stack(tally, number, part):
        """Equal neighbours are one; what is given back comes off the top."""
        if tally.stack and tally.stack[-1][0] == number:
            tally.stack[-1][1] += part
            if not tally.stack[-1][1]:
                tally.stack.pop()
        else:
            assert part > 0
            tally.stack.append([number, part])

    # -- events

    def check(self, event, now):
        """What an event may be refused for, whatever is recorded."""
        if event['customer'] not in self.customers:
            raise Refused('NOTFOUND_CUSTOMER')
        if event['time'] > now + AHEAD:
            raise Refused('INVALID_TIME')

    def receipt(self, event, charges, flags, now):
        """As it is after the charges are booked."""
        asset = charges[0].tally.price.asset if charges else ''
        own = [c for c in charges if c.tally.price.asset == asset]
        balance = (self.free(event['customer'], asset, now)[1] if charges
                   else Fraction(0))
        return {
            'status': NEW, 'flags': flags, 'code': '', 'decided': now,
            'cost': sum((c.amount for c in own), Fraction(0)),
            'drawn': sum((part for c in own for grant, part in c.draws
                          if grant), Fraction(0)),
            'balance': balance, 'charges': len(charges),
            'draws': [(grant, part, c.tally.price.id, c.tally.contract.id,
                       c.tally.price.asset)
                      for c in charges for grant, part in c.draws],
            'asset': asset,
        }

    def record(self, event, now, held=None, capped=False, strict=False,
               known=None):
        """The receipt of one event; refusals are receipts too.  A repeat of
        what was known before the batch is answered and ends no holds."""
        try:
            self.check(event, now)
            if event['key'] not in (self.events if known is None else known):
                self.expire_holds(event['customer'], now)
            if event['key'] in self.events:
                content, first, time = self.events[event['key']]
                again = event['content']
                if content[2] is None and event['time'] == time:
                    again = (*again[:2], None, *again[3:])
                if content != again:
                    return {'status': CONFLICT, 'code': 'CONFLICT_KEY'}
                return {**first, 'status': SAME}
            charges, flags = self.rate(event, held, capped)
            if strict and flags & UNMATCHED:
                raise Refused('DENIED_UNMATCHED')
            if strict and flags & UNPRICED:
                raise Refused('DENIED_UNPRICED')
            if strict and flags & UNENTITLED:
                raise Refused('DENIED_UNENTITLED')
        except Refused as refusal:
            return {'status': REFUSED, 'code': str(refusal)}
        for charge in charges:
            self.apply(charge, now)
        counts = self.counts.setdefault(event['customer'], [0] * 4)
        counts[0] += 1
        counts[1] += bool(flags & UNMATCHED)
        counts[2] += bool(flags & UNPRICED)
        counts[3] += bool(flags & UNENTITLED)
        receipt = self.receipt(event, charges, flags, now)
        self.events[event['key']] = (event['content'], receipt, event['time'])
        return receipt

    def record_all(self, events, now, strict=False, whole=False):
        """A batch: each by itself, or when `whole` all of them or none."""
        if whole:
            for receipt in copy.deepcopy(self).record_all(events, now,
                                                          strict):
                if receipt['code']:
                    raise Refused(receipt['code'])
        known = set(self.events)
        return [self.record(event, now, strict=strict, known=known)
                for event in events]

    # -- holds

    def move(self, hold, sign):
        for number, part in hold.draws:
            self.grants[number - 1].held += sign * part
        for tally, quantity in hold.parts:
            tally.held += sign * quantity

    def end(self, hold, status):
        if hold.status == OPEN:
            self.move(hold, -1)
        hold.status = status

    @staticmethod
    def stands(hold, now):
        """A hold that ended by itself can be settled for a day."""
        if hold.status in (SETTLED, RELEASED) or now < hold.expires:
            return hold.status
        return UNRESOLVED if now - hold.expires < 24 * HOUR else EXPIRED

    def overdue(self, customer, now):
        return [h for h in self.holds if h.customer == customer
                and h.status == OPEN and h.expires <= now]

    def expire_holds(self, customer, now):
        for hold in self.overdue(customer, now):
            self.end(hold, EXPIRED)

    def authorize(self, key, content, now, expires, estimate=None,
                  customer=None, amount=None, asset=None):
        if estimate:
            self.check(estimate, now)
        if key in self.requests:
            known, one = self.requests[key]
            if known != content or not isinstance(one, Hold):
                raise Refused('CONFLICT_KEY')
            self.expire_holds(one.customer, now)
            return one
        if customer not in self.customers:
            raise Refused('NOTFOUND_CUSTOMER')
        args = (key, content, now, expires, estimate, customer, amount,
                asset)
        copy.deepcopy(self).reserve(*args)       # changes nothing if refused
        hold = self.reserve(*args)
        self.holds.append(hold)
        self.requests[key] = (content, hold)
        self.move(hold, 1)
        return hold

    def costs(self, event):
        """What it would cost now, by asset."""
        found = {}
        try:
            for c in copy.deepcopy(self).rate(event)[0]:
                asset = c.tally.price.asset
                found[asset] = found.get(asset, 0) + c.amount
        except Refused:
            pass
        return found

    def is_mixed(self, event):
        """Whether several assets price it: holds here have one."""
        try:
            return copy.deepcopy(self).rate(event)[1] & MIXED
        except Refused:
            return 0

    def reserve(self, key, content, now, expires, estimate, customer, amount,
                asset):
        self.expire_holds(customer, now)
        if estimate:
            asset, wanted, parts, limit = self.estimate(estimate)
        else:
            limit, order = self.backing(customer, asset, now)
            wanted = [(Use(asset, now), amount, order)]
            parts = []
        draws = []
        for use, most, order in wanted:
            if most > 0:
                draws += self.split(customer, use, most, draws, order)
        missing = sum((part for grant, part in draws if not grant),
                      Fraction(0))
        booked = sum((h.overdraft for h in self.holds
                      if h.status == OPEN and h.customer == customer
                      and h.asset == asset), Fraction(0))
        room = limit - self.book(customer, 'unbilled', asset) - booked
        if missing and missing > room:
            raise Refused('DENIED_BALANCE')
        reserved = {}
        for grant, part in draws:
            if grant:
                reserved[grant] = reserved.get(grant, Fraction(0)) + part
        return Hold(len(self.holds) + 1, key, customer, asset,
                    list(reserved.items()),
                    missing, parts, expires, now, content)

    def estimate(self, event):
        """(asset, [(use, most, order)], parts, overdraft): each price at the
        present total and at the total plus all open holds."""
        charges, flags = self.rate(event)
        if flags & UNMATCHED:
            raise Refused('DENIED_UNMATCHED')
        if flags & UNPRICED:
            raise Refused('DENIED_UNPRICED')
        if flags & UNENTITLED:
            raise Refused('DENIED_UNENTITLED')
        wanted, parts = [], []
        for c in charges:
            tally, price = c.tally, c.tally.price
            later = (tally.rate.total(c.total + tally.held)
                     - tally.rate.total(tally.total + tally.held))
            wanted.append((Use(price.asset, event['time'], price.meter,
                               price.id, tally.contract.id),
                           max(c.amount, later), tally.contract.order))
            parts.append((tally, c.total - tally.total))
        return (charges[0].tally.price.asset, wanted, parts,
                max(c.tally.contract.overdraft for c in charges))

    def backing(self, customer, asset, now):
        """(overdraft, order) of the contract that may promise most."""
        found = [c for c in self.contracts
                 if c.customer == customer and c.currency == asset
                 and c.start <= now < c.end]
        if not found:
            return 0, ORDER
        best = max(found, key=lambda one: one.overdraft)
        return best.overdraft, best.order

    def hold_of(self, key):
        known = self.requests.get(key)
        if known is None:
            raise Refused('NOTFOUND')
        if not isinstance(known[1], Hold):
            raise Refused('CONFLICT_KEY')
        return known[1]

    def settle(self, key, event, now, above):
        """In one go or not at all: tried on a copy first."""
        copy.deepcopy(self).try_settle(key, event, now, above)
        return self.try_settle(key, event, now, above)

    def try_settle(self, key, event, now, above):
        hold = self.hold_of(key)
        status = self.stands(hold, now)
        is_open = status == OPEN
        if status != SETTLED or hold.event != event['key']:
            if status not in (OPEN, UNRESOLVED):
                raise Refused('CONFLICT_ENDED')
            if event['key'] in self.events:
                raise Refused('CONFLICT_KEY')   # recorded without this hold
            self.end(hold, SETTLED)
            hold.event = event['key']
        costs = self.costs(event) if is_open else {}
        receipt = self.record(event, now, hold.draws if is_open else None,
                              is_open and above == 'owe')
        if receipt['code']:
            raise Refused(receipt['code'])
        reserved = hold.overdraft + sum((p for _, p in hold.draws),
                                        Fraction(0))
        if above == 'refuse' and any(
                cost > (reserved if asset == hold.asset else 0)
                for asset, cost in costs.items()):
            raise Refused('DENIED_ABOVE_HOLD')
        return receipt

    def quote(self, event, now):
        """What record would say, on a copy."""
        self.check(event, now)
        receipt = copy.deepcopy(self).record(event, now)
        if receipt['code']:
            raise Refused(receipt['code'])
        return receipt

    def release(self, key, now):
        hold = self.hold_of(key)
        if hold.status == SETTLED:
            raise Refused('CONFLICT_ENDED')
        if self.stands(hold, now) in (OPEN, UNRESOLVED):
            self.end(hold, RELEASED)

    # -- what falls due

    def due(self, until):
        """The next thing, as (time, rank, number, kind, what), or None.  At
        one instant holds end, then periods close, then grants expire."""
        found = [(h.expires, 0, h.number, 'hold', h) for h in self.holds
                 if h.status == OPEN]
        found += [(g.expires, 2, g.number, 'grant', g) for g in self.grants
                  if not g.gone and g.expires != NEVER]
        found += [(self.contract_due(c), 1, c.number, 'contract', c)
                  for c in self.contracts]
        found = [one for one in found if one[0] <= until]
        return min(found, key=lambda one: one[:3]) if found else None

    @staticmethod
    def contract_due(contract):
        if contract.ended:
            return contract.late
        span, _ = contract.period(contract.closed)
        if contract.has_advance and contract.advanced == contract.closed:
            return span.start
        return span.end

    def advance(self, until, budget=0):
        """{'more', 'done', 'periods', 'invoices', 'grants', 'holds'}."""
        did = {'periods': 0, 'invoices': 0, 'grants': 0, 'holds': 0}
        steps = 0
        while (one := self.due(until)) and (not budget or steps < budget):
            steps += 1
            at, _, _, kind, what = one
            if kind == 'hold':
                self.end(what, EXPIRED)
                did['holds'] += 1
            elif kind == 'grant':
                self.expire(what)
                did['grants'] += 1
            else:
                closed, made = what.closed, len(self.invoices)
                self.step(what, at)
                did['periods'] += what.closed - closed
                did['invoices'] += len(self.invoices) - made
        return {**did, 'more': bool(one), 'done': one[0] if one else until}

    def expire(self, grant):
        self.post(grant.customer, grant.asset, (grant.account, grant.left),
                  ('breakage', -grant.left))
        grant.left = Fraction(0)
        grant.gone = True

    def step(self, contract, at):
        """Closes a period, or bills fees in advance, or what came late."""
        lines = []
        about = None
        if contract.ended:
            lines = self.usage_lines(contract, NEVER)
        elif contract.period(contract.closed)[0].end <= at:
            about = contract.closed
            lines = self.usage_lines(contract, contract.closed)
            lines += self.fee_lines(contract, 'arrears', contract.closed)
            contract.closed += 1
            contract.ended = contract.period(contract.closed) is None
        if not contract.ended and contract.has_advance and \
                contract.advanced == contract.closed and \
                contract.period(contract.closed)[0].start <= at:
            lines += self.fee_lines(contract, 'advance', contract.closed)
            about = contract.closed if about is None else about
            contract.advanced = contract.closed + 1
        contract.late = NEVER
        if lines:
            self.finalize(contract, lines, at, about)

    def usage_lines(self, contract, last):
        """What was charged minus what was billed, of periods up to `last`."""
        lines = []
        for at in sorted(contract.tallies, key=self.line_place):
            tally = contract.tallies[at]
            amount = tally.amount - tally.billed
            drawn = tally.drawn - tally.billed_drawn
            if tally.period > last or not (amount or drawn):
                continue
            lines.append(dict(
                kind='usage', price=tally.price, period=tally.period,
                group=tally.group, late=tally.period < contract.closed,
                quantity=tally.total, amount=amount, drawn=drawn,
                events=tally.events, share=Fraction(1)))
            tally.billed, tally.billed_drawn = tally.amount, tally.drawn
        return lines

    @staticmethod
    def line_place(at):
        """By period, then price, then group as its canonical JSON reads."""
        price, period, group = at
        text = ','.join('"%s":%s' % (k, 'null' if v is None else '"%s"' % v)
                        for k, v in group)
        return period, price, '{%s}' % text if group else ''

    def fee_lines(self, contract, timing, period):
        lines = []
        span, whole = contract.period(period)
        for price in contract.prices:
            if price.meter or price.timing != timing:
                continue
            count = (contract.quantities.get(price.quantity, Fraction(0))
                     if price.quantity else Fraction(1))
            if not count:
                continue
            share = self.share(contract, price.proration, span, whole)
            amount = exact(price.amount * count * share)
            self.post(contract.customer, price.asset, ('unbilled', amount),
                      ('revenue', -amount))
            lines.append(dict(
                kind='fee', price=price, period=period, group=(), late=False,
                quantity=count, amount=amount, drawn=Fraction(0), events=None,
                share=share))
        return lines

    @staticmethod
    def share(contract, proration, span, whole):
        if proration == 'none' or span == whole:
            return Fraction(1)
        if proration == 'time':
            return Fraction(span.end - span.start, whole.end - whole.start)
        zone = ZoneInfo(contract.zone)

        def days(one):
            first, last = (moment(us).astimezone(zone).date()
                           for us in (one.start, one.end))
            return (last - first).days

        return Fraction(days(span), days(whole))

    def exchange(self, asset, into, at):
        """(rate, since, divides) of one asset in another at a moment."""
        for ends, divides in ((asset, into), False), ((into, asset), True):
            known = [(since, n, rate) for n, (a, b, rate, since)
                     in enumerate(self.rates)
                     if (a, b) == ends and since <= at]
            if known:
                since, _, rate = max(known)
                return rate, since, divides
        return None

    def convert(self, contract, lines):
        """What is open in other assets, on lines of their own behind all."""
        made = {}
        for line in list(lines):
            asset, span = line['price'].asset, contract.period(
                line['period'])[0]
            ahead = line['kind'] == 'fee' and line['price'].timing == 'advance'
            open_part = line['amount'] - line['drawn']
            if not contract.invoice_in or not open_part or \
                    asset == contract.invoice_in:
                continue
            by = self.exchange(asset, contract.invoice_in,
                               span.start if ahead else span.end - 1)
            one = made.setdefault((asset, line['period'], by), dict(
                kind='conversion', asset=contract.invoice_in, group=(),
                price=None, name='%s to %s' % (asset, contract.invoice_in),
                period=line['period'], late=line['late'], events=None,
                quantity=Fraction(0), drawn=Fraction(0), share=Fraction(1)))
            one['quantity'] += open_part
            line['converted'] = True
        for (_, _, (rate, _, divides)), one in made.items():
            one['amount'] = exact(one['quantity'] / rate if divides
                                  else one['quantity'] * rate)
            lines.append(one)

    def post_line(self, customer, line):
        asset, open_part = line['asset'], line['amount'] - line['drawn']
        if line.get('converted'):
            line['due'] = line['rounding'] = Fraction(0)
            self.post(customer, asset, ('unbilled', -open_part),
                      ('exchange', open_part))
            return
        line['due'] = half_away(open_part, self.places[asset])
        line['rounding'] = line['due'] - open_part
        self.post(customer, asset, ('receivable', line['due']),
                  ('unbilled' if line['price'] else 'exchange', -open_part),
                  ('rounding', -line['rounding']))

    def finalize(self, contract, lines, at, about):
        totals = {}
        self.convert(contract, lines)
        for line in lines:
            if line['price']:
                line['asset'] = line['price'].asset
            asset = line['asset']
            self.post_line(contract.customer, line)
            sums = totals.setdefault(asset, [Fraction(0)] * 3)
            totals[asset] = [a + b for a, b in zip(sums, (
                line['amount'], line['drawn'], line['due']))]
        period = lines[0]['period'] if about is None else about
        self.invoices.append(dict(
            contract=contract, issued=at, lines=lines, totals=totals,
            period=contract.period(period)[0]))
