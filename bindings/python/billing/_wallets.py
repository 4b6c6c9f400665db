# SPDX-License-Identifier: MIT OR Apache-2.0
"""Wallets: grants, balances, holds and the ledger."""
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from ._base import Base, take_document
from ._billing import ffi, lib
from ._structs import (balance_of, denial_of, entitlement_of, events_of,
                       hold_of, new, receipt_of)
from ._values import (Texts, bytes_of, c_text, decimal_of, json_of,
                      optional_us, set_asset, set_decimal, tree_of, us_of)
from .errors import DeniedError
from .facts import Balance, Entitlement, Event, Hold, Receipt

_ORIGINS = {
    "bought": lib.BILLING_ORIGIN_BOUGHT,
    "promotional": lib.BILLING_ORIGIN_PROMOTIONAL,
    "commitment": lib.BILLING_ORIGIN_COMMITMENT,
    "recurring": lib.BILLING_ORIGIN_RECURRING,
    "rollover": lib.BILLING_ORIGIN_ROLLOVER,
    "refund": lib.BILLING_ORIGIN_REFUND,
    "manual": lib.BILLING_ORIGIN_MANUAL,
}
_ABOVE = {
    "all": lib.BILLING_SETTLE_ALL,
    "refuse": lib.BILLING_SETTLE_REFUSE,
    "owe": lib.BILLING_SETTLE_OWE,
    "overdraft": lib.BILLING_SETTLE_OVERDRAFT,
    "cap": lib.BILLING_SETTLE_CAP,
}


_Event = Event | Mapping[str, Any]


def _listed(given: _Event | Sequence[_Event]) -> Sequence[_Event]:
    return [given] if isinstance(given, (Event, Mapping)) else given


def _choice(words: Mapping[str, int], word: str, what: str) -> int:
    if word not in words:
        raise ValueError(f"{what} is one of {', '.join(words)}, "
                         f"not {word!r}")
    return words[word]


def _set_money(out: Any, amount: Decimal | int | None, asset: str | None,
               what: str) -> None:
    if amount is None:
        return
    if asset is None:
        raise TypeError(f"{what} has no asset")
    set_decimal(out.amount, amount, what)
    set_asset(out.asset, asset)


