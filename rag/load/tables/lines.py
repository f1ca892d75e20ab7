"""The rows of a table -> a line of text each, `| Ship: Aurora; Captain: Rosa Lind`.

A row without its column heads answers nothing, so every line has them. The bar marks the line as one row, which is
never split like prose (see `askive.rag.text.sentences`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple

from askive.rag.errors import LoadError
from askive.rag.load.limits import MAX_TEXT_CHARS
from askive.rag.load.tables.cells import BlankRows, Cell, Row
from askive.rag.load.tables.heads import N_EXAMINED, Heads, find_heads, is_label
from askive.rag.load.tables.row_marks import row_mark

_MAX_TITLE_CHARS = 80
_NO_HEADS = Heads(0, 0, {})
_LABELS = Heads(0, 0, {}, labels=True)


class _Numbered(NamedTuple):
    """number: of the row in its sheet or table, 1-based."""

    number: int
    row: Row


class Above(NamedTuple):
    """Rows above a part of a table. n_given: that are given to tell the heads, and get no line. n_rows: all of them."""

    n_given: int = 0
    n_rows: int = 0


def table_lines(
    rows: Iterable[Row], uri: str, n_before: int = 0, *, in_sheet: bool = False, above: Above | None = None
) -> str:
    """A line for each row, in order; blank rows separate tables. Each line has the mark of its row.

    n_before: length of the text of earlier tables. in_sheet: whether rows have the numbers of a sheet, blank ones
    counted; otherwise those of a table. above: of a part of a table. Raises LoadError when there is too much.
    """
    lines: list[str] = []
    n_chars = n_before
    n_given, n_rows = above or Above()
    is_first = True
    for number, line in _lines(_numbered(rows)):
        if number:
            if number <= n_given:
                continue
            number += n_rows - n_given
        mark = row_mark(number, in_sheet=in_sheet, is_first=is_first) if number else ""
        is_first = is_first and not number
        lines.append(f"| {line}{mark}")
        n_chars += len(line)
        # Each row repeats the column heads, so a small file can expand to a huge text.
        if n_chars > MAX_TEXT_CHARS:
            raise LoadError(
                f"{uri} has more than {MAX_TEXT_CHARS:,} characters with the column heads in every row",
                remedy="split it, or shorten its column heads",
            )
    return "\n".join(lines)


def _numbered(rows: Iterable[Row]) -> Iterator[_Numbered]:
    number = 0
    for row in rows:
        number += row.n if isinstance(row, BlankRows) else 1
        yield _Numbered(number, row)


def _lines(rows: Iterator[_Numbered]) -> Iterator[tuple[int, str]]:
    """The text of each row, after its number; 0 for a line that stands for no row."""
    heads = _NO_HEADS
    unused: set[int] = set()
    for first in rows:
        if not first.row:
            continue
        block = _until_blank(chain([first], rows))
        start = list(islice(block, N_EXAMINED))
        if all(len(row) == 1 for _, row in start):
            yield from ((number, row[0].text) for number, row in chain(start, block))
            continue
        own = find_heads([row for _, row in start])
        if own.certain or not _columns([row for _, row in start]) <= heads.names.keys():
            yield from _without_values(heads, unused)
            yield from ((number, _line(row, _LABELS)) for number, row in start[: own.first])
            heads, start, unused = own, start[own.end :], set(own.names)
        for number, row in chain(start, block):
            unused = unused and unused - _columns([row])
            yield number, _line(row, heads)
    yield from _without_values(heads, unused)


def _without_values(heads: Heads, unused: set[int]) -> Iterator[tuple[int, str]]:
    """`Note:; Left:` for columns in which no row has a cell."""
    names = {heads.names[column]: None for column in sorted(unused)}
    if names:
        yield 0, "; ".join(f"{name}:" for name in names)


def _until_blank(rows: Iterator[_Numbered]) -> Iterator[_Numbered]:
    for numbered in rows:
        if not numbered.row:
            return
        yield numbered


def _columns(rows: Sequence[Row]) -> set[int]:
    return {column for row in rows for cell in row for column in _covered(cell)}


def _covered(cell: Cell) -> range:
    return range(cell.column, cell.column + cell.width)


def _line(row: Row, heads: Heads) -> str:
    first = row[0]
    if len(row) == 1 and (first.width > 1 or len(first.text) > _MAX_TITLE_CHARS):
        # A title or a note over the whole width.
        return first.text
    if heads.labels and len(row) == 2 and is_label(first.text):
        return f"{first.text.rstrip(':')}: {row[1].text}"
    return "; ".join(_with_head(cell, heads.names) for cell in row)


def _with_head(cell: Cell, names: dict[int, str]) -> str:
    """`Monday, Tuesday: closed` for a cell that covers two columns."""
    own = list(dict.fromkeys(names[column] for column in _covered(cell) if column in names))
    return f"{', '.join(own)}: {cell.text}" if own else cell.text
