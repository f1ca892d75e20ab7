"""Records that have a text each: lines of JSON, and tables with a column of texts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath

from askive.rag.load.decoding import decode
from askive.rag.load.digest import sha256
from askive.rag.load.sections import literal
from askive.rag.load.several.parts import part_uri
from askive.rag.load.several.pieces import Place
from askive.rag.load.structured.json_records import (
    JSON,
    Parsed,
    fields_of,
    json_document,
    parse_json,
    record_line,
)
from askive.rag.load.tables.delimited import Delimited
from askive.rag.text.dates import partial_date
from askive.rag.types import Document

RECORDS = "records"
_TITLES = ("title", "headline", "subject", "name", "heading")
_DATES = ("published", "date", "published_at", "publish_date", "publication_date", "pubdate", "datetime", "timestamp",
          "created_at", "created", "time")  # fmt: skip
_PUBLISHERS = ("publisher", "publication", "outlet", "source")
_AUTHORS = ("author", "authors", "by", "from", "sender")
_MIN_TEXT_CHARS = 200
"""Average length of the texts; shorter ones are remarks, and the records stay rows of one document."""
_MIN_RECORDS = 2
_MOSTLY = 0.6


def load_records(data: bytes, uri: str, place: Place | None = None) -> list[Document]:
    """The records of JSON lines, or rows of a table, as documents; the file as one when they have no long texts.

    A record's longest field is its text. Title, date, publisher and author are taken from the fields of these names;
    all other fields follow the text as one line. place: of a piece of a large file.
    """
    if PurePath(uri).suffix.lower() in (".csv", ".tsv"):
        table = table_in(data, uri, place)
        return _documents(lambda: _rows(table.rows()), uri, "text/csv") or [table.document()]
    raw = decode(data, uri)
    parsed = parse_json(raw)
    objects = _objects(parsed)
    return _documents(lambda: objects, uri, JSON) or [json_document(raw, parsed, data, uri)]


def table_in(data: bytes, uri: str, place: Place | None) -> Delimited:
    """The table in the bytes of a file, or of a piece of a large one."""
    return Delimited(data, uri, place.n_head, place.n_above) if place else Delimited(data, uri)


class _NoRecords(Exception):
    """The rows of a table have no name for each of their cells."""


def _documents(
    records: Callable[[], Iterable[Mapping[str, str]]], uri: str, media_type: str
) -> list[Document]:
    """Empty when the records have no long texts. records: gives them from the first one on."""
    try:
        name = _text_field(records())
    except _NoRecords:
        return []
    if name is None:
        return []
    return [
        _document(record, name, n, uri, media_type)
        for n, record in enumerate(records(), start=1)
        if any(record.values())
    ]


def _objects(parsed: Parsed) -> list[dict[str, str]]:
    """The objects of a file of JSON lines or of a JSON list; empty when anything else is among them."""
    is_list = parsed.value is None or isinstance(parsed.value, list)
    if not is_list or not all(isinstance(value, Mapping) for value in parsed.values):
        return []
    return [dict(fields_of(value)) for value in parsed.values]


def _rows(table: Iterator[Sequence[str]]) -> Iterator[dict[str, str]]:
    """The rows of a table by its first row. Raises _NoRecords."""
    names = [" ".join(name.split()) for name in next(table, [])]
    if len(set(names)) < len(names) or not all(names):
        raise _NoRecords
    for row in table:
        if len(row) > len(names):
            raise _NoRecords
        if any(row):
            yield dict(zip(names, row, strict=False))


def _text_field(records: Iterable[Mapping[str, str]]) -> str | None:
    """The field with the most characters, if most records have it and it is long; None when there is none."""
    n_records = 0
    n_found: Counter[str] = Counter()
    n_chars: Counter[str] = Counter()
    for record in records:
        n_records += 1
        for name, value in record.items():
            if value:
                n_found[name] += 1
                n_chars[name] += len(value)
    longest = max(n_chars, key=lambda name: n_chars[name], default="")
    if n_records < _MIN_RECORDS or n_found[longest] < _MOSTLY * n_records:
        return None
    return longest if n_chars[longest] >= _MIN_TEXT_CHARS * n_found[longest] else None


def _document(record: Mapping[str, str], text_name: str, n: int, uri: str, media_type: str) -> Document:
    by_name = {name.lower(): value.strip() for name, value in record.items() if name != text_name}

    def first(names: Sequence[str]) -> str:
        return next((by_name[name] for name in names if by_name.get(name)), "")

    text = literal(record.get(text_name, "").replace("\r\n", "\n").strip())
    others = record_line((name, value) for name, value in record.items() if name != text_name)
    author = first(_AUTHORS)
    return Document(
        uri=part_uri(uri, n),
        title=" ".join(first(_TITLES).split()) or f"{PurePath(uri).stem}, record {n}",
        text=f"{text}\n\n{others}".strip(),
        media_type=media_type,
        sha256=sha256(json.dumps(record, ensure_ascii=True).encode()),
        published=next((day for name in _DATES if (day := partial_date(by_name.get(name)))), None),
        publisher=first(_PUBLISHERS) or None,
        metadata={"author": author} if author else {},
    )
