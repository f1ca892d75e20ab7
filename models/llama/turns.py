"""Turns at an engine: one generation at a time, without a deadlock of a thread with itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition, Event, get_ident

from askive.models.cancellation import POLL_S, Stopped

_IDLE_S = 1.0


class EngineTurns:
    """A generation keeps its turn from its first step to `finish`, also while its consumer handles a piece.

    Between two steps it loses the turn to a call from the consuming thread, which would otherwise wait for itself, and
    to any call when the consumer has not requested a piece for a second. It can take the turn again later.
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._holder: object | None = None
        self._thread = 0
        self._stepping = False
        self._stepped_at = 0.0

    @contextmanager
    def step(self, who: object, cancel: Event | None = None) -> Iterator[None]:
        """Wait for the turn and hold the engine for one step. Raises Stopped when `cancel` is set while waiting."""
        with self._changed:
            while not self._may_step(who):
                if cancel is not None and cancel.is_set():
                    raise Stopped
                self._changed.wait(_IDLE_S / 4 if cancel is None else POLL_S)
            self._holder, self._stepping, self._thread = who, True, get_ident()
        try:
            yield
        finally:
            with self._changed:
                self._stepping, self._stepped_at = False, time.monotonic()
                self._changed.notify_all()

    def finish(self, who: object) -> None:
        """Give the turn back."""
        with self._changed:
            if self._holder is who:
                self._holder = None
                self._changed.notify_all()

    def _may_step(self, who: object) -> bool:
        if self._stepping:
            return False
        if self._holder is None or self._holder is who or self._thread == get_ident():
            return True
        return time.monotonic() - self._stepped_at > _IDLE_S
