"""A scheduler with priorities: questions, prefetch, indexing, idle work; first come, first served."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from threading import Event as Flag


class Work(IntEnum):
    """The kinds of work; a lower number goes first."""

    QUESTION = 0
    ANTICIPATION = 1
    INDEXING = 2
    IDLE = 3


class TurnCancelled(Exception):
    """The wait for a turn was cancelled."""


class Scheduler:
    """Runs one job at a time: on two cores, two jobs at once are many times slower than one after the other."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[tuple[int, int]] = []
        self._n_drawn = 0
        self._working: Work | None = None
        self._idle: Flag | None = None

    @contextmanager
    def turn(
        self, work: Work, cancel: Flag | None = None, notify: Callable[[int], None] | None = None
    ) -> Iterator[Callable[[], None]]:
        """Wait for the turn and hold it. Yields a function that gives it back early.

        notify: called with the number of questions ahead whenever it changes; never with 0.
        When other work arrives, the `cancel` of IDLE work is set.
        Raises TurnCancelled when `cancel` is set while waiting.
        """
        with self._changed:
            if self._idle is not None:
                self._idle.set()
            ticket = (int(work), self._n_drawn)
            self._n_drawn += 1
            heapq.heappush(self._waiting, ticket)
            last = 0
            while self._working is not None or self._waiting[0] != ticket:
                if cancel is not None and cancel.is_set():
                    self._waiting.remove(ticket)
                    heapq.heapify(self._waiting)
                    self._changed.notify_all()
                    raise TurnCancelled
                n_before = sum(other < ticket and other[0] == Work.QUESTION for other in self._waiting)
                n_before += self._working is Work.QUESTION
                if notify and n_before and n_before != last:
                    notify(n_before)
                    last = n_before
                self._changed.wait(timeout=0.05 if cancel is not None else 1.0)
            heapq.heappop(self._waiting)
            self._working, self._idle = work, cancel if work is Work.IDLE else None
        left = False

        def leave() -> None:
            nonlocal left
            with self._changed:
                if not left:
                    left, self._working, self._idle = True, None, None
                    self._changed.notify_all()

        try:
            yield leave
        finally:
            leave()
