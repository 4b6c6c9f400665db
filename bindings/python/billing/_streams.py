# SPDX-License-Identifier: MIT OR Apache-2.0
"""Streams of events: any size, in constant memory."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, BinaryIO

from ._base import Base, take_document
from ._billing import ffi, lib
from ._events import record_flags
from ._structs import new, stream_of
from ._values import json_of, tree_of
from .facts import Stream

_WINDOW = 1 << 22


class _Feed:
    """The unread part of a stream, and the calls that read it."""

    def __init__(self, source: BinaryIO | bytes, form: Mapping[str, Any],
                 refused: Callable[[dict[str, Any]], None] | None) -> None:
        self.read = None if isinstance(source, bytes) else source.read
        self.held = source if isinstance(source, bytes) else b""
        self.is_end = isinstance(source, bytes)
        self.form = dict(form)
        self.refused = refused
        self.at = new("billing_stream")

    def fill(self) -> None:
        """Up to a window of bytes."""
        while not self.is_end and self.read and len(self.held) < _WINDOW:
            more = self.read(_WINDOW - len(self.held))
            self.is_end = not more
            self.held += more

    def take(self, doc: Any, before: int) -> None:
        """What a call said, and how far it read."""
        answer = tree_of(take_document(doc))
        if answer.get("header"):
            self.form.setdefault("header", answer["header"])
        if self.refused:
            for row in answer["refused"]:
                start = int(row["offset"]) - before
                row["text"] = self.held[start:start + int(row["length"])]
                self.refused(row)
        self.held = self.held[self.at.bytes - before:]


class Streams(Base):
    """Record streams."""

    def ingest(self, source: BinaryIO | bytes, *, now: datetime,
               stream: str = "", form: Mapping[str, Any] | None = None,
               refused: Callable[[dict[str, Any]], None] | None = None,
               strict: bool = False, all_or_nothing: bool = False,
               dry_run: bool = False, step: bool = False) -> Stream:
        """Records a stream of lines of JSON or, by `form`, of CSV, in batches,
        and returns what became of it.  A `stream` with a name that was read
        before goes on where it was: give it from its beginning.  `refused` is
        called for each line that is refused, with its "line", "column",
        "code", "message", "hint" and "text".  With `all_or_nothing` the
        first of them is raised, and its batch is not recorded."""
        flags = record_flags(strict, all_or_nothing)
        flags |= lib.BILLING_CALL_DRY_RUN if dry_run else 0
        feed = _Feed(source, form or {}, refused)
        self._find_start(feed, stream, now, flags, step)
        while True:
            feed.fill()
            before = feed.at.bytes
            if not feed.held:
                break
            self._give(feed, stream, now, flags, step)
            if feed.at.bytes == before:
                break
        return stream_of(feed.at)

    def _find_start(self, feed: _Feed, stream: str, now: datetime,
                    flags: int, step: bool) -> None:
        """Drops what was read before."""
        if not stream:
            return
        held, feed.held = feed.held, b""
        is_end, feed.is_end = feed.is_end, False
        self._give(feed, stream, now, flags, step)
        feed.held, feed.is_end = held, is_end
        left = feed.at.bytes
        while left:
            feed.fill()
            some = min(left, len(feed.held))
            if not some:
                raise ValueError("the stream is shorter than what was read "
                                 "of it")
            feed.held = feed.held[some:]
            left -= some

    def _give(self, feed: _Feed, stream: str, now: datetime, flags: int,
              step: bool) -> None:
        """One call."""
        form = json_of(feed.form) if feed.form else b""
        piece = feed.held[:_WINDOW]
        is_last = feed.is_end and len(piece) == len(feed.held)
        before = feed.at.bytes
        feed.at.flags &= ~lib.BILLING_STREAM_END
        if is_last:
            feed.at.flags |= lib.BILLING_STREAM_END
        doc = ffi.new("billing_doc **")
        call = self._call(now, key=stream, flags=flags, step=step)
        self._do(lib.billing_ingest, call, form, len(form), piece,
                 len(piece), feed.at, doc)
        feed.take(doc, before)
