"""What streams: asking, following a question that runs, typing ahead. Gradio's endpoints, by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from askive.models.errors import AskiveError
from askive.rag.answer.answerer import LONGEST_QUESTION_CHARS
from askive.rag.errors import UsageError
from askive.rag.text.words import storable
from askive.ui.chat.conversations import MAX_TURN_ID, Conversations
from askive.ui.chat.http.failures import failure_view
from askive.ui.chat.http.payloads import first_documents
from askive.ui.chat.jobs import AnswerJobs, Asking, Request, history_before
from askive.ui.chat.workspace import Workspace

_MIN_TYPED_WORDS = 3
_AFTER_ALL = 1 << 62


class Streams:
    """The functions behind `/gradio_api/call/...`; each takes and yields one JSON object."""

    def __init__(self, workspace: Workspace, kept: Conversations, askings: AnswerJobs) -> None:
        self._workspace = workspace
        self._kept = kept
        self._askings = askings

    def ask(self, asked: dict) -> Iterator[dict]:  # type: ignore[type-arg]
        """`{"question", "conversation_id", "replace", ...Request}` -> `{"events": [...]}`, until it is answered."""
        try:
            asked = _object(asked)
            replace = asked.get("replace")
            turn, asking = self._askings.begin(
                str(asked.get("conversation_id") or "") or None,
                str(asked.get("question") or ""),
                Request.from_dict(asked),
                None if replace is None else _turn_id(replace),
            )
        except Exception as error:  # Whoever asked must hear of it, whatever it is.
            view = failure_view(error)
            yield _batch({"kind": "refused", "message": view["message"], "remedy": view["remedy"]})
            return
        yield _batch({"kind": "begun", "conversation_id": turn.conversation_id, "turn_id": turn.turn_id})
        yield from _followed(asking)

    def follow(self, asked: dict) -> Iterator[dict]:  # type: ignore[type-arg]
        """`{"turn_id"}` -> as `ask`, from the first event on; at once complete when it is answered."""
        try:
            turn_id = _turn_id(_object(asked).get("turn_id"))
            asking = self._askings.running(turn_id)
            if asking is not None:
                yield from _followed(asking)
                return
            answer = self._kept.turn(turn_id).answer
        except AskiveError:
            answer = None
        yield _batch({"kind": "final", "answer": answer})

    def anticipate(self, asked: dict) -> Iterator[dict]:  # type: ignore[type-arg]
        """`{"typed", "paused", "conversation_id", ...Request}` -> `{"documents", "understood"}`, found while typing.

        What was found comes at once; the stream ends when it has been read, or when typing went on.
        paused: false: typing goes on; nothing is found, and what is being read for other words ends at once.
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
            sought = request.sought(complete_question(typed), history_before(turns, _AFTER_ALL))
            ahead.stop(unless=sought)
            if not asked.get("paused", True):
                yield nothing
                return
            history, admitted = sought.history, sought.admitted
            publishers = self._workspace.archive(request.collection).store.publishers()
            yield {
                "documents": first_documents(
                    self._workspace.glance(request.collection, typed, history, admitted)
                ),
                "understood": Question.read(typed, publishers).describe(),
            }
            ahead.anticipate(sought)
        except Exception:
            # Whatever is wrong is said when the question is asked.
            ahead.stop()
            yield nothing


def _object(asked: Any) -> dict[str, Any]:
    if not isinstance(asked, dict):
        raise UsageError("the request is not a JSON object", remedy="load the page again")
    return asked


def _turn_id(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= MAX_TURN_ID:
        raise UsageError(f"{str(value)[:40]!r} is not the number of a question", remedy="load the page again")
    return value


def _followed(asking: Asking) -> Iterator[dict[str, Any]]:
    for batch in asking.follow():
        yield _batch(*batch)


def _batch(*events: dict[str, Any]) -> dict[str, Any]:
    return {"events": list(events)}
