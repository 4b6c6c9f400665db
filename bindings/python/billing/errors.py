# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a call can fail with: one exception for each class of billing.h."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from ._billing import ffi, lib

__all__ = [
    "BillingError", "BusyError", "CanceledError", "ConflictError",
    "CorruptError", "Denial", "DeniedError", "InternalError", "InvalidError",
    "LimitError", "MisuseError", "NoMemoryError", "NotFoundError",
    "StoreError", "UnsupportedError", "code_name",
]


class BillingError(Exception):
    """A call that failed.  It has changed nothing.

    `code` is the number that the library returned, with its detail; `name` is
    its word, such as "DENIED_BALANCE".  `message` says what was wrong, `path`
    is the JSON pointer of what was wrong, or "", `hint` says what would be
    right, or "", and `item` is the place in a batch, or None.
    """

    def __init__(self, message: str, *, code: int, name: str, path: str = "",
                 hint: str = "", item: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.name = name
        self.path = path
        self.hint = hint
        self.item = item

    def __reduce__(self) -> tuple[Any, ...]:
        return (_remake, (type(self), self.message, self.code, self.name,
                          self.path, self.hint, self.item))

    def __str__(self) -> str:
        where = f" at {self.path}" if self.path else ""
        which = f" (item {self.item})" if self.item is not None else ""
        hint = f"; {self.hint}" if self.hint else ""
        return f"{self.name}{where}{which}: {self.message}{hint}"

    @property
    def retryable(self) -> bool:
        """Whether the same call may succeed when it is made again."""
        return isinstance(self, BusyError)


class NoMemoryError(BillingError, MemoryError):
    """The allocator had no memory."""


class MisuseError(BillingError):
    """A rule of the interface was broken."""


class InvalidError(BillingError, ValueError):
    """A document or a value is not acceptable."""


class NotFoundError(BillingError, LookupError):
    """What was named is not there."""


class ConflictError(BillingError):
    """The same key was used on other terms, or what is fixed was changed."""


@dataclass(frozen=True)
class Denial:
    """Why there is no hold.  `by` is "balance", "customer", "contract",
    "plan", "feature" or "parent"; `limit` the id of the limit, or "" for the
    balance; `customer` whose limit it is."""

    by: str
    limit: str
    missing: Decimal
    most: Decimal
    used: Decimal
    asset: str
    again: datetime | None
    customer: str = ""


class DeniedError(BillingError):
    """The balance, a limit or the handle's tenant says no.  When a hold was
    asked for, `denial` says which limit, by how much, and when again."""

    denial: Denial | None = None


class BusyError(BillingError):
    """Another writer was first; try again."""


class StoreError(BillingError, OSError):
    """The store failed."""


class CorruptError(BillingError):
    """Stored bytes contradict their hashes."""


class LimitError(BillingError, ValueError):
    """A limit of the library is exceeded."""


class UnsupportedError(BillingError):
    """Newer than this library, or not built in."""


class InternalError(BillingError):
    """A mistake in the library; nothing was changed."""


class CanceledError(BillingError):
    """`Billing.interrupt` was called."""


_CLASSES: dict[int, type[BillingError]] = {
    lib.BILLING_NOMEM: NoMemoryError,
    lib.BILLING_MISUSE: MisuseError,
    lib.BILLING_INVALID: InvalidError,
    lib.BILLING_NOTFOUND: NotFoundError,
    lib.BILLING_CONFLICT: ConflictError,
    lib.BILLING_DENIED: DeniedError,
    lib.BILLING_BUSY: BusyError,
    lib.BILLING_STORE: StoreError,
    lib.BILLING_CORRUPT: CorruptError,
    lib.BILLING_LIMIT: LimitError,
    lib.BILLING_UNSUPPORTED: UnsupportedError,
    lib.BILLING_INTERNAL: InternalError,
    lib.BILLING_CANCELED: CanceledError,
}


def _remake(kind: type[BillingError], message: str, code: int, name: str,
            path: str, hint: str, item: int | None) -> BillingError:
    """An error from its parts: exceptions travel between processes so."""
    return kind(message, code=code, name=name, path=path, hint=hint,
                item=item)


def _text(member: Any) -> str:
    return str(ffi.string(member).decode("utf8", "replace"))


def code_name(code: int) -> str:
    """The word for a code, such as "DENIED_BALANCE"."""
    return _text(lib.billing_code_name(code))


def new_error() -> Any:
    """A billing_error that a call can fill."""
    err = ffi.new("billing_error *")
    err.struct_size = ffi.sizeof("billing_error")
    return err


def check(rc: int, err: Any) -> None:
    """Raises what a function returned, unless it is BILLING_OK."""
    if rc == lib.BILLING_OK:
        return
    kind = _CLASSES.get(rc & 0xFF, BillingError)
    name = code_name(rc)
    raise kind(_text(err.message) or name, code=rc, name=name,
               path=_text(err.path), hint=_text(err.hint),
               item=err.item if err.item >= 0 else None)


def refused(code: int, name: str, message: str) -> BillingError:
    """What a receipt with this code would have been raised as."""
    kind = _CLASSES.get(code & 0xFF, BillingError)
    return kind(message or name, code=code, name=name)
