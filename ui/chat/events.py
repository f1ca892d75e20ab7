"""What streams: asking, following a question that runs, typing ahead. Gradio's endpoints, by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from models.errors import AskiveError
from ui.chat.asking import Asking, Askings, Request, history_before
from ui.chat.conversations import Conversations
from ui.chat.desk import Desk
from ui.chat.views import first_documents

_MIN_TYPED_WORDS = 3
_AFTER_ALL = 1 << 62


class Events:
    """The functions behind `/gradio_api/call/...`; each takes and yields one JSON object."""

    def __init__(self, desk: Desk, kept: Conversations, askings: Askings) -> None:
        self._desk = desk
        self._kept = kept
        self._askings = askings

    def ask(self, asked: dict) -> Iterator[dict]:  # type: ignore[type-arg]
        """`{"question", "conversation_id", "replace", ...Request}` -> `{"events": [...]}`, until it is answered."""
        try:
            turn, asking = self._askings.begin(
                asked.get("conversation_id") or None,
                str(asked.get("question") or ""),
                Request.from_dict(asked),
                asked.get("replace"),
            )
        except AskiveError as error:
            yield _batch({"kind": "refused", "message": error.message, "remedy": error.remedy})
            return
        yield _batch({"kind": "begun", "conversation_id": turn.conversation_id, "turn_id": turn.turn_id})
        yield from _followed(asking)

    def follow(self, asked: dict) -> Iterator[dict]:  # type: ignore[type-arg]
        """`{"turn_id"}` -> as `ask`, from the first event on; at once complete when it is answered."""
        turn_id = int(asked.get("turn_id") or 0)
        asking = self._askings.running(turn_id)
        if asking is not None:
            yield from _followed(asking)
            return
        try:
            answer = self._kept.turn(turn_id).answer
        except AskiveError:
            answer = None
        yield _batch({"kind": "final", "answer": answer})

    def anticipate(self, asked: dict) -> Iterator[dict]:  # type: ignore[type-arg]
        """`{"typed", "paused", "conversation_id", ...Request}` -> `{"documents", "understood"}`, found while typing.

        What was found comes at once; the stream ends when it has been read, or when typing went on.
        paused: false: typing goes on; nothing is found, and what is being read for other words ends at once.
        """
        from rag.prepare import finished
        from rag.question import understand

        typed = str(asked.get("typed") or "").strip()
        request = Request.from_dict(asked)
        nothing: dict[str, Any] = {"documents": [], "understood": ""}
        ahead = self._desk.ahead
        if len(typed.split()) < _MIN_TYPED_WORDS:
            ahead.stop()
            yield nothing
            return
        try:
            conversation_id = asked.get("conversation_id")
            turns = self._kept.turns(conversation_id) if conversation_id else []
            sought = request.sought(finished(typed), history_before(turns, _AFTER_ALL))
            ahead.stop(unless=sought)
            if not asked.get("paused", True):
                yield nothing
                return
            history, admitted = sought.history, sought.admitted
            publishers = self._desk.archive(request.collection).store.publishers()
            yield {
                "documents": first_documents(self._desk.glance(request.collection, typed, history, admitted)),
                "understood": understand(typed, publishers).describe(),
            }
            ahead.anticipate(sought)
        except AskiveError:
            # Whatever is wrong is said when the question is asked.
            ahead.stop()
            yield nothing


def _followed(asking: Asking) -> Iterator[dict[str, Any]]:
    for batch in asking.follow():
        yield _batch(*batch)


def _batch(*events: dict[str, Any]) -> dict[str, Any]:
    return {"events": list(events)}
