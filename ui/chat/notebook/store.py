"""The notebook, stored in a SQLite file on this machine."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from askive.rag.errors import UsageError
from askive.ui.database import ErasingDatabase

NoteKind = Literal["quote", "answer"]
_SCHEMA = """
CREATE TABLE IF NOT EXISTS notes (
    note_id INTEGER PRIMARY KEY AUTOINCREMENT,
    place REAL NOT NULL,
    kind TEXT NOT NULL,
    collection TEXT NOT NULL,
    content TEXT NOT NULL,
    comment TEXT NOT NULL DEFAULT ''
)
"""


@dataclass(frozen=True, slots=True)
class Note:
    """Something pinned.

    content: of a quote its citation, of an answer `{"question", "answer"}`, as views; never changed.
    comment: what the user wrote about it, in Markdown.
    """

    note_id: int
    kind: NoteKind
    collection: str
    content: Mapping[str, Any]
    comment: str


class Notebook(ErasingDatabase):
    """The notes of one data folder, in their order."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, _SCHEMA)

    def all(self) -> list[Note]:
        """The notes in their order."""
        with self._lock:
            rows = self._db.execute(
                "SELECT note_id, kind, collection, content, comment FROM notes ORDER BY place, note_id"
            ).fetchall()
        return [Note(int(i), kind, name, json.loads(text), comment) for i, kind, name, text, comment in rows]

    def add(self, kind: NoteKind, collection: str, content: Mapping[str, Any]) -> int:
        """Add a note at the end and return its id; that of the note with the same content if there is one."""
        text = json.dumps(dict(content), ensure_ascii=False, sort_keys=True)
        with self._changing():
            known = self._db.execute(
                "SELECT note_id FROM notes WHERE kind = ? AND collection = ? AND content = ?",
                (kind, collection, text),
            ).fetchone()
            if known:
                return int(known[0])
            cursor = self._db.execute(
                "INSERT INTO notes (place, kind, collection, content)"
                " SELECT coalesce(max(place), 0) + 1, ?, ?, ? FROM notes",
                (kind, collection, text),
            )
        return int(cursor.lastrowid or 0)

    def comment(self, note_id: int, text: str) -> None:
        """Write about a note. Raises UsageError when it does not exist."""
        with self._changing():
            changed = self._db.execute("UPDATE notes SET comment = ? WHERE note_id = ?", (text, note_id))
            if not changed.rowcount:
                raise UsageError("this note no longer exists", remedy="reload the page")

    def order(self, note_ids: Sequence[int]) -> None:
        """Put the notes in this order; others keep their places after them."""
        with self._changing():
            self._db.execute("UPDATE notes SET place = place + ?", (len(note_ids) + 1,))
            self._db.executemany(
                "UPDATE notes SET place = ? WHERE note_id = ?",
                [(place, note_id) for place, note_id in enumerate(note_ids)],
            )

    def remove(self, note_id: int) -> None:
        """Delete a note and overwrite its bytes, in the file and in its journal."""
        with self._changing():
            self._db.execute("DELETE FROM notes WHERE note_id = ?", (note_id,))
        self._erase_deleted()
