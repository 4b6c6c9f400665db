# SPDX-License-Identifier: MIT OR Apache-2.0
"""What every section of the interface needs: the handle and the call."""
from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from ._billing import ffi, lib
from ._handle import Handle
from ._structs import new
from ._values import Texts, bytes_of, json_of, tree_of, us_of
from .errors import check, new_error


def take_document(slot: Any) -> str:
    """The text of a billing_doc that a call put into `slot`, and frees it."""
    doc = slot[0]
    if doc == ffi.NULL:
        return ""
    try:
        text = lib.billing_doc_text(doc)
        return bytes(ffi.buffer(text, lib.billing_doc_len(doc))).decode()
    finally:
        lib.billing_doc_free(doc)


class Base:
    """A tenant's view of a handle."""

    def __init__(self, handle: Handle, tenant: str = "",
                 flags: int = 0) -> None:
        self._handle = handle
        self._tenant = tenant
        self._flags = flags          # of every call

    def _call(self, now: datetime | None, *, key: str = "", step: bool = False,
              flags: int = 0) -> tuple[Any, Texts]:
        """A billing_call, and what must live as long as it."""
        call = new("billing_call")
        texts = Texts()
        texts.add(call.tenant, bytes_of(self._tenant, "a tenant"))
        texts.add(call.key, bytes_of(key, "a key"))
        texts.place()
        call.flags = (self._flags | flags
                      | (lib.BILLING_CALL_STEP if step else 0))
        if now is not None:
            call.now_us = us_of(now)
        return call, texts

    def _do(self, function: Callable[..., int], call: tuple[Any, Texts],
            *arguments: Any) -> Any:
        """Calls the library, raises what went wrong, gives the error struct:
        a batch keeps the text of its first refusal in it."""
        err = new_error()
        with self._handle.use() as handle:
            rc = function(handle, call[0], *arguments, err)
        check(rc, err)
        return err

    def _ask(self, function: Callable[..., int], call: tuple[Any, Texts],
             *arguments: Any) -> str:
        """The same for a function that answers with a document."""
        slot = ffi.new("billing_doc **")
        self._do(function, call, *arguments, slot)
        return take_document(slot)

    def _query(self, function: Callable[..., int], now: datetime | None,
               *arguments: Any, **members: Any) -> Any:
        """Asks with a query of the members that are not None."""
        query = json_of({name: value for name, value in members.items()
                         if value is not None})
        return tree_of(self._ask(function, self._call(now), *arguments, query,
                                 len(query)))
