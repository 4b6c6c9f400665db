# SPDX-License-Identifier: MIT OR Apache-2.0
"""Invoices, and the proof of all of it."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from ._base import Base
from ._billing import lib
from ._structs import new, progress_of
from ._values import bytes_of, c_text, json_of, tree_of, us_of
from .facts import Progress


def _query(**members: Any) -> tuple[bytes, int]:
    query = json_of({name: value for name, value in members.items()
                     if value is not None})
    return query, len(query)


class Invoices(Base):
    """What falls due, what was billed, where it comes from."""

    def advance(self, until: datetime | None = None, *, now: datetime,
                budget: int = 0, step: bool = False) -> Progress:
        """Does everything that falls due up to `until`, or else up to `now`:
        expires grants and holds, closes periods, finalizes invoices.  At most
        `budget` steps, 0 for no bound."""
        progress = new("billing_progress")
        self._do(lib.billing_advance, self._call(now, step=step),
                 us_of(now if until is None else until, "until"), budget,
                 progress)
        return progress_of(progress)

    def outbox(self, *, after: int | None = None, limit: int = 100,
               secret: str | None = None, now: datetime | None = None,
               ) -> dict[str, Any]:
        """Rows that are to be told outside and are not done: {"rows",
        "next"}.  With a secret each has its "webhook": id, timestamp,
        signature and the body that was signed."""
        return tree_of(self._ask(
            lib.billing_outbox_next, self._call(now),
            *_query(after=None if after is None else str(after), limit=limit,
                    secret=secret)))

    def outbox_done(self, row: int, *, now: datetime,
                    step: bool = False) -> None:
        """All rows up to this one are done."""
        self._do(lib.billing_outbox_done, self._call(now, step=step), row)

    def invoice(self, id: str | int, format: str | None = None, *,
                now: datetime | None = None) -> Any:
        """A finalized invoice, by number ("INV-000001") or by our own number:
        a dict, or as `format` says the frozen canonical text ("json") or a
        page for people ("text")."""
        name = bytes_of(str(id), "an invoice")
        text = self._ask(lib.billing_invoice, self._call(now), name,
                         len(name), c_text(format or "json", "a format"))
        return text if format else tree_of(text)

    def preview(self, customer: str,
                events: Iterable[Mapping[str, Any]] = (), *,
                contract: str | None = None, at: datetime | None = None,
                replace: bool = False, now: datetime | None = None,
                ) -> list[dict[str, Any]]:
        """The invoices that the customer would get, as drafts: what falls due
        up to `at` (or else `now`), and the periods that hold it as they stand
        by then.  `events` have not happened; they need no key, and happen
        right before `at` unless they have a time.  With `replace` they stand
        in the place of real usage that is not invoiced.  Nothing is
        recorded."""
        lines = b"\n".join(json_of(event) for event in events)
        answer = self._ask(
            lib.billing_preview, self._call(now),
            *_query(customer=customer, contract=contract, at=at,
                    mode="replace" if replace else "merge"),
            lines, len(lines))
        return tree_of(answer)["invoices"]

    def preview_text(self, customer: str,
                     events: Iterable[Mapping[str, Any]] = (), *,
                     contract: str | None = None, at: datetime | None = None,
                     replace: bool = False, now: datetime | None = None,
                     ) -> str:
        """The same as pages for people."""
        lines = b"\n".join(json_of(event) for event in events)
        return self._ask(
            lib.billing_preview, self._call(now),
            *_query(customer=customer, contract=contract, at=at,
                    format="text", mode="replace" if replace else "merge"),
            lines, len(lines))

    def simulate_page(self, documents: Mapping[str, Any] | None = None, *,
                      instead: Mapping[str, str] | None = None,
                      customer: str | None = None,
                      at: datetime | None = None,
                      start: datetime | None = None,
                      end: datetime | None = None, prices: bool = False,
                      after: str | None = None, limit: int = 100,
                      now: datetime | None = None) -> dict[str, Any]:
        """A page of what customers would have cost under other `documents`
        ({"meters", "plans", "contracts"}), or with another plan `instead` of
        each: {"customers": [{"customer", "totals", "prices", "refused"}],
        "totals", "next"}, of the periods that begin in [start, end), as of
        `at`.  Nothing is recorded."""
        return self._query(lib.billing_simulate, now, documents=documents,
                           instead=instead, customer=customer, at=at,
                           prices=prices or None, after=after, limit=limit,
                           **{"from": start, "to": end})

    def simulate(self, documents: Mapping[str, Any] | None = None, *,
                 instead: Mapping[str, str] | None = None,
                 at: datetime | None = None, start: datetime | None = None,
                 end: datetime | None = None, prices: bool = False,
                 page: int = 100, now: datetime | None = None,
                 ) -> Iterator[dict[str, Any]]:
        """The same of everybody, customer by customer, `page` at a time."""
        after = None
        while True:
            found = self.simulate_page(documents, instead=instead, at=at,
                                       start=start, end=end, prices=prices,
                                       after=after, limit=page, now=now)
            yield from found["customers"]
            if "next" not in found:
                return
            after = str(found["next"])

    def explain(self, invoice: str | int, line: int, *, events: int = 100,
                now: datetime | None = None) -> dict[str, Any]:
        """Where a line comes from: the price and its version, the tiers, what
        earlier invoices billed, the draws by grant, and the events."""
        return self._query(lib.billing_explain, now, invoice=str(invoice),
                           line=line, events=events)

    def verify(self, *, now: datetime | None = None) -> dict[str, Any]:
        """Walks the whole journal: hashes, the fold, the ledger, the derived
        tables.  {"ok": True, ...}; problems are an answer, not an
        exception."""
        return tree_of(self._ask(lib.billing_verify, self._call(now)))
