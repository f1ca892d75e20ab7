"""Stop llama.cpp in the middle of a computation.

llama.cpp calls a callback before each of some thousand operations for a token. In Python that took up to a tenth of the
time of a small model. So the callback is the C library's `strlen` on a byte of ours: 0, for an empty string, goes on
and 1 stops. Where that function is not available the callback is in Python.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_POLL_S = 0.02


class StopFlag:
    """A byte that llama.cpp checks. It must live as long as the context that has its callback."""

    def __init__(self) -> None:
        self._byte = ctypes.create_string_buffer(2)
        self._lock = threading.Lock()
        self._for_good = False
        self._callback: Any = None

    def callback(self, kind: Any) -> tuple[Any, ctypes.c_void_p]:
        """The callback, as the ctypes function type `kind`, and its data."""
        try:
            self._callback = ctypes.cast(ctypes.CDLL(None).strlen, kind)
        except (AttributeError, OSError, TypeError):
            self._callback = kind(lambda _data: self._byte[0] != b"\0")
        return self._callback, ctypes.cast(self._byte, ctypes.c_void_p)

    def set_for_good(self) -> None:
        """Stop the current computation and all later ones."""
        with self._lock:
            self._for_good = True
            self._byte[0] = b"\1"

    @contextmanager
    def watching(self, cancel: threading.Event | None) -> Iterator[None]:
        """Stop computations inside the block when `cancel` is set."""
        if cancel is None:
            yield
            return
        over: list[bool] = []
        threading.Thread(target=self._watch, args=(cancel, over), daemon=True).start()
        try:
            yield
        finally:
            with self._lock:
                over.append(True)
                if not self._for_good:
                    self._byte[0] = b"\0"

    def _watch(self, cancel: threading.Event, over: list[bool]) -> None:
        while not cancel.wait(_POLL_S):
            if over:
                return
        with self._lock:
            if not over:
                self._byte[0] = b"\1"
