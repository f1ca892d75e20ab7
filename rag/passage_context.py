"""What heads a passage where a model reads it: title, headings, publisher, date."""

from __future__ import annotations

from typing import Literal

from askive.rag.types import Document, Hit, Passage, Source

HeadPart = Literal["title", "headings", "publisher", "published"]

_MAX_TITLE_CHARS = 200


def context_of(document: Document | Source, passage: Passage) -> str:
    """What is put in front of a passage when it is embedded and indexed: title, headings, publisher, date."""
    parts = (document.title, passage.heading, document.publisher, document.published)
    return " | ".join(part for part in parts if part)


def heading_words(source: Document | Source, passage: Passage, *parts: HeadPart) -> str:
    """These parts of what heads a passage as plain text, in this order, to be searched for words."""
    texts = {
        "title": source.title,
        "headings": passage.heading,
        "publisher": source.publisher,
        "published": source.published,
    }
    return " ".join(text for part in parts if (text := texts[part]))


def headed_by(hit: Hit) -> str:
    """What a sentence of the passage is read under when it is checked: title, headings, publisher."""
    return f"{hit.source.title}. {hit.passage.heading}. {hit.source.publisher or ''}"


def source_line(number: int, hit: Hit) -> str:
    """The line above what is read of a document."""
    about = ", ".join(part for part in (hit.source.publisher, hit.source.published) if part)
    return f"[{number}] {hit.source.title[:_MAX_TITLE_CHARS]}{f' ({about})' if about else ''}:"
