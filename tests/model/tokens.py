#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""tokens.py: tokens against RFC 8032 in whole numbers, and another library.

Random customers, features and keys: the token must be, byte for byte, what
tests/golden/ed25519.py signs; its claims what was given.  Tokens that the
model signs verify; whatever is changed in one is refused by the right name.
Where Debian's python3-cryptography is installed, it agrees.  Needs the Python
binding.
"""
import sys

HERE = sys.path.pop(0)          # this folder has a decimal.py and a json.py

import os                                                         # noqa: E402
import random                                                     # noqa: E402
from datetime import datetime, timedelta, timezone                # noqa: E402

import billing                                                    # noqa: E402

sys.path.insert(0, os.path.join(os.path.dirname(HERE), 'golden'))
sys.dont_write_bytecode = True

import ed25519                                                    # noqa: E402

try:
    from cryptography.hazmat.primitives.asymmetric import \
        ed25519 as other
except ImportError:
    other = None

ROUNDS = 40 if os.environ.get('FULL') == '1' else 6
CHANGES = 60
NOW = datetime(2026, 1, 10, 12, tzinfo=timezone.utc)
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

# RFC 8032, 7.1, test 2; RFC 8037, appendix A.4 with the key of 7.1, test 1.
VECTORS = [
    ('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
     b'\x72', '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69'
     'da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00'),
    ('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
     b'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc',
     ed25519.unbase64url('hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijc'
                         'NR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg').hex())]


class Count:
    passed = failed = 0


def check(what, is_true, found=''):
    if is_true:
        Count.passed += 1
        return
    Count.failed += 1
    print('FAILED %s: %s' % (what, found))


def verdict(token, key, now=NOW):
    try:
        billing.token_verify(token, key, now=now)
    except billing.BillingError as error:
        return error.name
    return 'OK'


def world(b, dice):
    """Features of random kinds, and what a token must say of them."""
    rows, given = [], {}
    for at in range(dice.randrange(1, 6)):
        name = dice.choice('xyz\u00e9') + str(at)
        kind = dice.choice(('boolean', 'quota', 'configuration'))
        has = dice.random() < 0.7
        row = {'feature': name, 'granted': True, 'kind': kind,
               'source': 'customer'}
        document = {'id': name, 'kind': kind}
        if kind == 'boolean':
            given[name] = has
        elif kind == 'quota':
            document.update(meter='m', per='life')
            limit = str(dice.randrange(1, 1000))
            given[name] = limit if has else False
            row.update(meter='m', per='life', limit=limit, left=limit,
                       held='0', used='0', soft=False)
        else:
            value = {'deep': ['\u20ac', dice.randrange(9)]}
            given[name] = value if has else False
            row['value'] = value
        b.put('feature', document, now=NOW)
        if has:
            rows.append(row)
    return rows, given


def changed(dice, token):
    at = dice.randrange(len(token))
    letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.='
    how = dice.randrange(3)
    if how == 0:
        return token[:at] + token[at + 1:]
    if how == 1:
        return token[:at] + dice.choice(letters) + token[at:]
    new = dice.choice([c for c in letters if c != token[at]])
    return token[:at] + new + token[at + 1:]


def one_round(number):
    dice = random.Random(number)
    secret, stranger = dice.randbytes(32), dice.randbytes(32)
    key = billing.token_key(secret)
    with billing.open(':memory:', tenant='t') as b:
        b.catalog_apply({'tenant': {'id': 't'}, 'meters': [
            {'id': 'm', 'event': 'e', 'aggregation': 'count'}]}, now=NOW)
        rows, given = world(b, dice)
        b.put('customer', {'id': 'c', 'features': given}, now=NOW)
        ends = NOW + timedelta(seconds=dice.randrange(1, 10**6))
        token = b.token('c', secret, ends + timedelta(microseconds=9),
                        now=NOW)
    claims = {'exp': (ends - EPOCH) // timedelta(seconds=1),
              'features': rows, 'iat': (NOW - EPOCH) // timedelta(seconds=1),
              'iss': 't', 'sub': 'c'}
    check('the token', token == ed25519.token(secret, claims), token)
    check('its key', key == ed25519.public(secret), key.hex())
    check('claims', billing.token_verify(token, key, now=NOW) == claims)
    check('to the end', verdict(token, key, ends - timedelta(
        microseconds=1)) == 'OK')
    check('the end', verdict(token, key, ends) == 'DENIED_EXPIRED')
    check('a stranger', verdict(token, billing.token_key(stranger)) ==
          'DENIED_KEY')
    header, claimed, _ = token.split('.')
    forged = '.'.join((header, claimed, ed25519.base64url(ed25519.sign(
        stranger, (header + '.' + claimed).encode()))))
    check('a forged one', verdict(forged, key) == 'DENIED_SIGNATURE')
    for _ in range(CHANGES):
        bad = changed(dice, token)
        check('a changed one', verdict(bad, key) in (
            'INVALID_TOKEN', 'DENIED_KEY', 'DENIED_SIGNATURE'), bad)
    if other:
        mark = ed25519.unbase64url(token.split('.')[2])
        public = other.Ed25519PublicKey.from_public_bytes(key)
        public.verify(mark, (header + '.' + claimed).encode())
        check('another library signs the same',
              other.Ed25519PrivateKey.from_private_bytes(secret).sign(
                  (header + '.' + claimed).encode()) == mark)


for secret_, text, mark_ in VECTORS:
    check('the model signs as the RFC does', ed25519.sign(
        bytes.fromhex(secret_), text).hex() == mark_)
for round_ in range(ROUNDS):
    one_round(round_)
print('%d passed, %d failed' % (Count.passed, Count.failed))
sys.exit(Count.failed != 0)
