"""Tables of PDF pages without lines around their cells: texts that stand below each other in columns.

A line of the page is split where a gap is wider than between words. Consecutive lines with several such parts, which
stand in the same columns, are the rows of a table. Columns of prose have longer parts, and stay as they are.
"""

from __future__ import annotations

import ctypes
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from askive.rag.load.tables.cells import Cell, OpenCells, Row, one_line

_MAX_CHARS = 20_000
_MIN_ROWS = 3
_MAX_MEAN_CHARS = 28
"""Mean length of the parts of a row; those of prose in columns are longer."""
_WIDE_GAP = 0.9
"""Between columns, in heights of a line; between words about a third of it."""
_WORD_GAP = 0.12
_BASELINE = 2.0
_MAX_LEADING = 1.5
"""Distance between two rows, in heights of a line."""
_MAX_SHORT_CHARS = 90


class _Part(NamedTuple):
    """Words that stand close together. left, right: in points."""

    left: float
    right: float
    text: str


class _Line(NamedTuple):
    """top, bottom: of the place of its letters, in points from below. parts: from left to right."""

    top: float
    bottom: float
    parts: list[_Part]

    @property
    def height(self) -> float:
        """In points."""
        return self.top - self.bottom


class AlignedTable(NamedTuple):
    """top, bottom: of its first and last row, in points from below."""

    top: float
    bottom: float
    rows: list[Row]


def aligned_tables(text_page: Any, text: str, uri: str) -> list[AlignedTable]:
    """The tables of a text page of pypdfium2, from top to bottom. text: of the whole page.

    Raises LoadError when there are too many cells.
    """
    if not _may_have_tables(text):
        return []
    return [
        AlignedTable(lines[0].top, lines[-1].bottom, rows)
        for lines in _runs(_lines(text_page))
        if (columns := _columns(lines)) and (rows := _rows(lines, columns, uri))
    ]


def _may_have_tables(text: str) -> bool:
    """Whether enough consecutive lines are short and do not end like a sentence: to look at letters takes longer."""
    n = 0
    for line in text.split("\n"):
        stripped = line.strip()
        is_short = 0 < len(stripped) <= _MAX_SHORT_CHARS and stripped[-1] not in ".,;:!?-"
        n = n + 1 if is_short else 0
        if n >= _MIN_ROWS:
            return True
    return False


def _lines(text_page: Any) -> list[_Line]:
    """The lines of the page from top to bottom."""
    import pypdfium2.raw as raw

    n_chars = raw.FPDFText_CountChars(text_page)
    if n_chars > _MAX_CHARS:
        return []
    x, y, box = ctypes.c_double(), ctypes.c_double(), raw.FS_RECTF()
    letters: list[tuple[float, float, float, float, float, str]] = []
    for n in range(n_chars):
        code = raw.FPDFText_GetUnicode(text_page, n)
        if code <= 32 or code in (0xA0, 0xFFFE) or raw.FPDFText_IsGenerated(text_page, n):
            continue
        # With the space that belongs to a letter: a "1" is much narrower than its place.
        if raw.FPDFText_GetCharOrigin(text_page, n, x, y) and raw.FPDFText_GetLooseCharBox(text_page, n, box):
            letters.append((y.value, box.left, box.right, box.bottom, box.top, chr(code)))
    letters.sort(key=lambda letter: -letter[0])
    lines: list[_Line] = []
    at = 0
    for n in range(1, len(letters) + 1):
        if n == len(letters) or letters[at][0] - letters[n][0] > _BASELINE:
            lines.append(_line(letters[at:n]))
            at = n
    return lines


def _line(letters: list[tuple[float, float, float, float, float, str]]) -> _Line:
    letters = sorted(letters, key=lambda letter: letter[1])
    bottom, top = min(letter[3] for letter in letters), max(letter[4] for letter in letters)
    height = max(top - bottom, 1.0)
    parts: list[_Part] = []
    for _, left, right, _, _, char in letters:
        gap = left - parts[-1].right if parts else 0.0
        if not parts or gap > _WIDE_GAP * height:
            parts.append(_Part(left, right, char))
        else:
            last = parts[-1]
            blank = " " if gap > _WORD_GAP * height else ""
            parts[-1] = _Part(last.left, max(last.right, right), f"{last.text}{blank}{char}")
    return _Line(top, bottom, parts)


def _runs(lines: Sequence[_Line]) -> Iterator[list[_Line]]:
    """Consecutive lines with several parts. A line with one part among them belongs to the row above it."""
    run: list[_Line] = []
    for line in lines:
        is_near = bool(run) and run[-1].bottom - line.top < _MAX_LEADING * max(run[-1].height, line.height)
        is_rest = bool(run) and len(line.parts) == 1 and line.parts[0].left > run[0].parts[0].right
        if run and not (is_near and (len(line.parts) > 1 or is_rest)):
            yield run
            run = []
        if len(line.parts) > 1 or run:
            run.append(line)
    if run:
        yield run


def _columns(lines: Sequence[_Line]) -> list[tuple[float, float]]:
    """The columns in which most of the lines have their parts; empty when the lines are no table."""
    several = [line for line in lines if len(line.parts) > 1]
    if len(several) < _MIN_ROWS:
        return []
    (n_usual, n_lines), *_ = Counter(len(line.parts) for line in several).most_common(1)
    usual = [line for line in several if len(line.parts) == n_usual]
    n_parts = sum(len(line.parts) for line in several)
    if (
        n_lines < _MIN_ROWS - 1
        or sum(len(p.text) for line in several for p in line.parts) > _MAX_MEAN_CHARS * n_parts
    ):
        return []
    columns: list[tuple[float, float]] = []
    for left, right in sorted((part.left, part.right) for line in usual for part in line.parts):
        if columns and left <= columns[-1][1]:
            columns[-1] = (columns[-1][0], max(columns[-1][1], right))
        else:
            columns.append((left, right))
    return columns if len(columns) == n_usual else []


def _rows(lines: Sequence[_Line], columns: Sequence[tuple[float, float]], uri: str) -> list[Row]:
    """The rows of the table; empty when a line does not fit into the columns."""
    texts: list[dict[int, tuple[str, int]]] = []
    for line in lines:
        row: dict[int, tuple[str, int]] = {}
        for part in line.parts:
            over = [n for n, (left, right) in enumerate(columns) if part.left < right and part.right > left]
            # A head over a narrow column may stand beside it.
            over = over or [min(range(len(columns)), key=lambda n: abs(columns[n][0] - part.left))]
            if over[0] in row:
                return []
            row[over[0]] = (part.text, len(over))
        if len(row) == 1 and texts and 0 not in row:
            (column, (text, width)), *_ = row.items()
            above = texts[-1].get(column, ("", width))
            texts[-1][column] = (f"{above[0]} {text}".strip(), above[1])
        else:
            texts.append(row)
    open_cells = OpenCells(uri)
    return [
        open_cells.complete(
            (Cell(one_line(text), column, width) for column, (text, width) in sorted(row.items())),
            len(columns),
        )
        for row in texts
    ]
