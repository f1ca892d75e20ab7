"""Markdown with YAML front matter."""

from __future__ import annotations

import datetime
from pathlib import PurePath
from typing import Any

from askive.rag.errors import LoadError
from askive.rag.load.decoding import decode
from askive.rag.load.tables.pipe_table import with_table_lines
from askive.rag.text.dates import partial_date
from askive.rag.text.headings import first_heading
from askive.rag.types import Document

_MAX_NODES = 10_000
"""Limit on the number of YAML values after aliases are expanded: a few lines can expand to a billion values."""
_MAX_INTEGER_BITS = 10_000
"""Python does not convert longer integers to text (`sys.set_int_max_str_digits`)."""
_KNOWN = ("title", "publisher", "published", "date")


def load_markdown(data: bytes, uri: str) -> Document:
    """The body is the text; `title`, `publisher` and `published` (or `date`) come from the front matter.

    Raises LoadError when the front matter is not valid YAML.
    """
    import frontmatter
    import yaml

    from askive.rag.load.digest import sha256

    raw = decode(data, uri)
    try:
        # The library strips the body; that is fine, since offsets refer to the stored text.
        meta, text = frontmatter.parse(raw)
    except (yaml.YAMLError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise LoadError(
            f"{uri}: front matter is not valid YAML: {reason}", remedy="fix its first lines"
        ) from error
    _check_size(meta, uri)
    text = with_table_lines(text, uri)
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


def _check_size(meta: dict[str, Any], uri: str) -> None:
    """Raises LoadError for front matter that expands too much or has an integer that is too long to print."""
    waiting: list[Any] = [meta]
    n_nodes = 0
    while waiting:
        value = waiting.pop()
        n_nodes += 1
        if n_nodes > _MAX_NODES:
            raise LoadError(f"{uri}: front matter has more than {_MAX_NODES:,} values", remedy="shorten it")
        if isinstance(value, dict):
            waiting += [*value.keys(), *value.values()]
        elif isinstance(value, (list, tuple, set, frozenset)):
            waiting += value
        elif isinstance(value, int) and value.bit_length() > _MAX_INTEGER_BITS:
            raise LoadError(
                f"{uri}: front matter has a number of more than {_MAX_INTEGER_BITS:,} bits",
                remedy="put it in quotation marks or shorten it",
            )


def _plain(value: Any) -> str | list[str]:
    if isinstance(value, (list, tuple, set)):
        return [str(item) for item in value]
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    return str(value)
