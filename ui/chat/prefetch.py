"""Prefetch: read a question while it is typed, and the conversation while the model is idle."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event as Flag
from typing import TYPE_CHECKING

from askive.models.errors import AskiveError
from askive.rag.store.filters import Filter
from askive.rag.types import Hit, Turn
from askive.ui.chat.scheduler import Scheduler, TurnCancelled, Work

if TYPE_CHECKING:
    from askive.rag.assistant import Assistant


@dataclass(frozen=True, slots=True)
class PreparedQuestion:
    """A question and everything that its prompt depends on: equal ones share a prefetch.

    question: as it is prepared, see `askive.rag.answer.preparation.complete_question`.
    """

    collection: str
    model: str
    question: str
    history: tuple[Turn, ...] = ()
    admitted: Filter = field(default_factory=Filter)
    literal: bool = False


@dataclass(slots=True)
class Reading:
    """The prefetch of a question.

    begun: it has its turn of the scheduler. leave: gives that turn back; set once the search is done and only the
    prompt is left to read. asked: the question was sent. over: nothing is computed any more.
    """

    prepared: PreparedQuestion
    cancel: Flag = field(default_factory=Flag)
    begun: bool = False
    leave: Callable[[], None] | None = None
    asked: bool = False
    over: Flag = field(default_factory=Flag)


class Prefetcher:
    """Prefetches for one workspace: one typed question at a time, and the conversation while the model is idle."""

    def __init__(
        self,
        scheduler: Scheduler,
        assistant_of: Callable[[PreparedQuestion], Assistant],
        loaded: Callable[[str], Assistant | None],
    ) -> None:
        """assistant_of: opens what a question needs. loaded: an assistant with this model, if there is one."""
        self._scheduler = scheduler
        self._assistant_of = assistant_of
        self._loaded = loaded
        self._lock = threading.Lock()
        self._typed: Reading | None = None
        self._idle = Flag()

    def anticipate(self, prepared: PreparedQuestion) -> tuple[Hit, ...]:
        """Search and read for a question that is being typed. Returns the hits, none if cancelled.

        At most one at a time: a new one cancels the previous one, unless both are equal.
        """
        reading = Reading(prepared)
        with self._lock:
            self._idle.set()
            before = self._typed
            is_same = before is not None and before.prepared == prepared and not before.cancel.is_set()
            if before is not None and not is_same:
                before.cancel.set()
            self._typed = before if is_same else reading
        if before is not None and is_same:
            before.over.wait()
            return ()
        try:
            with self._scheduler.turn(Work.ANTICIPATION, reading.cancel) as leave:
                reading.begun = True
                assistant = self._assistant_of(prepared)
                found = assistant.anticipate(
                    prepared.question,
                    prepared.history,
                    reading.cancel,
                    admitted=prepared.admitted or None,
                    found=lambda: self._search_done(reading, leave),
                )
        except TurnCancelled:
            return ()
        finally:
            reading.over.set()
        return () if reading.cancel.is_set() else found

    def stop(self, unless: PreparedQuestion | None = None) -> None:
        """Cancel the prefetch, because typing goes on, unless it is for this question."""
        with self._lock:
            if self._typed and self._typed.prepared != unless:
                self._typed.cancel.set()

    def ask(self, prepared: PreparedQuestion) -> Reading | None:
        """A question was sent: its own prefetch goes on and is returned for `settle`; any other one is cancelled.

        Once the search is done the question gets its turn while the prompt is still being read, so that it can show its
        sources meanwhile.
        """
        with self._lock:
            self._idle.set()
            reading, self._typed = self._typed, None
            if reading is None:
                return None
            if reading.prepared != prepared or not reading.begun:
                reading.cancel.set()
                return None
            reading.asked = True
            if reading.leave is not None:
                reading.leave()
            return reading

    def settle(self, reading: Reading) -> None:
        """End the prefetch of a question that is answered or stopped."""
        reading.cancel.set()
        reading.over.wait()

    def read_opening(self, model: str, history: tuple[Turn, ...]) -> bool:
        """While the model is idle, read the start of the next prompt; False when other work came first.

        Does nothing if the model is not loaded, or if a prefetch for a typed question is there.
        """
        with self._lock:
            if self._typed is not None and not self._typed.cancel.is_set():
                return False
            self._idle.set()
            cancel = self._idle = Flag()
        try:
            with self._scheduler.turn(Work.IDLE, cancel):
                assistant = self._loaded(model)
                return assistant is not None and assistant.read_opening(history, cancel)
        except (TurnCancelled, AskiveError):
            # The next question reports the error of the model.
            return False

    def close(self) -> None:
        """Cancel everything."""
        with self._lock:
            self._idle.set()
            if self._typed is not None:
                self._typed.cancel.set()

    def _search_done(self, reading: Reading, leave: Callable[[], None]) -> None:
        with self._lock:
            reading.leave = leave
            if reading.asked:
                leave()
