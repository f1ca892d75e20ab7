"""Pictures that a Markdown document shows: files beside it, as they are, for the browser to decode."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from askive.rag.errors import UsageError
from askive.rag.types import Document

_MAX_BYTES = 20_000_000
_VAULT = ".obsidian"
_TYPES = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"))


def is_shown(document: Document, source: str) -> bool:
    """Whether a picture of a document can be shown."""
    return _path(document, source) is not None


def picture_of(document: Document, source: str) -> tuple[bytes, str]:
    """The bytes of a picture and their media type. source: as in the document, not percent-encoded.

    Raises UsageError unless the document names it, and it is a picture in the folder of the document or in its vault.
    """
    is_named = source in document.text or quote(source) in document.text
    path = _path(document, source) if is_named else None
    found = path.read_bytes() if path else b""
    media_type = _media_type(found)
    if media_type is None:
        raise UsageError("the document shows no such picture", remedy="open the original file")
    return found, media_type


def _path(document: Document, source: str) -> Path | None:
    place = Path(document.uri)
    if not place.is_absolute() or not source or "\0" in source or "://" in source:
        return None
    vault = next((folder for folder in place.parents if (folder / _VAULT).is_dir()), None)
    for folder in [place.parent, *([vault] if vault else [])]:
        path = (folder / source).resolve()
        # Links out of the folder do not count either: other people may use this chat.
        if not path.is_relative_to((vault or folder).resolve()) or not path.is_file():
            continue
        if path.stat().st_size <= _MAX_BYTES:
            with path.open("rb") as file:
                if _media_type(file.read(16)) is not None:
                    return path
    return None


def _media_type(begin: bytes) -> str | None:
    """Of the first bytes of a file; None for what is no picture, or one that may hold scripts (SVG)."""
    if begin[:4] == b"RIFF" and begin[8:12] == b"WEBP":
        return "image/webp"
    return next((media_type for mark, media_type in _TYPES if begin.startswith(mark)), None)
