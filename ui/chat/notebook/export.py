"""The notebook as Markdown and as one HTML page; the citations in it."""

from __future__ import annotations

import html
from collections.abc import Sequence

from askive.ui.chat.export import PAGE_STYLE, answer_markdown, escape_markdown
from askive.ui.chat.http.payloads import View, byline, citations_of, file_of
from askive.ui.chat.notebook.store import Note
from askive.ui.chat.rendering import to_safe_html

TITLE = "Notebook"


def to_markdown(notes: Sequence[Note]) -> str:
    """The notes in their order, each with its comment; quotations with their source."""
    parts = [f"# {TITLE}"]
    for note in notes:
        if note.kind == "answer":
            parts += [
                f"## {escape_markdown(note.content['question'])}",
                answer_markdown(note.content["answer"]),
            ]
        else:
            parts.append(_quote(note.content))  # type: ignore[arg-type]
        if note.comment.strip():
            parts.append(note.comment.strip())
    return "\n\n".join(parts) + "\n"


def to_html(notes: Sequence[Note]) -> str:
    """One page without scripts or external resources."""
    title = html.escape(TITLE)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{PAGE_STYLE}</style></head><body>{to_safe_html(to_markdown(notes))}</body></html>\n"
    )


def cited_in(notes: Sequence[Note]) -> list[View]:
    """All citations of the notes, in their order."""
    found: list[View] = []
    for note in notes:
        found += citations_of(note.content["answer"]) if note.kind == "answer" else [dict(note.content)]
    return found


def _quote(citation: View) -> str:
    text = " ".join(citation["quote"].split())
    source = f"{byline(citation)}, {file_of(citation)}"
    return f"> “{escape_markdown(text)}”\n>\n> {escape_markdown(source)}"
