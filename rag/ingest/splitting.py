"""Document -> passages: whole sentences of one section, with exact offsets."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple, Protocol

from askive.rag.load.sections import is_markdown
from askive.rag.load.tables.row_marks import RowsInOrder
from askive.rag.text.headings import find_headings
from askive.rag.text.sentences import split_sentences
from askive.rag.types import PAGE_BREAK, Document, Passage

MAX_HEADING_PATH_CHARS = 1_000
"""The heading precedes every passage of its section; longer ones are cut."""
# "```python", "~~~".
_FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)
_PDF = "application/pdf"
_PAGED = (_PDF, "application/vnd.openxmlformats-officedocument.presentationml.presentation")
# The end of a page whose last sentence continues: "harbour", "the cranes,", "and the sheds of".
_OPEN_END = re.compile(
    r"(?:[^\W_]|[,;–—-]|\b(?:a|an|the|of|to|in|on|at|by|for|from|with|and|or|than|that|is|was|are|were))$"
)


class Splitting(Protocol):
    """Settings for splitting: see `askive.rag.config.PassageConfig`."""

    @property
    def max_words(self) -> int:
        """Maximum number of words in a passage."""
        ...

    @property
    def overlap_sentences(self) -> int:
        """Number of sentences repeated from the previous passage."""
        ...


class _Unit(NamedTuple):
    start: int
    end: int
    heading: str
    page: int | None


def chunk(document: Document, config: Splitting) -> list[Passage]:
    """Passages in the order of the document: `document.text[p.start:p.end] == p.text`.

    A passage has sentences of one section that begin on one page, at most `config.max_words` words unless a single
    sentence is longer, and repeats the last `config.overlap_sentences` sentences of the previous one. A passage crosses
    a page break only if one of its sentences does; `page` is the page on which it begins.
    Every non-space character outside headings is in a passage.
    """
    passages: list[Passage] = []
    rows = RowsInOrder(document.text, document.rows)
    for (heading, page), group in groupby(_units(document), key=lambda unit: (unit.heading, unit.page)):
        for start, end in _windows(document.text, list(group), config):
            passages.append(
                Passage(document.text[start:end], start, end, heading, page, rows=rows.between(start, end))
            )
    return passages


def _units(document: Document) -> Iterator[_Unit]:
    """Sentences with section and page."""
    text = document.text
    markdown = is_markdown(document.media_type)
    paged = PAGE_BREAK in text or document.media_type in _PAGED
    page_starts = [0, *(match.end() for match in re.finditer(PAGE_BREAK, text))]
    is_pdf = document.media_type == _PDF
    path: list[tuple[int, str]] = []
    for first, last in _page_spans(text, page_starts, markdown and not is_pdf):
        # A section of a PDF goes on on the next page; a slide is one of its own.
        path = path if is_pdf else []
        for start, end, heading in _sections(text, first, last, markdown, path):
            for span in split_sentences(text, start, end):
                page = bisect_right(page_starts, span.start) if paged else None
                yield _Unit(span.start, span.end, heading, page)


def _page_spans(text: str, page_starts: Sequence[int], markdown: bool) -> Iterator[tuple[int, int]]:
    """Spans of pages; consecutive pages that share a sentence form one span."""
    first = 0
    for page, following in pairwise([*page_starts, len(text) + 1]):
        end = following - len(PAGE_BREAK)
        if (
            following > len(text)
            or markdown
            or not _shares_sentence(text[page:end], text[following : following + 80])
        ):
            yield first, end
            first = following


def _shares_sentence(page: str, following: str) -> bool:
    """Whether a sentence continues on the next page, by the last word of a page and the first letter of the next."""
    before, after = page.rstrip(), following.lstrip()
    open_end = _OPEN_END.search(before[-20:])
    if not open_end or not after:
        return False
    return after[0].islower() or open_end.group() == "," or len(open_end.group()) > 1


def _sections(
    text: str, start: int, end: int, markdown: bool, path: list[tuple[int, str]]
) -> Iterator[tuple[int, int, str]]:
    """Spans with their headings. path: levels and titles of the headings at the start; at the end of those there."""
    at = start
    fences = [m.start() for m in _FENCE.finditer(text, start, end)] if markdown else []
    for heading in find_headings(text, start, end) if markdown else ():
        if bisect_left(fences, heading.start) % 2:
            continue
        yield at, heading.start, _heading_path(path)
        path[:] = [item for item in path if item[0] < heading.level] + [(heading.level, heading.title)]
        at = heading.end
    yield at, end, _heading_path(path)


def _heading_path(path: list[tuple[int, str]]) -> str:
    return " > ".join(title for _, title in path)[:MAX_HEADING_PATH_CHARS]


def _windows(text: str, units: list[_Unit], config: Splitting) -> Iterator[tuple[int, int]]:
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
        # The overlap must be shorter than the passage, or the window would not move.
        step_back = min(config.overlap_sentences, last - first)
        while step_back and sum(counts[last + 1 - step_back : last + 2]) > config.max_words:
            step_back -= 1
        first = last + 1 - step_back
