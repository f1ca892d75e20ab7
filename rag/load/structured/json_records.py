"""JSON: each record becomes a line with its fields, `| author: Maria; text: We move the launch.`"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePath
from typing import Any, NamedTuple

from askive.rag.errors import LoadError
from askive.rag.load.decoding import decode
from askive.rag.load.limits import MAX_TEXT_CHARS
from askive.rag.load.sections import literal, section
from askive.rag.load.tables.row_marks import row_mark
from askive.rag.types import Document

JSON = "application/json"


class Parsed(NamedTuple):
    """value: the one value of a text; None when it is not JSON. lines: then its lines with the value of each."""

    value: Any
    lines: list[tuple[str, Any]]

    @property
    def values(self) -> list[Any]:
        """The items of a list, or the values of all lines; the value itself when it is no list."""
        if self.value is None:
            return [value for _, value in self.lines]
        return self.value if isinstance(self.value, list) else [self.value]


def load_json(data: bytes, uri: str) -> Document:
    """An object or a list of records; lists of records inside objects are sections. Other text is kept as it is."""
    raw = decode(data, uri)
    return json_document(raw, parse_json(raw), data, uri)


def parse_json(raw: str) -> Parsed:
    """The value of a text, or else those of its lines."""
    value = _parsed(raw)
    return Parsed(value, [] if value is not None else _parsed_lines(raw))


def json_document(raw: str, parsed: Parsed, data: bytes, uri: str) -> Document:
    """The values of a text, which was read from these bytes, as `load_json` shows them."""
    from askive.rag.load.digest import sha256

    text = _text_of(raw, parsed, uri)
    return Document(uri=uri, title=PurePath(uri).stem, text=text, media_type=JSON, sha256=sha256(data))


def record_line(fields: Iterable[tuple[str, str]]) -> str:
    """One line for a record, marked as a row of a table, without its empty fields; empty when all are."""
    shown = [(name, " ".join(value.split())) for name, value in fields]
    cells = "; ".join(f"{name}: {value}" if name else value for name, value in shown if value)
    return f"| {cells}" if cells else ""


def _text_of(raw: str, parsed: Parsed, uri: str) -> str:
    if parsed.value is not None:
        return _limited(_blocks(parsed.value, 1), "\n\n", uri)
    # One value on each line; a line that is none is text.
    if not any(isinstance(value, Mapping) for _, value in parsed.lines):
        return literal(raw)
    lines = (
        literal(line) if value is None else _numbered(value, n)
        for n, (line, value) in enumerate(parsed.lines, start=1)
    )
    return _limited(lines, "\n", uri)


def _numbered(record: Any, number: int) -> str:
    line = record_line(fields_of(record))
    return f"{line}{row_mark(number, in_sheet=True, is_first=False)}" if line else ""


def _parsed_lines(raw: str) -> list[tuple[str, Any]]:
    """The lines with text, each with its value; None for a line that is not JSON."""
    return [(line, _parsed(line)) for line in raw.split("\n") if line.strip()]


def _parsed(text: str) -> Any:
    """The value, with numbers as they are written; None for text that is not JSON."""
    try:
        return json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except ValueError:
        return None


def _limited(parts: Iterable[str], separator: str, uri: str) -> str:
    """The parts joined. Raises LoadError when they are too long: names of fields are repeated in each record."""
    kept: list[str] = []
    n_chars = 0
    for part in parts:
        n_chars += len(part)
        if n_chars > MAX_TEXT_CHARS:
            raise LoadError(
                f"{uri} has more than {MAX_TEXT_CHARS:,} characters with the names of fields in every record",
                remedy="split it into smaller files",
            )
        if part:
            kept.append(part)
    return separator.join(kept)


def _blocks(value: Any, level: int) -> Iterator[str]:
    """The fields of an object as one record, then its lists of records, each under a heading."""
    if isinstance(value, list):
        yield "\n".join(line for n, item in enumerate(value, start=1) if (line := _numbered(item, n)))
    elif isinstance(value, Mapping):
        lists = {name: item for name, item in value.items() if _has_records(item)}
        yield record_line(fields_of({name: item for name, item in value.items() if name not in lists}))
        for name, item in lists.items():
            yield section(name, "\n\n".join(block for block in _blocks(item, level + 1) if block), level)
    else:
        yield record_line(fields_of(value))


def _has_records(value: Any) -> bool:
    """Whether the value is a list of objects, or an object with one."""
    if isinstance(value, list):
        return any(isinstance(item, Mapping) for item in value)
    return isinstance(value, Mapping) and any(map(_has_records, value.values()))


def fields_of(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """The values in a value, with the path of their names: `user.name`, `reactions.2.emoji`."""
    if isinstance(value, Mapping):
        texts = {_joined(item) for item in value.values()} - {""}
        for key, item in value.items():
            # The same text once more, in parts that are all objects.
            is_in_parts = isinstance(item, list) and item and all(isinstance(part, Mapping) for part in item)
            if is_in_parts and "".join(map(_part, item)) in texts:
                continue
            yield from fields_of(item, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list):
        if joined := _joined(value):
            yield name, joined
        elif any(isinstance(item, (Mapping, list)) for item in value):
            for number, item in enumerate(value, start=1):
                yield from fields_of(item, f"{name}.{number}" if name else str(number))
        else:
            yield name, ", ".join(_shown(item) for item in value)
    else:
        yield name, _shown(value)


def _joined(value: Any) -> str:
    """A text, also one in parts of which some are objects: `["Meet at ", {"type": "bold", "text": "Pier 4"}]`.

    Empty for other values.
    """
    if isinstance(value, str):
        return value
    if not isinstance(value, list) or not any(isinstance(part, Mapping) for part in value):
        return ""
    is_text = any(isinstance(part, str) for part in value) and all(
        isinstance(part, str) or (isinstance(part, Mapping) and isinstance(part.get("text"), str))
        for part in value
    )
    return "".join(map(_part, value)) if is_text else ""


def _part(part: Any) -> str:
    """The text of a part, with the address of a link; empty for objects without one."""
    if not isinstance(part, Mapping):
        return str(part)
    text, link = part.get("text"), part.get("href")
    if not isinstance(text, str):
        return ""
    return f"{text} ({link})" if isinstance(link, str) and link not in text else text


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
