# SPDX-License-Identifier: MIT OR Apache-2.0
"""What goes in and comes out: frozen, with Decimal amounts and UTC times."""
from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from ._billing import lib
from .errors import BillingError, refused

__all__ = [
    "Balance", "Draw", "Event", "Hold", "HoldStatus", "Progress", "Rebuilding",
    "Receipt", "ReceiptFlag", "Status", "Stream",
]


class Status(enum.IntEnum):
    """What became of an event."""

    NEW = lib.BILLING_STATUS_NEW
    SAME = lib.BILLING_STATUS_SAME
    CONFLICT = lib.BILLING_STATUS_CONFLICT
    REFUSED = lib.BILLING_STATUS_REFUSED


class ReceiptFlag(enum.IntFlag):
    """What a receipt says beside its amounts."""

    UNMATCHED = lib.BILLING_RECEIPT_UNMATCHED
    UNPRICED = lib.BILLING_RECEIPT_UNPRICED
    LATE = lib.BILLING_RECEIPT_LATE
    MIXED = lib.BILLING_RECEIPT_MIXED
    OWED = lib.BILLING_RECEIPT_OWED
    PENDING = lib.BILLING_RECEIPT_PENDING
    VOIDED = lib.BILLING_RECEIPT_VOIDED
    UNENTITLED = lib.BILLING_RECEIPT_UNENTITLED
    PARKED = lib.BILLING_RECEIPT_PARKED


class HoldStatus(enum.IntEnum):
    """What became of a hold."""

    OPEN = lib.BILLING_HOLD_OPEN
    SETTLED = lib.BILLING_HOLD_SETTLED
    RELEASED = lib.BILLING_HOLD_RELEASED
    EXPIRED = lib.BILLING_HOLD_EXPIRED
    UNRESOLVED = lib.BILLING_HOLD_UNRESOLVED


@dataclass(frozen=True)
class Event:
    """What happened.  A mapping with these members does as well.

    `key` is unique for ever; a quote or an estimate needs none.  Without a
    `value` it is 1, without a `time` it is the call's now.
    """

    key: str = ""
    customer: str = ""
    event: str = ""
    time: datetime | None = None
    value: Decimal | int | None = None
    properties: Mapping[str, Any] | str | bytes | None = None


@dataclass(frozen=True)
class Receipt:
    """What became of an event, what it cost, and what is left.

    `drawn` is what grants paid of `cost`; `balance` is what is free in the
    asset afterwards.  A refused event has a `code` and its `name`; the first
    refused one of a batch also has a `message`.
    """

    status: Status
    flags: ReceiptFlag
    code: int
    name: str
    message: str
    number: int
    decided: datetime
    cost: Decimal
    drawn: Decimal
    balance: Decimal
    charges: int
    draws: int
    asset: str

    @property
    def is_refused(self) -> bool:
        """Whether nothing was recorded."""
        return self.status in (Status.CONFLICT, Status.REFUSED)

    @property
    def owed(self) -> Decimal:
        """What no grant covered."""
        return self.cost - self.drawn

    def error(self) -> BillingError | None:
        """Why it was refused, as an exception that was not raised."""
        return refused(self.code, self.name, self.message) if self.code \
            else None


@dataclass(frozen=True)
class Draw:
    """What one grant paid of one event.  Grant 0: nothing covered it."""

    grant: int
    amount: Decimal
    price: str
    contract: str
    asset: str


@dataclass(frozen=True)
class Balance:
    """What a customer has in one asset: `free` is `left` minus `held`, and
    `shared` what is free for it in grants of those above."""

    granted: Decimal
    left: Decimal
    held: Decimal
    free: Decimal
    owed: Decimal
    asset: str
    shared: Decimal = Decimal(0)


@dataclass(frozen=True)
class Hold:
    """What was reserved before the work is done; `over_limit` when it goes
    beyond a soft limit."""

    number: int
    status: HoldStatus
    draws: int
    expires: datetime
    decided: datetime
    value: Decimal
    held: Decimal
    overdraft: Decimal
    free: Decimal
    asset: str
    assets: int
    over_limit: bool


@dataclass(frozen=True)
class Entitlement:
    """What a customer has of a feature.  It is true when it can be used: it
    is granted, and of a quota something is left, or it is soft.  `limit` and
    `left` of an unlimited quota, and of other kinds, are None; a `value` of
    more than 511 bytes is only in `Billing.entitlements`."""

    kind: str
    granted: bool
    source: str
    soft: bool
    limit: Decimal | None
    used: Decimal
    held: Decimal
    left: Decimal | None
    resets: datetime | None
    value: Any
    decided: datetime

    def __bool__(self) -> bool:
        return self.granted and (self.left is None or self.soft
                                 or self.left > 0)


@dataclass(frozen=True)
class Progress:
    """What one call of `Billing.advance` did.  With `more`, call again."""

    more: bool
    done: datetime
    decided: datetime
    periods: int
    invoices: int
    grants: int
    holds: int
    first_invoice: int


@dataclass(frozen=True)
class Rebuilding:
    """How far the rebuild of a meter or a plan is, and what one call of
    `Billing.rebuild` did.  With `more`, call again."""

    more: bool
    decided: datetime
    customers: int
    done: int
    moved: int
    events: int
    unusable: int
    differences: list[dict[str, Any]]


@dataclass(frozen=True)
class Stream:
    """Where a stream of events stands, and what has become of it so far.

    `events` is the sum of `recorded`, `same`, `conflicts` and `refused`; the
    rest is about those that were recorded.
    """

    bytes: int
    lines: int
    rows: int
    events: int
    recorded: int
    same: int
    conflicts: int
    refused: int
    late: int
    unmatched: int
    unpriced: int
    unentitled: int
    parked: int