class Wallets(Base):
    """Credit: given, reserved, drawn."""

    def grant(self, key: str, customer: str, amount: Decimal | int,
              asset: str, *, now: datetime, cost: Decimal | int | None = None,
              cost_asset: str | None = None, effective: datetime | None = None,
              expires: datetime | None = None, priority: int = 0,
              origin: str = "bought", name: str = "",
              scope: Mapping[str, Any] | str | None = None,
              step: bool = False) -> int:
        """Gives a customer a grant and returns its number.  The same key with
        the same content returns the same number.  `cost` is what was paid, in
        `cost_asset` or else in `asset`; `origin` is "bought",
        "promotional", "commitment", "recurring", "rollover", "refund" or
        "manual"; `scope` is {"any",
        "meters", "prices", "contracts", "tags", "rate"}."""
        terms = new("billing_grant_terms")
        texts = Texts()
        texts.add(terms.customer, bytes_of(customer, "a customer"))
        texts.add(terms.name, bytes_of(name, "a name"))
        if scope is not None:
            texts.add(terms.scope, json_of(scope))
        texts.place()
        _set_money(terms.amount, amount, asset, "a grant's amount")
        _set_money(terms.cost, cost, cost_asset or asset, "a grant's cost")
        terms.effective_us = optional_us(effective, "effective")
        terms.expires_us = optional_us(expires, "expires")
        terms.priority = priority
        terms.origin = _choice(_ORIGINS, origin, "origin")
        number = ffi.new("uint64_t *")
        self._do(lib.billing_grant, self._call(now, key=key, step=step),
                 terms, number)
        return int(number[0])

    def change_grant(self, key: str, grant: int, change: str, *,
                     now: datetime, customer: str | None = None,
                     amount: Decimal | int | None = None,
                     expires: datetime | str | None = None,
                     step: bool = False) -> dict[str, Any]:
        """Changes a grant by its number, once for each key: "void" ends it,
        "transfer" makes a part of it a grant of `customer`, "refund" takes a
        part back ("cost" is the money that goes back), "expiry" ends it at
        `expires`, a moment or "never".  A part is all that is free, unless
        `amount` says how much."""
        terms: dict[str, Any] = {"change": change}
        if customer is not None:
            terms["customer"] = customer
        if amount is not None:
            terms["amount"] = str(amount)
        if expires is not None:
            terms["expires"] = expires if isinstance(expires, str) \
                else us_of(expires)
        text = json_of(terms)
        changed: dict[str, Any] = tree_of(self._ask(
            lib.billing_grant_change, self._call(now, key=key, step=step),
            grant, text, len(text)))
        return changed

    def top_up(self, key: str, number: int, outcome: str, *, now: datetime,
               reason: str | None = None, step: bool = False,
               ) -> dict[str, Any]:
        """Says what has become of the payment of the top-up that a row
        "top_up.wanted" asked for: "paid" gives its grant, "failed" is asked
        for again as its rule says, "void" is given up, "resume" ends the
        pause of its rule.  The top-up as it is then; the same key gets the
        same answer."""
        terms = {"outcome": outcome}
        if reason is not None:
            terms["reason"] = reason
        text = json_of(terms)
        told: dict[str, Any] = tree_of(self._ask(
            lib.billing_top_up, self._call(now, key=key, step=step), number,
            text, len(text)))
        return told

    def top_ups(self, customer: str, *, now: datetime | None = None,
                ) -> list[dict[str, Any]]:
        """The top-ups of a customer, rule by rule, as they stand."""
        found = self._query(lib.billing_top_ups, now, customer=customer)
        return list(found["top_ups"])

    def balance(self, customer: str, asset: str, *,
                now: datetime | None = None) -> Balance:
        """What a customer has in one asset at `now`, or else at the tenant's
        clock."""
        name = bytes_of(customer, "a customer")
        out = new("billing_balances")
        self._do(lib.billing_balance, self._call(now), name, len(name),
                 c_text(asset, "an asset"), out)
        return balance_of(out)

    def check(self, customer: str, amount: Decimal | int, asset: str, *,
              now: datetime | None = None) -> Decimal:
        """What a customer can spend, overdraft included; DeniedError when the
        amount is more.  From memory, and it reserves nothing: to promise,
        authorize."""
        name = bytes_of(customer, "a customer")
        money = ffi.new("billing_money *")
        left = ffi.new("billing_decimal *")
        _set_money(money, amount, asset, "an amount")
        self._do(lib.billing_check, self._call(now), name, len(name), money,
                 left)
        return decimal_of(left[0])

    def authorize(self, key: str,
                  estimate: _Event | Sequence[_Event] | None = None, *,
                  now: datetime, customer: str | None = None,
                  amount: Decimal | int | None = None,
                  asset: str | None = None, expires: datetime | None = None,
                  least: Decimal | int | None = None,
                  properties: Mapping[str, Any] | None = None,
                  step: bool = False) -> Hold:
        """Asks before the work is done and reserves: the most that `estimate`
        (or a list of them) can cost, or else `amount` of `asset` for
        `customer`, whose limits by `properties` ask for these.  With `least`
        it reserves as much as there is: the last estimate's value, or the
        amount, may become less, but not less than that.  The hold ends at
        `expires`, or after what the tenant says holds last, one hour by
        default.  The `denial` of a DeniedError says which limit, by how much,
        and when again."""
        event_texts, texts = Texts(), Texts()
        array, count = events_of(_listed(estimate), event_texts) \
            if estimate is not None else (ffi.NULL, 0)
        terms = new("billing_hold_terms")
        if customer is not None:
            texts.add(terms.customer, bytes_of(customer, "a customer"))
        if properties is not None:
            texts.add(terms.properties, json_of(properties))
        texts.place()
        _set_money(terms.amount, amount, asset, "a hold's amount")
        terms.expires_us = optional_us(expires, "expires")
        if least is not None:
            terms.flags = lib.BILLING_HOLD_PARTIAL
            set_decimal(terms.least, least, "the least")
        hold, denial = new("billing_hold"), new("billing_denial")
        try:
            self._do(lib.billing_authorize,
                     self._call(now, key=key, step=step), array, count, terms,
                     hold, denial)
        except DeniedError as error:
            if denial.code:
                error.denial = denial_of(denial)
            raise
        return hold_of(hold)

    def settle(self, key: str, event: _Event, *, now: datetime,
               above: str = "all", step: bool = False) -> Receipt:
        """Ends a hold by recording what was really used, in one commit.  When
        that costs more than was held, `above` says what to do: "all" draws
        other grants and owes the rest, "refuse" is a DeniedError, "owe" draws
        only what was held, "overdraft" owes as far as the contract's
        overdraft goes and is else a DeniedError, "cap" charges no more than
        was held."""
        return self.settle_all(key, [event], now=now, above=above,
                               step=step)[0]

    def settle_all(self, key: str, events: Sequence[_Event], *,
                   now: datetime, above: str = "all",
                   step: bool = False) -> list[Receipt]:
        """The same by several events: all of them, or none."""
        texts = Texts()
        array, count = events_of(events, texts)
        receipts = ffi.new("billing_receipt[]", count)
        for i in range(count):
            receipts[i].struct_size = ffi.sizeof("billing_receipt")
        self._do(lib.billing_settle, self._call(now, key=key, step=step),
                 array, count, _choice(_ABOVE, above, "above"), receipts)
        return [receipt_of(receipts[i]) for i in range(count)]

    def extend(self, key: str, expires: datetime, *, now: datetime,
               step: bool = False) -> Hold:
        """Lets an open hold last until `expires`."""
        hold = new("billing_hold")
        self._do(lib.billing_extend, self._call(now, key=key, step=step),
                 optional_us(expires, "expires"), hold)
        return hold_of(hold)

    def release(self, key: str, *, now: datetime, step: bool = False) -> None:
        """Ends a hold and gives back what it reserved."""
        self._do(lib.billing_release, self._call(now, key=key, step=step))

    def limits(self, customer: str, *,
               properties: Mapping[str, Any] | None = None,
               now: datetime | None = None) -> list[dict[str, Any]]:
        """What limits a customer, and how much of it is used and held; of
        limits by properties only when these are given."""
        found = self._query(lib.billing_limits, now, customer=customer,
                            properties=properties)
        return list(found["limits"])

    def entitled(self, customer: str, feature: str, *,
                 now: datetime | None = None) -> Entitlement:
        """What a customer has of a feature; it is true when it can be used.
        NotFound is another answer than one that is not granted."""
        out = new("billing_entitlement")
        who = bytes_of(customer, "a customer")
        what = bytes_of(feature, "a feature")
        self._do(lib.billing_entitled, self._call(now), who, len(who), what,
                 len(what), out)
        return entitlement_of(out)

    def entitlements(self, customer: str, *, now: datetime | None = None,
                     ) -> list[dict[str, Any]]:
        """What a customer has of each feature."""
        found = self._query(lib.billing_entitlements, now, customer=customer)
        return list(found["features"])

    def token(self, customer: str, secret: bytes, expires: datetime, *,
              features: Sequence[str] = (),
              now: datetime | None = None) -> str:
        """What a customer is entitled to, signed by the Ed25519 key of these
        32 bytes: all that it has, or of these `features`."""
        terms, texts = new("billing_token_terms"), Texts()
        texts.add(terms.customer, bytes_of(customer, "a customer"))
        texts.add(terms.secret, secret)
        if features:
            texts.add(terms.features, json_of(list(features)))
        terms.expires_us = us_of(expires, "expires")
        texts.place()
        slot = ffi.new("billing_doc **")
        self._do(lib.billing_token_issue, self._call(now), terms, slot)
        return take_document(slot)

    def ledger(self, *, customer: str | None = None, asset: str | None = None,
               account: str | None = None, start: datetime | None = None,
               end: datetime | None = None, running: bool = False,
               after: str | None = None, limit: int = 100,
               now: datetime | None = None) -> dict[str, Any]:
        """A page of the double-entry ledger: {"postings", "balances",
        "next"}.  Positive is debit.  `balances` are those of `end`, or of
        now; with `running` each row has its account's balance after it."""
        return self._query(lib.billing_ledger, now, customer=customer,
                           asset=asset, account=account,
                           running=running or None, after=after, limit=limit,
                           **{"from": start, "to": end})

    def postings(self, *, customer: str | None = None,
                 asset: str | None = None, account: str | None = None,
                 page: int = 1000, now: datetime | None = None,
                 ) -> Iterator[dict[str, Any]]:
        """All postings of the ledger, fetched `page` at a time."""
        after = None
        while True:
            found = self.ledger(customer=customer, asset=asset,
                                account=account, after=after, limit=page,
                                now=now)
            yield from found["postings"]
            if "next" not in found:
                return
            after = str(found["next"])
