"""Tables of PDF pages whose cells have lines around them.

The lines of a page that touch each other form a grid; a missing line between two fields of a grid merges them.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from askive.rag.load.pdf.columns import column_text
from askive.rag.load.tables.aligned import aligned_tables
from askive.rag.load.tables.cells import Cell, OpenCells, Row, one_line
from askive.rag.load.tables.lines import table_lines

_NEAR = 2.0
"""Points within which lines count as touching, and as one."""
_MAX_EDGES = 3_000
_MAX_LINES = 20_000
_MAX_FIELDS = 10_000
_FAR = 100_000.0
# PDFium's marks for a hyphen that is only there because the line ended.
_LINE_HYPHEN = re.compile(r"[\x02\ufffe](?:\r\n)?")


class _Edge(NamedTuple):
    """A line along an axis. at: its position on the other axis. start, end: in points, from the lower left."""

    at: float
    start: float
    end: float

    def crosses(self, other: _Edge) -> bool:
        return (
            self.start - _NEAR <= other.at <= self.end + _NEAR
            and other.start - _NEAR <= self.at <= other.end + _NEAR
        )


class _Grid(NamedTuple):
    """xs: from left to right. ys: from top to bottom."""

    xs: list[float]
    ys: list[float]
    across: list[_Edge]
    upright: list[_Edge]


def page_text(page: Any, text_page: Any, uri: str) -> str:
    """The text of a page of pypdfium2, with each row of its tables as a line.

    A table with text beside it is left as it is, since the order of reading is not known there.
    """
    tables: list[tuple[float, float, str]] = []
    for grid in sorted(_grids(page), key=lambda grid: -grid.ys[0]):
        left, right, top, bottom = grid.xs[0], grid.xs[-1], grid.ys[0], grid.ys[-1]
        beside = (
            text_page.get_text_bounded(-_FAR, bottom, left, top)
            + text_page.get_text_bounded(right, bottom, _FAR, top)
        )  # fmt: skip
        if beside.strip() or (tables and top > tables[-1][1]):
            continue
        rows = list(_rows(grid, text_page, uri))
        if sum(len(row) > 1 for row in rows) > 1:
            tables.append((top, bottom, table_lines(rows, uri)))
    text = str(text_page.get_text_range())
    for aligned in aligned_tables(text_page, text, uri):
        if not any(aligned.top > bottom and aligned.bottom < top for top, bottom, _ in tables):
            tables.append((aligned.top, aligned.bottom, table_lines(aligned.rows, uri)))
    if not tables:
        return column_text(text_page) or text
    parts: list[str] = []
    above = _FAR
    for top, bottom, lines in sorted(tables, reverse=True):
        parts += [_between(text_page, top, above), lines]
        above = bottom
    parts.append(_between(text_page, -_FAR, above))
    return "\n".join(part.strip("\r\n") for part in parts)


def _between(text_page: Any, bottom: float, top: float) -> str:
    """The text between two heights, one column after the other."""
    return column_text(text_page, bottom, top) or str(text_page.get_text_bounded(-_FAR, bottom, _FAR, top))


def _rows(grid: _Grid, text_page: Any, uri: str) -> Iterator[Row]:
    open_cells = OpenCells(uri)
    n_columns, n_rows = len(grid.xs) - 1, len(grid.ys) - 1
    taken: set[tuple[int, int]] = set()
    for row in range(n_rows):
        cells: list[Cell] = []
        for column in range(n_columns):
            if (row, column) in taken:
                continue
            width = height = 1
            while column + width < n_columns and not _has_line(
                grid.upright, grid.xs[column + width], grid.ys[row], grid.ys[row + 1]
            ):
                width += 1
            while row + height < n_rows and not _has_line(
                grid.across, grid.ys[row + height], grid.xs[column], grid.xs[column + 1]
            ):
                height += 1
            taken |= {(row + n, column + m) for n in range(height) for m in range(width)}
            text = text_page.get_text_bounded(
                grid.xs[column], grid.ys[row + height], grid.xs[column + width], grid.ys[row]
            )
            text = one_line(_LINE_HYPHEN.sub("", text))
            cells.append(Cell(text, column, width, height))
        yield open_cells.complete(cells, n_columns)


def _has_line(edges: Sequence[_Edge], at: float, one: float, other: float) -> bool:
    middle = (one + other) / 2
    return any(abs(edge.at - at) <= _NEAR and edge.start <= middle <= edge.end for edge in edges)


def _grids(page: Any) -> Iterator[_Grid]:
    """The grids of a page with at least two rows and two columns."""
    across: set[_Edge] = set()
    upright: set[_Edge] = set()
    for n, ((x, y), (x_end, y_end)) in enumerate(_lines(page)):
        if abs(y - y_end) <= _NEAR < abs(x - x_end):
            across.add(_Edge(round((y + y_end) / 2, 1), round(min(x, x_end), 1), round(max(x, x_end), 1)))
        elif abs(x - x_end) <= _NEAR < abs(y - y_end):
            upright.add(_Edge(round((x + x_end) / 2, 1), round(min(y, y_end), 1), round(max(y, y_end), 1)))
        if len(across) + len(upright) > _MAX_EDGES or n > _MAX_LINES:
            # A drawing.
            return
    waiting = sorted(across)
    while waiting:
        new_rows = [waiting.pop()]
        rows, columns = list(new_rows), list[_Edge]()
        while new_rows:
            new_columns = [edge for edge in upright if any(map(edge.crosses, new_rows))]
            upright -= set(new_columns)
            new_rows = [edge for edge in waiting if any(map(edge.crosses, new_columns))]
            waiting = sorted(set(waiting) - set(new_rows))
            columns += new_columns
            rows += new_rows
        xs, ys = _apart(edge.at for edge in columns), _apart(edge.at for edge in rows)
        if min(len(xs), len(ys)) > 2 and len(xs) * len(ys) <= _MAX_FIELDS:
            yield _Grid(xs, ys[::-1], rows, columns)


def _apart(positions: Iterator[float]) -> list[float]:
    """The positions in order, each group of near ones once."""
    found: list[float] = []
    for position in sorted(positions):
        if not found or position - found[-1] > _NEAR:
            found.append(position)
    return found


_Point = tuple[float, float]


def _lines(page: Any) -> Iterator[tuple[_Point, _Point]]:
    """The straight lines of the page's paths; a thin rectangle is one line."""
    import pypdfium2.raw as pdfium

    for path in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_PATH]):
        left, bottom, right, top = path.get_bounds()
        if min(right - left, top - bottom) <= _NEAR:
            x, y = (left + right) / 2, (bottom + top) / 2
            yield ((left, y), (right, y)) if right - left > top - bottom else ((x, bottom), (x, top))
            continue
        points: list[_Point] = []
        matrix = path.get_matrix()
        x, y = ctypes.c_float(), ctypes.c_float()
        for n in range(min(pdfium.FPDFPath_CountSegments(path), _MAX_EDGES)):
            segment = pdfium.FPDFPath_GetPathSegment(path, n)
            pdfium.FPDFPathSegment_GetPoint(segment, x, y)
            if pdfium.FPDFPathSegment_GetType(segment) == pdfium.FPDF_SEGMENT_MOVETO:
                yield from pairwise(points)
                points = []
            points.append(matrix.on_point(x.value, y.value))
            if pdfium.FPDFPathSegment_GetClose(segment):
                points.append(points[0])
        yield from pairwise(points)
