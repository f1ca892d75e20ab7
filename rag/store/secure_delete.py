"""Leave no byte of deleted rows in a SQLite file, its journal and its full-text index."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from askive.rag.store.database_file import open_read_only

UNERASED = "unerased"
"""Key in `meta`: not empty while the file may hold bytes of removed text; missing in stores of earlier versions."""
_CHECKPOINT_WAIT_MS = 2000


def erase(db: sqlite3.Connection, mark: str | None) -> bool:
    """Overwrite what was deleted, and take the mark back; whether nothing is left of it.

    Takes time in proportion to the size of the file. False when another connection reads an old state, or when the
    disk is full: the mark stays. mark: the value of `UNERASED`.
    """
    (timeout_ms,) = db.execute("PRAGMA busy_timeout").fetchone()
    try:
        # Deleted rows leave their words in the segments until these are merged; secure_delete leaves stale cells where
        # rows were moved between pages. A vacuum writes every page anew.
        db.execute("INSERT INTO passages_fts (passages_fts) VALUES ('optimize')")
        db.execute("VACUUM")
        db.execute(f"PRAGMA busy_timeout = {_CHECKPOINT_WAIT_MS}")
        (is_busy, _, _) = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if is_busy:
            return False
        # Another connection may have removed more meanwhile: then the mark is another one, and stays.
        db.execute("DELETE FROM meta WHERE key = ? AND value IS ?", (UNERASED, mark))
        return db.execute("INSERT OR IGNORE INTO meta VALUES (?, '')", (UNERASED,)).rowcount == 1
    except sqlite3.DatabaseError:
        return False
    finally:
        db.execute(f"PRAGMA busy_timeout = {timeout_ms}")


def is_marked(store: Path) -> bool:
    """Whether a removal from the store at this path was not erased. Reads only; False when it cannot be read."""
    try:
        with contextlib.closing(open_read_only(store)) as db:
            row = db.execute("SELECT value FROM meta WHERE key = ?", (UNERASED,)).fetchone()
    except sqlite3.Error:
        return False
    return bool(row and row[0])
