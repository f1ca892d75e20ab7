"""The context that precedes a passage in a model's input: title, headings, publisher, date."""

from __future__ import annotations

import re
from typing import Literal

from askive.rag.text.dates import spelled_date
from askive.rag.types import Document, Hit, Passage, Source

HeadPart = Literal["title", "headings", "publisher", "published", "spelled_date"]
"""published: the stored date. spelled_date: the stored date and its spelling in words."""

_MAX_TITLE_CHARS = 200
_MAX_URI_CHARS = 80
_NO_WORD = re.compile(r"[\W_]+")


def context_of(document: Document | Source, passage: Passage) -> str:
    """The text before a passage when it is embedded and indexed: title, headings, publisher, date."""
    parts = (document.title, passage.heading, document.publisher, document.published)
    return " | ".join(part for part in parts if part)


def heading_words(source: Document | Source, passage: Passage, *parts: HeadPart) -> str:
    """These parts of a passage's context as plain text, in this order, for a search by words."""
    return " ".join(text for part in parts if (text := _heading_part(source, passage, part)))


def under_title(source: Document | Source, text: str, mark: Literal[". ", ": "]) -> str:
    """The text after its document's title; only the text when there is no title.

    mark: the separator. Each model needs the one it was trained or fitted with.
    """
    return f"{source.title}{mark}{text}" if source.title else text


def headed_by(hit: Hit) -> str:
    """The context of the passage's sentences when they are checked: title, headings, publisher."""
    return f"{hit.source.title}. {hit.passage.heading}. {hit.source.publisher or ''}"


def file_words(source: Document | Source) -> str:
    """The words in the names of the file and of its folders: `kestle-weir/delivery.csv` is about Kestle Weir."""
    return " ".join(_NO_WORD.sub(" ", source.uri[-_MAX_URI_CHARS:]).split())


def source_line(number: int, hit: Hit) -> str:
    """The line above a document's evidence in a prompt."""
    about = ", ".join(part for part in (hit.source.publisher, hit.source.published) if part)
    return f"[{number}] {hit.source.title[:_MAX_TITLE_CHARS]}{f' ({about})' if about else ''}:"


def named_source(source: Document | Source) -> str:
    """The publisher, or else the title, and the date in words: `Reuters, November 2015`; the uri if all are unknown."""
    date = spelled_date(source.published).partition(" ")[2]
    return ", ".join(part for part in (source.publisher or source.title, date) if part) or source.uri


def _heading_part(source: Document | Source, passage: Passage, part: HeadPart) -> str | None:
    match part:
        case "title":
            return source.title
        case "headings":
            return passage.heading
        case "publisher":
            return source.publisher
        case "published":
            return source.published
        case "spelled_date":
            return spelled_date(source.published)
