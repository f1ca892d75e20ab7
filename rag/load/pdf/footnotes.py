"""Footnotes of a PDF, taken out of the sentence that they interrupt.

A footnote stands at the foot of a page or of a column, in smaller letters, and begins with its mark; the sentence above
it may go on at the top of the next page or column. Only such notes are moved: others do no harm where they are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from askive.rag.load.pdf.headings import Line
from askive.rag.load.pdf.lines import BLOCK_END

_SMALLER = 0.93
"""A footnote is at most so many times as large as the text."""
_MAX_LINES = 40
# "1 The quay", "12. The quay", "[3] The quay", "* The quay", "†The quay"
_MARK = re.compile(r"(?:\(?\[?\d{1,3}[\])]?\.?\s*|[*†‡§]{1,3}\s*)(?=[^\W\d_\s]|[\"'“‘(])")
# "the pump.", 'the pump."', "the pump:", "the pump.3"
_SENTENCE_END = re.compile(r"[.!?:;][\"'”’»)\]]*\d{0,3}$")
_ADDED = {0xFFFE: None, 0x02: None, ord(BLOCK_END): None}
_PAGE_NUMBER = re.compile(r"[-–—\s]*\d{1,4}[-–—\s]*|[ivxlc]{1,7}")


class Split(NamedTuple):
    """The text of a page without the notes that interrupt it, a line for each of its lines, and those notes."""

    text: str
    notes: list[str]


def without_footnotes(pages: Sequence[str], lines: Sequence[Sequence[Line]]) -> list[Split]:
    """The pages and their interrupting footnotes, whose lines are joined by line ends.

    pages: as PDFium gives them. lines: those of each page, with their sizes.
    """
    usual = _usual_size(lines)
    if usual is None:
        return [Split(page, []) for page in pages]
    found: list[Split] = []
    for number, (page, of_page) in enumerate(zip(pages, lines, strict=True)):
        rows = page.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        sizes = {_key(line.text): line.size for line in of_page}
        is_small = [sizes.get(_key(row), usual) <= _SMALLER * usual for row in rows]
        if not any(is_small) or all(
            small or not row.strip() for small, row in zip(is_small, rows, strict=True)
        ):
            found.append(Split(page, []))
            continue
        following = next((_first_row(later) for later in pages[number + 1 : number + 2]), "")
        found.append(_split(rows, is_small, following))
    return found


def with_footnotes(paragraphs: Sequence[str], notes: Sequence[Sequence[str]]) -> list[str]:
    """The pages as paragraphs between blank lines, with their notes as paragraphs of their own.

    They stand before the last paragraph of a page if it goes on on the next page, else at the end.
    """
    found: list[str] = []
    for number, (page, of_page) in enumerate(zip(paragraphs, notes, strict=True)):
        texts = page.split("\n\n") if page else []
        # The first paragraph of all may be the title.
        goes_on = len(texts) > (not number) and not _SENTENCE_END.search(texts[-1].rstrip())
        at = len(texts) - goes_on
        found.append("\n\n".join([*texts[:at], *of_page, *texts[at:]]))
    return found


def _split(rows: Sequence[str], is_small: Sequence[bool], following: str) -> Split:
    """following: the first row of the next page."""
    kept: list[str] = []
    notes: list[str] = []
    at = 0
    while at < len(rows):
        end = at
        while end < len(rows) and is_small[end] and end - at < _MAX_LINES:
            end += 1
        if end == at or not _MARK.match(rows[at].strip()):
            kept.append(rows[at])
            at += 1
            continue
        after = [row for row in rows[end:] if row.strip() and not _PAGE_NUMBER.fullmatch(row.strip())]
        if _goes_on(kept, after[0] if after else following):
            notes += _notes(rows[at:end])
        else:
            kept += rows[at:end]
        at = end
    return Split("\n".join(kept), notes)


def _goes_on(before: Sequence[str], after: str) -> bool:
    """Whether a sentence goes on from the last row to the next one."""
    last = next((row.strip() for row in reversed(before) if row.strip()), "")
    first = after.strip()
    return bool(last and first) and not _SENTENCE_END.search(last) and first[0].islower()


def _notes(rows: Sequence[str]) -> list[str]:
    """The rows of each note, joined by line ends."""
    notes: list[str] = []
    for row in filter(str.strip, rows):
        if notes and not _MARK.match(row.strip()):
            notes[-1] += f"\n{row}"
        else:
            notes.append(row)
    return notes


def _usual_size(lines: Sequence[Sequence[Line]]) -> float | None:
    """The size of most letters; None when no sizes are known."""
    n_chars: Counter[float] = Counter()
    for page in lines:
        for line in page:
            n_chars[line.size] += len(line.text)
    return max(n_chars, key=lambda size: (n_chars[size], -size), default=None)


def _first_row(page: str) -> str:
    """The first row of a page with text, other than a page number."""
    rows = (row.strip() for row in re.split(r"[\r\n]+", page))
    return next((row for row in rows if row and not _PAGE_NUMBER.fullmatch(row)), "")


def _key(row: str) -> str:
    """What PDFium and the order of columns add to a line does not count."""
    return " ".join(row.translate(_ADDED).split())
