"""The cells of a table: where they are, how far they reach, and what kind of value they hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from askive.rag.errors import LoadError

MAX_CELLS = 5_000_000
"""Maximum number of cells in a table, empty ones included: a sheet of one kilobyte may claim 17 billion."""
_MAX_CELL_CHARS = 32_767

Kind = Literal["text", "year", "number"]
_YEAR = re.compile(r"(?:1[89]|20)\d\d")
# "12", "-3.5 kg", "$ 40", "2021-03-04", "(12.5)".
_VALUE = re.compile(r"[\s(€$£¥+-]*\d")
_LETTERS = re.compile(r"[^\W\d_]+")
_DIGITS = re.compile(r"\d+")


class Cell(NamedTuple):
    """A cell that is not empty.

    column: 0-based. width, height: how many columns and rows it covers. marked: set as a head, such as `th` or bold.
    """

    text: str
    column: int
    width: int = 1
    height: int = 1
    marked: bool = False


Row = list[Cell]
"""The cells of a row, from left to right; empty for a blank row."""


class BlankRows(Row):
    """Several blank rows, which follow each other in the file."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.n = n


class OpenCells:
    """Gives each row the cells of earlier rows that reach down to it."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._open: list[tuple[Cell, int]] = []
        self._n_cells = 0

    @property
    def columns(self) -> set[int]:
        """The columns of the next row that are taken by cells of earlier rows."""
        return {n for cell, _ in self._open for n in range(cell.column, cell.column + cell.width)}

    def complete(self, cells: Iterable[Cell], n_cells: int) -> Row:
        """The next row with the cells that reach into it.

        n_cells: its number of cells, empty ones included. Raises LoadError for more than MAX_CELLS.
        """
        own = [cell for cell in cells if cell.text]
        self._n_cells += (
            n_cells + sum(cell.width for cell, _ in self._open) + sum(c.width - 1 for c in own) + 1
        )
        if self._n_cells > MAX_CELLS:
            raise LoadError(
                f"{self._uri} has more than {MAX_CELLS:,} cells",
                remedy="split it, or remove its empty rows and columns",
            )
        row = own
        if self._open:
            taken = {cell.column for cell in own}
            row = sorted([*own, *(cell for cell, _ in self._open if cell.column not in taken)], key=_column)
            self._open = [(cell, n - 1) for cell, n in self._open if n > 1]
        self._open += [(cell, cell.height - 1) for cell in own if cell.height > 1]
        return row


def plain_rows(rows: Iterable[Iterable[str]], uri: str) -> Iterator[Row]:
    """Rows of texts as rows of cells. Raises LoadError for more than MAX_CELLS."""
    open_cells = OpenCells(uri)
    for row in rows:
        texts = [one_line(text) for text in row]
        yield open_cells.complete((Cell(text, n) for n, text in enumerate(texts)), len(texts))


def one_line(text: str) -> str:
    """The text of a cell with single spaces, cut where no program allows more."""
    return " ".join(text.split())[:_MAX_CELL_CHARS]


def kind_of(text: str) -> Kind:
    """year: four digits that may be a year. number: begins with a digit, has more digits than letters, or an @."""
    if _YEAR.fullmatch(text):
        return "year"
    if _VALUE.match(text) or "@" in text:
        return "number"
    return "number" if sum(map(str.isdigit, text)) > sum(map(str.isalpha, text)) else "text"


def shape_of(text: str) -> str:
    """The text with each word as `a` and each number as `9`: `12 kg` -> `9 a`."""
    return _DIGITS.sub("9", _LETTERS.sub("a", text))


def _column(cell: Cell) -> int:
    return cell.column
