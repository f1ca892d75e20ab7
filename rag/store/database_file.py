"""The file of a store: open it, and know whether it is still the one at its path."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from askive.rag.errors import CollectionNotFound, StoreError

FileId = tuple[int, int]
"""Device and inode."""
_OPENINGS = 5


def file_id(path: Path) -> FileId | None:
    """What identifies the file at a path; None when there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def connect(path: Path, timeout_s: float, *, create: bool) -> sqlite3.Connection:
    """A connection that several threads may use, without transactions of its own.

    timeout_s: how long another process's writing is waited for. Raises OSError, sqlite3.DatabaseError.
    """
    if create:
        path.parent.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={'rwc' if create else 'rw'}",
        uri=True,
        timeout=timeout_s,
        check_same_thread=False,
        isolation_level=None,
    )
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("PRAGMA secure_delete = ON")
    return db


def open_in_place(
    path: Path, opening: Callable[[], None], closing: Callable[[], None], *, create: bool
) -> FileId | None:
    """Open a store such that all its files are of one collection; what identifies the file.

    SQLite opens a store's file and its journal one after the other: a collection that is put in its place in between
    would mix two. Raises CollectionNotFound when it is not there and `create` is false, and what `opening` raises.
    """
    for _ in range(_OPENINGS):
        before = file_id(path)
        if before is None and not create:
            raise CollectionNotFound(
                f"there is no collection {path.parent.name!r} in {path.parent.parent}",
                remedy=f"make it with `askive index PATH --collection {path.parent.name}`",
            )
        try:
            opening()
        except StoreError:
            if before in (None, file_id(path)):
                raise
            continue
        if before in (None, after := file_id(path)):
            return after
        closing()
    raise StoreError(f"the collection at {path.parent} is being replaced", remedy="try again")


def open_read_only(path: Path) -> sqlite3.Connection:
    """A database that is not written to: no journal is made beside one that nobody has open."""
    # Without a journal there is no writer, and the file can be read as it is, even from a read-only disk.
    mode = "mode=ro" if path.with_name(f"{path.name}-wal").exists() else "immutable=1"
    return sqlite3.connect(f"file:{quote(str(path))}?{mode}", uri=True, timeout=5, isolation_level=None)
