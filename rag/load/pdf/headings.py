"""Headings of a PDF: paragraphs that its bookmarks name, or else that are set larger than its text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from askive.rag.load.pdf.lines import BLOCK_END
from askive.rag.load.sections import MAX_LEVEL, literal

_LARGER = 1.15
"""A heading is at least so many times as large as the text."""
_MAX_CHARS = 150
_MIN_LETTERS = 3
_MAX_SHARE = 0.3
"""More of a document in large letters is no heading: a poster, slides."""
_MAX_SIZES = 4
_MIN_BOOKMARKS = 2
_MAX_BOOKMARKS = 5_000
# "\r\n", as PDFium ends lines
_LINE_END = re.compile(r"\r\n|\r|\n")
# Blanks, and what PDFium and the order of columns put at the end of a line.
_MARKS = f" \t\f\v\x02{BLOCK_END}"


class Line(NamedTuple):
    """A line of a page. size: the height of its first letter with its font's ascent and descent, in points."""

    text: str
    size: float


class Bookmark(NamedTuple):
    """An entry of a PDF's table of contents. page: from 0. level: 1 is the highest."""

    title: str
    page: int
    level: int


def sized_lines(text_page: Any, page: str) -> list[Line]:
    """The lines of `page`, a text of this text page of pypdfium2 in any order; without those of unknown size."""
    import pypdfium2

    text = str(text_page.get_text_range())
    if len(text) != text_page.count_chars():
        # Characters beyond the first plane count as two, so that places in the text are none of letters.
        return []
    lines: list[Line] = []
    at = 0
    for row in _LINE_END.split(page):
        line = row.strip(_MARKS)
        # Columns are read from top to bottom, so the next line may stand before this one in the file.
        start = text.find(line, at)
        start = text.find(line) if start < 0 else start
        if not line or start < 0:
            continue
        at = start + len(line)
        try:
            _, bottom, _, top = text_page.get_charbox(start, loose=True)
            lines.append(Line(line, round(2 * (top - bottom)) / 2))
        except pypdfium2.PdfiumError:
            pass
    return lines


def bookmarks(pdf: Any) -> list[Bookmark]:
    """The entries of the table of contents, in its order; without those that lead to no page."""
    import pypdfium2

    found: list[Bookmark] = []
    try:
        for entry in pdf.get_toc(max_depth=MAX_LEVEL):
            target = entry.get_dest()
            page = None if target is None else target.get_index()
            if page is not None and page >= 0:
                found.append(Bookmark(entry.get_title(), page, entry.level + 1))
            if len(found) >= _MAX_BOOKMARKS:
                break
    except pypdfium2.PdfiumError:
        # The text is sound without its table of contents.
        return found
    return found


def with_headings(
    pages: Sequence[str], lines: Sequence[Sequence[Line]], contents: Sequence[Bookmark]
) -> list[str]:
    """The pages as Markdown. pages: paragraphs between blank lines. lines: those of each page, with their sizes."""
    paragraphs = [[literal(text) for text in page.split("\n\n")] for page in pages]
    levels = _levels_of_bookmarks(paragraphs, contents)
    if sum(map(len, levels)) < _MIN_BOOKMARKS:
        levels = _levels_of_sizes(lines)
    return [
        "\n\n".join(
            f"{'#' * of_page[key]} {' '.join(text.split())}"
            if (key := _key(text)) in of_page and "\n" not in text.strip() and not text.startswith("|")
            else text
            for text in texts
        )
        for texts, of_page in zip(paragraphs, levels, strict=True)
    ]


def _levels_of_bookmarks(
    paragraphs: Sequence[Sequence[str]], contents: Sequence[Bookmark]
) -> list[dict[str, int]]:
    """The levels of the paragraphs that are titles of bookmarks, by their keys, for each page."""
    keys = [{_key(text) for text in texts if len(text) <= _MAX_CHARS} for texts in paragraphs]
    levels: list[dict[str, int]] = [{} for _ in paragraphs]
    for entry in contents:
        key = _key(entry.title)
        if key and entry.page < len(keys) and key in keys[entry.page]:
            levels[entry.page].setdefault(key, min(entry.level, MAX_LEVEL))
    return levels


def _levels_of_sizes(lines: Sequence[Sequence[Line]]) -> list[dict[str, int]]:
    """The levels of the lines that are larger than most of the text, by their keys, for each page."""
    n_chars: Counter[float] = Counter()
    for page in lines:
        for line in page:
            n_chars[line.size] += len(line.text)
    if not n_chars:
        return [{} for _ in lines]
    usual = max(n_chars, key=lambda size: (n_chars[size], -size))
    sizes = sorted((size for size in n_chars if size >= _LARGER * usual), reverse=True)
    if sum(n_chars[size] for size in sizes) > _MAX_SHARE * n_chars.total():
        return [{} for _ in lines]
    level_of = {size: min(level, _MAX_SIZES) for level, size in enumerate(sizes, start=1)}
    return [_of_page(page, level_of) for page in lines]


def _of_page(page: Sequence[Line], level_of: Mapping[float, int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for size, group in groupby(page, key=lambda line: line.size):
        if size in level_of:
            texts = [line.text for line in group]
            # A heading of two lines may have become one paragraph or two.
            for text in (" ".join(texts), *texts):
                if len(text) <= _MAX_CHARS and _is_title(text):
                    found.setdefault(_key(text), level_of[size])
    return found


def _is_title(text: str) -> bool:
    return sum(map(str.isalpha, text)) >= _MIN_LETTERS and text[-1] not in ".,;"


def _key(text: str) -> str:
    """What stays the same when a line becomes a paragraph, or its title a bookmark."""
    return re.sub(r"[\W_]+", "", text.casefold())
