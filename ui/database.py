"""A SQLite file with a user's own data, such as conversations and notes: what is deleted is overwritten."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class ErasingDatabase:
    """A file with its tables. Usable from several threads; several processes may open it.

    schema: statements that create the tables unless they are there.
    """

    def __init__(self, path: Path, schema: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, timeout=30, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA foreign_keys = ON")
        # Overwrite the bytes of what is deleted.
        self._db.execute("PRAGMA secure_delete = ON")
        self._db.executescript(schema)

    def close(self) -> None:
        """Close the file; safe to call twice."""
        with self._lock:
            self._db.close()

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """A transaction, rolled back if the block raises."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def _erase_deleted(self) -> None:
        """Overwrite the bytes of deleted rows, in the file and in its journal."""
        with self._lock:
            # secure_delete leaves stale copies where rows were moved between pages.
            with suppress(sqlite3.OperationalError):
                self._db.execute("VACUUM")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
