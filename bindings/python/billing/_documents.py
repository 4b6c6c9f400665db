# SPDX-License-Identifier: MIT OR Apache-2.0
"""The catalog: documents by kind."""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from ._base import Base
from ._billing import ffi, lib
from ._structs import new, rebuilding_of
from ._values import bytes_of, c_text, json_of, tree_of
from .facts import Rebuilding


Changes = list[dict[str, Any]]      # `list` is a method below


class Documents(Base):
    """Tenant, customers, meters, plans and contracts, and what can only be
    read: invoices, grants and holds."""

    def put(self, kind: str, document: Mapping[str, Any] | str | bytes, *,
            now: datetime, step: bool = False) -> dict[str, Any]:
        """Creates or changes one document and returns it as stored, with its
        "version".  Decimals and aware datetimes in it become texts; a float
        is a TypeError."""
        text = json_of(document)
        return tree_of(self._ask(
            lib.billing_put, self._call(now, step=step),
            c_text(kind, "a kind"), text, len(text)))

    def get(self, kind: str, id: str, *,
            now: datetime | None = None) -> dict[str, Any]:
        """One document as it is now, archived or not."""
        name = bytes_of(id, "an id")
        return tree_of(self._ask(
            lib.billing_get, self._call(now), c_text(kind, "a kind"), name,
            len(name)))

    def list(self, kind: str, *, customer: str | None = None,
             archived: bool = False, status: str | None = None,
             shared: bool = False, page: int = 100,
             now: datetime | None = None) -> Iterator[dict[str, Any]]:
        """All documents of a kind in the order of their ids, fetched `page`
        at a time as the iterator goes on.  `status` is that of holds: "open",
        "unresolved", "settled", "released" or "expired"; `shared` adds to a
        customer's grants those above that it may draw from."""
        after = None
        while True:
            found = self._query(
                lib.billing_list, now, c_text(kind, "a kind"),
                customer=customer, archived=archived or None, status=status,
                shared=shared or None, limit=page, after=after)
            yield from found["items"]
            if "next" not in found:
                return
            after = str(found["next"])

    def archive(self, kind: str, id: str, *, now: datetime,
                step: bool = False) -> None:
        """Takes a document out of use: contracts that have it keep it, new
        ones cannot name it."""
        name = bytes_of(id, "an id")
        self._do(lib.billing_archive, self._call(now, step=step),
                 c_text(kind, "a kind"), name, len(name))

    def catalog_apply(self, catalog: Mapping[str, Any] | str | bytes, *,
                      now: datetime, dry_run: bool = False,
                      step: bool = False) -> Changes:
        """Billing as code: puts {"tenant", "customers", "meters", "plans",
        "contracts"} in one commit and returns the changes.  With `dry_run`
        nothing is written."""
        text = json_of(catalog)
        flags = lib.BILLING_CALL_DRY_RUN if dry_run else 0
        answer = tree_of(self._ask(
            lib.billing_catalog_apply,
            self._call(now, step=step, flags=flags), text, len(text)))
        return answer["changes"]

    def rebuild(self, kind: str, id: str, *, now: datetime, budget: int = 0,
                dry_run: bool = False, step: bool = False) -> Rebuilding:
        """Gives the next `budget` customers, 0 for all, the answer of the
        "meter" or "plan" as it is now; until then each keeps the old one.
        With `dry_run` it only tells the differences."""
        name = bytes_of(id, "an id")
        done = new("billing_rebuilding")
        flags = lib.BILLING_CALL_DRY_RUN if dry_run else 0
        answer = tree_of(self._ask(
            lib.billing_rebuild, self._call(now, step=step, flags=flags),
            c_text(kind, "a kind"), name, len(name), budget, done))
        return rebuilding_of(done, answer)

    def erase(self, customer: str, reason: str, *, now: datetime,
              step: bool = False) -> None:
        """Erases a customer's personal data for ever.  Amounts, invoices and
        the chain of hashes stay."""
        name = bytes_of(customer, "a customer")
        why = bytes_of(reason, "a reason")
        self._do(lib.billing_erase, self._call(now, step=step),
                 name, len(name), why or ffi.NULL, len(why))
