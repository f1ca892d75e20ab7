"""The file of a store: open it, and check whether it is still the file at its path."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Collection
from pathlib import Path
from urllib.parse import quote

from askive.models.files import require_room, sync_file, sync_folder
from askive.rag.errors import CollectionNotFound, StoreError

FileId = tuple[int, int]
"""Device and inode."""
_OPENINGS = 5


def file_id(path: Path) -> FileId | None:
    """Device and inode of the file at a path; None when it does not exist."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def connect(path: Path, timeout_s: float, *, create: bool) -> sqlite3.Connection:
    """A connection in autocommit mode that several threads may use.

    timeout_s: how long to wait for a write by another process. Raises OSError, sqlite3.DatabaseError.
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
    """Open a store so that all its files belong to one collection; returns the file's id.

    SQLite opens the database file and then its journal. If another collection is swapped in between, they do not
    match. Raises CollectionNotFound when the file does not exist and `create` is false, and whatever `opening` raises.
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
    """Open a database read-only, without creating a journal for one that is not in use."""
    # Without a journal there is no writer, so the file can be opened as it is, even on a read-only disk.
    mode = "mode=ro" if path.with_name(f"{path.name}-wal").exists() else "immutable=1"
    return sqlite3.connect(f"file:{quote(str(path))}?{mode}", uri=True, timeout=5, isolation_level=None)


def read_meta(path: Path) -> dict[str, str]:
    """What a store says of itself, by key; empty when it is not there or cannot be read."""
    try:
        with contextlib.closing(open_read_only(path)) as db:
            return dict(db.execute("SELECT key, value FROM meta"))
    except sqlite3.Error:
        return {}


def copy_to(db: sqlite3.Connection, target: Path) -> None:
    """Write the current content of a database, without bytes of deleted rows, to a file that appears when complete.

    Raises sqlite3.DatabaseError, OSError.
    """
    partial = target.with_name(f".{target.name}.partial")
    partial.unlink(missing_ok=True)
    try:
        db.execute("VACUUM INTO ?", (str(partial),))
        sync_file(partial)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    sync_folder(target.parent)


def copy_before(db: sqlite3.Connection, path: Path, formats: Collection[int]) -> None:
    """Copy a store of one of these formats to `migration_copies` before it is migrated.

    Raises sqlite3.DatabaseError, OSError, DiskSpaceError.
    """
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
        return
    (version,) = db.execute("SELECT value FROM meta WHERE key = 'format'").fetchone() or ("",)
    if version.isdecimal() and int(version) in formats:
        require_room(path.parent, path.stat().st_size, f"the copy of {path.parent.name} before its migration")
        copy_to(db, path.with_name(f"{path.name}.format-{version}"))


def migration_copies(folder: Path) -> list[Path]:
    """Copies of the store in a folder that were made before it was migrated."""
    return sorted(folder.glob("*.sqlite3.format-*"))
