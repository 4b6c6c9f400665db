# SPDX-License-Identifier: MIT OR Apache-2.0
"""Ed25519 as RFC 8032 describes it, slow and small, for tests: nothing here
asks the library.  Points are (x, y); see section 5.1.
"""
import base64
import hashlib
import json

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def add(a, b):
    product = D * a[0] * b[0] * a[1] * b[1]
    return ((a[0] * b[1] + b[0] * a[1]) * pow(1 + product, P - 2, P) % P,
            (a[1] * b[1] + a[0] * b[0]) * pow(1 - product, P - 2, P) % P)


def times(n, point):
    out = (0, 1)
    while n:
        if n & 1:
            out = add(out, point)
        point = add(point, point)
        n >>= 1
    return out


def x_of(y, sign):
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    return P - x if x & 1 != sign else x


BASE = (x_of(4 * pow(5, P - 2, P) % P, 0), 4 * pow(5, P - 2, P) % P)


def packed(point):
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, 'little')


def unpacked(text):
    y = int.from_bytes(text, 'little')
    sign, y = y >> 255, y & (2**255 - 1)
    x = x_of(y, sign) if y < P else None
    return None if x is None else (x, y)


def number(*parts):
    return int.from_bytes(hashlib.sha512(b''.join(parts)).digest(), 'little')


def halves(secret):
    both = hashlib.sha512(secret).digest()
    scalar = int.from_bytes(both[:32], 'little')
    return scalar & (2**254 - 8) | 2**254, both[32:]


def public(secret):
    return packed(times(halves(secret)[0], BASE))


def sign(secret, text):
    scalar, prefix = halves(secret)
    key = public(secret)
    r = number(prefix, text) % ORDER
    front = packed(times(r, BASE))
    s = (r + number(front, key, text) * scalar) % ORDER
    return front + s.to_bytes(32, 'little')


def holds(key, text, signature):
    a, r = unpacked(key), unpacked(signature[:32])
    s = int.from_bytes(signature[32:], 'little')
    if a is None or r is None or s >= ORDER or len(signature) != 64:
        return False
    h = number(signature[:32], key, text) % ORDER
    return times(s, BASE) == add(r, times(h, a))


# ---- tokens (RFC 7515, RFC 7638, RFC 8037) ----

def base64url(text):
    return base64.urlsafe_b64encode(text).rstrip(b'=').decode()


def unbase64url(text):
    return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))


def canonical(tree):
    return json.dumps(tree, sort_keys=True, separators=(',', ':'),
                      ensure_ascii=False).encode()


def key_id(key):
    jwk = {'crv': 'Ed25519', 'kty': 'OKP', 'x': base64url(key)}
    return base64url(hashlib.sha256(canonical(jwk)).digest())


def token(secret, claims):
    header = {'alg': 'EdDSA', 'kid': key_id(public(secret)), 'typ': 'JWT'}
    front = base64url(canonical(header)) + '.' + base64url(canonical(claims))
    return front + '.' + base64url(sign(secret, front.encode()))
