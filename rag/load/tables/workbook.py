"""Workbooks: each sheet is a section, and each row a line with its column heads."""

from __future__ import annotations

import datetime
import io
import posixpath
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from itertools import repeat
from pathlib import PurePath, PurePosixPath
from typing import Any, NamedTuple

from askive.rag.errors import LoadError
from askive.rag.load.limits import damaged
from askive.rag.load.sections import literal
from askive.rag.load.tables.cells import Cell, OpenCells, Row, one_line
from askive.rag.load.tables.lines import table_lines
from askive.rag.load.zip_limits import check_zip, core_properties
from askive.rag.types import FILE_DATE, Document

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_CHUNK_BYTES = 2**20
_MAX_TAG_BYTES = 200
_MAX_HELD_CHARS = 100
# '<mergeCell ref="B4:C4"', '<x:mergeCell ref="A1:A2"'.
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s+ref="([A-Z]{1,3}\d{1,7}):([A-Z]{1,3}\d{1,7})"')
# "<f>", '<f t="shared"', "<x:f/>".
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
# "0%", "0.00%".
_PERCENT = re.compile(r"0(?:\.(0+))?\s?%")


class _Layout(NamedTuple):
    """What the rows of a sheet do not say.

    spans, comments: width and height of merged cells, and comments on cells, by 1-based row and column.
    """

    spans: dict[tuple[int, int], tuple[int, int]]
    has_formulas: bool
    comments: dict[tuple[int, int], str]


def load_xlsx(data: bytes, uri: str) -> Document:
    """A formula is replaced by its last value, or shown when the file has none. Raises LoadError for damaged files."""
    from openpyxl import load_workbook

    from askive.rag.load.digest import sha256

    check_zip(data, uri, "xl/workbook.xml")
    parts: list[str] = []
    n_chars = 0
    try:
        layouts = _layouts(data)
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        formulas: Any = None
        if any(layout.has_formulas for layout in layouts.values()):
            formulas = load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
        try:
            for sheet in book.worksheets:
                layout = layouts.get(sheet.title, _Layout({}, has_formulas=False, comments={}))
                beside = _cells_of(formulas[sheet.title]) if layout.has_formulas else repeat(())
                remarked: dict[tuple[int, int], str] = {}
                rows = _rows(zip(_cells_of(sheet), beside, strict=False), layout, uri, remarked)
                lines = table_lines(rows, uri, n_chars, in_sheet=True)
                if blocks := [lines] * bool(lines) + list(_remarks(layout.comments, remarked)):
                    n_chars += sum(map(len, blocks))
                    parts.append("\n\n".join([f"## {' '.join(sheet.title.split())}", *blocks]))
        finally:
            book.close()
            if formulas is not None:
                formulas.close()
    except (LoadError, MemoryError, RecursionError):
        raise
    except Exception as error:
        raise damaged(uri, error) from error
    properties = core_properties(data)
    return Document(
        uri=uri,
        title=properties.get("title") or PurePath(uri).stem,
        text="\n\n".join(parts),
        media_type=XLSX,
        sha256=sha256(data),
        metadata={name: properties[name] for name in ("author", FILE_DATE) if name in properties},
    )


