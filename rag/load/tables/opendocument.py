"""Spreadsheets of OpenDocument: each sheet is a section, and each row a line with its column heads."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from askive.rag.load.limits import unreadable
from askive.rag.load.tables.cells import BlankRows, Cell, OpenCells, Row, one_line
from askive.rag.load.tables.lines import table_lines
from askive.rag.load.zip_limits import check_zip
from askive.rag.types import Document

ODS = "application/vnd.oasis.opendocument.spreadsheet"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_MAX_ROWS = 1_048_576
_SPACES = tuple(f"{_TEXT}{name}" for name in ("s", "tab", "line-break"))


def load_ods(data: bytes, uri: str) -> Document:
    """Values as their program shows them. Raises LoadError when it is not an .ods file, damaged or too large."""
    from lxml import etree

    from askive.rag.load.digest import sha256

    check_zip(data, uri, "content.xml")
    parts: list[str] = []
    n_chars = 0
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open("content.xml") as content:
            events = etree.iterparse(
                content, events=("start", "end"), tag=(f"{_TABLE}table", f"{_TABLE}table-row"),
                resolve_entities=False, no_network=True,
            )  # fmt: skip
            for event, element in events:
                if event == "start" and element.tag == f"{_TABLE}table":
                    name = " ".join(element.get(f"{_TABLE}name", "").split())
                    if lines := table_lines(_rows(events, uri), uri, n_chars, in_sheet=True):
                        n_chars += len(lines)
                        parts.append(f"## {name}\n\n{lines}")
    except (zipfile.BadZipFile, etree.XMLSyntaxError) as error:
        raise unreadable(uri, error) from error
    return Document(
        uri=uri, title=PurePath(uri).stem, text="\n\n".join(parts), media_type=ODS, sha256=sha256(data)
    )


def _rows(events: Iterator[tuple[str, Any]], uri: str) -> Iterator[Row]:
    """The rows up to the end of the table whose start was the last event."""
    open_cells = OpenCells(uri)
    for event, element in events:
        if event == "end" and element.tag == f"{_TABLE}table":
            element.clear()
            return
        if event == "end":
            cells, n_cells = row_cells(element)
            n_rows = times_repeated(element, "rows")
            # A blank row is often repeated down to the last one that a sheet may have.
            for _ in range(n_rows if cells else 1):
                row = open_cells.complete(cells, n_cells)
                yield row or BlankRows(n_rows if not cells else 1)
            element.clear()


def row_cells(row: Any) -> tuple[list[Cell], int]:
    """The cells that are not empty, and how many columns there are up to the last of them."""
    marked = row.getparent().tag == f"{_TABLE}table-header-rows"
    cells: list[Cell] = []
    column = n_columns = 0
    for element in row.iterchildren(f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
        repeated = times_repeated(element, "columns")
        for space in element.iter(*_SPACES):
            space.text = " "
        # Its own paragraphs only: a comment has some too.
        text = one_line(" ".join("".join(p.itertext()) for p in element.iterchildren(f"{_TEXT}p")))
        if text:
            width, height = (_number(element, f"number-{name}-spanned") for name in ("columns", "rows"))
            cells += [Cell(text, column + n, width, height, marked) for n in range(repeated)]
            n_columns = column + repeated
        column += repeated
    return cells, n_columns


def times_repeated(element: Any, what: str) -> int:
    """How often a row (`rows`) or a cell (`columns`) follows itself."""
    return _number(element, f"number-{what}-repeated")


def _number(element: Any, name: str) -> int:
    """A number of rows or columns, at least 1 and at most what a sheet can have."""
    value = element.get(f"{_TABLE}{name}", "1")
    return min(max(int(value), 1), _MAX_ROWS) if value.isdecimal() and len(value) < 9 else 1
