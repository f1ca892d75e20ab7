"""Markdown with YAML front matter."""

from __future__ import annotations

import datetime
import re
from pathlib import PurePath
from typing import Any

from rag.dates import partial_date
from rag.errors import LoadError
from rag.load.text import decode
from rag.types import Document

_FIRST_HEADING = re.compile(r"^ {0,3}#[ \t]+(.+?)[ \t]*#*[ \t]*$", re.MULTILINE)
_KNOWN = ("title", "publisher", "published", "date")


def load_markdown(data: bytes, uri: str) -> Document:
    """The body is the text; `title`, `publisher`, `published` (or `date`) come from the front matter.

    Raises LoadError when the front matter is not valid YAML.
    """
    import frontmatter
    import yaml

    from rag.load import sha256

    raw = decode(data, uri)
    try:
        # The library strips the body; offsets must point into what is kept here, so that is fine.
        meta, text = frontmatter.parse(raw)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise LoadError(
            f"{uri}: front matter is not valid YAML: {reason}", remedy="mend its first lines"
        ) from error
    heading = _FIRST_HEADING.search(text)
    title = meta.get("title") or (heading.group(1) if heading else None) or PurePath(uri).stem
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


def _plain(value: Any) -> str | list[str]:
    if isinstance(value, (list, tuple, set)):
        return [str(item) for item in value]
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    return str(value)
