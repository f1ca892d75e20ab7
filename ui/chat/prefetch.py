"""What is read before it is asked for: a question while it is typed, the conversation while nothing is asked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event as Flag
from typing import TYPE_CHECKING

from askive.models.errors import AskiveError
from askive.rag.store.filters import Filter
from askive.rag.types import Hit, Turn
from askive.ui.chat.scheduler import GaveUp, Scheduler, Work

if TYPE_CHECKING:
    from askive.rag.assistant import Assistant


@dataclass(frozen=True, slots=True)
class Sought:
    """A question and all that its prompt depends on: equal ones are answered from the same reading.

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
    """A question being read ahead.

    begun: it has its turn at the turnstile. leave: gives that turn back; there once all is found and only the prompt
    is left to be read. asked: the question was sent. over: nothing is computed any more.
    """

    sought: Sought
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
        assistant_of: Callable[[Sought], Assistant],
        loaded: Callable[[str], Assistant | None],
    ) -> None:
        """assistant_of: opens what a question needs. loaded: an assistant with this model, if there is one."""
        self._scheduler = scheduler
        self._assistant_of = assistant_of
        self._loaded = loaded
        self._lock = threading.Lock()
        self._typed: Reading | None = None
        self._idle = Flag()

    def anticipate(self, sought: Sought) -> tuple[Hit, ...]:
        """Find and read for a question that is still being typed; empty when that was cancelled.

        At most one at a time: a new one cancels the one before, unless that is the same.
        """
        reading = Reading(sought)
        with self._lock:
            self._idle.set()
            before = self._typed
            is_same = before is not None and before.sought == sought and not before.cancel.is_set()
            if before is not None and not is_same:
                before.cancel.set()
            self._typed = before if is_same else reading
        if before is not None and is_same:
            before.over.wait()
            return ()
        try:
            with self._scheduler.turn(Work.ANTICIPATION, reading.cancel) as leave:
                reading.begun = True
                assistant = self._assistant_of(sought)
                found = assistant.anticipate(
                    sought.question,
                    sought.history,
                    reading.cancel,
                    admitted=sought.admitted or None,
                    found=lambda: self._all_found(reading, leave),
                )
        except GaveUp:
            return ()
        finally:
            reading.over.set()
        return () if reading.cancel.is_set() else found

    def stop(self, unless: Sought | None = None) -> None:
        """Typing went on: end what is being read, unless it is of this question."""
        with self._lock:
            if self._typed and self._typed.sought != unless:
                self._typed.cancel.set()

    def ask(self, sought: Sought) -> Reading | None:
        """A question was sent. What is being read for it goes on, and is returned for `settle`; all else ends.

        Once everything is found the question need not wait for its turn until the prompt is read: it says where it
        was found meanwhile.
        """
        with self._lock:
            self._idle.set()
            reading, self._typed = self._typed, None
            if reading is None:
                return None
            if reading.sought != sought or not reading.begun:
                reading.cancel.set()
                return None
            reading.asked = True
            if reading.leave is not None:
                reading.leave()
            return reading

    def settle(self, reading: Reading) -> None:
        """The question is answered, or was stopped: nothing goes on for it."""
        reading.cancel.set()
        reading.over.wait()

    def read_opening(self, model: str, history: tuple[Turn, ...]) -> bool:
        """While the model is idle, read the start of the next prompt; False when other work came first.

        A model that is not loaded is left alone, and so is what was read for a question that is being typed.
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
        except (GaveUp, AskiveError):
            # Whatever is wrong with the model is said when the next question is asked.
            return False

    def close(self) -> None:
        """End all."""
        with self._lock:
            self._idle.set()
            if self._typed is not None:
                self._typed.cancel.set()

    def _all_found(self, reading: Reading, leave: Callable[[], None]) -> None:
        with self._lock:
            reading.leave = leave
            if reading.asked:
                leave()
