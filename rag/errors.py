"""Errors of the rag package, below `askive.models.errors.AskiveError`.

AskiveError
└── ArchiveError            archive        1
    ├── CollectionNotFound  collection-not-found
    ├── CollectionBusy      collection-busy    another writer holds the collection's lock
    ├── LoadError           load               one document could not be read
    │   └── EmptyFile       load               there is nothing to read in it
    ├── StoreError          store              the store is damaged, locked or newer than this program
    ├── FingerprintMismatch fingerprint        the index was made with another embedder or settings
    └── ConfigError         config (exit 2)    unknown key or bad value
"""

from __future__ import annotations

from askive.models.errors import AskiveError, UsageError

__all__ = [
    "ArchiveError",
    "AskiveError",
    "CollectionBusy",
    "CollectionNotFound",
    "ConfigError",
    "EmptyFile",
    "FingerprintMismatch",
    "LoadError",
    "StoreError",
    "UsageError",
    "require_text",
]


class ArchiveError(AskiveError):
    """An error about documents, the store or the index."""

    kind = "archive"


class CollectionNotFound(ArchiveError):
    """There is no collection of this name."""

    kind = "collection-not-found"


class CollectionBusy(ArchiveError):
    """Another writer holds the collection's lock."""

    kind = "collection-busy"


class LoadError(ArchiveError):
    """A document could not be read; the others are not affected."""

    kind = "load"


class EmptyFile(LoadError):
    """A file has no text, and nothing that could be recognised as text."""


class StoreError(ArchiveError):
    """The store cannot be opened or written."""

    kind = "store"


class FingerprintMismatch(ArchiveError):
    """The collection was embedded with another model or split with other settings."""

    kind = "fingerprint"


class ConfigError(ArchiveError):
    """A configuration key is unknown or its value is not allowed."""

    kind = "config"
    exit_code = 2


def require_text(value: object, what: str) -> None:
    """Raises UsageError for a value that is not a string. what: its name in the message."""
    if not isinstance(value, str):
        raise UsageError(f"the {what} is {value!r}, not text", remedy="give a string")
