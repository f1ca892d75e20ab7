"""Which row of its table each line of a text is.

The text of a table passes through loaders that join, indent and shorten texts, so offsets into it do not last. While a
file is loaded, each line of a table ends with a mark, and `unmarked` turns the marks of the finished text into offsets.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from askive.rag.types import PAGE_BREAK, Document, TableRows

_MARKING: ContextVar[bool] = ContextVar("marking", default=False)
# Code points that no text may have, so that no pattern takes a mark for a word or a number.
_IN_SHEET, _FIRST, _NEXT = "\ufdd2", "\ufdd3", "\ufdd4"
_DIGITS = str.maketrans("0123456789", "".join(chr(0xFDE0 + digit) for digit in range(10)))
_PLAIN = {after: before for before, after in _DIGITS.items()}
# A kind and digits: row 14 of a sheet, the first row of a table with this number, another row of the same table.
_MARK = re.compile("(?P<kind>[\ufdd2-\ufdd4])(?P<digits>[\ufde0-\ufde9]{1,10})")


@contextmanager
def marking_rows() -> Iterator[None]:
    """While it lasts, this thread's loaders mark the rows of tables; without it they do not."""
    token = _MARKING.set(True)
    try:
        yield
    finally:
        _MARKING.reset(token)


def row_mark(number: int, *, in_sheet: bool, is_first: bool) -> str:
    """What to put at the end of the line of a row; empty outside of `marking_rows`.

    number: of the row, 1-based. in_sheet: rows are those of a sheet, not of a table. is_first: of its table.
    """
    if not _MARKING.get():
        return ""
    kind = _IN_SHEET if in_sheet else _FIRST if is_first else _NEXT
    return f"{kind}{str(number).translate(_DIGITS)}"


def unmarked(text: str) -> tuple[str, tuple[TableRows, ...]]:
    """The text without marks, and the rows in it. Tables are numbered on each page."""
    parts: list[str] = []
    rows: list[TableRows] = []
    at = n_removed = table = last = 0
    for match in _MARK.finditer(text):
        kind, number = match["kind"], int(match["digits"].translate(_PLAIN))
        table = 0 if kind != _IN_SHEET and PAGE_BREAK in text[at : match.start()] else table
        table += kind == _FIRST
        start = max(at, text.rfind("\n", at, match.start()) + 1) - n_removed
        end = match.start() - n_removed
        of_table = 0 if kind == _IN_SHEET else table
        parts.append(text[at : match.start()])
        at = match.end()
        n_removed += at - match.start()
        before = rows[-1] if rows else None
        if before and before.table == of_table and (before.end + 1, last + 1) == (start, number):
            rows[-1] = before._replace(end=end)
        elif start < end:
            rows.append(TableRows(start, end, of_table, number))
        last = number
    return (f"{''.join(parts)}{text[at:]}", tuple(rows)) if at else (text, ())


def marked(document: Document) -> str:
    """The document's text with its marks again, to become a part of another one; without outside `marking_rows`."""
    if not _MARKING.get():
        return document.text
    text = document.text
    parts: list[str] = []
    at = before = 0
    for rows in document.rows:
        is_first = rows.table != before or PAGE_BREAK in text[at : rows.start]
        number, start = rows.first, rows.start
        while start < rows.end:
            found = text.find("\n", start, rows.end)
            end = rows.end if found < 0 else found
            parts += [text[at:end], row_mark(number, in_sheet=not rows.table, is_first=is_first)]
            at, start, number, is_first = end, end + 1, number + 1, False
        before = rows.table
    return f"{''.join(parts)}{text[at:]}"


class RowsInOrder:
    """The rows in parts of a text, whose starts must ascend: so the lines of a text are counted once."""

    def __init__(self, text: str, rows: Sequence[TableRows]) -> None:
        self._text = text
        self._rows = deque(rows)

    def between(self, start: int, end: int) -> tuple[TableRows, ...]:
        """The rows in `text[start:end]`, cut at its borders."""
        while self._rows and self._rows[0].end <= start:
            self._rows.popleft()
        if self._rows and self._rows[0].start < start:
            cut = self._rows[0]
            self._rows[0] = cut._replace(
                start=start, first=cut.first + self._text.count("\n", cut.start, start)
            )
        found: list[TableRows] = []
        for rows in self._rows:
            if rows.start >= end:
                break
            found.append(rows._replace(end=min(rows.end, end)))
        return tuple(found)


def joined_rows(text: str, parts: Iterable[Sequence[TableRows]]) -> tuple[TableRows, ...]:
    """The rows of a text from those of its passages, in their order, which may overlap."""
    found: list[TableRows] = []
    last = 0
    for rows in (one for part in parts for one in part):
        covered = found[-1].end if found else 0
        if rows.start < covered:
            rows = rows._replace(start=covered, first=rows.first + text.count("\n", rows.start, covered))
        if rows.start >= rows.end:
            continue
        goes_on = (rows.start, rows.first) == (covered, last) or (
            (rows.start, rows.first) == (covered + 1, last + 1) and text[covered] == "\n"
        )
        if found and found[-1].table == rows.table and goes_on:
            found[-1] = found[-1]._replace(end=rows.end)
        else:
            found.append(rows)
        last = rows.first + text.count("\n", rows.start, rows.end)
    return tuple(found)
