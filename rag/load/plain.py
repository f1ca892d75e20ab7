"""Plain text."""

from __future__ import annotations

from pathlib import PurePath

from askive.rag.load.decoding import decode
from askive.rag.types import Document

_MAX_TITLE_CHARS = 120


def load_plain(data: bytes, uri: str) -> Document:
    """Title: the first line when it stands alone and is short, else the file's name."""
    from askive.rag.load.digest import sha256

    text = decode(data, uri)
    head, _, rest = text.lstrip().partition("\n")
    stands_alone = rest.startswith("\n") and len(head) <= _MAX_TITLE_CHARS
    title = head.strip() if stands_alone and head.strip() else PurePath(uri).stem
    return Document(uri=uri, title=title, text=text, media_type="text/plain", sha256=sha256(data))
