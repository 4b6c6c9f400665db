# SPDX-License-Identifier: MIT OR Apache-2.0
"""Invoices, and the proof of all of it."""
from __future__ import annotations

from datetime import datetime
from typing import Any

from ._base import Base
from ._billing import lib
from ._structs import new, progress_of
from ._values import bytes_of, c_text, tree_of, us_of
from .facts import Progress


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

    def invoice(self, id: str | int, format: str | None = None, *,
                now: datetime | None = None) -> Any:
        """A finalized invoice, by number ("INV-000001") or by our own number:
        a dict, or as `format` says the frozen canonical text ("json") or a
        page for people ("text")."""
        name = bytes_of(str(id), "an invoice")
        text = self._ask(lib.billing_invoice, self._call(now), name,
                         len(name), c_text(format or "json", "a format"))
        return text if format else tree_of(text)

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
