"""Read the files of suites; every error names the file and the line."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from askive.models.reader.held_out import groups_of, is_held_out
from askive.rag.errors import UsageError
from askive.rag.load.byline import find_byline
from askive.rag.types import Document, Hit, Passage, Source

Record = dict[str, Any]

_REMEDY = "fix the line, or leave the file out"


def read_json_lines(path: Path) -> Iterator[tuple[str, Record]]:
    """`("path:line", object)` of a file with one JSON object a line; blank lines are skipped.

    Raises UsageError when the file is missing, is not UTF-8, or a line is not a JSON object.
    """
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield f"{path}:{number}", _object(line, f"{path}:{number}")
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}", remedy="check the path") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text: {error.reason}", remedy="convert it to UTF-8") from error


def sample_rows(path: Path, limit: int, max_chars: int = 1_500) -> list[Record]:
    """`limit` rows of a set with a `text` of at most `max_chars`, sampled with a fixed seed.

    Raises UsageError as `read_json_lines`.
    """
    rows = [row for _, row in read_json_lines(path) if len(row["text"]) <= max_chars]
    random.Random(1).shuffle(rows)
    return rows[:limit]


def held_out_rows(path: Path, limit: int, max_chars: int = 1_500) -> list[Record]:
    """`limit` rows, as `sample_rows`, of the groups that the reader is not trained on.

    Raises UsageError when the file cannot be read.
    """
    try:
        groups = groups_of(path)
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read {path}: {error}", remedy="check the path and its lines") from error
    rows = [row for group in groups if is_held_out(group) for row in group if len(row["text"]) <= max_chars]
    random.Random(1).shuffle(rows)
    return rows[:limit]


def read_json(path: Path) -> Any:
    """A whole JSON file. Raises UsageError with the line of the error."""
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}", remedy="check the path") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text: {error.reason}", remedy="convert it to UTF-8") from error
    except json.JSONDecodeError as error:
        raise UsageError(f"{path}:{error.lineno}: not JSON: {error.msg}", remedy="fix the file") from error


def source_hit(text: str, doc_id: int = 1) -> Hit:
    """A document with this text, as returned by retrieval."""
    passage = Passage(text, 0, len(text), passage_id=doc_id, doc_id=doc_id)
    return Hit(passage, Source(doc_id, f"source-{doc_id}", "", "text/plain"), 1.0, 1, "fused")


def _object(line: str, where: str) -> Record:
    try:
        value = json.loads(line)
    except json.JSONDecodeError as error:
        raise UsageError(f"{where}: not JSON: {error.msg} at column {error.colno}", remedy=_REMEDY) from error
    if not isinstance(value, dict):
        raise UsageError(f"{where}: expected a JSON object, not {type(value).__name__}", remedy=_REMEDY)
    return value


def text_of(record: Record, key: str, where: str, default: str | None = None) -> str:
    """A string field; a number becomes a string. Raises UsageError when it is missing and there is no default."""
    value = record.get(key)
    if value is None and default is not None:
        return default
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    problem = "is missing" if value is None else f"is {json.dumps(value)[:40]}, not a string"
    raise UsageError(f"{where}: {key!r} {problem}", remedy=_REMEDY)


def list_of(record: Record, key: str, where: str) -> list[Any]:
    """A list field; missing or null is empty. Raises UsageError on anything else."""
    value = record.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise UsageError(f"{where}: {key!r} is {json.dumps(value)[:40]}, not a list", remedy=_REMEDY)
    return value


def texts_of(record: Record, key: str, where: str) -> tuple[str, ...]:
    """A field with a string or a list of strings, without empty strings."""
    value = record.get(key)
    items = [value] if isinstance(value, str) else list_of(record, key, where)
    if not all(isinstance(item, str) for item in items):
        raise UsageError(f"{where}: {key!r} holds something that is not a string", remedy=_REMEDY)
    return tuple(item for item in items if item.strip())


def plain_document(uri: str, title: str, text: str) -> Document:
    """A document of plain text. A title that ends in `(Publisher, 2023-11-25)` gives both fields."""
    text = text if text.strip() else title
    byline = find_byline(title, "")
    return Document(
        uri=uri,
        title=title,
        text=text,
        media_type="text/plain",
        sha256=hashlib.sha256(f"{title}\n{text}".encode()).hexdigest(),
        publisher=byline.publisher,
        published=byline.published,
    )
