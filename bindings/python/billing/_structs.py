# SPDX-License-Identifier: MIT OR Apache-2.0
"""Structs of billing.h from facts, and facts from structs."""
from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ._billing import ffi, lib
from ._values import (Texts, bytes_of, decimal_of, json_of, moment_of,
                      name_of, optional_us, set_decimal)
from .errors import Denial, code_name
from .facts import (Balance, Draw, Entitlement, Event, Hold, HoldStatus,
                    Progress, Rebuilding, Receipt, ReceiptFlag, Status,
                    Stream)

_RECEIPT = ffi.sizeof("billing_receipt")
_EVENT = ffi.sizeof("billing_event")


def new(kind: str) -> Any:
    """A versioned struct, set up as BILLING_INIT does."""
    struct = ffi.new(kind + " *")
    struct.struct_size = ffi.sizeof(kind)
    return struct


def new_receipts(count: int) -> Any:
    """Room for `count` receipts."""
    receipts = ffi.new("billing_receipt[]", count)
    for receipt in receipts:
        receipt.struct_size = _RECEIPT
    return receipts


def event_of(given: Event | Mapping[str, Any]) -> Event:
    """An event, also when it was given as a mapping."""
    if isinstance(given, Event):
        return given
    if isinstance(given, Mapping):
        return Event(**given)
    raise TypeError("an event is a billing.Event or a mapping, "
                    f"not {type(given).__name__}")


def _set_event(out: Any, event: Event, texts: Texts) -> None:
    out.struct_size = _EVENT
    texts.add(out.key, bytes_of(event.key, "an event's key"))
    texts.add(out.customer, bytes_of(event.customer, "an event's customer"))
    texts.add(out.event, bytes_of(event.event, "an event's name"))
    if event.properties is not None:
        texts.add(out.properties, json_of(event.properties))
    out.time_us = optional_us(event.time, "an event's time")
    if event.value is not None:
        out.flags = lib.BILLING_EVENT_VALUE
        set_decimal(out.value, event.value, "an event's value")


def events_of(given: Iterable[Event | Mapping[str, Any]],
              texts: Texts) -> tuple[Any, int]:
    """(an array of billing_event, its length)."""
    events = [event_of(one) for one in given]
    array = ffi.new("billing_event[]", len(events))
    for out, event in zip(array, events):
        _set_event(out, event, texts)
    texts.place()
    return array, len(events)


def receipt_of(r: Any, message: str = "") -> Receipt:
    """A receipt; `message` is the text of its refusal."""
    return Receipt(
        status=Status(r.status), flags=ReceiptFlag(r.flags), code=r.code,
        name=code_name(r.code) if r.code else "", message=message,
        number=r.number, decided=moment_of(r.decided_us),
        cost=decimal_of(r.cost), drawn=decimal_of(r.drawn),
        balance=decimal_of(r.balance), charges=r.charges, draws=r.draws,
        asset=name_of(r.asset))


def receipts_of(array: Any, count: int, err: Any) -> list[Receipt]:
    """All receipts; the first refusal has the text that is in `err`."""
    receipts = []
    message = ffi.string(err.message).decode("utf8", "replace")
    for i in range(count):
        refused = array[i].code != 0
        receipts.append(receipt_of(array[i], message if refused else ""))
        if refused:
            message = ""
    return receipts


def balance_of(b: Any) -> Balance:
    """A balance."""
    return Balance(
        granted=decimal_of(b.granted), left=decimal_of(b.left),
        held=decimal_of(b.held), free=decimal_of(b.free),
        owed=decimal_of(b.owed), asset=name_of(b.asset),
        shared=decimal_of(b.shared))


def hold_of(h: Any) -> Hold:
    """A hold."""
    return Hold(
        number=h.number, status=HoldStatus(h.status), draws=h.draws,
        expires=moment_of(h.expires_us), decided=moment_of(h.decided_us),
        value=decimal_of(h.value), held=decimal_of(h.held),
        overdraft=decimal_of(h.overdraft), free=decimal_of(h.free),
        asset=name_of(h.asset), assets=h.assets,
        over_limit=bool(h.flags & lib.BILLING_HOLD_OVER_LIMIT))


def denial_of(d: Any) -> Denial:
    """Why there is no hold."""
    return Denial(
        by=("balance", "customer", "contract", "plan", "feature",
            "parent")[d.by],
        limit=ffi.string(d.limit).decode("utf8", "replace"),
        missing=decimal_of(d.missing), most=decimal_of(d.most),
        used=decimal_of(d.used), asset=name_of(d.asset),
        again=moment_of(d.again_us) if d.again_us else None,
        customer=ffi.string(d.customer).decode("utf8", "replace"))


def entitlement_of(e: Any) -> Entitlement:
    """What a customer has of a feature."""
    kind = ("boolean", "quota", "configuration")[e.kind]
    bound = kind == "quota" and not e.flags & lib.BILLING_ENTITLED_UNLIMITED
    value = ffi.string(e.value).decode() if e.value_len else ""
    return Entitlement(
        kind=kind, granted=bool(e.granted),
        source=("", "customer", "contract", "plan", "grant",
                "default")[e.source],
        soft=bool(e.flags & lib.BILLING_ENTITLED_SOFT),
        limit=decimal_of(e.limit) if bound else None,
        used=decimal_of(e.used), held=decimal_of(e.held),
        left=decimal_of(e.left) if bound else None,
        resets=moment_of(e.resets_us) if e.resets_us else None,
        value=json.loads(value) if value else None,
        decided=moment_of(e.decided_us))


def progress_of(p: Any) -> Progress:
    """The result of an advance."""
    return Progress(
        more=bool(p.flags & lib.BILLING_PROGRESS_MORE),
        done=moment_of(p.done_us), decided=moment_of(p.decided_us),
        periods=p.periods, invoices=p.invoices, grants=p.grants,
        holds=p.holds, first_invoice=p.first_invoice)


def rebuilding_of(r: Any, answer: dict[str, Any]) -> Rebuilding:
    """The result of a rebuild, with its document."""
    return Rebuilding(
        more=bool(r.flags & lib.BILLING_PROGRESS_MORE),
        decided=moment_of(r.decided_us), customers=r.customers, done=r.done,
        moved=r.moved, events=r.events, unusable=r.unusable,
        differences=answer["differences"])


def stream_of(s: Any) -> Stream:
    """Where a stream stands."""
    return Stream(
        bytes=s.bytes, lines=s.lines, rows=s.rows, events=s.events,
        recorded=s.recorded, same=s.same, conflicts=s.conflicts,
        refused=s.refused, late=s.late, unmatched=s.unmatched,
        unpriced=s.unpriced, unentitled=s.unentitled, parked=s.parked)


def _text_of(text: Any) -> str:
    return bytes(ffi.buffer(text.text, text.len)).decode() if text.len else ""


def draw_of(d: Any) -> Draw:
    """A row of a cursor."""
    return Draw(
        grant=d.grant, amount=decimal_of(d.amount), price=_text_of(d.price),
        contract=_text_of(d.contract), asset=name_of(d.asset))
