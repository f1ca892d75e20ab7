"""Cancel work that nobody waits for any more: one flag for each thread, checked every 20 ms.

The flag belongs to the thread and is not an argument: a dozen calls lie between the question and the model, and most
of them know nothing of threads. Long computations check the flag and raise `Stopped`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Event, Lock

POLL_S = 0.02
_flag: ContextVar[Event | None] = ContextVar("stop", default=None)


class Stopped(Exception):
    """The flag was set. There is no usable result."""


@contextmanager
def stopping_at(flag: Event | None) -> Iterator[None]:
    """Set the flag for everything that this thread calls inside; None: nothing cancels it."""
    before = _flag.set(flag)
    try:
        yield
    finally:
        _flag.reset(before)


def stop_flag() -> Event | None:
    """The current flag."""
    return _flag.get()


def look() -> None:
    """Check the current flag. Raises Stopped when it is set."""
    flag = _flag.get()
    if flag is not None and flag.is_set():
        raise Stopped


@contextmanager
def hold_lock(lock: Lock, cancel: Event | None) -> Iterator[None]:
    """Wait for a lock and hold it. Raises Stopped when `cancel` is set while waiting."""
    while not lock.acquire(timeout=POLL_S if cancel is not None else -1):
        if cancel is not None and cancel.is_set():
            raise Stopped
    try:
        yield
    finally:
        lock.release()
