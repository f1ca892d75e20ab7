"""Cancel work that nobody waits for: one flag for everything computed inside, checked every 20 ms.

A flag for the thread, not an argument of every call: from the question to the model that computes lie a dozen of them,
most of which know nothing of threads. What computes for long looks at it and raises `Stopped`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Event, Lock

LOOK_S = 0.02
_flag: ContextVar[Event | None] = ContextVar("stop", default=None)


class Stopped(Exception):
    """The flag was set; nothing was computed that may be used."""


@contextmanager
def stopping_at(flag: Event | None) -> Iterator[None]:
    """The flag for everything this thread calls inside; None: nothing cancels it."""
    before = _flag.set(flag)
    try:
        yield
    finally:
        _flag.reset(before)


def stop_flag() -> Event | None:
    """The current flag."""
    return _flag.get()


def look() -> None:
    """Raises Stopped when the current flag is set."""
    flag = _flag.get()
    if flag is not None and flag.is_set():
        raise Stopped


@contextmanager
def hold_lock(lock: Lock, cancel: Event | None) -> Iterator[None]:
    """Wait for a lock and hold it. Raises Stopped when `cancel` is set while waiting."""
    while not lock.acquire(timeout=LOOK_S if cancel is not None else -1):
        if cancel is not None and cancel.is_set():
            raise Stopped
    try:
        yield
    finally:
        lock.release()
