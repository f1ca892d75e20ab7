"""Join texts of several origins into one Markdown text, in which each is a section of its own."""

from __future__ import annotations

import re

from askive.rag.load.tables.row_marks import marked
from askive.rag.types import PAGE_BREAK, Document

MAX_LEVEL = 6
MARKDOWN_TYPES = (
    "text/markdown",
    "text/html",
    "text/csv",
    "text/x-rst",
    "application/vnd.openxmlformats-",
    "application/vnd.oasis.opendocument.",
    "application/epub+zip",
    "application/mbox",
    "application/json",
    "application/x-ipynb+json",
    "application/rtf",
    "application/xml",
    "application/zip",
    "application/pdf",
    "text/asciidoc",
    "text/x-tex",
    "text/x-mail",
    "message/rfc822",
)
"""Prefixes of media types whose text is Markdown after loading."""
# "# Title", "```", "~~~", with up to three blanks before it.
_MARKUP = re.compile(r"^ {0,3}(?=#{1,6}[ \t]|```|~~~)", re.MULTILINE)
# "# Title" and "###### Title".
_HEADING = re.compile(r"^ {0,3}(#{1,6})(?=[ \t])", re.MULTILINE)


def is_markdown(media_type: str) -> bool:
    """Whether the text of a document of this type is Markdown."""
    return media_type.startswith(MARKDOWN_TYPES)


def literal(text: str) -> str:
    """The text with lines indented that Markdown would take for a heading or the border of code."""
    return _MARKUP.sub("    ", text)


def section(title: str, text: str, level: int) -> str:
    """A heading, and the text under it."""
    return f"{'#' * min(level, MAX_LEVEL)} {' '.join(title.split())}\n\n{text.strip()}"


def nested(document: Document, level: int) -> str:
    """The document's text as part of a section of this level: its own headings are below it, and so are its pages."""
    text = marked(document)
    pages = text.split(PAGE_BREAK)
    if len(pages) == 1:
        return _below(text, level) if is_markdown(document.media_type) else literal(text)
    shown = _below if is_markdown(document.media_type) else lambda text, _level: literal(text)
    return "\n\n".join(
        section(f"Page {number}", shown(page, level + 1), level + 1)
        for number, page in enumerate(pages, start=1)
        if page.strip()
    )


def _below(text: str, level: int) -> str:
    return _HEADING.sub(lambda match: "#" * min(len(match[1]) + level, MAX_LEVEL), text)
