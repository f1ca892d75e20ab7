"""The JSON routes of the page: its state, conversations, answers, feedback, collections."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Annotated, Any, Literal, Protocol
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from askive.models.errors import AskiveError
from askive.rag.collections.by_name import DEFAULT_COLLECTION, choose_collection, index_seeds
from askive.rag.config import SEEDS_COLLECTION
from askive.ui.chat.conversations import MAX_TURN_ID, Conversations, Feedback, KeptTurn
from askive.ui.chat.documents.watched import WatchedFolders
from askive.ui.chat.export import answer_html, answer_text, file_stem, to_html, to_markdown
from askive.ui.chat.gold_questions import save_gold
from askive.ui.chat.http.failures import attach_failures
from askive.ui.chat.http.notebook_routes import DOCX_TYPE
from askive.ui.chat.jobs import AnswerJobs
from askive.ui.chat.library import Library
from askive.ui.chat.notebook.docx import to_docx
from askive.ui.chat.weights import Weights
from askive.ui.chat.workspace import Workspace
from askive.ui.wording import KIND_WORDS

TurnId = Annotated[int, Field(ge=1, le=MAX_TURN_ID)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Named(_Body):
    """A new name."""

    name: str


class Judged(_Body):
    """Feedback on an answer."""

    feedback: Feedback | None
    note: str = ""


class Gold(_Body):
    """Accepted answers of a gold question; none means that the documents do not hold the answer."""

    answers: list[str]
    note: str = ""


class RouteTable(Protocol):
    """Some routes under `/chat/`."""

    def table(self) -> list[tuple[str, str, Callable[..., Any]]]:
        """Method, path and function of each route."""
        ...


def attach_routes(server: Any, tables: Sequence[RouteTable]) -> None:
    """Add the routes to a FastAPI application."""
    for routes in tables:
        for method, path, answer in routes.table():
            server.add_api_route(f"/chat/{path}", answer, methods=[method], response_model=None)
    attach_failures(server)


class Routes:
    """The JSON routes under `/chat/` that are about the conversation, and about collections as a whole."""

    def __init__(
        self,
        workspace: Workspace,
        kept: Conversations,
        jobs: AnswerJobs,
        library: Library,
        weights: Weights,
        watched: WatchedFolders,
        collection: str,
    ) -> None:
        self._workspace = workspace
        self._kept = kept
        self._jobs = jobs
        self._library = library
        self._weights = weights
        self._watched = watched
        self._collection = collection

    def table(self) -> list[tuple[str, str, Callable[..., Any]]]:
        """Method, path and function of each route."""
        one, turn, collection = "conversations/{conversation_id}", "turns/{turn_id}", "collections/{name}"
        return [
            ("GET", "state", self.state),
            ("GET", "conversations", self.conversations),
            ("GET", one, self.conversation),
            ("PATCH", one, self.rename_conversation),
            ("DELETE", one, self.delete_conversation),
            ("GET", f"{one}/export", self.export),
            ("POST", f"{turn}/stop", self.stop),
            ("GET", f"{turn}/copy", self.copied),
            ("PUT", f"{turn}/feedback", self.judge),
            ("POST", f"{turn}/gold", self.gold),
            ("GET", "collections", self.collections),
            ("POST", "collections", self.create_collection),
            ("POST", "sample", self.index_sample),
            ("PATCH", collection, self.rename_collection),
            ("DELETE", collection, self.delete_collection),
            ("GET", f"{collection}/quotes", self.quotes),
        ]

    def state(self) -> dict[str, Any]:
        """The initial state of the page.

        default: the collection that the first dropped file creates. sample: the one that comes with Askive.
        missing: models to download before anything can be answered.
        """
        return {
            "collection": self._collection,
            "default": DEFAULT_COLLECTION,
            "sample": SEEDS_COLLECTION,
            "collections": self._library.collections(),
            "models": self._workspace.generators(),
            "missing": self._weights.missing(),
            "kinds": [{"kind": kind, "words": words} for kind, words in KIND_WORDS.items()],
        }

    def conversations(self, search: str = "") -> list[dict[str, Any]]:
        """Newest first."""
        return [asdict(conversation) for conversation in self._kept.all(search)]

    def conversation(self, conversation_id: str) -> dict[str, Any]:
        """A conversation with its turns, and whether each is being answered."""
        return {
            **asdict(self._kept.get(conversation_id)),
            "turns": [self._turn(turn) for turn in self._kept.turns(conversation_id)],
        }

    def rename_conversation(self, conversation_id: str, body: Named) -> dict[str, Any]:
        """The conversation with its new name."""
        self._kept.rename(conversation_id, body.name)
        return asdict(self._kept.get(conversation_id))

    def delete_conversation(self, conversation_id: str) -> dict[str, str]:
        """Delete a conversation."""
        self._jobs.stop_all(conversation_id)
        self._kept.delete(conversation_id)
        return {"deleted": conversation_id}

    def export(
        self, conversation_id: str, form: Literal["markdown", "html", "docx"] = "markdown"
    ) -> Response:
        """The conversation as a file to download: questions, answers, and every quotation with its source."""
        conversation, turns = self._kept.get(conversation_id), self._kept.turns(conversation_id)
        text: str | bytes
        if form == "docx":
            text = to_docx(to_markdown(conversation, turns), conversation.title)
            media_type, ending = DOCX_TYPE, "docx"
        elif form == "html":
            text, media_type, ending = to_html(conversation, turns), "text/html", "html"
        else:
            text, media_type, ending = to_markdown(conversation, turns), "text/markdown", "md"
        name = quote(f"{file_stem(conversation.title)}.{ending}")
        # Programs that do not know the second form, of RFC 8187, get plain letters.
        plain = f'filename="askive-{conversation_id[:8]}.{ending}"'
        headers = {"Content-Disposition": f"attachment; {plain}; filename*=UTF-8''{name}"}
        return Response(text, media_type=media_type, headers=headers)

    def stop(self, turn_id: TurnId) -> dict[str, int]:
        """Stop answering."""
        self._jobs.stop(turn_id)
        return {"stopped": turn_id}

    def copied(self, turn_id: TurnId) -> dict[str, str]:
        """The answer with its citations, as plain text and as HTML."""
        answer = self._kept.turn(turn_id).answer
        return {"text": answer_text(answer), "html": answer_html(answer)}

    def judge(self, turn_id: TurnId, body: Judged) -> dict[str, Any]:
        """Store feedback: right, wrong, wrong source, or none."""
        self._kept.turn(turn_id)
        self._kept.judge(turn_id, body.feedback, body.note)
        return {"feedback": body.feedback, "note": body.note}

    def gold(self, turn_id: TurnId, body: Gold) -> dict[str, str]:
        """Save a gold question; returns the suite's folder."""
        turn = self._kept.turn(turn_id)
        before = [t for t in self._kept.turns(turn.conversation_id) if t.turn_id < turn_id and t.answer_text]
        archive = self._workspace.archive(str(turn.asked.get("collection")))
        folder = save_gold(self._workspace.config, archive, turn, before, body.answers, body.note)
        return {"folder": str(folder)}

    def collections(self) -> list[dict[str, Any]]:
        """The collections with their sizes."""
        return self._library.collections()

    def create_collection(self, body: Named) -> dict[str, str]:
        """Create an empty collection."""
        self._library.create(body.name.strip())
        return {"name": body.name.strip()}

    def index_sample(self) -> dict[str, str]:
        """Index the documents that come with Askive; returns the name of their collection."""
        index_seeds(self._workspace.config)
        return {"name": SEEDS_COLLECTION}

    def rename_collection(self, name: str, body: Named) -> dict[str, str]:
        """Rename a collection."""
        new_name = body.name.strip()
        self._watched.change(name, lambda: self._library.rename(name, new_name), new_name)
        return {"name": new_name}

    def quotes(self, name: str, uri: str | None = None) -> dict[str, int]:
        """Counts of what quotes a document, or any of the collection; deleted only on request."""
        return self._library.quotes(name, uri)

    def delete_collection(self, name: str, *, with_quotes: bool = False) -> dict[str, str]:
        """Delete a collection; also returns the one to use next."""
        self._watched.change(name, lambda: self._library.delete(name, with_quotes=with_quotes), None)
        return {"deleted": name, "next": next_collection(self._workspace, self._library)}

    def _turn(self, turn: KeptTurn) -> dict[str, Any]:
        return {**asdict(turn), "running": self._jobs.running(turn.turn_id) is not None}


def next_collection(workspace: Workspace, library: Library) -> str:
    """The collection to use after the current one was deleted; empty if none is left."""
    names = [row["name"] for row in library.collections()]
    with suppress(AskiveError):
        chosen = choose_collection(workspace.config)
        if chosen in names:
            return chosen
    return names[0] if names else ""
