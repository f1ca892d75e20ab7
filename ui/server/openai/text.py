"""An answer as one text: sentences with numbered notes, rows as a table, the sources below; and its annotations."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askive.rag.answer.partial import missing_text
from askive.rag.passage_context import locator_of
from askive.rag.serialize import citation_to_dict
from askive.rag.types import Answer, Citation, Cited, Event, Final, Row, Sentence, Token

# The list at the end of an answer with notes.
_LISTS = re.compile(r"\n\n(?:Sources|Nearest passages):\n\[\d+\] ")
# " [1]", " [2][3]".
_NOTES = re.compile(r" (?:\[\d+\])+")


@dataclass(frozen=True, slots=True)
class Annotation:
    """The characters `start` to `end` of a text are supported by the citation."""

    start: int
    end: int
    citation: Citation

    @property
    def url(self) -> str:
        """The address of the document; a `file:` URL for a path."""
        uri = self.citation.hit.source.uri
        return Path(uri).as_uri() if uri.startswith("/") else uri

    def for_chat(self) -> dict[str, Any]:
        """As in `message.annotations`; `citation` is ours, with the exact span."""
        return {
            "type": "url_citation",
            "url_citation": {
                "start_index": self.start,
                "end_index": self.end,
                "url": self.url,
                "title": self.citation.hit.source.title,
            },
            "citation": citation_to_dict(self.citation),
        }

    def for_responses(self) -> dict[str, Any]:
        """As in an `output_text`, where the fields are not nested."""
        chat = self.for_chat()
        return {"type": "url_citation", **chat["url_citation"], "citation": chat["citation"]}


@dataclass(frozen=True, slots=True)
class AnswerText:
    """text: of the whole answer. annotations: in the order of the text."""

    text: str
    annotations: tuple[Annotation, ...]


def answer_text(answer: Answer, *, notes: bool) -> AnswerText:
    """The answer as a text. notes: with `[1]` after a sentence or row, and the quotes of the sources at the end."""
    text, annotations = "", list[Annotation]()

    def add(words: str, citations: Sequence[Citation]) -> None:
        nonlocal text
        start = len(text)
        text += words
        annotations.extend(Annotation(start, len(text), citation) for citation in citations)

    if answer.refused or not answer.sentences:
        text = answer.text
    at = 0
    for sentence in answer.sentences:
        text += answer.text[at : sentence.start]
        add(_noted(sentence, notes), sentence.citations)
        at = sentence.end
    if answer.rows:
        text += f"\n\n{_cells(answer.columns)}\n{_cells(['---'] * len(answer.columns))}"
    for row in answer.rows:
        text += "\n"
        add(_row(row, answer.columns, notes), row.citations)
    if answer.unanswered:
        text += f"\n\n{missing_text(answer.unanswered)}"
    if notes:
        text += _listed(sorted({c.marker: c for c in answer.citations}.items()), "Sources")
        nearby = answer.refusal.nearby if answer.refusal else ()
        text += _listed(list(enumerate(nearby, start=1)), "Nearest passages")
    return AnswerText(text, tuple(annotations))


@dataclass(slots=True)
class TextStream:
    """The text of an answer while it is made: each sentence once it is checked and supported.

    sent: what was returned so far.
    """

    notes: bool
    sent: str = ""
    final: AnswerText | None = None
    answer: Answer | None = None
    _generated: str = ""
    _at: int = 0

    def take(self, event: Event) -> str:
        """The next part of the text; may be empty. After `Final`, `final` has the annotations of the whole text.

        If the answer is not what was returned so far, because a check at the end has changed it, it is returned again
        as a whole after an empty line.
        """
        part = ""
        if isinstance(event, Token):
            self._generated += event.text
        elif isinstance(event, Cited) and event.sentence.verdict == "supported":
            lead = self._generated[self._at : event.sentence.start] if self.sent else ""
            part = f"{lead}{_noted(event.sentence, self.notes)}"
            self._at = event.sentence.end
        elif isinstance(event, Final):
            whole = answer_text(event.answer, notes=self.notes)
            self.answer = event.answer
            if whole.text.startswith(self.sent):
                part, shift = whole.text[len(self.sent) :], 0
            else:
                part, shift = f"\n\n{whole.text}", len(self.sent) + 2
            moved = (Annotation(a.start + shift, a.end + shift, a.citation) for a in whole.annotations)
            self.final = AnswerText(self.sent + part, tuple(moved))
        self.sent += part
        return part


def without_notes(text: str) -> str:
    """An earlier answer without its notes and the list of sources, for the history of a conversation."""
    return _NOTES.sub("", _LISTS.split(text, maxsplit=1)[0])


def _noted(sentence: Sentence, notes: bool) -> str:
    marks = "".join(f"[{citation.marker}]" for citation in sentence.citations)
    return f"{sentence.text} {marks}" if notes and marks else sentence.text


def _row(row: Row, columns: Sequence[str], notes: bool) -> str:
    marks = "".join(f"[{citation.marker}]" for citation in row.citations)
    cells = _cells([row.values.get(column, "") for column in columns])
    return f"{cells} {marks}" if notes and marks else cells


def _cells(texts: Sequence[str]) -> str:
    """A row of a Markdown table."""
    return "| " + " | ".join(" ".join(text.split()).replace("|", "\\|") for text in texts) + " |"


def _listed(citations: Sequence[tuple[int, Citation]], title: str) -> str:
    if not citations:
        return ""
    lines = [
        f"[{number}] {_about(citation)}: “{' '.join(citation.quote.split())}”"
        for number, citation in citations
    ]
    return f"\n\n{title}:\n" + "\n".join(lines)


def _about(citation: Citation) -> str:
    source = citation.hit.source
    where = locator_of(source, citation.hit.passage, citation.start)
    rest = ", ".join(part for part in (source.publisher, source.published, where) if part)
    return f"{source.title} ({rest})" if rest else source.title
