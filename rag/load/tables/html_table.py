"""Tables of HTML pages; Word files and books become HTML on their way too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from askive.rag.load.tables.cells import Cell, OpenCells, Row, one_line
from askive.rag.load.tables.lines import Above, table_lines

_MAX_WIDTH = 1_000
_MAX_HEIGHT = 65_534
"""The limits of the HTML standard for colspan and rowspan."""
_LAYOUT_CHARS = 300


def html_table_lines(
    table: Any, text_of: Callable[[Any], str], uri: str, above: Above | None = None
) -> str | None:
    """The rows of a `table` element as lines, after its caption; None for a table that only places blocks on the page.

    text_of: the visible text of a cell. above: of a part of a table. Raises LoadError when there is too much.
    """
    if table.get("role") in ("presentation", "none") or table.find("table"):
        return None
    open_cells = OpenCells(uri)
    rows = [row for tr in table.find_all("tr") if (row := _row(tr, open_cells, text_of))]
    cells = [cell for row in rows for cell in row]
    if max(map(len, rows), default=0) < 2 or sum(len(cell.text) for cell in cells) > _LAYOUT_CHARS * len(
        cells
    ):
        return None
    caption = table.find("caption")
    title = one_line(text_of(caption)) if caption else ""
    lines = table_lines(rows, uri, above=above)
    return f"{title}\n\n{lines}" if title else lines


def _row(tr: Any, open_cells: OpenCells, text_of: Callable[[Any], str]) -> Row:
    taken = open_cells.columns
    cells: list[Cell] = []
    column = 0
    for element in tr.find_all(["td", "th"], recursive=False):
        while column in taken:
            column += 1
        width = _span(element.get("colspan"), _MAX_WIDTH)
        height = _span(element.get("rowspan"), _MAX_HEIGHT)
        # Bold in every run is how a Word file without a header row marks its heads.
        marked = element.name == "th" or _is_bold(element)
        cells.append(Cell(one_line(text_of(element)), column, width, height, marked))
        column += width
    return open_cells.complete(cells, column)


def _is_bold(element: Any) -> bool:
    texts = [text for text in element.find_all(string=True) if text.strip()]
    return bool(texts) and all(text.find_parent(["b", "strong", "td"]).name != "td" for text in texts)


def _span(value: Any, most: int) -> int:
    # Zero reaches to the end of the table.
    n = int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 9 else 1
    return min(n or most, most)
