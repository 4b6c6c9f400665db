# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the worksheets share: exact figures, a ledger, and how lines look.

The arithmetic stands in the worksheets, not here, and nothing here asks the
library.  Figures are fractions; `text` refuses what has no exact decimal of
18 places.
"""
from fractions import Fraction as F

ACCOUNTS = ['deferred', 'credit', 'unbilled', 'receivable', 'revenue',
            'funding', 'promotion', 'breakage', 'rounding', 'tax',
            'exchange', 'family']


def text(figure):
    """The shortest plain text of an exact figure."""
    scaled = F(figure) * 10**18
    assert scaled.denominator == 1, '%s has more than 18 decimals' % figure
    whole, rest = divmod(abs(scaled.numerator), 10**18)
    sign = '-' if scaled < 0 else ''
    return sign + ('%d.%018d' % (whole, rest)).rstrip('0').rstrip('.')


def half_even(figure):
    """The figure with 18 decimals, a half to the even one."""
    return F(round(F(figure) * 10**18), 10**18)


def half_away(figure, places):
    """Rounded to money, a half away from zero."""
    scaled = abs(F(figure)) * 10**places
    units = (scaled + F(1, 2)) // 1
    return F(units, 10**places) * (-1 if figure < 0 else 1)


def say(*words):
    print(*words)


def catalog(now, *created):
    say(now, 'catalog')
    for row in created:
        say('  create', row)


def grant(now, key, number, amount, asset):
    say(now, 'grant %s: number %d, %s %s' % (key, number, text(amount), asset))


def receipt(key, cost, drawn, balance, asset, *flags):
    say('  %s costs %s, drawn %s, balance %s %s' % (
        key, text(cost), text(drawn), text(balance), asset)
        + ''.join(', ' + flag for flag in flags))


def pays(number, amount, asset, price):
    say('    grant %d pays %s %s of %s' % (number, text(amount), asset, price))


def owed(amount, asset, price):
    say('    owed %s %s of %s' % (text(amount), asset, price))


def hold(now, key, status, held, overdraft, free, asset, until):
    say(now, 'authorize %s: %s, holds %s, overdraft %s, free %s %s, until %s'
        % (key, status, text(held), text(overdraft), text(free), asset,
           until))


def advance(now, periods, invoices, grants=0, holds=0, until=None):
    say(now, 'advance to %s: %d periods, %d invoices, %d grants, %d holds' % (
        until or now, periods, invoices, grants, holds))


def balance(customer, asset, granted, left, held, owed_, now=None,
            shared=0):
    say((now + ' ' if now else '') + 'balance of %s: granted %s, left %s, '
        'held %s, free %s, owed %s %s' % (
            customer, text(granted), text(left), text(held),
            text(left - held), text(owed_), asset)
        + (', shared ' + text(shared) if shared else ''))


class Book:
    """Double entry.  A group is what one commit posts; it must be zero."""

    def __init__(self):
        self.groups = []         # (at, cause, {(customer, asset): {..}})
        self.wallets = []        # in the order in which they came to be

    def post(self, at, cause, *rows):
        """Each row: customer, asset, and the accounts' changes by name."""
        group = {}
        for customer, asset, changes in rows:
            assert sum(changes.values()) == 0, changes
            key = customer, asset
            if key not in self.wallets:
                self.wallets.append(key)
            sums = group.setdefault(key, {})
            for account, amount in changes.items():
                sums[account] = sums.get(account, 0) + F(amount)
        self.groups.append((at, cause, group))

    def show(self, customers):
        say('\nledger')
        sums = {}
        for at, cause, group in self.groups:
            for (customer, asset), changes in group.items():
                for account in ACCOUNTS:
                    amount = changes.get(account, 0)
                    key = customer, asset, account
                    sums[key] = sums.get(key, 0) + amount
                    if amount:
                        say('  %s %s: %s %s %s %s' % (
                            at, cause, customer, account, text(amount),
                            asset))
        say('accounts')
        for name in customers:
            for customer, asset in self.wallets:
                for account in ACCOUNTS:
                    amount = sums.get((customer, asset, account), 0)
                    if customer == name and amount:
                        say('  %s %s %s %s' % (customer, account,
                                               text(amount), asset))
        say('\nverify')


