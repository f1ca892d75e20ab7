"""Which rows of a table are its column heads.

A program that wrote a table may have marked them (`th`, bold). Otherwise a head is told from a value by its column:
`Price` above numbers is a head, `12.50` above numbers is not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

from askive.rag.load.tables.cells import Cell, Row, kind_of, shape_of

N_EXAMINED = 30
"""Rows at the start of a table from which its heads are found."""
_MAX_HEAD_ROWS = 4
_MAX_HEAD_CHARS = 100
_MAX_WIDTH = 1_000
_FULL = 0.6
_FILLED = 0.5
_MOSTLY = 0.8


class Heads(NamedTuple):
    """The heads of a table.

    first, end: `rows[first:end]` are the head rows; those before `first` are text above the table. names: head by
    column. certain: whether the rows themselves show it; otherwise the first row may as well be a row like the others.
    labels: a sheet of labels and values, whose first column has the heads.
    """

    first: int
    end: int
    names: dict[int, str]
    certain: bool = False
    labels: bool = False


def find_heads(rows: Sequence[Row]) -> Heads:
    """The heads of a table that begins with these rows, of which none is blank."""
    widest = max(len(row) for row in rows)
    first = next((n for n, row in enumerate(rows) if _is_full(row, widest)), 0)
    body = rows[first:]
    if _are_labels(body):
        return Heads(first, first, {}, certain=True, labels=True)
    last = None
    for n in range(first, min(first + _MAX_HEAD_ROWS, len(rows) - 1)):
        if n > first and not _may_continue(rows[n - 1], rows[n]):
            break
        judged = _judge(rows[n], rows[n + 1 :], widest)
        if judged or (judged is False and n > first and _divides(rows[n - 1], rows[n])):
            last = n
    certain = last is not None
    if last is None:
        if _judge(body[0], body[1:], widest) is None:
            return Heads(first, first, {}, labels=_has_two_columns(body))
        last = first
    if first and _stands_above(rows[first - 1]):
        first -= 1
    return Heads(first, last + 1, _names(rows[first : last + 1]), certain=certain)


def is_label(text: str) -> bool:
    """Whether a text may name the value beside it: it is short, and neither a value nor a sentence."""
    return kind_of(text) == "text" and len(text) <= _MAX_HEAD_CHARS and text[-1] not in ".!?"


def _is_full(row: Row, widest: int) -> bool:
    """Whether a row has enough cells to belong to the table, not to the lines above it."""
    is_label_and_value = [cell[1:4] for cell in row] == [(0, 1, 1), (1, 1, 1)] and widest > 2
    return len(row) >= max(2, _FULL * widest) and not is_label_and_value


def _judge(row: Row, body: Sequence[Row], widest: int) -> bool | None:
    """True when a row is certainly the heads of the rows below it, False when it may be, None when it is not."""
    below = [other for other in body if len(other) > 1]
    if len(row) < 2 or not below or any(len(cell.text) > _MAX_HEAD_CHARS for cell in row):
        return None
    if _is_marked(row) and not all(map(_is_marked, below)):
        return True
    n_for = n_years = 0
    is_doubtful = False
    is_series = _is_series(row)
    for cell in row:
        values = _column(below, cell.column)
        kind, numeric = kind_of(cell.text), _are_numeric(values)
        if kind == "text":
            n_for += numeric
        elif kind == "year" or is_series:
            if _mostly(values, lambda value: kind_of(value) == "year"):
                return None
            n_years += 1
        elif not numeric or shape_of(cell.text) in set(map(shape_of, values)):
            return None
        else:
            # "30 days" above amounts: a head if the other columns say so.
            is_doubtful = True
    # One year alone may be a price.
    if n_for or n_years > 1:
        return True
    if n_years or is_doubtful:
        return None
    texts = [cell.text for cell in row]
    return False if len(set(texts)) == len(texts) and len(row) >= _FILLED * widest else None


def _may_continue(above: Row, row: Row) -> bool:
    """Whether a row may have heads below those of the row above: narrower columns, or units."""
    # A cell that reaches down from the row above has no part of its own here.
    own = [cell for cell in row if cell not in above]
    is_wide = any(cell.width > 1 for cell in above)
    if not own or (_is_marked(above) and not _is_marked(own) and not is_wide):
        return False
    if not _is_marked(own) and any(kind_of(cell.text) == "number" for cell in own):
        return False
    columns = {cell.column for cell in own}
    has_gaps = bool(columns - {cell.column for cell in above})
    return 0 not in columns or has_gaps or is_wide


def _divides(above: Row, row: Row) -> bool:
    """Whether a row names the columns below a wider head, which is set in the same way."""
    return any(cell.width > 1 for cell in above) and _is_marked(above) == _is_marked(row)


def _stands_above(row: Row) -> bool:
    """Whether a row with fewer cells than the heads belongs to them: `2022` and `2023`, each over some columns."""
    return len(row) > 1 and row[-1].column > 1 and not any(kind_of(cell.text) == "number" for cell in row)


def _names(rows: Sequence[Row]) -> dict[int, str]:
    """The heads of each column, joined; the same one twice is numbered."""
    parts: dict[int, list[str]] = {}
    n_columns = max(cell.column + min(cell.width, _MAX_WIDTH) for row in rows for cell in row)
    for n, row in enumerate(rows):
        by_column = {
            column: cell.text
            for cell in row
            for column in range(cell.column, min(cell.column + cell.width, n_columns))
        }
        below = {cell.column for other in rows[n + 1 :] for cell in other}
        if not any(cell.width > 1 for cell in row):
            # Without merged cells a wider head is followed by empty ones: `2022,,2023,`.
            for column in range(2, n_columns):
                if column in below and column not in by_column and column - 1 in by_column:
                    by_column[column] = by_column[column - 1]
        for column, text in by_column.items():
            known = parts.setdefault(column, [])
            if text not in known:
                known.append(text)
    names: dict[int, str] = {}
    n_times: dict[str, int] = {}
    for column in sorted(parts):
        name = " ".join(parts[column])
        n_times[name] = n_times.get(name, 0) + 1
        names[column] = f"{name} ({n_times[name]})" if n_times[name] > 1 else name
    return names


def _has_two_columns(rows: Sequence[Row]) -> bool:
    """Whether each row has a short text and one other cell, in the same two columns."""
    columns = {cell.column for row in rows for cell in row}
    return len(columns) == 2 and all(row[0].column == min(columns) and is_label(row[0].text) for row in rows)


def _are_labels(rows: Sequence[Row]) -> bool:
    """Whether the rows are labels and values: labels are marked or end with a colon, or values are of any kind."""
    if len(rows) < 2 or not _has_two_columns(rows):
        return False
    labels, values = [row[0] for row in rows], [row[1] for row in rows if len(row) > 1]
    if len({label.text for label in labels}) < len(labels):
        return False
    if any(cell.marked for cell in [*labels, *values]):
        return _is_marked(labels) and not values[0].marked if values else False
    # No head of a column ends like this.
    if labels[0].text.endswith(":") or _mostly(
        [label.text for label in labels], lambda text: text.endswith(":")
    ):
        return True
    n_numeric = sum(kind_of(value.text) != "text" for value in values[1:])
    return (
        kind_of(values[0].text) == "text" and 0 < n_numeric < _MOSTLY * len(values[1:]) if values else False
    )


def _is_series(row: Row) -> bool:
    """Whether the numbers of a row count up in equal steps, as hours and sizes do."""
    numbers = [int(cell.text) for cell in row if cell.text.isdecimal()]
    steps = {after - before for before, after in pairwise(numbers)}
    return len(numbers) > 2 and kind_of(row[0].text) == "text" and len(steps) == 1 and steps.pop() > 0


def _is_marked(cells: Sequence[Cell]) -> bool:
    return all(cell.marked for cell in cells)


def _column(rows: Sequence[Row], column: int) -> list[str]:
    return [cell.text for row in rows for cell in row if cell.column <= column < cell.column + cell.width]


def _are_numeric(values: Sequence[str]) -> bool:
    return _mostly(values, lambda value: kind_of(value) != "text")


def _mostly(values: Sequence[str], has: Callable[[str], bool]) -> bool:
    return bool(values) and sum(map(has, values)) >= _MOSTLY * len(values)
