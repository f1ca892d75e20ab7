"""Document -> passages: whole sentences of one section, with exact offsets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from rag.config import PassageConfig
from rag.sentences import split_sentences
from rag.types import Document, Passage, Source

_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.+?)[ \t]*#*[ \t]*$", re.MULTILINE)
_FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)
PAGE_BREAK = "\f"


class _Unit(NamedTuple):
    start: int
    end: int
    heading: str
    page: int | None


def chunk(document: Document, config: PassageConfig) -> list[Passage]:
    """Passages in the order of the document: `document.text[p.start:p.end] == p.text`.

    A passage holds sentences of one section and one page, at most `config.max_words` words unless a single
    sentence is longer, and repeats the last `config.overlap_sentences` sentences of the one before it.
    Form feeds in the text are page breaks. Every non-space character outside headings is in a passage.
    """
    passages: list[Passage] = []
    for (heading, page), group in groupby(_units(document), key=lambda unit: (unit.heading, unit.page)):
        for start, end in _windows(document.text, list(group), config):
            passages.append(
                Passage(text=document.text[start:end], start=start, end=end, heading=heading, page=page)
            )
    return passages


def _units(document: Document) -> Iterator[_Unit]:
    """Sentences with their section and page."""
    markdown = document.media_type == "text/markdown"
    paged = PAGE_BREAK in document.text
    page_start = 0
    for number, page_text in enumerate(document.text.split(PAGE_BREAK), start=1):
        page_end = page_start + len(page_text)
        page = number if paged else None
        for start, end, heading in _sections(document.text, page_start, page_end, markdown):
            for span in split_sentences(document.text, start, end):
                yield _Unit(span.start, span.end, heading, page)
        page_start = page_end + len(PAGE_BREAK)


def _sections(text: str, start: int, end: int, markdown: bool) -> Iterator[tuple[int, int, str]]:
    path: list[tuple[int, str]] = []
    at = start
    fences = [m.start() for m in _FENCE.finditer(text, start, end)] if markdown else []
    for match in _HEADING.finditer(text, start, end) if markdown else ():
        if sum(fence < match.start() for fence in fences) % 2:
            continue
        yield at, match.start(), _heading_path(path)
        level = len(match.group(1))
        path = [item for item in path if item[0] < level] + [(level, match.group(2).strip())]
        at = match.end()
    yield at, end, _heading_path(path)


def _heading_path(path: list[tuple[int, str]]) -> str:
    return " > ".join(title for _, title in path)


def _windows(text: str, units: list[_Unit], config: PassageConfig) -> Iterator[tuple[int, int]]:
    counts = [len(text[unit.start : unit.end].split()) for unit in units]
    first = 0
    while first < len(units):
        last, words = first, counts[first]
        while last + 1 < len(units) and words + counts[last + 1] <= config.max_words:
            last += 1
            words += counts[last]
        yield units[first].start, units[last].end
        if last + 1 == len(units):
            return
        # Overlap must never eat a whole passage, or the window would not move.
        step_back = min(config.overlap_sentences, last - first)
        while step_back and sum(counts[last + 1 - step_back : last + 2]) > config.max_words:
            step_back -= 1
        first = last + 1 - step_back


def context_of(document: Document | Source, passage: Passage) -> str:
    """What is put in front of a passage when it is embedded and indexed: title, headings, publisher, date."""
    parts = (document.title, passage.heading, document.publisher, document.published)
    return " | ".join(part for part in parts if part)
