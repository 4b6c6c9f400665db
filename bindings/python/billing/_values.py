# SPDX-License-Identifier: MIT OR Apache-2.0
"""Python's values and those of billing.h: decimals, instants, texts, JSON.

Nothing here rounds: what does not fit exactly is refused.
"""
from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from decimal import Context, Decimal
from typing import Any

from ._billing import ffi

_UNIT = 10 ** 18
_MOST = 10 ** 38 - 1
_WORD = 2 ** 64
_EXACT = Context(prec=60)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICROSECOND = timedelta(microseconds=1)


def _raw_of_decimal(value: Decimal, what: str) -> int:
    if not value.is_finite():
        raise ValueError(f"{what} cannot be {value}")
    sign, digits, exponent = value.as_tuple()
    whole = int("".join(map(str, digits)))
    shift = int(exponent) + 18
    if not whole:
        return 0
    if shift > 38:
        raise ValueError(f"{what} has too many digits: {value}")
    if shift >= 0:
        raw = whole * 10 ** shift
    else:                            # more than all digits is no divisor
        raw, rest = divmod(whole, 10 ** min(-shift, len(digits) + 1))
        if rest:
            raise ValueError(f"{what} has more than 18 decimals: {value}")
    return -raw if sign else raw


def raw_of(value: Decimal | int, what: str = "an amount") -> int:
    """The decimal as a whole number of 10^-18."""
    if isinstance(value, bool) or not isinstance(value, (Decimal, int)):
        raise TypeError(f"{what} is a decimal.Decimal or an int, "
                        f"not {type(value).__name__}")
    if isinstance(value, int):
        raw = value * _UNIT
    else:
        raw = _raw_of_decimal(value, what)
    if abs(raw) > _MOST:
        raise ValueError(f"{what} has too many digits: {value}")
    return raw


def set_decimal(out: Any, value: Decimal | int, what: str = "an amount",
                ) -> None:
    """Writes a decimal into a billing_decimal."""
    raw = raw_of(value, what)
    out.lo = raw % _WORD
    out.hi = raw // _WORD


def decimal_of(value: Any) -> Decimal:
    """A billing_decimal, exactly, without idle zeros."""
    raw = value.hi * _WORD + value.lo
    if raw % _UNIT == 0:
        return Decimal(raw // _UNIT)
    return _EXACT.normalize(_EXACT.scaleb(Decimal(raw), -18))


def us_of(moment: datetime, what: str = "now") -> int:
    """Microseconds since 1970 of an aware datetime."""
    if not isinstance(moment, datetime):
        raise TypeError(f"{what} is a datetime, "
                        f"not {type(moment).__name__}")
    if moment.utcoffset() is None:
        raise ValueError(f"{what} has no time zone: {moment}")
    return (moment - _EPOCH) // _MICROSECOND


def optional_us(moment: datetime | None, what: str) -> int:
    """The same, with 0, the library's word for "not given", for None."""
    if moment is None:
        return 0
    us = us_of(moment, what)
    if us == 0:
        raise ValueError(f"{what} cannot be the first instant of 1970")
    return us


def moment_of(us: int) -> datetime:
    """The instant, in UTC."""
    return _EPOCH + us * _MICROSECOND


def bytes_of(text: str | bytes, what: str) -> bytes:
    """UTF-8 of a text."""
    if isinstance(text, str):
        return text.encode()
    if isinstance(text, (bytes, bytearray, memoryview)):
        return bytes(text)
    raise TypeError(f"{what} is a text, not {type(text).__name__}")


def c_text(text: str | bytes, what: str) -> bytes:
    """A text that C reads up to its NUL."""
    data = bytes_of(text, what)
    if b"\0" in data:
        raise ValueError(f"{what} has a NUL in it")
    return data


def name_of(asset: Any) -> str:
    """The code in an asset's 16 bytes."""
    return str(ffi.string(asset).decode())


def set_asset(out: Any, code: str) -> None:
    """Writes an asset's code; one that is too long is not cut."""
    data = c_text(code, "an asset")
    if len(data) > 15:
        raise ValueError(f"an asset's code has at most 15 bytes: {code!r}")
    ffi.memmove(out, data, len(data))


def _plain(value: Any) -> Any:
    """What json may print: no float is let through."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"JSON has no {value}")
        return format(value, "f")
    if isinstance(value, datetime):
        us_of(value, "a time")
        return value.astimezone(timezone.utc).isoformat().replace(
            "+00:00", "Z")
    if isinstance(value, float):
        raise TypeError("write decimal.Decimal or a text, not a float: "
                        f"{value!r}")
    if isinstance(value, Mapping):
        return {_name(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    raise TypeError(f"JSON has no {type(value).__name__}")


def _name(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError("a member's name is a text, "
                        f"not {type(key).__name__}")
    return key


def json_of(document: Any) -> bytes:
    """A document as JSON: decimals and aware datetimes become texts.  A text
    or bytes are taken as JSON already."""
    if isinstance(document, (str, bytes, bytearray, memoryview)):
        return bytes_of(document, "a document")
    return json.dumps(_plain(document), separators=(",", ":"),
                      ensure_ascii=False).encode()


def tree_of(text: str) -> Any:
    """JSON as Python values, with decimals for numbers with a point."""
    return json.loads(text, parse_float=Decimal)


class Texts:
    """Texts for C structs, kept together in one block.

    The offsets are noted first; `place` makes the block, which must live until
    the call is over.
    """

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._spots: list[tuple[Any, int, int]] = []
        self._size = 0
        self.block: Any = None

    def add(self, out: Any, data: bytes) -> None:
        """Notes that the billing_str `out` is to be this text."""
        if data:
            self._spots.append((out, self._size, len(data)))
            self._parts.append(data)
            self._size += len(data)

    def place(self) -> None:
        """Sets every text that was noted."""
        self.block = ffi.from_buffer(b"".join(self._parts) or b"\0")
        for out, at, size in self._spots:
            out.text = self.block + at
            out.len = size