def _layouts(data: bytes) -> dict[str, _Layout]:
    """The layout of each sheet, by its name."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        relations = etree.fromstring(archive.read("xl/_rels/workbook.xml.rels"), parser)
        targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
        sheets = etree.fromstring(archive.read("xl/workbook.xml"), parser).iter("{*}sheet")
        layouts: dict[str, _Layout] = {}
        for sheet in sheets:
            relation_id = next((value for name, value in sheet.items() if name.endswith("}id")), None)
            target = targets.get(relation_id, "")
            path = target[1:] if target.startswith("/") else f"xl/{target}"
            if path in archive.NameToInfo:
                with archive.open(path) as part:
                    layouts[sheet.get("name", "")] = _layout(part, _comments(archive, path, parser))
        return layouts


def _comments(archive: zipfile.ZipFile, path: str, parser: Any) -> dict[tuple[int, int], str]:
    """The comments on the cells of a sheet, as " by Ann: Text" or ": Text", by row and column."""
    from lxml import etree
    from openpyxl.utils.cell import coordinate_to_tuple

    folder = PurePosixPath(path).parent
    of_sheet = f"{folder}/_rels/{PurePosixPath(path).name}.rels"
    if of_sheet not in archive.NameToInfo:
        return {}
    found: dict[tuple[int, int], str] = {}
    for relation in etree.fromstring(archive.read(of_sheet), parser):
        # The comments of a thread are among these too, in a form for earlier versions.
        name = posixpath.normpath(posixpath.join("/", folder, relation.get("Target", "")))[1:]
        if not relation.get("Type", "").endswith("/comments") or name not in archive.NameToInfo:
            continue
        root = etree.fromstring(archive.read(name), parser)
        authors = [" ".join((author.text or "").split()) for author in root.iter("{*}author")]
        for comment in root.iter("{*}comment"):
            said = " ".join("".join(text.text or "" for text in comment.iter("{*}t")).split())
            number = comment.get("authorId", "")
            author = authors[int(number)] if number.isdecimal() and int(number) < len(authors) else ""
            # Programs write the author at the beginning of the text, too.
            said = said.removeprefix(f"{author}:").strip() if author else said
            if said:
                place = coordinate_to_tuple(comment.get("ref", "A1"))
                found[place] = f" by {author}: {said}" if author else f": {said}"
    return found


def _remarks(
    comments: Mapping[tuple[int, int], str], remarked: Mapping[tuple[int, int], str]
) -> Iterator[str]:
    """A block for each comment, with its cell and what that holds."""
    from openpyxl.utils import get_column_letter

    for (row, column), said in sorted(comments.items()):
        held = remarked.get((row, column), "")
        cell = f"Comment on {get_column_letter(column)}{row}" + (f" ({held})" if held else "")
        yield literal(f"{cell}{said}")


def _layout(part: Any, comments: dict[tuple[int, int], str]) -> _Layout:
    """Reads the merged cells from the bytes: openpyxl knows them only when it holds the whole sheet in memory."""
    from openpyxl.utils.cell import coordinate_to_tuple

    spans: dict[tuple[int, int], tuple[int, int]] = {}
    has_formulas = False
    rest = b""
    while chunk := part.read(_CHUNK_BYTES):
        text = rest + chunk
        has_formulas = has_formulas or bool(_FORMULA.search(text))
        for first, last in _MERGED.findall(text):
            row, column = coordinate_to_tuple(first.decode())
            last_row, last_column = coordinate_to_tuple(last.decode())
            spans[row, column] = (last_column - column + 1, last_row - row + 1)
        rest = text[-_MAX_TAG_BYTES:]
    return _Layout(spans, has_formulas, comments)


def _cells_of(sheet: Any) -> Iterator[Any]:
    # The declared size of a sheet may be wrong; its rows are read.
    sheet.reset_dimensions()
    return iter(sheet.iter_rows())


def _rows(
    rows: Iterable[tuple[Any, Any]], layout: _Layout, uri: str, remarked: dict[tuple[int, int], str]
) -> Iterator[Row]:
    """remarked: gets the texts of cells that have comments."""
    open_cells = OpenCells(uri)
    for n_row, (cells, formulas) in enumerate(rows, start=1):
        found: list[Cell] = []
        for n, cell in enumerate(cells):
            text = _shown(cell.value, cell) if cell.value is not None else ""
            if not text and n < len(formulas) and formulas[n].value is not None:
                text = f"{formulas[n].value} (no stored value)"
            if text := one_line(text):
                width, height = layout.spans.get((n_row, n + 1), (1, 1))
                # Looking up a font takes longer than reading the cell; figures are seldom heads.
                marked = isinstance(cell.value, str) and bool(cell.font.b)
                found.append(Cell(text, n, width, height, marked))
                if (n_row, n + 1) in layout.comments:
                    remarked[n_row, n + 1] = text[:_MAX_HELD_CHARS]
        yield open_cells.complete(found, len(cells))


def _shown(value: object, cell: Any) -> str:
    """The value as its program shows it, as far as this is safe: days without a time, percentages."""
    if isinstance(value, datetime.datetime):
        return str(value.date() if value.time() == datetime.time() else value.replace(microsecond=0))
    if isinstance(value, datetime.time):
        return value.isoformat("seconds" if value.second else "minutes")
    if isinstance(value, float) and (percent := _PERCENT.search(cell.number_format or "")):
        return f"{value * 100:.{max(len(percent[1] or ''), 0)}f}%"
    if isinstance(value, float):
        # Fifteen digits, as in Excel: 0.1 + 0.2 is 0.3.
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}"
    return re.sub(r"[\0\ud800-\udfff]", "\ufffd", str(value))
