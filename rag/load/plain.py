"""Plain text."""

from __future__ import annotations

from pathlib import PurePath

from askive.rag.load.decoding import decode
from askive.rag.types import Document

_MAX_TITLE_CHARS = 120


def load_plain(data: bytes, uri: str) -> Document:
    """The title is the first line if it is short and followed by a blank line, else the file name."""
    from askive.rag.load.digest import sha256

    text = decode(data, uri)
    head, _, body = text.lstrip().partition("\n")
    stands_alone = body.startswith("\n") and len(head) <= _MAX_TITLE_CHARS
    title = head.strip() if stands_alone and head.strip() else PurePath(uri).stem
    return Document(uri=uri, title=title, text=text, media_type="text/plain", sha256=sha256(data))