def given(amount, promotional=False):
    if promotional:
        return {'credit': -F(amount), 'promotion': F(amount)}
    return {'deferred': -F(amount), 'funding': F(amount)}


def charged(amount, drawn=0, promotional=0):
    """What was drawn, and what of that came from promotional grants."""
    return {'deferred': F(drawn) - F(promotional), 'credit': F(promotional),
            'unbilled': F(amount) - F(drawn), 'revenue': -F(amount)}


def billed(amount, drawn, due):
    rest = F(amount) - F(drawn)
    return {'receivable': F(due), 'unbilled': -rest, 'rounding': rest - F(due)}


def expired(left, promotional=False):
    return {'credit' if promotional else 'deferred': F(left),
            'breakage': -F(left)}


class Conversion:
    """What is open on lines, in the asset of the invoice."""

    def __init__(self, name, service, lines, numbers, times=None, by=None,
                 places=2, asset='USD', late=False):
        self.drawn, self.asset, self.name = F(0), asset, name
        self.open = sum(line.amount - line.drawn for line in lines)
        self.amount = self.open * F(times) if times else half_even(
            self.open / F(by))
        self.due = half_away(self.amount, places)
        self.head = name + (' late' if late else '') + ' %s to %s' % service
        self.rate = ', %s %s, of %s' % (
            'times' if times else 'divided by', times or by,
            ' '.join(map(str, numbers)))

    def posted(self):
        return {'receivable': self.due, 'exchange': -self.amount,
                'rounding': self.amount - self.due}

    def show(self, number):
        say('  %d. %s: quantity %s, amount %s, drawn 0, due %s, rounding %s '
            '%s' % (number, self.head, text(self.open), text(self.amount),
                    text(self.due), text(self.due - self.amount), self.asset)
            + self.rate)


class Line:
    """A line of an invoice: what is due is rounded, the rest is exact."""

    def __init__(self, price, service, quantity, amount, drawn=0, places=2,
                 asset='USD', late=False, group='', share=None, of='',
                 minimum=None, maximum=None, converted=None):
        self.amount, self.drawn, self.asset = F(amount), F(drawn), asset
        self.due = half_away(self.amount - self.drawn, places)
        self.converted = converted
        if converted:
            self.due = F(0)
        self.head = price + (' ' + group if group else '') + (
            ' late' if late else '') + ' %s to %s' % service
        self.quantity, self.share = quantity, share
        self.counts = ', of ' + of if of else ''
        if minimum is not None:
            self.counts += ', minimum ' + text(minimum)
        if maximum is not None:
            self.counts += ', maximum ' + text(maximum)

    def posted(self):
        if self.converted:
            rest = self.amount - self.drawn
            return {'unbilled': -rest, 'exchange': rest}
        return billed(self.amount, self.drawn, self.due)

    def show(self, number):
        rounding = self.due - (self.amount - self.drawn)
        if self.converted:
            rounding = F(0)
        say('  %d. %s: quantity %s, amount %s, drawn %s, due %s, rounding %s '
            '%s' % (number, self.head, text(self.quantity), text(self.amount),
                    text(self.drawn), text(self.due), text(rounding),
                    self.asset)
            + self.counts
            + (', share %d/%d' % self.share if self.share else '')
            + (', converted on %d' % self.converted if self.converted
               else ''))


def invoice(number, customer, issued, lines):
    say('\n%s of %s issued %s' % (number, customer, issued))
    for at, line in enumerate(lines, 1):
        line.show(at)
    for asset in dict.fromkeys(line.asset for line in lines):
        own = [line for line in lines if line.asset == asset]
        say('  total: amount %s, drawn %s, due %s %s' % (
            text(sum(line.amount for line in own)),
            text(sum(line.drawn for line in own)),
            text(sum(line.due for line in own)), asset))
