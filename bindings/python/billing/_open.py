# SPDX-License-Identifier: MIT OR Apache-2.0
"""Opening: on a file, or on a connection of Python's own sqlite3."""
from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any

from . import _billing
from ._base import take_document
from ._billing import ffi, lib
from ._documents import Documents
from ._events import Events
from ._streams import Streams
from ._handle import Handle
from ._invoices import Invoices
from ._structs import new
from ._values import Texts, bytes_of, json_of, tree_of, us_of
from ._wallets import Wallets
from .errors import UnsupportedError, check, new_error

if TYPE_CHECKING:
    import sqlite3


class Billing(Documents, Events, Streams, Wallets, Invoices):
    """A billing database, opened by `billing.open`.

    Any number of threads may use it at once.  Every write needs `now`, an
    aware datetime: the library reads no clock.  A step ahead of more than a
    day is refused unless `step` says that it is meant.  As a context manager
    it closes at the end.
    """

    def of(self, tenant: str) -> Billing:
        """The same handle for another tenant.  Closing one closes both."""
        return Billing(self._handle, tenant, self._flags)

    def relaxed(self) -> Billing:
        """The same handle; its calls may answer before the disk has what they
        wrote.  The end of the process loses nothing; a power cut may take the
        latest calls, until `sync` or any other call has returned."""
        return Billing(self._handle, self._tenant,
                       self._flags | lib.BILLING_CALL_RELAXED)

    def sync(self) -> None:
        """Makes durable what relaxed calls have written."""
        err = new_error()
        with self._handle.use() as handle:
            rc = lib.billing_sync(handle, err)
        check(rc, err)

    def maintain(self, *, now: datetime, budget: int = 0) -> bool:
        """Writes and merges what calls otherwise pay for in small slices: at
        most `budget` records (0: all there is).  Whether some is left."""
        more = ffi.new("uint32_t *")
        self._do(lib.billing_maintain, self._call(now), budget, more)
        return bool(more[0])

    @property
    def tenant(self) -> str:
        """The tenant that calls are for, or ""."""
        return self._tenant

    def interrupt(self) -> None:
        """Makes a running `advance` or `verify` of another thread raise
        CanceledError at its next step."""
        with self._handle.use() as handle:
            lib.billing_interrupt(handle)

    def close(self) -> None:
        """Closes the handle when the calls of other threads are over.  Twice
        is fine."""
        self._handle.close()

    def __enter__(self) -> Billing:
        return self

    def __exit__(self, kind: type[BaseException] | None,
                 error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "closed" if self._handle.is_closed else "open"
        return f"<billing.Billing of {self._tenant or 'all'}, {state}>"


def _options(texts: Texts, tenant: str, flags: int,
             zone_folder: str | os.PathLike[str], secret: bytes,
             max_clock_step: timedelta | None, tail_events: int = 0,
             filter_bytes: int = 0) -> Any:
    options = new("billing_options")
    options.flags = flags
    texts.add(options.tenant, bytes_of(tenant, "a tenant"))
    texts.add(options.zone_folder, os.fsencode(zone_folder))
    texts.add(options.secret, secret)
    texts.place()
    options.tail_events = tail_events
    options.filter_bytes = filter_bytes
    if max_clock_step is not None:
        step = max_clock_step // timedelta(microseconds=1)
        if step <= 0:
            raise ValueError("max_clock_step is more than nothing")
        options.max_clock_step_us = step
    return options


def open(path: str | os.PathLike[str], *, tenant: str = "",
         read_only: bool = False, existing: bool = False,
         zone_folder: str | os.PathLike[str] = "", secret: bytes = b"",
         max_clock_step: timedelta | None = None, no_wait: bool = False,
         tail_events: int = 0, filter_bytes: int = 0) -> Billing:
    """Opens the SQLite database at `path`, or makes it when it is missing and
    not asked to be `existing`.  ":memory:" is private and gone when closed.

    `tenant` is the only one that the handle serves; without it,
    `Billing.of(tenant)` chooses.  `secret`, 32 bytes, is for a new database.
    With `no_wait` a file that another one writes to is BusyError at once.
    `tail_events` keys are kept in memory before they are written as a run,
    and filters take at most `filter_bytes` (0: as the library does).
    """
    flags = ((lib.BILLING_OPEN_READ_ONLY if read_only else 0)
             | (lib.BILLING_OPEN_EXISTING if existing else 0)
             | (lib.BILLING_OPEN_NO_WAIT if no_wait else 0))
    texts, err = Texts(), new_error()
    options = _options(texts, tenant, flags, zone_folder, secret,
                       max_clock_step, tail_events, filter_bytes)
    name = os.fsencode(path)
    slot = ffi.new("billing **")
    check(lib.billing_open(slot, name, len(name), options, err), err)
    return Billing(Handle(slot[0]), tenant)


def _addresses(connection: sqlite3.Connection,
               library: str) -> tuple[int, int]:
    """The connection and its table of routines, as the extension says."""
    if not hasattr(connection, "enable_load_extension"):
        raise UnsupportedError(
            "this Python's sqlite3 cannot load extensions",
            code=lib.BILLING_UNSUPPORTED, name="UNSUPPORTED")
    connection.enable_load_extension(True)
    try:
        connection.execute(
            "SELECT load_extension(?, 'billing_sqlite3_extension')",
            (library,))
    finally:
        connection.enable_load_extension(False)
    cursor = connection.cursor()
    cursor.row_factory = None
    row = cursor.execute("SELECT connection, routines "
                         "FROM billing_sqlite3").fetchone()
    cursor.close()
    return int(row[0]), int(row[1])


def open_sqlite3(connection: sqlite3.Connection, *, tenant: str = "",
                 zone_folder: str | os.PathLike[str] = "",
                 secret: bytes = b"", max_clock_step: timedelta | None = None,
                 library: str | os.PathLike[str] | None = None) -> Billing:
    """Opens on a connection of Python's sqlite3.  Inside a transaction of the
    connection every call is part of it: a rollback leaves nothing of ours.

    The library loads itself as an extension of SQLite; `library` names the
    shared library when it is not built into this package.  The handle belongs
    to the thread that owns the connection; close it first.
    """
    where = os.fspath(library if library is not None else _billing.__file__)
    pointer, routines = _addresses(connection, where)
    texts, err = Texts(), new_error()
    options = _options(texts, tenant, 0, zone_folder, secret, max_clock_step)
    slot = ffi.new("billing **")
    check(lib.billing_open_sqlite3(slot, ffi.cast("void *", pointer),
                                   ffi.cast("void *", routines), options,
                                   err), err)
    return Billing(Handle(slot[0], keep=connection), tenant)


def token_key(secret: bytes) -> bytes:
    """The public key, 32 bytes, of an Ed25519 secret of 32 bytes."""
    out, err = ffi.new("unsigned char[32]"), new_error()
    check(lib.billing_token_key(secret, len(secret), out, err), err)
    return bytes(out)


def token_verify(token: str, key: bytes, *, now: datetime) -> dict[str, Any]:
    """The claims of a token that the owner of this public key has signed and
    that has not ended; InvalidError (INVALID_TOKEN) or DeniedError
    (DENIED_KEY, DENIED_SIGNATURE, DENIED_EXPIRED) otherwise.  No database."""
    err, slot = new_error(), ffi.new("billing_doc **")
    text = bytes_of(token, "a token")
    check(lib.billing_token_verify(ffi.NULL, text, len(text), key, len(key),
                                   us_of(now, "now"), ffi.NULL, slot, err),
          err)
    return tree_of(take_document(slot))


def evaluate(document: Mapping[str, Any] | str | bytes, *,
             zone_folder: str | os.PathLike[str] = "") -> dict[str, Any]:
    """Any kernel by itself: a document in, a document out, no database.

        evaluate({"kernel": "quote", "quantity": 1200, "price": {...}})
    """
    texts, err = Texts(), new_error()
    options = _options(texts, "", 0, zone_folder, b"", None)
    text = json_of(document)
    slot = ffi.new("billing_doc **")
    check(lib.billing_evaluate(options, text, len(text), slot, err), err)
    return tree_of(take_document(slot))
