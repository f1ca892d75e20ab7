"""Tables: each row becomes a line with its column names, `- Ship: Aurora; Captain: Rosa Lind`.

A row without its column names answers nothing, so every line has them.
"""

from __future__ import annotations

import csv
import datetime
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import PurePath

from askive.rag.errors import LoadError
from askive.rag.load.decoding import decode
from askive.rag.load.limits import MAX_TEXT_CHARS
from askive.rag.load.zip_limits import check_zip, core_properties
from askive.rag.types import Document

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv"
MAX_CELLS = 5_000_000
"""Maximum number of cells in a file, empty ones included: a sheet of one kilobyte may claim 17 billion."""
_MAX_CELL_CHARS = 32_767
# "1,234.50", "12:30", "45 %", "$-20".
_NUMBER = re.compile(r"[\s\d.,:%€$£+-]+")
# "- Ship: Aurora", "; Captain: Rosa Lind".
_HEADED_CELL = re.compile(r"(?:^- |; )([^:;]+): ")


def load_csv(data: bytes, uri: str) -> Document:
    """Cells are separated by comma, semicolon or tab. Raises LoadError for binary files and invalid quoting."""
    from askive.rag.load.digest import sha256

    text = decode(data, uri)
    delimiter = "\t" if PurePath(uri).suffix.lower() == ".tsv" else _delimiter(text)
    try:
        lines = _lines(_limited(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), uri), uri)
    except csv.Error as error:
        raise LoadError(f"{uri} is not a readable table: {error}", remedy="save it again as CSV") from error
    return Document(uri=uri, title=PurePath(uri).stem, text=lines, media_type=CSV, sha256=sha256(data))


def load_xlsx(data: bytes, uri: str) -> Document:
    """Each sheet is a section. Formulas are replaced by their last value. Raises LoadError for damaged files."""
    from openpyxl import load_workbook

    from askive.rag.load.digest import sha256

    check_zip(data, uri, "xl/workbook.xml")
    parts: list[str] = []
    n_chars = 0
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        try:
            for sheet in book.worksheets:
                # The declared size of a sheet may be wrong; its rows are read.
                sheet.reset_dimensions()
                cells = ([_cell(value) for value in row] for row in sheet.iter_rows(values_only=True))
                if lines := _lines(_limited(cells, uri), uri, n_chars):
                    n_chars += len(lines)
                    parts.append(f"## {' '.join(sheet.title.split())}\n\n{lines}")
        finally:
            book.close()
    except (LoadError, MemoryError, RecursionError):
        raise
    except Exception as error:
        # Any exception of the parser on damaged bytes concerns only this file.
        reason = " ".join(str(error).split())[:200]
        raise LoadError(
            f"{uri} is damaged: {type(error).__name__}: {reason}",
            remedy="open it in the program that made it and save it again",
        ) from error
    properties = core_properties(data)
    return Document(
        uri=uri,
        title=properties.get("title") or PurePath(uri).stem,
        text="\n\n".join(parts),
        media_type=XLSX,
        sha256=sha256(data),
        published=properties.get("published"),
        metadata={"author": properties["author"]} if properties.get("author") else {},
    )


def column_heads(line: str) -> tuple[str, ...]:
    """The column names for which a row, or a sentence of it, has cells: `Ship`, `Captain`.

    line: as `load_csv` and `load_xlsx` write it. Column names that contain a colon or a semicolon are not recognised,
    and a cell such as `late; reason: fog` adds a name.
    """
    return tuple(_HEADED_CELL.findall(line))


def _delimiter(text: str) -> str:
    """The most frequent separator in the first line."""
    first = next((line for line in text.split("\n") if line.strip()), "")
    return max(",;\t|", key=first.count)


def _limited(rows: Iterable[Sequence[str]], uri: str) -> Iterator[list[str]]:
    n_cells = 0
    for row in rows:
        n_cells += len(row) + 1
        if n_cells > MAX_CELLS:
            raise LoadError(
                f"{uri} has more than {MAX_CELLS:,} cells",
                remedy="split it, or remove its empty rows and columns",
            )
        cells = [" ".join(cell.split())[:_MAX_CELL_CHARS] for cell in row]
        if any(cells):
            yield cells


def _lines(rows: Iterator[list[str]], uri: str, n_before: int = 0) -> str:
    """A line for each row. n_before: length of the text of earlier sheets. Raises LoadError when there is too much."""
    first, second = next(rows, None), next(rows, None)
    if first is None:
        return ""
    heads = first if second is not None and _names_columns(first) else []
    lines: list[str] = []
    n_chars = n_before
    for row in chain([] if heads else [first], [] if second is None else [second], rows):
        cells = [
            f"{heads[n]}: {cell}" if n < len(heads) and heads[n] else cell
            for n, cell in enumerate(row)
            if cell
        ]
        lines.append(f"- {'; '.join(cells)}")
        n_chars += len(lines[-1])
        # Each row repeats the column names, so a small file can expand to a huge text.
        if n_chars > MAX_TEXT_CHARS:
            raise LoadError(
                f"{uri} has more than {MAX_TEXT_CHARS:,} characters with the column heads in every row",
                remedy="split it, or shorten its column heads",
            )
    return "\n".join(lines)


def _names_columns(row: Sequence[str]) -> bool:
    """Whether a first row has column names: nearly all filled, no duplicates, no numbers."""
    filled = [cell for cell in row if cell]
    return (
        len(filled) >= 0.5 * len(row)
        and len(set(filled)) == len(filled)
        and not any(_NUMBER.fullmatch(cell) for cell in filled)
    )


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return re.sub(r"[\0\ud800-\udfff]", "\ufffd", str(value))
