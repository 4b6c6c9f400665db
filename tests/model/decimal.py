#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""decimal.py PATH_TO_decimal_check [--cases N] [--seed N]

Compares the library's decimals with Python's fractions and decimal: every
operation, rounding mode, reading, printing, splitting and packing, on edge
cases and seeded random ones.
"""
import sys

sys.path.pop(0)                 # this file is named like the module it needs

import argparse                                                   # noqa: E402
import collections                                                # noqa: E402
import decimal                                                    # noqa: E402
import random                                                     # noqa: E402
import re                                                         # noqa: E402
import subprocess                                                 # noqa: E402
import time                                                       # noqa: E402
from fractions import Fraction                                    # noqa: E402

UNIT = 10 ** 18
MOST = 10 ** 38 - 1
INT64 = 2 ** 63
INVALID, LIMIT = 4, 11
SECONDS = 18                    # then no further cases are begun
CHUNK = 10000
SHOWN = 20

CONTEXT = decimal.Context(prec=200)
NUMBER = re.compile(r'(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?'
                    r'(?:[eE]([+-]?[0-9]+))?')


# ---- values as text, and what the answer must be ----------------------------

def shown(v):
    return 'bad' if v is None else '%032x' % (v % 2 ** 128)


def fit(v):
    """A raw integer or Fraction as a decimal, half even; None is bad."""
    v = round(v)
    return v if abs(v) <= MOST else None


def strict(f):
    """Bad operands give a bad result."""
    return lambda *a: None if None in a else f(*a)


PAIRS = {
    'add': strict(lambda a, b: fit(a + b)),
    'sub': strict(lambda a, b: fit(a - b)),
    'mul': strict(lambda a, b: fit(Fraction(a * b, UNIT))),
    'div': strict(lambda a, b: fit(Fraction(a * UNIT, b)) if b else None),
    'min': strict(min),
    'max': strict(max),
}

QUANTIZE = {0: decimal.ROUND_HALF_UP, 1: decimal.ROUND_HALF_EVEN,
            3: decimal.ROUND_HALF_DOWN, 4: decimal.ROUND_CEILING,
            5: decimal.ROUND_FLOOR, 6: decimal.ROUND_UP,
            7: decimal.ROUND_DOWN}


def rounded(a, places, mode):
    if a is None:
        return None
    if mode == 2:               # ties toward +infinity: not in that module
        step = 10 ** (18 - places)
        return fit((2 * a + step) // (2 * step) * step)
    value = decimal.Decimal(a).scaleb(-18, CONTEXT)
    to = decimal.Decimal(1).scaleb(-places)
    value = value.quantize(to, QUANTIZE[mode], CONTEXT)
    return fit(int(value.scaleb(18, CONTEXT)))


def compared(a, b):
    if a is None or b is None:
        return '2 0 0'
    return '%d %d %d' % ((a > b) - (a < b), a < b, a == b)


def facts(a):
    if a is None:
        return '0 0 0 %d' % -INT64
    whole = int(Fraction(a, UNIT))
    whole = whole if -INT64 <= whole < INT64 else -INT64
    return '%d 1 %d %d' % ((a > 0) - (a < 0), a % UNIT == 0, whole)


def parsed(text):
    m = NUMBER.fullmatch(text)
    if not m:
        return 'code %d' % INVALID
    sign, whole, fraction, power = m.groups()
    digits = int(whole + (fraction or ''))
    power = int(power or 0) - len(fraction or '') + 18
    if digits == 0:
        return shown(0)
    if abs(power) > 10000:
        return 'code %d' % LIMIT
    value = digits * Fraction(10) ** power
    if value.denominator != 1 or value > MOST:
        return 'code %d' % LIMIT
    return shown(-int(value) if sign else int(value))


def printed(a):
    if a is None:
        return ''
    text = format(decimal.Decimal(a).scaleb(-18, CONTEXT), 'f')
    if '.' in text:
        text = text.rstrip('0').rstrip('.')
    return '0' if text == '-0' else text


def split(total, weights, places):
    step = 10 ** (18 - places)
    if None in weights or min(weights, default=0) < 0:
        return 'code %d' % INVALID
    if sum(weights) > MOST:
        return 'code %d' % LIMIT
    if total is None or total % step or (total and not sum(weights)):
        return 'code %d' % INVALID
    if total == 0:
        return ' '.join(shown(0) for _ in weights)
    exact = [Fraction(abs(total) * w, sum(weights) * step) for w in weights]
    parts = [int(e) for e in exact]
    order = sorted(range(len(exact)), key=lambda i: (parts[i] - exact[i], i))
    for i in order[:abs(total) // step - sum(parts)]:
        parts[i] += 1
    sign = -1 if total < 0 else 1
    return ' '.join(shown(sign * p * step) for p in parts)


def packed(a):
    digits, thousands = abs(a), 0
    while thousands < 6 and digits % 1000 == 0:
        digits, thousands = digits // 1000, thousands + 1
    if thousands == 6 and a >= 0:
        n = 2 * digits + 1
    else:
        n = 32 * digits + 2 * thousands + (16 if a < 0 else 0)
    out = bytearray()
    while n >= 128:
        out.append(n % 128 + 128)
        n //= 128
    return (out + bytes([n])).hex()


# ---- cases ------------------------------------------------------------------

EDGES = sorted({sign * v for sign in (-1, 1) for v in
                [MOST, MOST - 1, 0, 1, 2, 3, UNIT, UNIT - 1, UNIT + 1,
                 UNIT // 2, 5 * UNIT, MOST // 2, MOST // 2 + 1,
                 2 ** 63 * 10 ** 9, 2 ** 64 * 10 ** 9 + 1,
                 2 ** 64 * 10 ** 9 - 1] +
                [2 ** n + d for n in (63, 64, 96, 125, 126)
                 for d in (-1, 0, 1)]})


class Cases:
    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.makers = [(getattr(self, name), weight) for name, weight in (
            ('pair', 30), ('tie', 8), ('brink', 8), ('unary', 4),
            ('rounding', 14), ('ratio', 8), ('muldiv', 10), ('compare', 6),
            ('wide', 5), ('parts', 6), ('reading', 14), ('writing', 5),
            ('packing', 4))]

    def one(self):
        makers, weights = zip(*self.makers)
        return self.rng.choices(makers, weights)[0]()

    # Operands ----------------------------------------------------------------

    def words(self):
        """Bit patterns that a long division finds hard."""
        some = [0, 1, 2 ** 63, 2 ** 64 - 1, 2 ** 32, 2 ** 63 - 1]
        pick = [self.rng.choice(some + [self.rng.getrandbits(64)])
                for _ in range(2)]
        return (pick[0] << 64 | pick[1]) % (MOST + 1)

    def magnitude(self):
        r = self.rng
        kind = r.randrange(7)
        if kind == 0:
            return r.getrandbits(r.randint(1, 126))
        if kind == 1:
            return r.randrange(10 ** r.randint(1, 38))
        if kind == 2:           # a price: few digits, some places
            return r.randrange(10 ** r.randint(1, 7)) * 10 ** r.randint(6, 18)
        if kind == 3:           # a quantity
            return r.randrange(10 ** r.randint(1, 12)) * UNIT
        if kind == 4:
            return min(MOST, abs(10 ** r.randint(0, 38) + r.randint(-3, 3)))
        if kind == 5:
            return self.words()
        return abs(r.choice(EDGES))

    def value(self, bad=0.01):
        if self.rng.random() < bad:
            return None
        v = self.magnitude()
        return -v if self.rng.random() < 0.3 else v

    def int64(self):
        r = self.rng
        v = r.choice([r.getrandbits(r.randint(1, 63)), r.randint(1, 400),
                      86400 * 10 ** 6 * r.randint(1, 366), INT64 - 1, 0])
        return r.choice([v, v, v, -v, -INT64 if v == INT64 - 1 else v])

    # Makers: a line and its right answer -------------------------------------

    def ask(self, op, a, b):
        return ('%s %s %s' % (op, shown(a), shown(b)),
                shown(PAIRS[op](a, b)))

    def pair(self):
        op = self.rng.choice(['add', 'sub', 'mul', 'mul', 'mul', 'div', 'div',
                              'min', 'max'])
        return self.ask(op, self.value(), self.value())

    def tie(self):
        """Products and quotients that end in exactly one half, or next to
        it."""
        r = self.rng
        near = r.choice([0, 0, 0, -1, 1])
        sign = r.choice([-1, 1])
        if r.random() < 0.5:
            k = r.randint(0, 17)
            a = (2 * r.randrange(10 ** 9) + 1) * 5 * 10 ** k
            b = (2 * r.randrange(10 ** 9) + 1) * 10 ** (17 - k)
            return self.ask('mul', sign * a + near, b)
        n = r.randrange(1, 10 ** 10)
        return self.ask('div', sign * (2 * r.randrange(10 ** 9) + 1) * n
                        + near, 2 * UNIT * n)

    def brink(self):
        """Results next to the limit, and next to where words overflow."""
        r = self.rng
        edge = r.choice([MOST, MOST, MOST + 1, 2 ** 128, 2 ** 64])
        op = r.choice(['add', 'sub', 'mul', 'div'])
        a = max(1, self.magnitude())
        b = {'add': edge - a, 'sub': a - edge, 'mul': edge * UNIT // a,
             'div': a * UNIT // edge}[op] + r.randint(-2, 2)
        a *= r.choice([-1, 1])
        return self.ask(op, a, max(-MOST, min(MOST, b)))

    def unary(self):
        a = self.value(0.05)
        op = self.rng.choice(['neg', 'abs', 'facts'])
        if op == 'facts':
            return 'facts ' + shown(a), facts(a)
        right = a if a is None else abs(a) if op == 'abs' else -a
        return '%s %s' % (op, shown(a)), shown(right)

    def rounding(self):
        r = self.rng
        places, mode = r.randint(-20, 18), r.randrange(8)
        a = self.value()
        if a is not None and r.random() < 0.4:
            step = 10 ** (18 - places)
            a = a // step * step + step // 2 + r.choice([0, 0, 0, -1, 1])
            a = max(-MOST, min(MOST, a))
        return ('round %s %d %d' % (shown(a), places, mode),
                shown(rounded(a, places, mode)))

    def ratio(self):
        a, num, den = self.value(), self.int64(), self.int64()
        right = None if a is None or den == 0 else fit(Fraction(a * num, den))
        return 'ratio %s %d %d' % (shown(a), num, den), shown(right)

    def muldiv(self):
        r = self.rng
        a, num, den = self.value(), self.value(), self.value()
        if r.random() < 0.3:    # a tie
            n, k = r.randrange(1, 10 ** 12), r.randrange(10 ** 12)
            a, num, den = 2 * k + 1, n * (2 * k + 1), 2 * n
            a += r.choice([0, 0, 1])
        if r.random() < 0.3 and den:
            num = den + r.randint(-1, 1)
            num = max(-MOST, min(MOST, num))
        right = None
        if None not in (a, num, den) and den:
            right = fit(Fraction(a * num, den))
        return ('muldiv %s %s %s' % (shown(a), shown(num), shown(den)),
                shown(right))

    def compare(self):
        r = self.rng
        a, b = self.value(0.05), self.value(0.05)
        if a is not None and r.random() < 0.4:
            b = max(-MOST, min(MOST, a + r.randint(-1, 1)))
        return 'cmp %s %s' % (shown(a), shown(b)), compared(a, b)

    def wide(self):
        r = self.rng
        terms = [(self.value(0.003), self.int64())
                 for _ in range(r.randint(0, 6))]
        divisor = self.int64()
        right = None
        if divisor and all(a is not None for a, _ in terms):
            right = fit(Fraction(sum(a * f for a, f in terms), divisor))
        line = ' '.join('%s %d' % (shown(a), f) for a, f in terms)
        return ('wide %d %d %s' % (divisor, len(terms), line), shown(right))

    def parts(self):
        r = self.rng
        places = r.choice([2, 2, 2, 0, 3, 18, 4, -2, r.randint(-20, 18)])
        step = 10 ** (18 - places)
        total = self.value()
        if total is not None and r.random() < 0.95:
            total = total // step * step
            if abs(total) > MOST:
                total = 0
        count = r.randint(0, 8)
        like = self.magnitude() // 8
        weights = [r.choice([like, self.magnitude() // 8, 0,
                             r.randrange(10) * UNIT]) for _ in range(count)]
        if count and r.random() < 0.02:
            weights[-1] = r.choice([None, -1, MOST])
        return ('split %d %s %d %s' % (places, shown(total), count,
                                       ' '.join(map(shown, weights))),
                split(total, weights, places))

    def reading(self):
        r = self.rng
        text = r.choice([self.plain, self.scientific, self.broken])()
        return 'parse ' + text, parsed(text)

    def plain(self):
        return printed(self.value(0)) + self.rng.choice(
            ['', '', '', '0', '.0', '00', 'e0', '1', 'e-1', 'E+2'])

    def scientific(self):
        r = self.rng
        digits = str(self.magnitude()) + '0' * r.choice([0, 0, 1, 9, 300])
        at = r.randint(0, len(digits))
        whole = digits[:at].lstrip('0') or '0'
        text = r.choice(['', '-']) + whole
        if digits[at:]:
            text += '.' + r.choice(['', '', '0' * r.randint(0, 300)])
            text += digits[at:]
        power = r.choice([-at, len(digits) - at, r.randint(-60, 320),
                          20 - at, 19 - at, 21 - at, 10 ** 19, -10 ** 30])
        return text + r.choice(['', 'e%d' % power, 'E%+d' % power,
                                'e%+04d' % power])

    def broken(self):
        r = self.rng
        text = list(self.scientific())
        for _ in range(r.randint(1, 2)):
            at = r.randint(0, len(text))
            text[at:at + r.randint(0, 1)] = r.choice('0123459.-+eE x')
        return ''.join(text)

    def writing(self):
        a = self.value()
        return 'print ' + shown(a), printed(a)

    def packing(self):
        a = self.value(0)
        return 'pack ' + shown(a), packed(a)


def edge_cases():
    """Every operation on every pair of edges."""
    cases = Cases(0)
    edges = [e for e in EDGES if abs(e) <= MOST] + [None]
    for a in edges:
        yield 'facts ' + shown(a), facts(a)
        yield 'print ' + shown(a), printed(a)
        for places in (-20, -19, -1, 0, 1, 2, 17, 18):
            for mode in range(8):
                yield ('round %s %d %d' % (shown(a), places, mode),
                       shown(rounded(a, places, mode)))
        for b in edges:
            yield 'cmp %s %s' % (shown(a), shown(b)), compared(a, b)
            for op in PAIRS:
                yield cases.ask(op, a, b)


# ---- comparison -------------------------------------------------------------

def ask(program, chunk):
    """The questions of a chunk that were answered wrongly."""
    lines = ''.join(line + '\n' for line, _ in chunk)
    done = subprocess.run([program], input=lines, capture_output=True,
                          text=True)
    answers = done.stdout.split('\n')[:-1]
    if done.returncode:
        print('%s ended with %d: %s' % (program, done.returncode,
                                        done.stderr[-2000:]))
    answers += ['no answer'] * (len(chunk) - len(answers))
    return [(line, right, answer)
            for (line, right), answer in zip(chunk, answers)
            if right != answer]


def chunks(arguments):
    yield list(edge_cases())
    cases = Cases(arguments.seed)
    started = time.monotonic()
    for left in range(arguments.cases, 0, -CHUNK):
        if time.monotonic() - started > SECONDS and not arguments.patient:
            print('stopped after %d seconds, %d cases left'
                  % (SECONDS, left))
            return
        yield [cases.one() for _ in range(min(CHUNK, left))]


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument('program')
    parser.add_argument('--cases', type=int, default=200000)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--patient', action='store_true',
                        help='run all cases however long it takes')
    arguments = parser.parse_args()
    asked, wrong = collections.Counter(), []
    for chunk in chunks(arguments):
        asked.update(line.split(' ', 1)[0] for line, _ in chunk)
        wrong += ask(arguments.program, chunk)
    for line, right, answer in wrong[:SHOWN]:
        print('%s\n    is     %s\n    not    %s' % (line, right, answer))
    print(', '.join('%s %d' % pair for pair in sorted(asked.items())))
    total = sum(asked.values())
    print('%d passed, %d failed' % (total - len(wrong), len(wrong)))
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
