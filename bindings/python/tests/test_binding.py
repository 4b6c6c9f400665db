# SPDX-License-Identifier: MIT OR Apache-2.0
"""Tests of the binding itself.  What the library decides is tested against a
model elsewhere; here it is errors, types, documentation and lifetimes.

    python -m unittest discover -s bindings/python/tests
    python bindings/python/tests/test_binding.py       # ends with a tally
"""
import base64
import hmac
import inspect
import io
import json
import os
import pathlib
import pickle
import re
import sys
import tempfile
import threading
import time
import unittest
from datetime import datetime, timedelta, timezone
from decimal import Decimal as D
from zoneinfo import ZoneInfo

import billing
from billing import _values
from billing._billing import ffi, lib

NOW = datetime(2026, 1, 20, 12, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
CATALOG = {
    "tenant": {"id": "t", "assets": [{"code": "tok", "places": 0}]},
    "customers": [{"id": "acme", "name": "Acme"}, {"id": "bob"}],
    "meters": [
        {"id": "tokens", "event": "llm", "aggregation": "sum",
         "property": "n", "groups": ["model"]},
        {"id": "calls", "event": "call", "aggregation": "count"},
        {"id": "unsold", "event": "ping", "aggregation": "count"},
    ],
    "plans": [{"id": "pro", "currency": "USD", "prices": [
        {"id": "in", "meter": "tokens", "model": "per_unit",
         "unit": D("2.50"), "per": 1000},
        {"id": "call", "meter": "calls", "model": "per_unit",
         "unit": "0.10"},
        {"id": "base", "model": "flat", "amount": "20"},
    ]}],
    "contracts": [{"id": "k1", "customer": "acme", "plan": "pro",
                   "start": datetime(2026, 1, 1, tzinfo=timezone.utc)}],
}

# What the binding leaves to C: raw helpers, and stores written by hosts.
NOT_WRAPPED = {
    "billing_init", "billing_decimal_parse", "billing_decimal_format",
    "billing_open_store", "billing_memory_store", "billing_checked_store",
    "billing_sqlite3_extension",
}


def call(key, n=None, **more):
    """An event of acme."""
    return billing.Event(key, "acme", "call", **more) if n is None else \
        billing.Event(key, "acme", "llm", properties={"n": n}, **more)


class Case(unittest.TestCase):
    """A tenant with a catalog, in memory."""

    def setUp(self):
        self.b = billing.open(":memory:", tenant="t")
        self.addCleanup(self.b.close)
        self.b.catalog_apply(CATALOG, now=NOW)

    def fails(self, kind, name, function, *arguments, **named):
        with self.assertRaises(kind) as caught:
            function(*arguments, **named)
        self.assertEqual(caught.exception.name, name)
        return caught.exception


class Surface(unittest.TestCase):
    def public(self):
        for name in billing.__all__:
            thing = getattr(billing, name)
            yield name, thing
            if inspect.isclass(thing):
                for member, value in inspect.getmembers(thing):
                    own = getattr(value, "__module__", "") or ""
                    if not member.startswith("_") and (
                            isinstance(value, property)
                            or (inspect.isfunction(value)
                                and own.startswith("billing"))):
                        yield "%s.%s" % (name, member), value

    def test_everything_public_is_documented(self):
        bare = [name for name, thing in self.public()
                if not (inspect.getdoc(thing) or "").strip()]
        self.assertEqual(bare, [])

    def test_everything_public_has_types(self):
        for name, thing in self.public():
            if not inspect.isfunction(thing):
                continue
            signature = inspect.signature(thing)
            untyped = [p for p in list(signature.parameters.values())
                       if p.annotation is p.empty and p.name != "self"]
            self.assertEqual(untyped, [], name)
            self.assertIsNot(signature.return_annotation,
                             signature.empty, name)

    def test_every_write_takes_now_by_name(self):
        writes = ["put", "archive", "catalog_apply", "erase", "record",
                  "record_text", "ingest", "grant", "change_grant",
                  "authorize", "settle", "settle_all", "extend", "release",
                  "advance", "rebuild", "outbox_done"]
        for name in writes:
            now = inspect.signature(
                getattr(billing.Billing, name)).parameters["now"]
            self.assertEqual((now.kind, now.default),
                             (now.KEYWORD_ONLY, now.empty), name)

    def test_every_function_of_the_header_is_wrapped_or_named(self):
        folder = pathlib.Path(billing.__file__).parent
        source = "".join(p.read_text() for p in folder.glob("*.py"))
        used = set(re.findall(r"lib\.(billing_\w+)", source))
        there = {name for name in dir(lib) if name.startswith("billing_")}
        self.assertEqual(there - used, NOT_WRAPPED)

    def test_package_says_that_it_is_typed(self):
        folder = pathlib.Path(billing.__file__).parent
        self.assertTrue((folder / "py.typed").exists())
        self.assertEqual(billing.__version__,
                         ffi.string(lib.billing_version()).decode())


class Values(unittest.TestCase):
    def test_decimals_go_both_ways_exactly(self):
        for text in ["0", "1", "-1", "12.5", "-0.03", "1e-18", "-1e-18",
                     "9.999999999999999999", "1E+5", "0E+40", "0E-40",
                     "99999999999999999999.999999999999999999",
                     "-99999999999999999999.999999999999999999",
                     "18446744073.709551616", "5.000000000000000000000"]:
            out = ffi.new("billing_decimal *")
            _values.set_decimal(out, D(text))
            self.assertEqual(_values.decimal_of(out), D(text), text)
            name = ffi.new("char[]", 48)
            lib.billing_decimal_format(out, name)
            self.assertEqual(D(ffi.string(name).decode()), D(text))

    def test_decimals_that_do_not_fit_are_refused(self):
        for text in ["1e20", "-1e20", "1e-19", "0.1234567890123456789",
                     "1e999999", "1e-999999", "NaN", "Infinity"]:
            with self.assertRaises(ValueError, msg=text):
                _values.raw_of(D(text))

    def test_floats_texts_and_booleans_are_no_amounts(self):
        for value in [1.0, "1", True, None, 1j]:
            with self.assertRaises(TypeError):
                _values.raw_of(value)

    def test_instants_are_aware(self):
        berlin = datetime(2026, 7, 1, 2, tzinfo=ZoneInfo("Europe/Berlin"))
        self.assertEqual(_values.us_of(berlin),
                         _values.us_of(datetime(2026, 7, 1, 0,
                                                tzinfo=timezone.utc)))
        self.assertEqual(_values.moment_of(1), datetime(
            1970, 1, 1, 0, 0, 0, 1, tzinfo=timezone.utc))
        with self.assertRaises(ValueError):
            _values.us_of(datetime(2026, 1, 1))
        with self.assertRaises(TypeError):
            _values.us_of(1767225600)

    def test_documents_have_no_floats(self):
        self.assertEqual(
            _values.json_of({"a": [D("1.50"), D("1e-7"), True, None, 3],
                             "t": NOW, "ü": "ß"}).decode(),
            '{"a":["1.50","0.0000001",true,null,3],'
            '"t":"2026-01-20T12:00:00Z","ü":"ß"}')
        for document in [{"a": 0.5}, {"a": [1.5]}, {1: "a"}, {"a": {1}}]:
            with self.assertRaises(TypeError):
                _values.json_of(document)
        with self.assertRaises(ValueError):
            _values.json_of({"t": datetime(2026, 1, 1)})
        self.assertEqual(_values.tree_of('{"a":1.10,"b":2}'),
                         {"a": D("1.10"), "b": 2})


class Errors(Case):
    def test_each_class_of_the_header_has_an_exception(self):
        kinds = set()
        for name in ["NOMEM", "MISUSE", "INVALID", "NOTFOUND", "CONFLICT",
                     "DENIED", "BUSY", "STORE", "CORRUPT", "LIMIT",
                     "UNSUPPORTED", "INTERNAL", "CANCELED"]:
            code = getattr(lib, "BILLING_" + name)
            err = billing.errors.new_error()
            with self.assertRaises(billing.BillingError) as caught:
                billing.errors.check(code, err)
            error = caught.exception
            kinds.add(type(error))
            self.assertEqual((error.code, error.name), (code, name))
        self.assertEqual(kinds, {
            getattr(billing, n) for n in billing.__all__
            if n.endswith("Error") and n != "BillingError"})

    def test_an_error_says_where_what_and_how(self):
        error = self.fails(billing.InvalidError, "INVALID", self.b.put,
                           "meter", {"id": "m", "event": "e",
                                     "aggregation": "sme"}, now=NOW)
        self.assertEqual(error.path, "/aggregation")
        self.assertIn("sum", error.hint)
        self.assertIn("sme", error.message)
        self.assertIsNone(error.item)
        self.assertFalse(error.retryable)
        self.assertIn("/aggregation", str(error))
        self.assertIsInstance(error, ValueError)

    def test_errors_travel_between_processes(self):
        error = self.fails(billing.NotFoundError, "NOTFOUND", self.b.get,
                           "plan", "none")
        copy = pickle.loads(pickle.dumps(error))
        self.assertEqual((type(copy), vars(copy)), (type(error), vars(error)))

    def test_details_have_names(self):
        self.assertEqual(billing.code_name(263), "DENIED_BALANCE")
        self.assertEqual(billing.code_name(7 + (200 << 8)), "DENIED")

    def test_a_clock_that_steps_is_refused_unless_it_is_meant(self):
        later = NOW + timedelta(days=2)
        self.fails(billing.InvalidError, "INVALID_CLOCK", self.b.record,
                   [call("a")], now=later)
        receipt, = self.b.record([call("a")], now=later, step=True)
        self.assertEqual(receipt.decided, later)
        early, = self.b.record([call("b")], now=NOW)
        self.assertEqual(early.decided, later)

    def test_naive_times_and_floats_do_not_get_through(self):
        with self.assertRaises(ValueError):
            self.b.record([call("a")], now=datetime(2026, 1, 20))
        with self.assertRaises(ValueError):
            self.b.record([call("a", time=datetime(2026, 1, 20))], now=NOW)
        with self.assertRaises(TypeError):
            self.b.record([call("a", value=1.5)], now=NOW)
        with self.assertRaises(TypeError):
            self.b.record([call("a", properties={"n": 1.5})], now=NOW)
        with self.assertRaises(TypeError):
            self.b.grant("g", "acme", 10.0, "USD", now=NOW)
        with self.assertRaises(TypeError):
            self.b.record([{"key": "a", "custmer": "acme"}], now=NOW)
        with self.assertRaises(TypeError):
            self.b.record(["a"], now=NOW)
        self.assertEqual(self.b.usage("acme")["events"], 0)


class Documents(Case):
    def test_put_get_and_versions(self):
        first = self.b.put("customer", {"id": "c", "since": D("2.50")},
                           now=NOW)
        self.assertEqual(first, {"id": "c", "since": "2.50", "version": 1})
        self.assertEqual(self.b.put("customer", first, now=NOW), first)
        again = self.b.put("customer", '{"id":"c","rate":1.10}', now=NOW)
        self.assertEqual(again, {"id": "c", "rate": D("1.10"), "version": 2})
        self.assertEqual(self.b.get("customer", "c"), again)

    def test_list_pages_as_it_goes_on(self):
        for n in range(250):
            self.b.put("customer", {"id": "c%03d" % n}, now=NOW)
        ids = [c["id"] for c in self.b.list("customer", page=7)]
        self.assertEqual(ids, ["acme", "bob"] + ["c%03d" % n
                                                 for n in range(250)])
        few = self.b.list("customer", page=1)
        self.assertEqual(next(few)["id"], "acme")
        for n in range(5):
            self.b.grant("g%d" % n, "acme", 1, "USD", now=NOW)
        self.assertEqual([g["id"] for g in self.b.list("grant", page=2)],
                         ["g%d" % n for n in range(5)])

    def test_archive(self):
        self.b.archive("customer", "bob", now=NOW)
        self.assertEqual([c["id"] for c in self.b.list("customer")], ["acme"])
        self.assertEqual(
            [c["id"] for c in self.b.list("customer", archived=True)],
            ["acme", "bob"])
        self.fails(billing.NotFoundError, "NOTFOUND", self.b.archive, "plan",
                   "none", now=NOW)

    def test_catalog_says_what_changes(self):
        catalog = {"customers": [{"id": "acme", "name": "Acme AG"},
                                 {"id": "new"}]}
        wanted = [("acme", "update", ["/name"]), ("new", "create", ["/id"])]
        for dry in (True, False):
            changes = self.b.catalog_apply(catalog, now=NOW, dry_run=dry)
            self.assertEqual([(c["id"], c["action"], c["members"])
                              for c in changes], wanted)
        changes = self.b.catalog_apply(catalog, now=NOW)
        self.assertEqual({c["action"] for c in changes}, {"unchanged"})

    def test_erase(self):
        self.b.record([call("a", 5)], now=NOW)
        self.b.erase("acme", "asked for", now=NOW)
        self.fails(billing.NotFoundError, "NOTFOUND_CUSTOMER", self.b.usage,
                   "acme")
        verdict = self.b.verify()
        self.assertTrue(verdict["ok"], verdict)
        self.assertTrue(verdict["redacted"])

    def test_evaluate_needs_no_database(self):
        answer = billing.evaluate({
            "kernel": "quote", "quantity": D("1200"), "price": {
                "model": "graduated", "tiers": [
                    {"up_to": 100, "unit": D("0.10")},
                    {"up_to": 1000, "unit": D("0.08")},
                    {"unit": D("0.05")}]}})
        self.assertEqual(D(answer["amount"]), 92)
        with self.assertRaises(billing.UnsupportedError):
            billing.evaluate({"kernel": "none"})


class Events(Case):
    def test_receipts_are_frozen_and_say_it_all(self):
        self.b.grant("g", "acme", D("0.15"), "USD", now=NOW)
        receipts = self.b.record([call("a"), call("b"), {
            "key": "c", "customer": "acme", "event": "llm", "value": 3,
            "time": NOW - HOUR, "properties": {"n": 4}}], now=NOW)
        first, second, third = receipts
        self.assertEqual((first.status, first.cost, first.drawn,
                          first.balance, first.asset, first.decided),
                         (billing.Status.NEW, D("0.1"), D("0.1"), D("0.05"),
                          "USD", NOW))
        self.assertEqual((second.drawn, second.owed, second.balance),
                         (D("0.05"), D("0.05"), 0))
        self.assertEqual(second.flags, billing.ReceiptFlag.OWED)
        self.assertEqual(third.cost, D("0.01"))
        self.assertEqual(self.b.draws(second.number), [
            billing.Draw(1, D("0.05"), "call", "k1", "USD"),
            billing.Draw(0, D("0.05"), "call", "k1", "USD")])
        with self.assertRaises(AttributeError):
            first.cost = 0
        self.assertIn("0.1", repr(first))
        self.fails(billing.NotFoundError, "NOTFOUND", self.b.draws, 12345678)

    def test_repeats_conflicts_and_refusals(self):
        first, = self.b.record([call("a")], now=NOW)
        same, clash, lost, unsold, odd = self.b.record([
            call("a"), call("a", 5),
            billing.Event("b", "nobody", "call"),
            billing.Event("c", "acme", "ping"),
            billing.Event("d", "acme", "what")], now=NOW)
        self.assertEqual((same.status, same.number),
                         (billing.Status.SAME, first.number))
        self.assertEqual((clash.status, clash.name, clash.number),
                         (billing.Status.CONFLICT, "CONFLICT_KEY", 0))
        self.assertTrue(clash.message)
        self.assertIsInstance(clash.error(), billing.ConflictError)
        self.assertEqual((lost.is_refused, lost.name),
                         (True, "NOTFOUND_CUSTOMER"))
        self.assertIsInstance(lost.error(), billing.NotFoundError)
        self.assertIsNone(first.error())
        self.assertIn(billing.ReceiptFlag.UNPRICED, unsold.flags)
        self.assertIn(billing.ReceiptFlag.UNMATCHED, odd.flags)

    def test_all_or_nothing_raises_the_first_refusal(self):
        events = [call("a"), call("b"), billing.Event("c", "nobody", "call")]
        error = self.fails(billing.NotFoundError, "NOTFOUND_CUSTOMER",
                           self.b.record, events, now=NOW,
                           all_or_nothing=True)
        self.assertEqual((error.item, error.path), (2, "/customer"))
        self.assertEqual(self.b.usage("acme")["events"], 0)

    def test_strict_refuses_what_nobody_pays(self):
        unsold, odd = self.b.record(
            [billing.Event("c", "acme", "ping"),
             billing.Event("d", "acme", "what")], now=NOW, strict=True)
        self.assertEqual((unsold.name, odd.name),
                         ("DENIED_UNPRICED", "DENIED_UNMATCHED"))

    def test_ten_thousand_at_once_and_not_one_more(self):
        events = [call("e%d" % n, n=1) for n in range(10000)]
        receipts = self.b.record(iter(events), now=NOW)
        self.assertEqual(len({r.number for r in receipts}), 10000)
        self.assertEqual(sum(r.cost for r in receipts), 25)
        row, = self.b.usage("acme")["usage"]
        self.assertEqual((row["quantity"], row["events"]), ("10000", 10000))
        again = self.b.record(events, now=NOW)
        self.assertEqual({r.status for r in again}, {billing.Status.SAME})
        self.fails(billing.LimitError, "LIMIT", self.b.record,
                   events + [call("more")], now=NOW)
        self.assertEqual(self.b.record([], now=NOW), [])

    def test_lines_of_json(self):
        text = ('{"key":"a","customer":"acme","event":"call"}\n\n'
                '{"key":"b","customer":"acme","event":"llm",'
                '"time":"2026-01-05T10:00:00Z","properties":{"n":"7"}}\r\n'
                'nonsense\n')
        one, two, three = self.b.record_text(text, now=NOW)
        self.assertEqual((one.cost, two.cost), (D("0.1"), D("0.0175")))
        self.assertEqual(three.name, "INVALID_JSON")
        self.assertEqual(self.b.record_text(text.encode(), now=NOW)[0].number,
                         one.number)
        self.assertEqual(self.b.record_text("", now=NOW), [])

    def test_usage_that_was_not_billed_is_listed(self):
        before = NOW.replace(year=2020)
        self.b.record([billing.Event("m1", "acme", "on"),
                       billing.Event("m2", "acme", "on"),
                       call("m3", time=before)], now=NOW)
        found = self.b.usage_health()
        self.assertEqual(found["counts"], {
            "events": 3, "unmatched": 2, "unpriced": 0, "unentitled": 1,
            "parked": 0})
        self.assertEqual([(row["reason"], row["event"], row["count"],
                           [e["key"] for e in row["examples"]])
                          for row in found["unbilled"]],
                         [("unentitled", "call", 1, ["m3"]),
                          ("unmatched", "on", 2, ["m1", "m2"])])
        page = self.b.usage_health("acme", limit=1, examples=0)
        rest = self.b.usage_health("acme", after=page["next"])
        self.assertEqual([row["reason"] for row in rest["unbilled"]],
                         ["unmatched"])
        refused, = self.b.record([call("m4", time=before)], now=NOW,
                                 strict=True)
        self.assertEqual(refused.name, "DENIED_UNENTITLED")

    def test_events_of_unknown_customers_wait(self):
        tenant = self.b.get("tenant", "t")
        self.b.put("tenant", {**tenant, "unknown_customers": "park"},
                   now=NOW)
        receipt, = self.b.record([billing.Event("p1", "ext", "call")],
                                 now=NOW)
        self.assertEqual(receipt.flags, billing.ReceiptFlag.PARKED)
        row, = self.b.usage_health(reason="parked")["unbilled"]
        self.assertEqual((row["customer"], row["count"]), ("ext", 1))
        self.b.put("customer", {**self.b.get("customer", "acme"),
                                "aliases": ["ext"]}, now=NOW)
        self.assertEqual(self.b.usage_health()["counts"]["parked"], 0)
        self.assertEqual(self.b.usage("acme")["events"], 1)

    def test_a_stream_in_pieces(self):
        rows = b"".join(b"k%d,acme,call,2026-01-05\n" % i
                        for i in range(25000))
        text = b"key,customer,event,time\n" + rows + b"k1,acme,call,soon\n"
        form = {"format": "csv"}
        wrong: list[dict] = []
        at = self.b.ingest(io.BytesIO(text), now=NOW, form=form,
                           refused=wrong.append)
        self.assertEqual((at.recorded, at.refused, at.bytes),
                         (25000, 1, len(text)))
        self.assertEqual([(row["line"], row["column"], row["field"],
                           row["text"]) for row in wrong],
                         [(25002, 14, "time", b"k1,acme,call,soon\n")])
        again = self.b.ingest(text, now=NOW, form=form)
        self.assertEqual((again.same, again.recorded), (25000, 0))

    def test_a_stream_with_a_name_goes_on(self):
        text = b"".join(b'{"key":"s%d","customer":"acme","event":"call"}\n'
                        % i for i in range(20))
        half = len(text) // 2
        first = self.b.ingest(text[:half + 3], now=NOW, stream="daily",
                              dry_run=True)
        self.assertEqual(self.b.usage("acme")["events"], 0)
        first = self.b.ingest(text[:text.index(b"s10") - 8], now=NOW,
                              stream="daily")
        at = self.b.ingest(io.BytesIO(text), now=NOW, stream="daily")
        self.assertEqual((first.recorded, at.recorded, at.same),
                         (10, 20, 0))
        self.assertEqual(self.b.ingest(text, now=NOW, stream="daily"), at)
        with self.assertRaises(ValueError):
            self.b.ingest(text[:30], now=NOW, stream="daily")
        err = self.fails(billing.InvalidError, "INVALID_JSON", self.b.ingest,
                         b"\nnonsense\n", now=NOW, all_or_nothing=True)
        self.assertEqual(err.item, 2)

    def test_texts_keep_their_bytes(self):
        key = "ключ-🔑" + "x" * 100
        receipt, = self.b.record([billing.Event(
            key, "acme", "llm", properties={"n": 1, "w": "ü \"q\" \n"})],
            now=NOW)
        self.assertFalse(receipt.is_refused, receipt)
        self.b.advance(now=NOW + timedelta(days=20), step=True)
        told = self.b.explain("INV-000001", 1)
        self.assertEqual(told["events"][0]["key"], key)
        refused, = self.b.record([call("a\0b")], now=NOW)
        self.assertEqual(refused.name, "INVALID")

    def test_a_quote_changes_nothing(self):
        self.b.grant("g", "acme", 1, "USD", now=NOW)
        quoted = self.b.quote({"customer": "acme", "event": "llm",
                               "properties": {"n": 100}})
        self.assertEqual((quoted.cost, quoted.balance), (D("0.25"),
                                                         D("0.75")))
        self.assertEqual(self.b.usage("acme")["events"], 0)
        self.fails(billing.DeniedError, "DENIED_UNMATCHED", self.b.quote,
                   {"customer": "acme", "event": "what"}, strict=True)

    def test_events_come_back_as_they_were_recorded(self):
        when = NOW - 3 * HOUR
        self.b.grant("g", "acme", D("0.15"), "USD", effective=when, now=NOW)
        self.b.record([call("e%d" % n, time=when + n * HOUR)
                       for n in range(5)], now=NOW)
        self.b.record([billing.Event("p", "bob", "what", value=D("1.50"),
                                     properties={"b": 1, "a": [D("2.50")]})],
                      now=NOW)
        told = list(self.b.events(page=2))
        self.assertEqual([e["key"] for e in told],
                         ["e0", "e1", "e2", "e3", "e4", "p"])
        self.assertEqual([e["charges"][0]["draws"] for e in told[:3]],
                         [[{"amount": "0.1", "grant": 1}],
                          [{"amount": "0.05", "grant": 1},
                           {"amount": "0.05", "grant": 0}],
                          [{"amount": "0.1", "grant": 0}]])
        self.assertEqual((told[5]["flags"], told[5]["value"],
                          D(str(told[5]["properties"]["a"][0]))),
                         (["unmatched"], "1.5", D("2.5")))
        self.assertEqual([e["key"] for e in self.b.events(
            customer="acme", start=when + HOUR, end=when + 3 * HOUR)],
            ["e1", "e2"])
        page = self.b.events_page(limit=4)
        rest = self.b.events_page(after=page["next"])
        self.assertEqual([e["key"] for e in rest["events"]], ["e4", "p"])
        self.assertNotIn("next", rest)
        lines = "".join(json.dumps(e, default=str) + "\n" for e in told[:5])
        self.assertEqual({r.status for r in self.b.record_text(
            lines, now=NOW + HOUR)}, {billing.Status.SAME})
        self.b.erase("bob", reason="asked", now=NOW)
        self.assertNotIn("key", list(self.b.events())[5])

    def test_events_are_taken_back_and_put_right(self):
        when = NOW - 2 * HOUR
        self.b.record([billing.Event(f"e{i}", "acme", "call", time=when)
                       for i in range(3)], now=NOW)
        undone = self.b.void("e0", now=NOW)
        self.assertEqual(undone.status, billing.Status.NEW)
        self.assertLess(undone.cost, 0)
        again = self.b.void("e0", now=NOW)
        self.assertEqual((again.status, again.cost),
                         (billing.Status.SAME, undone.cost))
        undone, put = self.b.correct(
            "e1", billing.Event("f1", "acme", "call", time=when), now=NOW)
        self.assertEqual(undone.cost, -put.cost)
        self.assertEqual([e["flags"][-1:] for e in self.b.events()],
                         [["voided"], ["voided"], ["owed"], ["owed"]])
        self.fails(billing.NotFoundError, "NOTFOUND", self.b.void, "none",
                   now=NOW)
        rows = list(self.b.meter_usage(
            "acme", "calls", start=when - HOUR, end=when + HOUR,
            window="hour", page=1, now=NOW))
        self.assertEqual([row["quantity"] for row in rows], ["0", "2"])

    def test_usage_of_some_periods(self):
        self.b.record([call("a"), call("b", time=NOW - 30 * 24 * HOUR),
                       call("c", time=NOW + 30 * 24 * HOUR)], now=NOW)
        rows = self.b.usage("acme", start=NOW)["usage"]
        self.assertEqual([r["from"][:7] for r in rows],
                         ["2026-01", "2026-02"])
        rows = self.b.usage("acme", contract="k1", end=NOW)["usage"]
        self.assertEqual([r["from"][:7] for r in rows], ["2026-01"])


class Wallets(Case):
    def test_check_says_what_can_be_spent(self):
        self.b.grant("g", "acme", 10, "USD", now=NOW)
        self.assertEqual(self.b.check("acme", D("9.99"), "USD", now=NOW), 10)
        with self.assertRaises(billing.DeniedError):
            self.b.check("acme", D("10.01"), "USD", now=NOW)

    def test_relaxed_calls_and_sync(self):
        self.b.relaxed().grant("g", "acme", 10, "USD", now=NOW)
        self.b.sync()
        self.assertEqual(self.b.relaxed().of(self.b.tenant)
                         .balance("acme", "USD").left, 10)

    def test_maintain_ends(self):
        self.assertFalse(self.b.maintain(now=NOW))
        self.assertFalse(self.b.maintain(now=NOW, budget=10))

    def test_grants_and_balances(self):
        number = self.b.grant("g", "acme", 10, "USD", now=NOW, cost=D("8"),
                              expires=NOW + HOUR, name="Welcome",
                              scope={"meters": ["calls"]}, priority=-3)
        self.assertEqual(number, 1)
        self.assertEqual(self.b.balance("acme", "USD"), billing.Balance(
            granted=D(10), left=D(10), held=D(0), free=D(10), owed=D(0),
            asset="USD"))
        self.assertEqual(self.b.balance("acme", "USD", now=NOW + HOUR).left,
                         0)
        grant = self.b.get("grant", "g")
        self.assertEqual([grant[k] for k in ("cost", "cost_asset", "priority",
                                             "name", "origin")],
                         ["8", "USD", -3, "Welcome", "bought"])
        self.b.grant("p", "acme", D("5.5"), "tok", now=NOW,
                     origin="promotional")
        self.assertEqual(self.b.get("grant", "p")["origin"], "promotional")
        moved = self.b.change_grant("c", number, "refund", amount=D("2.5"),
                                    now=NOW)
        self.assertEqual([moved["amount"], moved["cost"]], ["2.5", "2"])
        ended = self.b.change_grant("e", number, "expiry", now=NOW,
                                    expires=NOW + 2 * HOUR)
        self.assertEqual(ended["amount"], "0")
        self.assertEqual(self.b.balance("acme", "USD", now=NOW + HOUR).left,
                         D("7.5"))
        self.fails(billing.DeniedError, "DENIED_BALANCE",
                   self.b.change_grant, "d", number, "refund", amount=8,
                   now=NOW)
        self.b.change_grant("v", number, "void", now=NOW)
        self.fails(billing.ConflictError, "CONFLICT_KEY", self.b.grant, "g",
                   "acme", 11, "USD", now=NOW)
        self.fails(billing.InvalidError, "INVALID", self.b.grant, "h", "acme",
                   1, "gold", now=NOW)
        for wrong in [dict(asset="x" * 16), dict(asset="U\0D"),
                      dict(asset="USD", origin="stolen")]:
            with self.assertRaises(ValueError):
                self.b.grant("h", "acme", 1, now=NOW, **wrong)

    def test_authorize_settle_release(self):
        self.b.grant("g", "acme", 1, "USD", now=NOW)
        estimate = {"customer": "acme", "event": "llm",
                    "properties": {"n": 300}}
        hold = self.b.authorize("h1", estimate, now=NOW)
        self.assertEqual((hold.status, hold.held, hold.free, hold.expires),
                         (billing.HoldStatus.OPEN, D("0.75"), D("0.25"),
                          NOW + HOUR))
        error = self.fails(billing.DeniedError, "DENIED_BALANCE",
                           self.b.authorize, "h2", estimate, now=NOW)
        self.assertIn("0.5", error.message)
        settled = self.b.settle("h1", {"key": "e", "event": "llm",
                                       "properties": {"n": 200}}, now=NOW)
        self.assertEqual((settled.cost, settled.balance), (D("0.5"),
                                                           D("0.5")))
        self.fails(billing.ConflictError, "CONFLICT_ENDED", self.b.release,
                   "h1", now=NOW)
        hold = self.b.authorize("h3", customer="acme", amount=D("0.2"),
                                asset="USD", expires=NOW + 2 * HOUR, now=NOW)
        self.assertEqual((hold.held, hold.expires), (D("0.2"),
                                                     NOW + 2 * HOUR))
        again = self.b.authorize("h3", customer="acme", amount=D("0.2"),
                                 asset="USD", expires=NOW + 2 * HOUR, now=NOW)
        self.assertEqual(again.number, hold.number)
        self.b.release("h3", now=NOW)
        self.assertEqual(self.b.balance("acme", "USD").free, D("0.5"))
        with self.assertRaises(TypeError):
            self.b.authorize("h4", customer="acme", amount=1, now=NOW)
        self.fails(billing.NotFoundError, "NOTFOUND", self.b.settle, "h9",
                   call("x"), now=NOW)

    def test_settling_above_the_hold(self):
        self.b.grant("g", "acme", D("0.5"), "USD", now=NOW)
        event = call("e", n=300)                    # costs 0.75
        for key in ("h1", "h2"):
            self.b.authorize(key, customer="acme", amount=D("0.2"),
                             asset="USD", now=NOW)
        self.fails(billing.DeniedError, "DENIED_ABOVE_HOLD", self.b.settle,
                   "h1", event, above="refuse", now=NOW)
        capped = self.b.settle("h1", event, above="owe", now=NOW)
        self.assertEqual((capped.drawn, capped.balance), (D("0.2"),
                                                          D("0.1")))
        rest = self.b.settle("h2", call("f", n=300), now=NOW)
        self.assertEqual((rest.drawn, rest.owed), (D("0.3"), D("0.45")))
        with self.assertRaises(ValueError):
            self.b.settle("h2", event, above="never", now=NOW)

    def test_no_more_is_charged_than_was_held(self):
        self.b.grant("g", "acme", 1, "USD", now=NOW)
        self.b.authorize("h", customer="acme", amount=D("0.2"), asset="USD",
                         now=NOW)
        used = self.b.settle("h", call("e", n=300), above="cap", now=NOW)
        self.assertEqual((used.cost, used.drawn, used.owed, used.balance),
                         (D("0.75"), D("0.75"), 0, D("0.8")))
        promoted = [p["amount"] for p in self.b.postings(account="promotion")]
        self.assertEqual([D(a) for a in promoted], [D("0.55")])

    def test_limits_and_what_a_denial_says(self):
        self.b.grant("g", "acme", 100, "USD", now=NOW)
        self.b.put("customer", {"id": "acme", "limits": [
            {"id": "day", "amount": "1", "asset": "USD", "per": "day"},
            {"id": "key", "amount": "0.5", "asset": "USD", "hours": 5,
             "by": ["api_key"], "soft": True}]}, now=NOW)
        self.b.record([call("e", n=300)], now=NOW)      # costs 0.75
        error = self.fails(billing.DeniedError, "DENIED_LIMIT",
                           self.b.authorize, "h", call("x", n=200), now=NOW)
        denial = error.denial
        self.assertEqual((denial.by, denial.limit, denial.asset),
                         ("customer", "day", "USD"))
        self.assertEqual((denial.missing, denial.used, denial.most),
                         (D("0.25"), D("0.75"), 1))
        self.assertEqual(denial.again, NOW + 12 * HOUR)
        day, key = self.b.limits("acme", now=NOW)
        self.assertEqual((day["used"], day["left"]), ("0.75", "0.25"))
        self.assertNotIn("used", key)
        _, key = self.b.limits("acme", properties={"api_key": None}, now=NOW)
        self.assertTrue(key["over"])
        hold = self.b.authorize("k", customer="acme", amount=D("0.2"),
                                asset="USD", properties={"api_key": "k"},
                                now=NOW)
        self.assertFalse(hold.over_limit)
        hold = self.b.authorize("j", customer="acme", amount=D("0.05"),
                                asset="USD", properties={"api_key": None},
                                now=NOW)
        self.assertTrue(hold.over_limit)

    def test_entitlements(self):
        self.b.grant("g", "acme", 100, "USD", now=NOW)
        self.b.put("feature", {"id": "sso", "kind": "boolean"}, now=NOW)
        self.b.put("feature", {"id": "tier", "kind": "configuration"},
                   now=NOW)
        self.b.put("feature", {"id": "calls", "kind": "quota",
                               "meter": "tokens", "per": "day",
                               "default": "unlimited"}, now=NOW)
        self.assertFalse(self.b.entitled("acme", "sso", now=NOW))
        self.fails(billing.NotFoundError, "NOTFOUND", self.b.entitled,
                   "acme", "none", now=NOW)
        free = self.b.entitled("acme", "calls", now=NOW)
        self.assertEqual((free.limit, free.source), (None, "default"))
        self.b.put("customer", {"id": "acme", "features": {
            "sso": True, "calls": "400", "tier": {"name": "gold"}}}, now=NOW)
        self.assertTrue(self.b.entitled("acme", "sso", now=NOW))
        self.assertEqual(self.b.entitled("acme", "tier", now=NOW).value,
                         {"name": "gold"})
        self.b.record([call("e", n=300)], now=NOW)
        quota = self.b.entitled("acme", "calls", now=NOW)
        self.assertEqual((quota.used, quota.left, quota.resets),
                         (300, 100, NOW + 12 * HOUR))
        self.assertTrue(quota)
        error = self.fails(billing.DeniedError, "DENIED_LIMIT",
                           self.b.authorize, "h", call("x", n=101), now=NOW)
        self.assertEqual((error.denial.by, error.denial.limit,
                          error.denial.missing), ("feature", "calls", 1))
        self.b.record([call("f", n=100)], now=NOW)
        self.assertFalse(self.b.entitled("acme", "calls", now=NOW))
        self.assertEqual([f["feature"] for f in
                          self.b.entitlements("acme", now=NOW)],
                         ["sso", "tier", "calls"])

    def test_tokens(self):
        self.b.put("feature", {"id": "sso", "kind": "boolean",
                               "default": True}, now=NOW)
        secret = bytes(range(32))
        key = billing.token_key(secret)
        token = self.b.token("acme", secret, NOW + HOUR, now=NOW)
        claims = billing.token_verify(token, key, now=NOW)
        self.assertEqual((claims["sub"], [f["feature"] for f in
                                          claims["features"]]),
                         ("acme", ["sso"]))
        self.fails(billing.DeniedError, "DENIED_EXPIRED",
                   billing.token_verify, token, key, now=NOW + HOUR)
        self.fails(billing.DeniedError, "DENIED_KEY", billing.token_verify,
                   token, billing.token_key(bytes(32)), now=NOW)
        self.fails(billing.DeniedError, "DENIED_SIGNATURE",
                   billing.token_verify, token[:-8] + "A" * 8, key, now=NOW)
        self.fails(billing.InvalidError, "INVALID_TOKEN",
                   billing.token_verify, "a.b", key, now=NOW)
        self.fails(billing.NotFoundError, "NOTFOUND", self.b.token, "acme",
                   secret, NOW + HOUR, features=["x"], now=NOW)

    def test_several_estimates_partly_held_and_extended(self):
        self.b.grant("g", "acme", 1, "USD", now=NOW)
        hold = self.b.authorize("h", [call("x", n=100), call("y", n=100)],
                                now=NOW, expires=NOW + HOUR)
        self.assertEqual((hold.held, hold.assets), (D("0.5"), 1))
        self.assertEqual(self.b.extend("h", NOW + 2 * HOUR, now=NOW).expires,
                         NOW + 2 * HOUR)
        partly = self.b.authorize("p", customer="acme", amount=2, asset="USD",
                                  least=D("0.1"), now=NOW)
        self.assertEqual((partly.value, partly.free), (D("0.5"), 0))
        error = self.fails(billing.DeniedError, "DENIED_BALANCE",
                           self.b.authorize, "n", customer="acme", amount=1,
                           asset="USD", now=NOW)
        self.assertEqual((error.denial.by, error.denial.missing,
                          error.denial.asset), ("balance", 1, "USD"))
        first, second = self.b.settle_all("h", [call("x", n=40),
                                                call("y", n=20)], now=NOW)
        self.assertEqual((first.cost, second.cost), (D("0.1"), D("0.05")))
        self.assertEqual([h["id"] for h in self.b.list("hold",
                                                       status="open")], ["p"])
        self.assertEqual([h["id"] for h in self.b.list(
            "hold", status="unresolved", now=NOW + 3 * HOUR)], ["p"])

    def test_the_ledger_pages_and_sums_to_zero(self):
        self.b.grant("g", "acme", 1, "USD", now=NOW)
        self.b.record([call("a"), call("b", n=600)], now=NOW)
        self.b.advance(now=NOW + timedelta(days=20), step=True)
        rows = list(self.b.postings(page=2))
        self.assertGreater(len(rows), 5)
        self.assertEqual(sum(D(r["amount"]) for r in rows), 0)
        page = self.b.ledger(customer="acme", account="deferred", limit=1)
        self.assertEqual(len(page["postings"]), 1)
        rest = self.b.ledger(customer="acme", account="deferred",
                             after=page["next"])
        self.assertEqual([D(p["amount"]) for p in
                          page["postings"] + rest["postings"]], [-1, 1])
        told = self.b.ledger(customer="acme", account="deferred",
                             running=True, end=NOW)
        self.assertEqual((told["postings"], told["balances"]), ([], []))
        told = self.b.ledger(customer="acme", account="deferred",
                             running=True, start=NOW)
        self.assertEqual([D(p["balance"]) for p in told["postings"]],
                         [-1, 0])


class Outbox(Case):
    def test_rows_are_given_until_they_are_done(self):
        self.b.grant("g", "acme", 1, "USD", now=NOW)
        self.b.grant("h", "acme", 2, "USD", now=NOW)
        rows = self.b.outbox()["rows"]
        self.assertEqual([(r["body"]["type"], r["body"]["data"]["id"])
                          for r in rows],
                         [("grant.given", "g"), ("grant.given", "h")])
        self.b.outbox_done(rows[0]["row"], now=NOW)
        key = base64.b64encode(bytes(range(32))).decode()
        told = self.b.outbox(secret="whsec_" + key, now=NOW)["rows"]
        self.assertEqual([r["row"] for r in told], [rows[1]["row"]])
        hook = told[0]["webhook"]
        signed = "%s.%d.%s" % (hook["id"], hook["timestamp"], hook["body"])
        mac = hmac.new(bytes(range(32)), signed.encode(), "sha256").digest()
        self.assertEqual(hook["signature"],
                         "v1," + base64.b64encode(mac).decode())
        self.assertEqual(json.loads(hook["body"]), told[0]["body"])
        self.fails(billing.NotFoundError, "NOTFOUND", self.b.outbox_done,
                   1 << 60, now=NOW)


class TopUps(Case):
    def test_what_is_asked_for_is_given_when_it_is_paid(self):
        self.b.put("customer", {"id": "acme", "top_ups": [
            {"id": "refill", "asset": "USD", "at": "5", "target": "20",
             "fee": "0.30", "retries": [60]}]}, now=NOW)
        asked = self.b.top_ups("acme")[0]
        self.assertEqual((asked["state"], D(asked["total"])),
                         ("wanted", D("20.30")))
        number = asked["top_up"]
        failed = self.b.top_up("f", number, "failed", reason="no", now=NOW)
        self.assertEqual((failed["state"], failed["reason"]),
                         ("failed", "no"))
        paid = self.b.top_up("p", number, "paid", now=NOW)
        self.assertEqual(paid["grant"], 1)
        self.assertEqual(self.b.balance("acme", "USD").free, 20)
        self.assertEqual(self.b.top_up("p", number, "paid", now=NOW), paid)
        self.fails(billing.ConflictError, "CONFLICT_ENDED", self.b.top_up,
                   "q", number, "paid", now=NOW)
        self.fails(billing.NotFoundError, "NOTFOUND", self.b.top_up, "r", 1,
                   "paid", now=NOW)


class Rebuilds(Case):
    def test_a_meter_that_changed_is_rebuilt(self):
        self.b.record([call("a", n=5), call("b", n=7)], now=NOW)
        self.b.put("meter", dict(CATALOG["meters"][0], aggregation="count",
                                 property=None), now=NOW)
        dry = self.b.rebuild("meter", "tokens", now=NOW, dry_run=True)
        self.assertEqual([d["quantity"] for d in dry.differences], ["2"])
        first = self.b.rebuild("meter", "tokens", now=NOW, budget=1)
        self.assertEqual((first.customers, first.done, first.more),
                         (2, 1, True))
        rest = self.b.rebuild("meter", "tokens", now=NOW)
        self.assertEqual((rest.done, rest.more), (2, False))
        self.assertEqual(first.events + rest.events, 2)
        self.assertTrue(self.b.verify(now=NOW)["ok"])
        self.fails(billing.NotFoundError, "NOTFOUND", self.b.rebuild, "meter",
                   "x", now=NOW)

    def test_prices_change_for_the_past(self):
        contract = dict(CATALOG["contracts"][0], versions="follow")
        self.b.put("contract", contract, now=NOW)
        self.b.record([call("a", n=1000)], now=NOW)
        plan = CATALOG["plans"][0]
        since = NOW - timedelta(hours=1)
        double = dict(plan["prices"][0], unit="5.00")
        later = NOW + timedelta(hours=1)
        self.b.put("plan", dict(plan, prices=[double], effective=since),
                   now=later)
        moved = self.b.rebuild("plan", plan["id"], now=later)
        self.assertEqual(sum(D(d["difference"]) for d in moved.differences),
                         D("2.5"))
        free = {"id": "free", "type": "multiplier", "factor": "0",
                "from": since}
        change, = self.b.catalog_apply(
            {"contracts": [dict(contract, overrides=[free])]}, now=later,
            dry_run=True)
        self.assertEqual(sum(D(d["difference"])
                             for d in change["differences"]), -5)


class Invoices(Case):
    def test_a_month_is_billed_and_explained(self):
        self.b.record([call("a"), call("b", n=600)], now=NOW)
        later = NOW + timedelta(days=20)
        progress = self.b.advance(now=later, step=True)
        self.assertEqual((progress.more, progress.done, progress.periods,
                          progress.invoices, progress.first_invoice),
                         (False, later, 1, 1, 1))
        invoice = self.b.invoice("INV-000001")
        self.assertEqual(invoice, self.b.invoice(1))
        self.assertEqual(invoice["totals"], [
            {"asset": "USD", "amount": "21.6", "drawn": "0", "due": "21.6"}])
        text = self.b.invoice(1, "json")
        self.assertEqual(_values.tree_of(text), invoice)
        self.assertIn("INV-000001", self.b.invoice(1, "text"))
        self.assertEqual(list(self.b.list("invoice", customer="acme")),
                         [invoice])
        told = self.b.explain(1, 1, events=1)
        self.assertEqual((told["quantity"], told["event_count"]), ("600", 1))
        self.fails(billing.NotFoundError, "NOTFOUND", self.b.explain, 1, 9)
        self.fails(billing.InvalidError, "INVALID", self.b.invoice, 1, "pdf")

    def test_a_preview_with_events_that_did_not_happen(self):
        self.b.record([call("a"), call("b", n=600)], now=NOW)
        later = NOW + timedelta(days=20)
        more = {"event": "call", "time": NOW + HOUR}
        draft, = (d for d in self.b.preview("acme", [more, more], now=NOW,
                                            at=later)
                  if d["period"]["from"].startswith("2026-01"))
        self.assertTrue(draft["draft"])
        self.assertEqual(draft["totals"][0]["due"], "21.8")
        instead = self.b.preview("acme", [more], now=NOW, at=later,
                                 replace=True, contract="k1")
        self.assertEqual(instead[0]["totals"][0]["due"], "20.1")
        self.assertIn("draft, not issued",
                      self.b.preview_text("acme", now=NOW))
        self.assertEqual(list(self.b.list("invoice")), [])
        error = self.fails(billing.InvalidError, "INVALID_TIME",
                           self.b.preview, "acme", [{}, more], now=NOW)
        self.assertEqual(error.item, 1)

    def test_a_simulation_of_everybody(self):
        self.b.record([call("a"), call("b", n=600)], now=NOW)
        dear = {"id": "pro", "currency": "USD", "prices": [
            {"id": "call", "meter": "calls", "model": "per_unit",
             "unit": "3"}]}
        found, = self.b.simulate({"plans": [dear]}, now=NOW, prices=True,
                                 page=1)
        self.assertEqual(found["customer"], "acme")
        self.assertEqual(found["totals"][0]["before"]["amount"], "21.6")
        self.assertEqual(found["totals"][0]["after"]["amount"], "3")
        self.assertEqual([p["price"] for p in found["prices"]],
                         ["base", "call", "in"])
        same = self.b.simulate_page(customer="acme", now=NOW)
        self.assertEqual(same["totals"][0]["difference"]["amount"], "0")
        error = self.fails(billing.InvalidError, "INVALID",
                           self.b.simulate_page,
                           {"plans": [{"id": "pro"}]}, now=NOW)
        self.assertTrue(error.path.startswith("/documents/plans/0"))

    def test_a_budget_does_it_step_by_step(self):
        later = NOW + timedelta(days=100)
        first = self.b.advance(later, budget=1, now=later, step=True)
        self.assertTrue(first.more)
        while self.b.advance(now=later, budget=1).more:
            pass
        self.assertEqual([i["own_number"] for i in self.b.list("invoice")],
                         [1, 2, 3])
        self.assertTrue(self.b.verify(now=later)["ok"])
        self.fails(billing.InvalidError, "INVALID", self.b.advance,
                   later + HOUR, now=later)


class Lifetimes(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name) / "ü.db"

    def open(self, **named):
        b = billing.open(self.path, **{"tenant": "t", **named})
        self.addCleanup(b.close)
        return b

    def test_a_closed_handle_says_so(self):
        with self.open() as b:
            b.catalog_apply(CATALOG, now=NOW)
            self.assertIn("open", repr(b))
        self.assertIn("closed", repr(b))
        with self.assertRaisesRegex(ValueError, "closed"):
            b.usage("acme")
        b.close()

    def test_what_was_acknowledged_is_there_after_opening_again(self):
        with self.open() as b:
            b.catalog_apply(CATALOG, now=NOW)
            first, = b.record([call("a")], now=NOW)
        again, = self.open().record([call("a")], now=NOW)
        self.assertEqual(again.number, first.number)
        self.assertEqual(again.status, billing.Status.SAME)

    def test_open_existing_and_read_only(self):
        with self.assertRaises(billing.NotFoundError):
            self.open(existing=True)
        self.open().catalog_apply(CATALOG, now=NOW)
        reader = self.open(read_only=True)
        self.assertEqual(reader.usage("acme")["events"], 0)
        with self.assertRaises(billing.MisuseError):
            reader.record([call("a")], now=NOW)
        with self.assertRaises(billing.StoreError):
            billing.open("/nowhere/at/all.db")
        with self.assertRaises(billing.InvalidError):
            billing.open(":memory:", secret=b"short")

    def test_tenants_share_a_handle_unless_it_has_its_own(self):
        b = self.open(tenant="")
        for tenant in ("one", "two"):
            view = b.of(tenant)
            view.put("tenant", {"id": tenant}, now=NOW)
            view.put("customer", {"id": "c-" + tenant}, now=NOW)
            self.assertEqual(view.tenant, tenant)
        self.assertEqual([c["id"] for c in b.of("two").list("customer")],
                         ["c-two"])
        with self.assertRaises(billing.MisuseError):
            b.usage("c-one")
        with self.assertRaises(billing.DeniedError) as caught:
            list(self.open(tenant="one").of("two").list("customer"))
        self.assertEqual(caught.exception.name, "DENIED_TENANT")

    def test_a_larger_clock_step_can_be_allowed(self):
        b = self.open(max_clock_step=timedelta(days=40))
        b.catalog_apply(CATALOG, now=NOW)
        b.record([call("a")], now=NOW + timedelta(days=39))
        with self.assertRaises(ValueError):
            self.open(max_clock_step=timedelta(0))

    def test_threads_share_a_handle(self):
        b = self.open()
        b.catalog_apply(CATALOG, now=NOW)
        wrong = []

        def work(name):
            try:
                for n in range(20):
                    b.record([call("%s-%d" % (name, n), n=1)], now=NOW)
                    b.balance("acme", "USD")
            except Exception as error:
                wrong.append(error)

        threads = [threading.Thread(target=work, args=(n,))
                   for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])
        self.assertEqual(b.usage("acme")["usage"][0]["quantity"], "80")
        self.assertTrue(b.verify()["ok"])

    def test_closing_waits_for_other_threads(self):
        b = self.open()
        b.catalog_apply(CATALOG, now=NOW)
        begun = threading.Event()
        seen = []

        def work():
            for n in range(10 ** 6):
                try:
                    b.record([call("k%d" % n)], now=NOW)
                except ValueError as error:
                    seen.append(str(error))
                    return
                begun.set()

        thread = threading.Thread(target=work)
        thread.start()
        begun.wait(60)
        b.close()
        thread.join(60)
        self.assertEqual(seen, ["the handle is closed"])

    def test_a_handle_is_not_for_the_child_of_a_fork(self):
        b = self.open()
        b.catalog_apply(CATALOG, now=NOW)
        child = os.fork()
        if child == 0:
            try:
                b.usage("acme")
            except ValueError as error:
                os._exit(0 if "fork" in str(error) else 2)
            except BaseException:
                os._exit(3)
            os._exit(1)
        self.assertEqual(os.waitstatus_to_exitcode(
            os.waitpid(child, 0)[1]), 0)
        self.assertEqual(b.usage("acme")["events"], 0)

    def test_an_interrupt_ends_a_call_that_runs(self):
        b = self.open()
        b.catalog_apply(CATALOG, now=NOW)
        b.interrupt()                               # nothing runs: forgotten
        self.assertTrue(b.verify()["ok"])
        for n in range(300):
            b.record([call("k%d" % n)], now=NOW)
        done = threading.Event()

        def nag():
            while not done.wait(0.0005):
                b.interrupt()

        thread = threading.Thread(target=nag)
        thread.start()
        ends = time.monotonic() + 60
        try:
            with self.assertRaises(billing.CanceledError):
                while time.monotonic() < ends:
                    b.verify()
        finally:
            done.set()
            thread.join()
        self.assertTrue(b.verify()["ok"])


def main():
    """All tests of this folder, with a tally at the end."""
    folder = os.path.dirname(os.path.abspath(__file__))
    result = unittest.TextTestRunner(verbosity=1).run(
        unittest.defaultTestLoader.discover(folder))
    failed = len(result.failures) + len(result.errors)
    skipped = len(result.skipped)
    for test, reason in result.skipped:
        print("SKIPPED %s: %s" % (test.id(), reason))
    print("%d passed, %d failed, %d skipped" % (
        result.testsRun - failed - skipped, failed, skipped))
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
