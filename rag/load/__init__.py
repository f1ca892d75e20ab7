"""Bytes -> Document: one module per media type."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rag.errors import LoadError
from rag.load.byline import find_byline
from rag.load.html import load_html
from rag.load.markdown import load_markdown
from rag.load.plain import load_plain
from rag.types import Document

Loader = Callable[[bytes, str], Document]

LOADERS: dict[str, Loader] = {
    ".txt": load_plain,
    ".text": load_plain,
    ".md": load_markdown,
    ".markdown": load_markdown,
    ".html": load_html,
    ".htm": load_html,
    ".xhtml": load_html,
}
"""Loader by file ending: takes the bytes and the uri."""


def load_path(path: Path, uri: str | None = None) -> Document:
    """The file as a document; `uri` defaults to the absolute path.

    Raises LoadError when the type is unknown, the file cannot be read, or there is no text in it.
    """
    loader = LOADERS.get(path.suffix.lower())
    if loader is None:
        raise LoadError(
            f"{path} has a type that is not understood ({path.suffix or 'no ending'})",
            remedy=f"supported: {' '.join(sorted(LOADERS))}",
        )
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError as error:
        raise LoadError(
            f"{printable(path)} has a name that is not UTF-8", remedy="give it another name"
        ) from error
    try:
        data = path.read_bytes()
    except OSError as error:
        raise LoadError(
            f"{path} cannot be read: {error.strerror}", remedy="check the file's rights"
        ) from error
    return load_bytes(data, uri or str(path.absolute()), loader)


def load_bytes(data: bytes, uri: str, loader: Loader) -> Document:
    """The bytes as a document. Raises LoadError when there is no text in them."""
    document = loader(data, uri)
    if not document.text.strip():
        raise LoadError(f"{uri} holds no text", remedy="remove it or put text in it")
    if document.published and document.publisher:
        return document
    byline = find_byline(document.title, document.text)
    return replace(
        document,
        published=document.published or byline.published,
        publisher=document.publisher or byline.publisher,
    )


def printable(path: Path) -> str:
    """The path for messages: bytes of its name that are not UTF-8 are shown as escapes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def sha256(data: bytes) -> str:
    """Hex digest of the source's bytes."""
    return hashlib.sha256(data).hexdigest()
