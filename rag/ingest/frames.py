"""The messages between parent and worker: lengths, JSON and plain bytes, so that no input can run code.

A frame has two lengths, a JSON object, and bytes: of a file to the worker, of UTF-8 text from it.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Any

from askive.rag.errors import EmptyFile, LoadError
from askive.rag.load.limits import MAX_FILE_BYTES, MAX_PASSAGES, MAX_TEXT_CHARS
from askive.rag.load.several.parts import part_uri
from askive.rag.types import Document, Passage, TableRows

_LENGTHS = struct.Struct(">IQ")
_MAX_MESSAGE_CHARS = 5_000
_MAX_JSON_BYTES = 64 * 2**20
_MAX_BYTES = max(MAX_FILE_BYTES, 4 * MAX_TEXT_CHARS)


class BrokenFrame(Exception):
    """The other side has ended or sent malformed data."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A document and its passages."""

    document: Document
    passages: list[Passage]


def send(stream: IO[bytes], fields: dict[str, Any], data: bytes = b"") -> None:
    """Write one frame. Raises OSError when the other side has ended."""
    head = json.dumps(fields, ensure_ascii=False).encode("utf-8")
    stream.write(_LENGTHS.pack(len(head), len(data)))
    stream.write(head)
    stream.write(data)
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[dict[str, Any], bytes]:
    """Read one frame. Raises BrokenFrame at the end of the stream and for malformed data."""
    n_head, n_data = _LENGTHS.unpack(_read(stream, _LENGTHS.size))
    if n_head > _MAX_JSON_BYTES or n_data > _MAX_BYTES:
        raise BrokenFrame(f"a frame of {n_head + n_data:,} bytes")
    head = _read(stream, n_head)
    data = _read(stream, n_data)
    try:
        fields = json.loads(head)
    except (ValueError, RecursionError) as error:
        raise BrokenFrame("no JSON") from error
    if not isinstance(fields, dict):
        raise BrokenFrame("no JSON object")
    return fields, data


def _read(stream: IO[bytes], n: int) -> bytes:
    data = stream.read(n)
    if len(data) < n:
        raise BrokenFrame("the stream has ended")
    return data


def result_frame(loaded: Sequence[Loaded]) -> tuple[dict[str, Any], bytes]:
    """The documents of a file with their passages, for `loaded_from`; the bytes are their texts, joined."""
    texts = [item.document.text.encode("utf-8") for item in loaded]
    fields = [
        _result_fields(item.document, item.passages) | {"n_bytes": len(text)}
        for item, text in zip(loaded, texts, strict=True)
    ]
    return {"documents": fields}, b"".join(texts)


def _result_fields(document: Document, passages: Sequence[Passage]) -> dict[str, Any]:
    headings = list(dict.fromkeys(passage.heading for passage in passages))
    number = {heading: n for n, heading in enumerate(headings)}
    return {
        "uri": document.uri,
        "sha256": document.sha256,
        "title": document.title,
        "media_type": document.media_type,
        "published": document.published,
        "publisher": document.publisher,
        "metadata": document.metadata,
        "headings": headings,
        "passages": [(p.start, p.end, number[p.heading], p.page, p.rows) for p in passages],
    }


def loaded_from(fields: dict[str, Any], data: bytes, uri: str, digest: str) -> list[Loaded]:
    """The documents of the file at `uri`, with their passages.

    Raises LoadError for a reported failure (EmptyFile when there is nothing to read), BrokenFrame for bad data.
    """
    if "failure" in fields:
        kind = EmptyFile if fields.get("is_empty") is True else LoadError
        raise kind(_shown(_text(fields, "failure")), remedy=_shown(_text(fields, "remedy")))
    found: list[Loaded] = []
    n_passages = at = 0
    try:
        for item in fields["documents"]:
            end = at + item["n_bytes"]
            n_passages += len(item["passages"])
            if not (_is_count(item["n_bytes"]) and end <= len(data) and n_passages <= MAX_PASSAGES):
                raise ValueError("more than was to be sent")
            found.append(_loaded(item, data[at:end].decode("utf-8"), uri, digest))
            at = end
    except (UnicodeDecodeError, KeyError, TypeError, ValueError, IndexError) as error:
        raise BrokenFrame("not a document") from error
    if not found or len({item.document.uri for item in found}) < len(found):
        raise BrokenFrame("no documents, or two at one uri")
    if sum(len(item.document.text) for item in found) > MAX_TEXT_CHARS:
        raise BrokenFrame("more text than was to be sent")
    return found


def _loaded(fields: dict[str, Any], text: str, uri: str, digest: str) -> Loaded:
    own_uri = _is_text(fields["uri"])
    if own_uri != uri and not own_uri.startswith(part_uri(uri, "")):
        raise ValueError("a document of another file")
    metadata = {_is_text(name): _value(value) for name, value in dict(fields["metadata"]).items()}
    headings = [_is_text(heading) for heading in fields["headings"]]
    passages = [_passage(text, row, headings) for row in fields["passages"]]
    document = Document(
        uri=own_uri,
        title=_text(fields, "title"),
        text=text,
        media_type=_text(fields, "media_type"),
        sha256=digest if own_uri == uri else _text(fields, "sha256"),
        published=_text(fields, "published") if fields.get("published") is not None else None,
        publisher=_text(fields, "publisher") if fields.get("publisher") is not None else None,
        metadata=metadata,
    )
    return Loaded(document, passages)


def _shown(message: str) -> str:
    """The message for users, without control characters and shortened: parsers quote their input."""
    return "".join(char if char.isprintable() else "\ufffd" for char in message[:_MAX_MESSAGE_CHARS])


def _passage(text: str, row: Any, headings: list[str]) -> Passage:
    start, end, heading, page, rows = row
    if not (_is_count(start) and _is_count(end) and _is_count(heading) and start < end <= len(text)):
        raise ValueError("a passage outside its document")
    if not (page is None or _is_count(page)):
        raise ValueError("no page")
    of_tables = tuple(TableRows(*each) for each in rows)
    if not all(all(map(_is_count, each)) and start <= each.start < each.end <= end for each in of_tables):
        raise ValueError("rows outside their passage")
    return Passage(text[start:end], start, end, headings[heading], page, rows=of_tables)


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**31


def _text(fields: dict[str, Any], name: str) -> str:
    try:
        return _is_text(fields[name])
    except (KeyError, TypeError, ValueError) as error:
        raise BrokenFrame(f"no {name}") from error


def _is_text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    # JSON can encode lone surrogates.
    value.encode("utf-8")
    return value


def _value(value: Any) -> str | list[str]:
    return [_is_text(item) for item in value] if isinstance(value, list) else _is_text(value)
