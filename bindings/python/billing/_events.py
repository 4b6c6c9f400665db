# SPDX-License-Identifier: MIT OR Apache-2.0
"""Events: what happened, and what it costs."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from ._base import Base
from ._billing import ffi, lib
from ._structs import (draw_of, events_of, new, new_receipts, receipt_of,
                       receipts_of)
from ._values import Texts, bytes_of
from .errors import check, new_error
from .facts import Draw, Event, Receipt

_MOST = lib.billing_limit(lib.BILLING_LIMIT_BATCH)


def record_flags(strict: bool, all_or_nothing: bool) -> int:
    """BILLING_CALL_* for a record."""
    return ((lib.BILLING_CALL_STRICT if strict else 0)
            | (lib.BILLING_CALL_ALL_OR_NOTHING if all_or_nothing else 0))


class Events(Base):
    """Record, quote, and look at what was recorded."""

    def record(self, events: Iterable[Event | Mapping[str, Any]], *,
               now: datetime, strict: bool = False,
               all_or_nothing: bool = False,
               step: bool = False) -> list[Receipt]:
        """Records at most 10,000 events in one commit and returns a receipt
        for each.  A refused event does not stop the others, unless
        `all_or_nothing` is set: then the first refusal is raised and nothing
        is recorded.  With `strict`, usage that no meter or price wants is
        refused."""
        texts = Texts()
        array, count = events_of(events, texts)
        receipts = new_receipts(count)
        call = self._call(now, step=step,
                          flags=record_flags(strict, all_or_nothing))
        err = self._do(lib.billing_record, call, array, count, receipts)
        return receipts_of(receipts, count, err)

    def record_text(self, text: str | bytes, *, now: datetime,
                    strict: bool = False, all_or_nothing: bool = False,
                    step: bool = False) -> list[Receipt]:
        """The same from newline-delimited JSON, one event a line."""
        data = bytes_of(text, "newline-delimited JSON")
        capacity = min(data.count(b"\n") + 1, _MOST)
        receipts = new_receipts(capacity)
        count = ffi.new("size_t *")
        call = self._call(now, step=step,
                          flags=record_flags(strict, all_or_nothing))
        err = self._do(lib.billing_record_text, call, data, len(data),
                       receipts, capacity, count)
        return receipts_of(receipts, count[0], err)

    def quote(self, event: Event | Mapping[str, Any], *,
              now: datetime | None = None, strict: bool = False) -> Receipt:
        """What an event would cost now and what it would leave, without
        recording it.  Without `now` the moment is the tenant's clock."""
        texts = Texts()
        array, _ = events_of([event], texts)
        receipt = new("billing_receipt")
        self._do(lib.billing_quote,
                 self._call(now, flags=record_flags(strict, False)),
                 array, receipt)
        return receipt_of(receipt)

    def void(self, key: str, *, now: datetime, step: bool = False) -> Receipt:
        """Take a recorded event back, by its key, whenever it was: what is
        left of its charges is rated at once.  The receipt says by how much
        they changed; a void that is sent again gets the first one."""
        receipt = new("billing_receipt")
        data = bytes_of(key, "a key")
        self._do(lib.billing_void, self._call(now, step=step), data,
                 len(data), receipt)
        return receipt_of(receipt)

    def correct(self, key: str, event: Event | Mapping[str, Any], *,
                now: datetime, step: bool = False) -> tuple[Receipt, Receipt]:
        """Put an event, with a key of its own, in the place of the one that
        was recorded under `key`: the receipts of the void and of the event.
        """
        texts = Texts()
        array, _ = events_of([event], texts)
        receipts = new_receipts(2)
        data = bytes_of(key, "a key")
        err = self._do(lib.billing_correct, self._call(now, step=step), data,
                       len(data), array, receipts)
        undone, recorded = receipts_of(receipts, 2, err)
        return undone, recorded

    def events_page(self, *, customer: str | None = None,
                    start: datetime | None = None,
                    end: datetime | None = None, after: str | None = None,
                    limit: int = 100, now: datetime | None = None,
                    ) -> dict[str, Any]:
        """A page of recorded events, in the order of their numbers:
        {"events", "next"}.  [start, end) bounds their own time."""
        return self._query(lib.billing_events, now, customer=customer,
                           after=after, limit=limit,
                           **{"from": start, "to": end})

    def events(self, *, customer: str | None = None,
               start: datetime | None = None, end: datetime | None = None,
               page: int = 1000, now: datetime | None = None,
               ) -> Iterator[dict[str, Any]]:
        """All recorded events with their charges and draws, fetched `page` at
        a time.  Of an erased event "key", "customer", "event", "value" and
        "properties" are left out."""
        after = None
        while True:
            found = self.events_page(customer=customer, start=start, end=end,
                                     after=after, limit=page, now=now)
            yield from found["events"]
            if "next" not in found:
                return
            after = str(found["next"])

    def draws(self, number: int, *,
              now: datetime | None = None) -> list[Draw]:
        """The draws of a recorded event, by its receipt's number, in the
        order in which they were made."""
        slot = ffi.new("billing_cursor **")
        self._do(lib.billing_draws, self._call(now), number, slot)
        err = new_error()
        row = new("billing_draw")
        rows = []
        try:
            while (rc := lib.billing_draw_next(slot[0], row,
                                               err)) != lib.BILLING_DONE:
                check(rc, err)
                rows.append(draw_of(row))
        finally:
            lib.billing_cursor_close(slot[0])
        return rows

    def usage(self, customer: str, *, contract: str | None = None,
              start: datetime | None = None, end: datetime | None = None,
              now: datetime | None = None) -> dict[str, Any]:
        """A customer's usage by contract, price, group and period, of the
        periods that [start, end) touches, and how many events were recorded
        but not billed."""
        return self._query(lib.billing_usage, now, customer=customer,
                           contract=contract, **{"from": start, "to": end})

    def usage_health(self, customer: str | None = None, *,
                     reason: str | None = None,
                     start: datetime | None = None,
                     end: datetime | None = None, examples: int = 3,
                     after: str | None = None, limit: int = 100,
                     now: datetime | None = None) -> dict[str, Any]:
        """What was recorded and not billed: {"counts", "unbilled", "next"},
        by reason ("unmatched", "unpriced", "unentitled"), customer and name
        of event, with examples."""
        return self._query(lib.billing_usage_health, now, customer=customer,
                           reason=reason, examples=examples, after=after,
                           limit=limit, **{"from": start, "to": end})

    def meter_usage(self, customer: str, meter: str, *, start: datetime,
                    end: datetime | None = None, window: str = "none",
                    zone: str | None = None,
                    group_by: Iterable[str] | None = None,
                    filters: Iterable[Mapping[str, Any]] | None = None,
                    as_of: datetime | None = None,
                    known_at: datetime | None = None, page: int = 1000,
                    now: datetime | None = None) -> Iterator[dict[str, Any]]:
        """What a meter makes of a customer's events, a row for each group
        and window (none, hour, day, week, month): "quantity" of the window
        alone, "cumulative" up to its end, and "change" of that.  Fetched
        `page` rows at a time."""
        after = None
        names = None if group_by is None else list(group_by)
        tests = None if filters is None else [dict(f) for f in filters]
        while True:
            found = self._query(lib.billing_usage, now, customer=customer,
                                meter=meter, window=window, zone=zone,
                                group_by=names, filters=tests, as_of=as_of,
                                known_at=known_at, after=after, limit=page,
                                **{"from": start, "to": end})
            yield from found["usage"]
            if "next" not in found:
                return
            after = str(found["next"])
