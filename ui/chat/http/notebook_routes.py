"""The JSON routes of the notebook, and its exports."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from askive.rag.errors import UsageError
from askive.ui.chat.conversations import MAX_TURN_ID, Conversations
from askive.ui.chat.http.payloads import citations_of
from askive.ui.chat.notebook.docx import to_docx
from askive.ui.chat.notebook.export import TITLE, cited_in, to_html, to_markdown
from askive.ui.chat.notebook.references import sources_of, to_bibtex, to_csl
from askive.ui.chat.notebook.store import Note, Notebook
from askive.ui.chat.rendering import to_safe_html

NoteId = Annotated[int, Field(ge=1, le=MAX_TURN_ID)]
Form = Literal["markdown", "html", "docx", "csl", "bibtex"]
DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


class Pinned(BaseModel):
    """An answer, or one citation of it by its place among all of the answer; None pins the answer itself."""

    model_config = ConfigDict(extra="forbid")
    turn_id: Annotated[int, Field(ge=1, le=MAX_TURN_ID)]
    uri: str | None = None
    start: int = 0


class Comment(BaseModel):
    """What a user writes about a note."""

    model_config = ConfigDict(extra="forbid")
    text: Annotated[str, Field(max_length=20_000)]


class Order(BaseModel):
    """The ids of the notes in their new order."""

    model_config = ConfigDict(extra="forbid")
    note_ids: list[NoteId]


class NotebookRoutes:
    """Routes under `/chat/notebook`."""

    def __init__(self, notebook: Notebook, kept: Conversations) -> None:
        self._notebook = notebook
        self._kept = kept

    def table(self) -> list[tuple[str, str, Callable[..., Any]]]:
        """Method, path and function of each route."""
        return [
            ("GET", "notebook", self.notes),
            ("POST", "notebook", self.pin),
            ("PUT", "notebook", self.order),
            ("GET", "notebook/export", self.export),
            ("PUT", "notebook/{note_id}", self.comment),
            ("DELETE", "notebook/{note_id}", self.remove),
        ]

    def notes(self) -> list[dict[str, Any]]:
        """The notes in their order."""
        return [_view(note) for note in self._notebook.all()]

    def pin(self, body: Pinned) -> dict[str, int]:
        """Pin an answer or a quotation of it."""
        turn = self._kept.turn(body.turn_id)
        if turn.answer is None or "failure" in turn.answer:
            raise UsageError("there is no answer to pin", remedy="ask again first")
        collection, answer = str(turn.asked.get("collection")), dict(turn.answer)
        if body.uri is None:
            content = {"question": turn.question, "answer": answer}
            return {"note_id": self._notebook.add("answer", collection, content)}
        shown = [*citations_of(answer), *([answer["first"]] if answer.get("first") else [])]
        for citation in shown:
            if (citation["uri"], citation["start"]) == (body.uri, body.start):
                return {"note_id": self._notebook.add("quote", collection, citation)}
        raise UsageError("this quotation is not in the answer", remedy="reload the page")

    def order(self, body: Order) -> list[dict[str, Any]]:
        """Put the notes in another order."""
        self._notebook.order(body.note_ids)
        return self.notes()

    def comment(self, note_id: NoteId, body: Comment) -> dict[str, str]:
        """Store a comment."""
        self._notebook.comment(note_id, body.text)
        return {"comment": body.text, "comment_html": to_safe_html(body.text)}

    def remove(self, note_id: NoteId) -> dict[str, int]:
        """Delete a note."""
        self._notebook.remove(note_id)
        return {"removed": note_id}

    def export(self, form: Form = "markdown") -> Response:
        """The notebook, or the references of its sources, as a file to download."""
        notes = self._notebook.all()
        content: str | bytes
        if form == "html":
            content, media_type, name = to_html(notes), "text/html", "notebook.html"
        elif form == "docx":
            content, media_type, name = to_docx(to_markdown(notes), TITLE), DOCX_TYPE, "notebook.docx"
        elif form == "csl":
            items = to_csl(sources_of(cited_in(notes)))
            content, media_type = json.dumps(items, ensure_ascii=False, indent=2), "application/json"
            name = "references.json"
        elif form == "bibtex":
            content, media_type = to_bibtex(sources_of(cited_in(notes))), "application/x-bibtex"
            name = "references.bib"
        else:
            content, media_type, name = to_markdown(notes), "text/markdown", "notebook.md"
        return Response(
            content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
        )


def _view(note: Note) -> dict[str, Any]:
    return {
        "note_id": note.note_id,
        "kind": note.kind,
        "collection": note.collection,
        "content": note.content,
        "comment": note.comment,
        "comment_html": to_safe_html(note.comment),
    }
