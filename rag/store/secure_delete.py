"""Erase the bytes of deleted rows from a SQLite file, its journal and its full-text index."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from askive.rag.store.database_file import open_read_only

UNERASED = "unerased"
"""Key in `meta`. Not empty: the file may hold bytes of removed text. Missing in stores of earlier versions."""
_CHECKPOINT_WAIT_MS = 2000


def erase(db: sqlite3.Connection, mark: str | None) -> bool:
    """Overwrite deleted data and clear the mark; returns whether nothing of it is left.

    Takes time in proportion to the size of the file. Returns False and keeps the mark when another connection reads an
    old state, or when the disk is full. mark: the value of `UNERASED`.
    """
    (timeout_ms,) = db.execute("PRAGMA busy_timeout").fetchone()
    try:
        # Segments keep the words of deleted rows until they are merged, and secure_delete leaves stale cells when rows
        # move between pages. A vacuum rewrites every page.
        db.execute("INSERT INTO passages_fts (passages_fts) VALUES ('optimize')")
        db.execute("VACUUM")
        db.execute(f"PRAGMA busy_timeout = {_CHECKPOINT_WAIT_MS}")
        (is_busy, _, _) = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if is_busy:
            return False
        # If another connection has removed more text since, the mark has changed and stays.
        db.execute("DELETE FROM meta WHERE key = ? AND value IS ?", (UNERASED, mark))
        return db.execute("INSERT OR IGNORE INTO meta VALUES (?, '')", (UNERASED,)).rowcount == 1
    except sqlite3.DatabaseError:
        return False
    finally:
        db.execute(f"PRAGMA busy_timeout = {timeout_ms}")


def is_marked(store: Path) -> bool:
    """Whether a removal from the store at this path was not erased. Read-only; False when it cannot be read."""
    try:
        with contextlib.closing(open_read_only(store)) as db:
            row = db.execute("SELECT value FROM meta WHERE key = ?", (UNERASED,)).fetchone()
    except sqlite3.Error:
        return False
    return bool(row and row[0])
