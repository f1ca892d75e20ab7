"""Tables as text: CSV and TSV."""

from __future__ import annotations

import csv
import io
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
    from askive.rag.load.digest import sha256

    text = decode(data, uri)
    delimiter = "\t" if PurePath(uri).suffix.lower() == ".tsv" else _delimiter(text)
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        lines = table_lines(plain_rows(rows, uri), uri)
    except csv.Error as error:
        raise LoadError(f"{uri} is not a readable table: {error}", remedy="save it again as CSV") from error
    return Document(uri=uri, title=PurePath(uri).stem, text=lines, media_type="text/csv", sha256=sha256(data))


def _delimiter(text: str) -> str:
    """The separator that occurs in most of the first lines, and of those the one that occurs most often."""
    lines = [line for line in text[:100_000].split("\n") if line.strip()][:_N_SAMPLED]
    return max(
        _DELIMITERS,
        key=lambda mark: (sum(mark in line for line in lines), sum(line.count(mark) for line in lines)),
    )
