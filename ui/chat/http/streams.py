"""The streaming endpoints of Gradio: ask, follow a running question, prefetch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from askive.models.errors import AskiveError
from askive.rag.answer.answerer import LONGEST_QUESTION_CHARS
from askive.rag.errors import UsageError
from askive.rag.text.words import storable
from askive.ui.chat.conversations import MAX_TURN_ID, Conversations
from askive.ui.chat.http.payloads import first_documents
from askive.ui.chat.jobs import AnswerJob, AnswerJobs, Request, history_before
from askive.ui.chat.workspace import Workspace
from askive.ui.failures import reported

_MIN_TYPED_WORDS = 3
_AFTER_ALL = 1 << 62


class Streams:
    """The functions behind `/gradio_api/call/...`; each takes and yields one JSON object."""

    def __init__(self, workspace: Workspace, kept: Conversations, jobs: AnswerJobs) -> None:
        self._workspace = workspace
        self._kept = kept
        self._jobs = jobs

    def ask(self, asked: dict) -> Iterator[dict]:  # type: ignore[type-arg]
        """`{"question", "conversation_id", "replace", ...Request}` -> `{"events": [...]}`, until it is answered."""
        try:
            asked = _object(asked)
            replace = asked.get("replace")
            turn, job = self._jobs.begin(
                str(asked.get("conversation_id") or "") or None,
                str(asked.get("question") or ""),
                Request.from_dict(asked),
                None if replace is None else _turn_id(replace),
            )
        except Exception as error:  # The page must get every error.
            shown = reported(error, "asking")
            yield _batch({"kind": "refused", "message": shown.message, "remedy": shown.remedy})
            return
        yield _batch({"kind": "begun", "conversation_id": turn.conversation_id, "turn_id": turn.turn_id})
        yield from _batches(job)

    def follow(self, asked: dict) -> Iterator[dict]:  # type: ignore[type-arg]
        """`{"turn_id"}` -> as `ask`, from the first event on; or the stored answer."""
        try:
            turn_id = _turn_id(_object(asked).get("turn_id"))
            job = self._jobs.running(turn_id)
            if job is not None:
                yield from _batches(job)
                return
            answer = self._kept.turn(turn_id).answer
        except AskiveError:
            answer = None
        yield _batch({"kind": "final", "answer": answer})

    def anticipate(self, asked: dict) -> Iterator[dict]:  # type: ignore[type-arg]
        """`{"typed", "paused", "conversation_id", ...Request}` -> `{"documents", "understood"}`, while typing.

        The documents come at once; the stream ends when the prompt has been read, or when typing goes on.
        paused: false means that typing goes on: nothing is searched, and a prefetch for other words is cancelled.
        """
        from askive.rag.answer.preparation import complete_question
        from askive.rag.question.analysis import Question

        nothing: dict[str, Any] = {"documents": [], "understood": ""}
        ahead = self._workspace.ahead
        try:
            asked = _object(asked)
            typed = storable(str(asked.get("typed") or "")).strip()
            request = Request.from_dict(asked)
            if len(typed.split()) < _MIN_TYPED_WORDS or len(typed) > LONGEST_QUESTION_CHARS:
                ahead.stop()
                yield nothing
                return
            conversation_id = str(asked.get("conversation_id") or "")
            turns = self._kept.turns(conversation_id) if conversation_id else []
            prepared = request.prepare(complete_question(typed), history_before(turns, _AFTER_ALL))
            ahead.stop(unless=prepared)
            if not asked.get("paused", True):
                yield nothing
                return
            history, admitted = prepared.history, prepared.admitted
            publishers = self._workspace.archive(request.collection).store.publishers()
            yield {
                "documents": first_documents(
                    self._workspace.glance(request.collection, typed, history, admitted)
                ),
                "understood": Question.read(typed, publishers).describe(),
            }
            ahead.anticipate(prepared)
        except Exception:
            # The question itself reports the error.
            ahead.stop()
            yield nothing


def _object(asked: Any) -> dict[str, Any]:
    if not isinstance(asked, dict):
        raise UsageError("the request is not a JSON object", remedy="reload the page")
    return asked


def _turn_id(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= MAX_TURN_ID:
        raise UsageError(f"{str(value)[:40]!r} is not the number of a question", remedy="reload the page")
    return value


def _batches(job: AnswerJob) -> Iterator[dict[str, Any]]:
    for batch in job.follow():
        yield _batch(*batch)


def _batch(*events: dict[str, Any]) -> dict[str, Any]:
    return {"events": list(events)}
