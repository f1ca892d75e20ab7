"""The JSON routes of the page: conversations, sources, collections, feedback."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict
from typing import Annotated, Any, Literal
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request as HttpRequest
from starlette.responses import Response, StreamingResponse

from askive.models.errors import AskiveError
from askive.rag.collections.by_name import choose_collection
from askive.ui.chat.conversations import MAX_TURN_ID, Conversations, Feedback, KeptTurn
from askive.ui.chat.export import answer_markdown, to_html, to_markdown
from askive.ui.chat.gold_questions import save_gold
from askive.ui.chat.http.failures import attach_failures, failure_view
from askive.ui.chat.jobs import AnswerJobs
from askive.ui.chat.library import Library
from askive.ui.chat.source_pane import document_view, marked_boxes, page_picture
from askive.ui.chat.workspace import Workspace

_MAX_LISTED = 500

TurnId = Annotated[int, Field(ge=1, le=MAX_TURN_ID)]
PageNumber = Annotated[int, Field(ge=1, le=1_000_000)]


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


class Routes:
    """The JSON routes under `/chat/`."""

    def __init__(
        self,
        workspace: Workspace,
        kept: Conversations,
        jobs: AnswerJobs,
        library: Library,
        collection: str,
    ) -> None:
        self._workspace = workspace
        self._kept = kept
        self._jobs = jobs
        self._library = library
        self._collection = collection

    def attach(self, server: Any) -> None:
        """Add the routes to a FastAPI application."""
        for method, path, answer in self._table():
            server.add_api_route(f"/chat/{path}", answer, methods=[method], response_model=None)
        attach_failures(server)

    def _table(self) -> list[tuple[str, str, Callable[..., Any]]]:
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
            ("GET", "source", self.source),
            ("GET", "source/picture", self.picture),
            ("GET", "source/boxes", self.boxes),
            ("GET", "collections", self.collections),
            ("POST", "collections", self.create_collection),
            ("PATCH", collection, self.rename_collection),
            ("DELETE", collection, self.delete_collection),
            ("GET", f"{collection}/documents", self.documents),
            ("DELETE", f"{collection}/documents", self.remove_document),
            ("GET", f"{collection}/quotes", self.quotes),
            ("GET", f"{collection}/publishers", self.publishers),
            ("PUT", f"{collection}/files", self.add_file),
        ]

    def state(self) -> dict[str, Any]:
        """The initial state of the page."""
        return {
            "collection": self._collection,
            "collections": self._library.collections(),
            "models": self._workspace.generators(),
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

    def export(self, conversation_id: str, form: Literal["markdown", "html"] = "markdown") -> Response:
        """The conversation as a file to download."""
        conversation, turns = self._kept.get(conversation_id), self._kept.turns(conversation_id)
        if form == "html":
            text, media_type, ending = to_html(conversation, turns), "text/html", "html"
        else:
            text, media_type, ending = to_markdown(conversation, turns), "text/markdown", "md"
        headers = {"Content-Disposition": f'attachment; filename="askive-{conversation_id[:8]}.{ending}"'}
        return Response(text, media_type=media_type, headers=headers)

    def stop(self, turn_id: TurnId) -> dict[str, int]:
        """Stop answering."""
        self._jobs.stop(turn_id)
        return {"stopped": turn_id}

    def copied(self, turn_id: TurnId) -> dict[str, str]:
        """The answer with its citations, as Markdown."""
        answer = self._kept.turn(turn_id).answer
        return {"text": answer_markdown(dict(answer) if answer else None)}

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

    def source(self, collection: str, uri: str) -> dict[str, Any]:
        """A whole document."""
        return document_view(self._workspace.archive(collection), uri)

    def picture(self, collection: str, uri: str, page: PageNumber) -> Response:
        """A page of a PDF."""
        return Response(page_picture(self._workspace.archive(collection), uri, page), media_type="image/png")

    def boxes(self, collection: str, uri: str, page: PageNumber, quote: str) -> list[dict[str, float]]:
        """Where a quote stands on a page of a PDF."""
        return marked_boxes(self._workspace.archive(collection), uri, page, quote)

    def collections(self) -> list[dict[str, Any]]:
        """The collections with their sizes."""
        return self._library.collections()

    def create_collection(self, body: Named) -> dict[str, str]:
        """Create an empty collection."""
        self._library.create(body.name.strip())
        return {"name": body.name.strip()}

    def rename_collection(self, name: str, body: Named) -> dict[str, str]:
        """Rename a collection."""
        self._library.rename(name, body.name.strip())
        return {"name": body.name.strip()}

    def quotes(self, name: str, uri: str | None = None) -> dict[str, int]:
        """Counts of what quotes a document, or any of the collection; deleted only on request."""
        return self._library.quotes(name, uri)

    def delete_collection(self, name: str, *, with_quotes: bool = False) -> dict[str, str]:
        """Delete a collection; also returns the one to use next."""
        self._library.delete(name, with_quotes=with_quotes)
        return {"deleted": name, "next": next_collection(self._workspace, self._library)}

    def documents(self, name: str, search: str = "") -> dict[str, Any]:
        """The first documents that match, and the number of all that do."""
        found = self._library.documents(name, search)
        return {"documents": found[:_MAX_LISTED], "n_documents": len(found)}

    def publishers(self, name: str) -> list[str]:
        """The publishers of the documents."""
        return self._library.publishers(name)

    def remove_document(self, name: str, uri: str, *, with_quotes: bool = False) -> dict[str, str]:
        """Remove a document."""
        self._library.remove(name, uri, with_quotes=with_quotes)
        return {"removed": uri}

    async def add_file(self, name: str, request: HttpRequest) -> Response:
        """The bytes are the body; the name, with folders, is in the header X-File-Name, percent-encoded.

        The response is one JSON object a line: the progress, and last the outcome.
        """
        upload = self._library.receive(name, unquote(request.headers.get("x-file-name", "")))
        try:
            async for block in request.stream():
                upload.write(block)
        except BaseException:
            upload.discard()
            raise
        return StreamingResponse(_lines(self._library.add(name, upload)), media_type="application/x-ndjson")

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


def _lines(views: Iterator[dict[str, Any]]) -> Iterator[str]:
    """One JSON object a line; the last one is always the outcome."""
    try:
        for view in views:
            yield json.dumps(view) + "\n"
    except Exception as error:
        yield json.dumps({"step": "failed", **failure_view(error)}) + "\n"
