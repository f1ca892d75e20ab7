"""Markdown with YAML front matter."""

from __future__ import annotations

import datetime
import re
from pathlib import PurePath
from typing import Any

from askive.rag.load.decoding import decode
from askive.rag.load.mail.quoted import pasted_mail
from askive.rag.load.markup.vault import plain_notes
from askive.rag.load.tables.pipe_table import with_table_lines
from askive.rag.text.dates import partial_date
from askive.rag.text.headings import first_heading
from askive.rag.types import NOT_READ, Document

_MAX_NODES = 10_000
"""Limit on the number of YAML values after aliases are expanded: a few lines can expand to a billion values."""
_MAX_INTEGER_BITS = 10_000
"""Python does not convert longer integers to text (`sys.set_int_max_str_digits`)."""
_MAX_NAME_WORDS = 3
"""Longer names are no names of fields: the block is text between two rules."""
_MAX_VALUE_WORDS = 10
"""Longer values of fields of unknown meaning, such as a summary, are text, and so are sentences."""
_KNOWN = ("title", "publisher", "published", "date")
# The lines from "---" to the next "---" or "..." at the start of a file; a blank line after the first makes it a rule.
_FRONT = re.compile(
    r"\s*---[ \t]*\n(?!\s*\n)(?P<fields>.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE
)
# Before "title: Weir 4", but not before the indented lines, list items and comments below it.
_FIELD = re.compile(r"^(?=[^\s#-])", re.MULTILINE)
# "title: Weir 4: pump notes" on one line.
_LINE = re.compile(r"(?P<name>[^\n:]+):[ \t]+(?P<value>[^\n]+)\s*")

# "The pump trips at 61 bar." with at least three words.
_SENTENCE = re.compile(r"\S+\s+\S+\s.*[.!?]", re.DOTALL)


def load_markdown(data: bytes, uri: str) -> Document:
    """The body is the text; `title`, `publisher` and `published` (or `date`) come from the front matter.

    Fields that are not YAML stay in the text, and so do others with a text as their value.
    """
    from askive.rag.load.digest import sha256

    meta, text = _front_matter(decode(data, uri))
    if (pasted := pasted_mail(text, is_markdown=True)) is not None:
        text = pasted.text
    # Links first: the bar in one is no border of a table's cell.
    text = with_table_lines(plain_notes(text), uri)
    title = meta.get("title") or first_heading(text, max_level=1) or PurePath(uri).stem
    publisher = meta.get("publisher")
    return Document(
        uri=uri,
        title=str(title),
        text=text,
        media_type="text/markdown",
        sha256=sha256(data),
        published=partial_date(meta.get("published") or meta.get("date")),
        publisher=str(publisher) if publisher else None,
        metadata={str(k): _plain(v) for k, v in meta.items() if k not in _KNOWN and v is not None},
    )


def _front_matter(raw: str) -> tuple[dict[str, Any], str]:
    """The fields at the start of a text, and the rest."""
    front = _FRONT.match(raw)
    if front is None:
        return {}, raw.strip()
    body = raw[front.end() :].strip()
    meta, unread = _fields(front["fields"])
    if any(len(str(name).split()) > _MAX_NAME_WORDS for name in meta):
        return {}, raw.strip()
    texts = [
        f"{name}: {value}".strip()
        for name, value in meta.items()
        if name == NOT_READ or _is_text(name, value)
    ]
    meta.pop(NOT_READ, None)
    return meta, "\n\n".join(text for text in ("\n".join([*unread, *texts]), body) if text)


def _is_text(name: str, value: Any) -> bool:
    if name in _KNOWN or not isinstance(value, str):
        return False
    return len(value.split()) > _MAX_VALUE_WORDS or bool(_SENTENCE.fullmatch(value.strip()))


def _fields(block: str) -> tuple[dict[str, Any], list[str]]:
    """The fields of the block, each by itself if it is not YAML as a whole; and the lines that are not YAML."""
    if (meta := _yaml(block)) is not None:
        return meta, []
    meta, unread = {}, []
    for field in _FIELD.split(block):
        line = _LINE.fullmatch(field)
        if (of_field := _yaml(field)) is not None:
            meta |= of_field
        elif line and line["name"] in _KNOWN:
            meta[line["name"]] = line["value"].strip()
        else:
            unread.append(field.strip())
    return meta, unread


def _yaml(block: str) -> dict[str, Any] | None:
    """The mapping; None when it is none, or expands too much."""
    import yaml

    try:
        meta = yaml.load(block, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except MemoryError:
        raise
    except Exception:
        # Besides its own errors, the library raises those of conversions, such as to a date or a long number.
        return None
    if meta is None:
        return {}
    return meta if isinstance(meta, dict) and _is_small(meta) else None


def _is_small(meta: dict[str, Any]) -> bool:
    """Whether the fields do not expand too much, and have no integer that is too long to print."""
    waiting: list[Any] = [meta]
    n_nodes = 0
    while waiting:
        value = waiting.pop()
        n_nodes += 1
        if n_nodes > _MAX_NODES:
            return False
        if isinstance(value, dict):
            waiting += [*value.keys(), *value.values()]
        elif isinstance(value, (list, tuple, set, frozenset)):
            waiting += value
        elif isinstance(value, int) and value.bit_length() > _MAX_INTEGER_BITS:
            return False
    return True


def _plain(value: Any) -> str | list[str]:
    if isinstance(value, (list, tuple, set)):
        # "[[Weir 5]]", a link in some programs, is a list in a list.
        return [", ".join(map(str, item)) if isinstance(item, list) else str(item) for item in value]
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    return str(value)
