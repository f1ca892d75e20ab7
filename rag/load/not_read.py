"""The parts of a source that were not read, kept with the document so that they can be reported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from askive.rag.types import NOT_READ, Document

_MAX_PARTS = 20
"""Further parts are only counted."""
_MAX_PART_CHARS = 300
_OF_ARCHIVE = "in the archive: "


def with_not_read(document: Document, parts: Sequence[str], *, of_archive: bool = False) -> Document:
    """The document with these parts added to those that were not read.

    of_archive: they are parts of the archive that the document is in, whose first document it is.
    """
    if not parts:
        return document
    shown = [" ".join(part.split())[:_MAX_PART_CHARS] for part in parts[:_MAX_PARTS]]
    if len(parts) > _MAX_PARTS:
        shown.append(f"{len(parts) - _MAX_PARTS:,} more parts")
    if of_archive:
        shown = [f"{_OF_ARCHIVE}{part}" for part in shown]
    return replace(document, metadata={**document.metadata, NOT_READ: [*not_read(document), *shown]})


def by_place(uri: str, parts: Sequence[str], archive: str) -> list[tuple[str, list[str]]]:
    """The parts that are noted with the document at `uri`, by what they are parts of: it, or the archive it is in."""
    own = [part for part in parts if not part.startswith(_OF_ARCHIVE)]
    others = [part.removeprefix(_OF_ARCHIVE) for part in parts if part.startswith(_OF_ARCHIVE)]
    return [(place, found) for place, found in ((uri, own), (archive, others)) if found]


def not_read(document: Document) -> list[str]:
    """The parts of the document's source that were not read; empty when all of it was."""
    parts = document.metadata.get(NOT_READ, [])
    return [parts] if isinstance(parts, str) else list(parts)


def damaged_characters(text: str) -> list[str]:
    """A note when characters of the text could not be decoded and are U+FFFD."""
    n_damaged = text.count("\ufffd")
    if not n_damaged:
        return []
    return [f"{n_damaged:,} {'character' if n_damaged == 1 else 'characters'} could not be decoded"]
