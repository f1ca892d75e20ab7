"""SQLite and disk errors of a store -> errors with a remedy that does not harm the archive.

Only confirmed damage calls for a rebuild, from the source files and after a copy. No remedy removes a collection.
"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from askive.models.system_errors import reason_of, remedy_for
from askive.rag.errors import StoreError, UsageError
from askive.rag.store.schema import FORMAT, Fingerprint

_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_NO_ACCESS = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH})
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_UNCHANGED = "nothing was changed; repeat the command, and run `askive doctor` when it fails again"


def store_failure(path: Path, what: str, error: Exception) -> StoreError:
    """The error for a store at `path` that cannot be `what` (opened, read, written)."""
    reason = reason_of(error) if isinstance(error, OSError) else str(error)
    return StoreError(f"the collection at {path} cannot be {what}: {reason}", remedy=_remedy(path, error))


def closed_failure(path: Path) -> UsageError:
    """The error for the use of a closed store."""
    return UsageError(
        f"the collection {path.parent.name!r} is closed",
        remedy="open it again, or use it before the end of its `with` block",
    )


def format_failure(path: Path, version: int) -> StoreError:
    """The error for a store of another format. version: its format; -1 if it has none."""
    message = f"the collection at {path} has format {version}, this version reads {FORMAT}"
    if version > FORMAT:
        return StoreError(
            message, remedy="a newer askive made it: update with `pip install --upgrade askive`"
        )
    if version < 0:
        message = f"{path} is not a store of askive: it has no format number"
    return StoreError(
        message,
        remedy="it is left as it is; index the source files into a new collection:"
        " `askive index PATH --collection NEW`",
    )


def read_fingerprint(path: Path, text: str) -> Fingerprint:
    """The stored fingerprint. Raises StoreError when it is damaged."""
    try:
        return Fingerprint(**json.loads(text))
    except (ValueError, TypeError) as error:
        raise StoreError(
            f"the collection at {path} has a damaged record of its embedder: {error}",
            remedy=rebuild_remedy(path.parent),
        ) from error


def is_damage(error: BaseException) -> bool:
    """Whether SQLite reports that the file is damaged or not a database."""
    return _code(error) in _DAMAGED


def rebuild_remedy(folder: Path) -> str:
    """The remedy for a damaged collection."""
    return (
        f"copy {folder} to a safe place, then index the source files again: "
        f"`askive index PATH --collection {folder.name} --rebuild`"
    )


def _remedy(path: Path, error: Exception) -> str:
    if isinstance(error, OSError):
        return remedy_for(error)
    code = _code(error)
    if code in _BUSY:
        return "another askive is writing to it: try again when it is done"
    if code == sqlite3.SQLITE_FULL:
        return "free some disk space, then repeat the command; nothing of the document was changed"
    if code == sqlite3.SQLITE_READONLY:
        return f"make {path.parent} writable (`ls -ld` shows its rights; the disk may be mounted read-only)"
    if code == sqlite3.SQLITE_IOERR:
        return f"the disk failed or is full: check it, and copy {path.parent} before you write to it again"
    if code in _NO_ACCESS:
        return f"check that {path.parent} exists and who may read and write it (`ls -ld`)"
    if code == sqlite3.SQLITE_NOMEM:
        return "close other programs, then repeat the command"
    if code in _DAMAGED:
        return f"run `askive doctor`; if it finds damage, {rebuild_remedy(path.parent)}"
    return _UNCHANGED


def _code(error: BaseException) -> int | None:
    """SQLite's primary result code; None for errors of the Python module itself."""
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else int(code) & 0xFF
