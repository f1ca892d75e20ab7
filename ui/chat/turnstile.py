"""Who may work next: questions before typing ahead, typing ahead before indexing; first come, first served."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from threading import Event as Flag


class Work(IntEnum):
    """What waits; the lower goes first."""

    QUESTION = 0
    ANTICIPATION = 1
    INDEXING = 2


class GaveUp(Exception):
    """The wait was cancelled before its turn came."""


class Turnstile:
    """One at a time: two jobs at once on two cores are many times slower than one after the other."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[tuple[int, int]] = []
        self._n_drawn = 0
        self._busy = False

    @contextmanager
    def turn(
        self, work: Work, cancel: Flag | None = None, told: Callable[[int], None] | None = None
    ) -> Iterator[None]:
        """Wait, then work.

        told: called with the number of those before us, whenever it changes; 0 is never told.
        Raises GaveUp when `cancel` is set while waiting.
        """
        with self._changed:
            ticket = (int(work), self._n_drawn)
            self._n_drawn += 1
            heapq.heappush(self._waiting, ticket)
            last = 0
            while self._busy or self._waiting[0] != ticket:
                if cancel is not None and cancel.is_set():
                    self._waiting.remove(ticket)
                    heapq.heapify(self._waiting)
                    self._changed.notify_all()
                    raise GaveUp
                n_before = sum(other < ticket for other in self._waiting) + self._busy
                if told and n_before != last:
                    told(n_before)
                    last = n_before
                self._changed.wait(timeout=0.05 if cancel is not None else 1.0)
            heapq.heappop(self._waiting)
            self._busy = True
        try:
            yield
        finally:
            with self._changed:
                self._busy = False
                self._changed.notify_all()
