"""Tables as text: CSV and TSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath

from askive.rag.errors import LoadError
from askive.rag.load.decoding import decode
from askive.rag.load.tables.cells import plain_rows
from askive.rag.load.tables.lines import table_lines
from askive.rag.types import Document

_DELIMITERS = ",;\t|"
_N_SAMPLED = 50


def load_csv(data: bytes, uri: str) -> Document:
    """Cells are separated by comma, semicolon, tab or bar. Raises LoadError for binary files and invalid quoting."""
    return table_document(rows_of(decode(data, uri), uri), data, uri)


def rows_of(text: str, uri: str) -> Iterator[list[str]]:
    """The rows of a table, one by one. Raises LoadError for invalid quoting."""
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text, uri))
    except csv.Error as error:
        raise LoadError(f"{uri} is not a readable table: {error}", remedy="save it again as CSV") from error


def table_document(rows: Iterable[Sequence[str]], data: bytes, uri: str) -> Document:
    """The rows, which were read from these bytes, with their column heads."""
    from askive.rag.load.digest import sha256

    lines = table_lines(plain_rows(rows, uri), uri, in_sheet=True)
    return Document(uri=uri, title=PurePath(uri).stem, text=lines, media_type="text/csv", sha256=sha256(data))


def delimiter_of(text: str, uri: str) -> str:
    """A tab in a .tsv file, else the separator in most of the first lines, of those the one that occurs most often."""
    if PurePath(uri).suffix.lower() == ".tsv":
        return "\t"
    lines = [line for line in text[:100_000].split("\n") if line.strip()][:_N_SAMPLED]
    return max(
        _DELIMITERS,
        key=lambda mark: (sum(mark in line for line in lines), sum(line.count(mark) for line in lines)),
    )
