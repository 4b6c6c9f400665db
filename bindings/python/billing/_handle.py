# SPDX-License-Identifier: MIT OR Apache-2.0
"""The life of a C handle: shared by threads, closed once, not forked."""
from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ._billing import ffi, lib

_living: weakref.WeakSet[Handle] = weakref.WeakSet()


class Handle:
    """A billing * that is closed when no call is in it."""

    def __init__(self, pointer: Any, keep: Any = None) -> None:
        self._pointer = ffi.gc(pointer, lib.billing_close)
        self._idle = threading.Condition()
        self._calls = 0
        self._keep = keep            # what must live as long as the handle
        self._why = "the handle is closed"
        _living.add(self)

    @property
    def is_closed(self) -> bool:
        """Whether no call can be made."""
        return self._pointer is None

    @contextmanager
    def use(self) -> Iterator[Any]:
        """The pointer, for one call."""
        with self._idle:
            if self._pointer is None:
                raise ValueError(self._why)
            pointer = self._pointer
            self._calls += 1
        try:
            yield pointer
        finally:
            with self._idle:
                self._calls -= 1
                self._idle.notify_all()

    def close(self) -> None:
        """Closes when the calls of other threads are over."""
        with self._idle:
            pointer, self._pointer = self._pointer, None
            self._idle.wait_for(lambda: not self._calls)
        if pointer is not None:
            ffi.release(pointer)
        self._keep = None

    def leave_to_parent(self) -> None:
        """After a fork the handle is the parent's: not used, not closed."""
        self._idle = threading.Condition()
        if self._pointer is not None:
            ffi.gc(self._pointer, None)
        self._pointer = None
        self._calls = 0
        self._why = "the handle was opened before the fork; open a new one"


def _after_fork() -> None:
    for handle in list(_living):
        handle.leave_to_parent()


os.register_at_fork(after_in_child=_after_fork)
