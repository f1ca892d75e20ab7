"""Questions being answered. Each runs in a thread of its own and outlives the page that asked it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event as Flag
from typing import Any

from askive.models.errors import AskiveError
from askive.rag.answer.preparation import complete_question
from askive.rag.store.filters import Filter, parse_filter
from askive.rag.text.words import storable
from askive.rag.types import Answer, Cited, Event, Final, Searching, Sources, Token, Turn
from askive.ui.chat.conversations import Conversations, KeptTurn
from askive.ui.chat.http.failures import failure_view
from askive.ui.chat.http.payloads import Number, View, answer_view, citation_view, sentence_view
from askive.ui.chat.prefetch import Reading, Sought
from askive.ui.chat.scheduler import GaveUp, Work
from askive.ui.chat.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Request:
    """How a question is asked.

    after, before: dates as typed. literal: ignore what the question says about where to look.
    """

    collection: str
    model: str
    after: str = ""
    before: str = ""
    publishers: tuple[str, ...] = ()
    literal: bool = False

    def admitted(self) -> Filter:
        """Raises UsageError for a date that is none."""
        return parse_filter(after=self.after or None, before=self.before or None, publishers=self.publishers)

    def as_dict(self) -> dict[str, Any]:
        """For keeping with the turn."""
        return {
            "collection": self.collection,
            "model": self.model,
            "after": self.after,
            "before": self.before,
            "publishers": list(self.publishers),
            "literal": self.literal,
        }

    def sought(self, question: str, history: Sequence[Turn]) -> Sought:
        """The question, asked so. Raises UsageError for a date that is none."""
        return Sought(
            self.collection, self.model, question, tuple(history), self.admitted(), literal=self.literal
        )

    @classmethod
    def from_dict(cls, asked: Mapping[str, Any]) -> Request:
        """What `as_dict` made; unknown keys are ignored."""
        publishers = asked.get("publishers")
        return cls(
            str(asked.get("collection") or ""),
            str(asked.get("model") or ""),
            str(asked.get("after") or ""),
            str(asked.get("before") or ""),
            tuple(str(name) for name in publishers) if isinstance(publishers, list | tuple) else (),
            bool(asked.get("literal")),
        )


@dataclass(slots=True)
class Asking:
    """One question on its way. Any number of pages may follow it, from the first event on."""

    turn_id: int
    cancel: Flag = field(default_factory=Flag)
    _events: list[View] = field(default_factory=list)
    _done: bool = False
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def tell(self, kind: str, **values: Any) -> None:
        """Add an event."""
        with self._changed:
            self._events.append({"kind": kind, **values})
            self._changed.notify_all()

    def finish(self) -> None:
        """No more events will come. The last one is always `final`: whoever follows learns how it ended."""
        with self._changed:
            if not self._events or self._events[-1]["kind"] != "final":
                failure = {
                    "message": "answering stopped before the answer was complete",
                    "remedy": "ask again",
                }
                self._events.append({"kind": "final", "answer": {"failure": failure}})
            self._done = True
            self._changed.notify_all()

    def follow(self) -> Iterator[list[View]]:
        """All events, in batches of what has come since the last."""
        at = 0
        while True:
            with self._changed:
                while at == len(self._events) and not self._done:
                    self._changed.wait()
                batch = self._events[at:]
                at += len(batch)
            if not batch:
                return
            yield batch


class AnswerJobs:
    """Starts questions and knows those that are running."""

    def __init__(self, workspace: Workspace, kept: Conversations) -> None:
        self._workspace = workspace
        self._kept = kept
        self._running: dict[int, Asking] = {}
        self._lock = threading.Lock()

    def begin(
        self, conversation_id: str | None, question: str, request: Request, replace: int | None = None
    ) -> tuple[KeptTurn, Asking]:
        """Note the question and start answering it.

        conversation_id: None begins a conversation. replace: a turn this one takes the place of, with the
        later ones.
        Raises UsageError for an empty question, an invalid date, or a deleted conversation.
        """
        from askive.rag.errors import UsageError

        question = storable(question).strip()
        if not question:
            raise UsageError("the question is empty", remedy="type one")
        # A date that is none is refused before anything is kept.
        request.admitted()
        if conversation_id is None:
            conversation_id = self._kept.begin(question, request.collection)
        self._kept.get(conversation_id)
        if replace is not None:
            for later in self._kept.turns(conversation_id):
                if later.turn_id >= replace:
                    self.stop(later.turn_id)
        turn_id = self._kept.ask(conversation_id, question, request.as_dict(), replace)
        turn = self._kept.turn(turn_id)
        asking = Asking(turn_id)
        with self._lock:
            self._running[turn_id] = asking
        # Sent without its mark it still goes on from what was read with one: only the last words differ.
        sought = request.sought(complete_question(turn.question), self._history(turn))
        threading.Thread(
            target=self._run,
            args=(turn, sought, asking, self._workspace.ahead.ask(sought)),
            name=f"turn-{turn_id}",
            daemon=True,
        ).start()
        return turn, asking

    def running(self, turn_id: int) -> Asking | None:
        """The question, while it is being answered."""
        with self._lock:
            return self._running.get(turn_id)

    def stop(self, turn_id: int) -> None:
        """Stop answering; what was said so far is kept."""
        asking = self.running(turn_id)
        if asking is not None:
            asking.cancel.set()

    def close(self) -> None:
        """Stop everything."""
        with self._lock:
            running = list(self._running.values())
        for asking in running:
            asking.cancel.set()

    def stop_all(self, conversation_id: str) -> None:
        """Stop what is being answered in a conversation."""
        for turn in self._kept.turns(conversation_id):
            self.stop(turn.turn_id)

    def _history(self, turn: KeptTurn) -> list[Turn]:
        return history_before(self._kept.turns(turn.conversation_id), turn.turn_id)

    def _run(self, turn: KeptTurn, sought: Sought, asking: Asking, reading: Reading | None) -> None:
        """reading: what is being read for this very question since it was typed."""
        history: tuple[Turn, ...] = ()
        try:
            with self._workspace.scheduler.turn(
                Work.QUESTION, asking.cancel, lambda n: asking.tell("waiting", n_before=n)
            ):
                history = self._answer(turn, sought, asking)
        except GaveUp:
            self._keep_failure(turn, asking, "stopped before it started", "ask again")
        except Exception as error:  # The page must hear of it, whatever it is.
            view = failure_view(error)
            self._keep_failure(turn, asking, view["message"], view["remedy"])
            if not isinstance(error, AskiveError) and os.environ.get("ASKIVE_DEBUG"):
                raise
        finally:
            if reading is not None:
                self._workspace.ahead.settle(reading)
            with self._lock:
                self._running.pop(turn.turn_id, None)
            asking.finish()
        if history:
            self._workspace.ahead.read_opening(sought.model, history)

    def _answer(self, turn: KeptTurn, sought: Sought, asking: Asking) -> tuple[Turn, ...]:
        """The history of the next question."""
        assistant = self._workspace.assistant(sought.collection, sought.model, literal=sought.literal)
        # An earlier question may have been answered while this one waited.
        history = tuple(self._history(turn))
        number = self._numbering(turn.conversation_id)
        teller = _Teller(asking, number)
        for event in assistant.stream(
            turn.question, history, asking.cancel, admitted=sought.admitted or None
        ):
            answer = teller.tell(event)
            if answer is not None:
                view = answer_view(answer, number, stopped=asking.cancel.is_set())
                view.update(first=teller.first, understood=teller.understood, filtered=teller.filtered)
                self._kept.answered(turn.turn_id, answer.text, view)
                asking.tell("final", answer=view)
                if answer.text:
                    return (*history, Turn(turn.question, answer.text))
        return history

    def _numbering(self, conversation_id: str) -> Number:
        known: dict[str, int] = {}

        def number(uri: str) -> int:
            if uri not in known:
                known[uri] = self._kept.number(conversation_id, uri)
            return known[uri]

        return number

    def _keep_failure(self, turn: KeptTurn, asking: Asking, message: str, remedy: str) -> None:
        view: View = {"failure": {"message": message, "remedy": remedy}}
        try:
            self._kept.answered(turn.turn_id, "", view)
        finally:
            asking.tell("final", answer=view)


class _Teller:
    """Turns the assistant's events into the page's."""

    def __init__(self, asking: Asking, number: Number) -> None:
        self._asking = asking
        self._number = number
        self._at = 0
        self.first: View | None = None
        self.understood = self.filtered = ""

    def tell(self, event: Event) -> Answer | None:
        """The answer, when it is complete."""
        tell = self._asking.tell
        if isinstance(event, Searching):
            self.understood, self.filtered = event.understood, event.filtered
            tell("searching", understood=event.understood, filtered=event.filtered)
        elif isinstance(event, Sources):
            if event.first is not None:
                self.first = citation_view(event.first, self._number)
            tell("sources", n_hits=len(event.hits), first=self.first)
        elif isinstance(event, Token):
            tell("token", text=event.text)
        elif isinstance(event, Cited):
            tell("cited", sentence=sentence_view(event.sentence, self._number))
        elif isinstance(event, Final):
            return event.answer
        return None


def history_before(turns: list[KeptTurn], turn_id: int) -> list[Turn]:
    """Earlier questions that were answered, with their answers."""
    return [
        Turn(turn.question, turn.answer_text) for turn in turns if turn.turn_id < turn_id and turn.answer_text
    ]
