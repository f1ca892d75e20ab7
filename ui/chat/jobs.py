"""Jobs that answer questions. Each runs in its own thread and outlives the page that started it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event as Flag
from typing import Any, get_args

from askive.models.errors import AskiveError
from askive.rag.answer.preparation import complete_question
from askive.rag.store.filters import Filter, parse_filter
from askive.rag.text.words import storable
from askive.rag.types import (
    Answer,
    Cited,
    Event,
    Final,
    Progress,
    QuestionKind,
    Searching,
    Sources,
    Token,
    Turn,
)
from askive.ui.chat.conversations import Conversations, KeptTurn
from askive.ui.chat.documents.description import next_questions
from askive.ui.chat.http.payloads import Number, View, answer_view, citation_view, sentence_view
from askive.ui.chat.prefetch import PreparedQuestion, Reading
from askive.ui.chat.scheduler import TurnCancelled, Work
from askive.ui.chat.workspace import Workspace
from askive.ui.failures import reported


@dataclass(frozen=True, slots=True)
class Request:
    """The options of a question.

    after, before: dates as typed. literal: do not rank higher what the question names. kind: as what to answer it; None
    decides by the question. documents: (uri, title) of the documents that are looked at; empty for all.
    """

    collection: str
    model: str
    after: str = ""
    before: str = ""
    publishers: tuple[str, ...] = ()
    literal: bool = False
    kind: QuestionKind | None = None
    documents: tuple[tuple[str, str], ...] = ()

    def admitted(self) -> Filter:
        """The filter. Raises UsageError for an invalid date."""
        return parse_filter(
            after=self.after or None,
            before=self.before or None,
            publishers=self.publishers,
            documents=[uri for uri, _ in self.documents],
        )

    def as_dict(self) -> dict[str, Any]:
        """The JSON form that is stored with the turn."""
        return {
            "collection": self.collection,
            "model": self.model,
            "after": self.after,
            "before": self.before,
            "publishers": list(self.publishers),
            "literal": self.literal,
            "kind": self.kind,
            "documents": [{"uri": uri, "title": title} for uri, title in self.documents],
        }

    def prepare(self, question: str, history: Sequence[Turn]) -> PreparedQuestion:
        """The question with these options. Raises UsageError for an invalid date."""
        return PreparedQuestion(
            self.collection, self.model, question, tuple(history), self.admitted(), literal=self.literal
        )

    @classmethod
    def from_dict(cls, asked: Mapping[str, Any]) -> Request:
        """Read the result of `as_dict`; unknown keys are ignored."""
        publishers, documents = asked.get("publishers"), asked.get("documents")
        return cls(
            str(asked.get("collection") or ""),
            str(asked.get("model") or ""),
            str(asked.get("after") or ""),
            str(asked.get("before") or ""),
            tuple(str(name) for name in publishers) if isinstance(publishers, list | tuple) else (),
            bool(asked.get("literal")),
            next((kind for kind in get_args(QuestionKind) if kind == asked.get("kind")), None),
            tuple(
                (str(item.get("uri")), str(item.get("title") or ""))
                for item in (documents if isinstance(documents, list | tuple) else ())
                if isinstance(item, dict) and item.get("uri")
            ),
        )


@dataclass(slots=True)
class AnswerJob:
    """A question that is being answered. Any number of pages can follow it, from the first event on."""

    turn_id: int
    cancel: Flag = field(default_factory=Flag)
    _events: list[View] = field(default_factory=list)
    _done: bool = False
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def emit(self, kind: str, **values: Any) -> None:
        """Add an event."""
        with self._changed:
            self._events.append({"kind": kind, **values})
            self._changed.notify_all()

    def finish(self) -> None:
        """End the events. The last one is always `final`, so that every follower gets the outcome."""
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
        """All events, in batches of those since the previous batch."""
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
    """Starts jobs and lists the running ones."""

    def __init__(self, workspace: Workspace, kept: Conversations) -> None:
        self._workspace = workspace
        self._kept = kept
        self._running: dict[int, AnswerJob] = {}
        self._lock = threading.Lock()

    def begin(
        self, conversation_id: str | None, question: str, request: Request, replace: int | None = None
    ) -> tuple[KeptTurn, AnswerJob]:
        """Store the question and start answering it.

        conversation_id: None creates a conversation. replace: a turn that is replaced, together with the later ones.
        Raises UsageError for an empty question, an invalid date, or a deleted conversation.
        """
        from askive.rag.errors import UsageError

        question = storable(question).strip()
        if not question:
            raise UsageError("the question is empty", remedy="type one")
        # Reject an invalid date before anything is stored.
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
        job = AnswerJob(turn_id)
        with self._lock:
            self._running[turn_id] = job
        # With or without a question mark it continues from the same prefetch.
        prepared = request.prepare(complete_question(turn.question), self._history(turn))
        threading.Thread(
            target=self._run,
            args=(turn, prepared, job, self._workspace.ahead.ask(prepared)),
            name=f"turn-{turn_id}",
            daemon=True,
        ).start()
        return turn, job

    def running(self, turn_id: int) -> AnswerJob | None:
        """The job of a turn while it is running."""
        with self._lock:
            return self._running.get(turn_id)

    def stop(self, turn_id: int) -> None:
        """Stop answering. The text so far is kept."""
        job = self.running(turn_id)
        if job is not None:
            job.cancel.set()

    def close(self) -> None:
        """Stop all jobs."""
        with self._lock:
            running = list(self._running.values())
        for job in running:
            job.cancel.set()

    def stop_all(self, conversation_id: str) -> None:
        """Stop the running jobs of a conversation."""
        for turn in self._kept.turns(conversation_id):
            self.stop(turn.turn_id)

    def _history(self, turn: KeptTurn) -> list[Turn]:
        return history_before(self._kept.turns(turn.conversation_id), turn.turn_id)

    def _run(
        self, turn: KeptTurn, prepared: PreparedQuestion, job: AnswerJob, reading: Reading | None
    ) -> None:
        """reading: the prefetch of this question, if there is one."""
        history: tuple[Turn, ...] = ()
        try:
            with self._workspace.scheduler.turn(
                Work.QUESTION, job.cancel, lambda n: job.emit("waiting", n_before=n)
            ):
                history = self._answer(turn, prepared, job)
        except TurnCancelled:
            self._keep_failure(turn, job, "stopped before it started", "ask again")
        except Exception as error:  # The page must get every error.
            shown = reported(error, "answering")
            self._keep_failure(turn, job, shown.message, shown.remedy)
            if not isinstance(error, AskiveError) and os.environ.get("ASKIVE_DEBUG"):
                raise
        finally:
            if reading is not None:
                self._workspace.ahead.settle(reading)
            with self._lock:
                self._running.pop(turn.turn_id, None)
            job.finish()
        if history:
            self._workspace.ahead.read_opening(prepared.model, history)

    def _answer(self, turn: KeptTurn, prepared: PreparedQuestion, job: AnswerJob) -> tuple[Turn, ...]:
        """The history of the next question."""
        assistant = self._workspace.assistant(prepared.collection, prepared.model, literal=prepared.literal)
        # Read again: an earlier question may have been answered while this one waited.
        history = tuple(self._history(turn))
        number = self._numbering(turn.conversation_id)
        forwarder = _EventForwarder(job, number)
        kind = Request.from_dict(turn.asked).kind
        for event in assistant.stream(
            turn.question, history, job.cancel, admitted=prepared.admitted or None, kind=kind
        ):
            answer = forwarder.forward(event)
            if answer is not None:
                view = answer_view(answer, number, stopped=job.cancel.is_set())
                view.update(
                    first=forwarder.first, understood=forwarder.understood, filtered=forwarder.filtered
                )
                view["next"] = next_questions(
                    assistant.archive, turn.question, [sentence.text for sentence in answer.sentences]
                )
                self._kept.store_answer(turn.turn_id, answer.text, view)
                job.emit("final", answer=view)
                if answer.text:
                    return (*history, Turn(turn.question, answer.text, answer.kind))
        return history

    def _numbering(self, conversation_id: str) -> Number:
        known: dict[str, int] = {}

        def number(uri: str) -> int:
            if uri not in known:
                known[uri] = self._kept.number(conversation_id, uri)
            return known[uri]

        return number

    def _keep_failure(self, turn: KeptTurn, job: AnswerJob, message: str, remedy: str) -> None:
        view: View = {"failure": {"message": message, "remedy": remedy}}
        try:
            self._kept.store_answer(turn.turn_id, "", view)
        finally:
            job.emit("final", answer=view)


class _EventForwarder:
    """Translates the events of the assistant into events of the page."""

    def __init__(self, job: AnswerJob, number: Number) -> None:
        self._job = job
        self._number = number
        self._at = 0
        self.first: View | None = None
        self.understood = self.filtered = ""

    def forward(self, event: Event) -> Answer | None:
        """Forward one event. Returns the answer once it is complete."""
        emit = self._job.emit
        if isinstance(event, Searching):
            self.understood, self.filtered = event.understood, event.filtered
            emit("searching", understood=event.understood, filtered=event.filtered)
        elif isinstance(event, Sources):
            if event.first is not None:
                self.first = citation_view(event.first, self._number)
            emit("sources", n_hits=len(event.hits), first=self.first)
        elif isinstance(event, Progress):
            emit("progress", done=event.done, total=event.total, what=event.what)
        elif isinstance(event, Token):
            emit("token", text=event.text)
        elif isinstance(event, Cited):
            emit("cited", sentence=sentence_view(event.sentence, self._number))
        elif isinstance(event, Final):
            return event.answer
        return None


def history_before(turns: list[KeptTurn], turn_id: int) -> list[Turn]:
    """The earlier questions with their answers."""
    return [
        Turn(turn.question, turn.answer_text, (turn.answer or {}).get("kind"))
        for turn in turns
        if turn.turn_id < turn_id and turn.answer_text
    ]
