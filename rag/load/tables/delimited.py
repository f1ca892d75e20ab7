"""Tables as text: CSV and TSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import PurePath

from askive.rag.errors import LoadError
from askive.rag.load.decoding import decode
from askive.rag.load.tables.cells import plain_rows
from askive.rag.load.tables.lines import Above, table_lines
from askive.rag.types import Document

_DELIMITERS = ",;\t|"
_N_SAMPLED = 50


def load_csv(data: bytes, uri: str) -> Document:
    """Cells are separated by comma, semicolon, tab or bar. Raises LoadError for binary files and invalid quoting."""
    return Delimited(data, uri).document()


class Delimited:
    """A table, or a part of a large one, row by row: as texts, the rows of a large one need many times its size.

    n_head: so many bytes of `data` are rows from above the part, which tell the column heads. n_above: all rows above
    the part. Raises LoadError for binary files.
    """

    def __init__(self, data: bytes, uri: str, n_head: int = 0, n_above: int = 0) -> None:
        self._data = data
        self._uri = uri
        self._head = decode(data[:n_head], uri) if n_head else ""
        self._own = decode(data[n_head:], uri)
        self._delimiter = delimiter_of(self._head or self._own, uri)
        self._n_above = n_above

    def rows(self) -> Iterator[list[str]]:
        """The first row of the table, and those of the part. Raises LoadError for invalid quoting."""
        return chain(islice(self._rows(self._head), 1), self._rows(self._own))

    def document(self) -> Document:
        """The rows of the part with their column heads. Raises LoadError for invalid quoting."""
        from askive.rag.load.digest import sha256

        head = list(self._rows(self._head))
        rows = plain_rows(chain(head, self._rows(self._own)), self._uri)
        lines = table_lines(rows, self._uri, in_sheet=True, above=Above(len(head), self._n_above))
        title, digest = PurePath(self._uri).stem, sha256(self._data)
        return Document(uri=self._uri, title=title, text=lines, media_type="text/csv", sha256=digest)

    def _rows(self, text: str) -> Iterator[list[str]]:
        try:
            yield from csv.reader(io.StringIO(text, newline=""), delimiter=self._delimiter)
        except csv.Error as error:
            raise LoadError(
                f"{self._uri} is not a readable table: {error}", remedy="save it again as CSV"
            ) from error


def delimiter_of(text: str, uri: str) -> str:
    """A tab in a .tsv file, else the separator in most of the first lines, of those the one that occurs most often."""
    if PurePath(uri).suffix.lower() == ".tsv":
        return "\t"
    lines = [line for line in text[:100_000].split("\n") if line.strip()][:_N_SAMPLED]
    return max(
        _DELIMITERS,
        key=lambda mark: (sum(mark in line for line in lines), sum(line.count(mark) for line in lines)),
    )
