"""Bytes -> Document: one module per media type."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rag.errors import LoadError
from rag.load.byline import find_byline
from rag.load.html import load_html
from rag.load.mail import load_eml, load_mbox
from rag.load.markdown import load_markdown
from rag.load.office import load_docx, load_epub, load_pptx
from rag.load.pdf import load_pdf
from rag.load.plain import load_plain
from rag.load.tables import load_csv, load_xlsx
from rag.types import Document

Loader = Callable[[bytes, str], Document]
MAX_FILE_BYTES = 256 * 2**20
"""Larger files are not read: they would not fit into memory several times over."""
MAX_TEXT_CHARS = 40_000_000

LOADERS: dict[str, Loader] = {
    ".txt": load_plain,
    ".text": load_plain,
    ".md": load_markdown,
    ".markdown": load_markdown,
    ".html": load_html,
    ".htm": load_html,
    ".xhtml": load_html,
    ".pdf": load_pdf,
    ".docx": load_docx,
    ".pptx": load_pptx,
    ".xlsx": load_xlsx,
    ".epub": load_epub,
    ".csv": load_csv,
    ".tsv": load_csv,
    ".eml": load_eml,
    ".mbox": load_mbox,
}
"""Loader by file ending: takes the bytes and the uri."""


def load_path(path: Path, uri: str | None = None) -> Document:
    """The file as a document; `uri` defaults to the absolute path. Raises LoadError as the three steps below do."""
    loader = loader_of(path)
    return load_bytes(read_bytes(path), uri or str(path.absolute()), loader)


def loader_of(path: Path) -> Loader:
    """Who reads files of this ending. Raises LoadError when nobody does."""
    loader = LOADERS.get(path.suffix.lower())
    if loader is None:
        raise LoadError(
            f"{path} has a type that is not understood ({path.suffix or 'no ending'})",
            remedy=f"supported: {' '.join(sorted(LOADERS))}",
        )
    return loader


def read_bytes(path: Path) -> bytes:
    """All bytes of a file. Raises LoadError when it cannot be read, is larger than MAX_FILE_BYTES, or is no file."""
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError as error:
        raise LoadError(
            f"{printable(path)} has a name that is not UTF-8", remedy="give it another name"
        ) from error
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            # Reading a pipe would wait for its writer for ever.
            raise LoadError(f"{path} is no file", remedy="name files and folders")
        if found.st_size > MAX_FILE_BYTES:
            raise LoadError(
                f"{path} has {found.st_size / 2**20:,.0f} MB; at most {MAX_FILE_BYTES // 2**20} MB are read",
                remedy="split it into smaller files",
            )
        return path.read_bytes()
    except OSError as error:
        raise LoadError(
            f"{path} cannot be read: {error.strerror}", remedy="check the file's rights"
        ) from error


def load_bytes(data: bytes, uri: str, loader: Loader) -> Document:
    """The bytes as a document. Raises LoadError when there is no text in them, or more than MAX_TEXT_CHARS."""
    if not data:
        raise LoadError(f"{uri} is empty: it holds no text", remedy="put text in it, or leave it out")
    document = loader(data, uri)
    if not document.text.strip():
        raise LoadError(f"{uri} holds no text", remedy="put text in it, or leave it out")
    if len(document.text) > MAX_TEXT_CHARS:
        raise LoadError(
            f"{uri} holds {len(document.text):,} characters, more than {MAX_TEXT_CHARS:,}",
            remedy="split it into smaller files",
        )
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
