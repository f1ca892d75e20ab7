"""Conversations, stored in a SQLite file on this machine."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from askive.rag.errors import UsageError
from askive.ui.database import ErasingDatabase

Feedback = Literal["right", "wrong", "wrong_source"]
MAX_TURN_ID = 2**63 - 1
_MAX_TITLE_CHARS = 80
_SCHEMA = """
CREATE TABLE IF NOT EXISTS conversations (
    conversation_id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    collection TEXT NOT NULL,
    changed_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS turns (
    turn_id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation_id TEXT NOT NULL REFERENCES conversations ON DELETE CASCADE,
    question TEXT NOT NULL,
    asked TEXT NOT NULL,
    answer_text TEXT NOT NULL DEFAULT '',
    answer TEXT,
    feedback TEXT,
    note TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS turns_by_conversation ON turns (conversation_id);
CREATE TABLE IF NOT EXISTS numbers (
    conversation_id TEXT NOT NULL REFERENCES conversations ON DELETE CASCADE,
    uri TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, uri)
);
"""

_MATCHES = (
    "(c.title LIKE ?1 ESCAPE '\\' OR EXISTS (SELECT 1 FROM turns t WHERE t.conversation_id ="
    " c.conversation_id AND (t.question LIKE ?1 ESCAPE '\\' OR t.answer_text LIKE ?1 ESCAPE '\\')))"
)


@dataclass(frozen=True, slots=True)
class Conversation:
    """changed_at: seconds since 1970. n_turns: questions asked in it."""

    conversation_id: str
    title: str
    collection: str
    changed_at: float
    n_turns: int


@dataclass(frozen=True, slots=True)
class KeptTurn:
    """A question with the answer that was shown.

    asked: its options (model, filters).
    answer: as `askive.ui.chat.http.payloads.answer_view` returns it; None while it is being answered, or when that
    was cut off.
    """

    turn_id: int
    conversation_id: str
    question: str
    asked: Mapping[str, Any]
    answer_text: str
    answer: Mapping[str, Any] | None
    feedback: Feedback | None
    note: str


class Conversations(ErasingDatabase):
    """The conversations of one data folder."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, _SCHEMA)

    def all(self, search: str = "") -> list[Conversation]:
        """The conversations, newest first; with `search`, those with all its words in a title, question or answer."""
        words = search.split()
        conditions = [_MATCHES.replace("?1", f"?{i}") for i in range(1, len(words) + 1)]
        return self._conversations(" AND ".join(conditions) or "1", [_like(word) for word in words])

    def begin(self, question: str, collection: str) -> str:
        """Create a conversation, named after its first question. Returns its id."""
        conversation_id = uuid.uuid4().hex
        with self._changing():
            self._db.execute(
                "INSERT INTO conversations VALUES (?, ?, ?, ?)",
                (conversation_id, _title(question), collection, time.time()),
            )
        return conversation_id

    def get(self, conversation_id: str) -> Conversation:
        """Raises UsageError when there is none."""
        found = self._conversations("c.conversation_id = ?1", [conversation_id])
        if not found:
            raise UsageError("this conversation no longer exists", remedy="start a new one")
        return found[0]

    def rename(self, conversation_id: str, title: str) -> None:
        """Raises UsageError for an empty title, or when there is no such conversation."""
        if not title.strip():
            raise UsageError("a conversation needs a name", remedy="type one")
        self.get(conversation_id)
        with self._changing():
            self._db.execute(
                "UPDATE conversations SET title = ? WHERE conversation_id = ?",
                (_title(title), conversation_id),
            )

    def delete(self, conversation_id: str) -> None:
        """Delete a conversation and overwrite its bytes, in the file and in its journal."""
        with self._changing():
            self._db.execute("DELETE FROM conversations WHERE conversation_id = ?", (conversation_id,))
        self._erase_deleted()

    def turns(self, conversation_id: str) -> list[KeptTurn]:
        """The turns of a conversation, in the order of the questions."""
        return self._turns("conversation_id = ?", conversation_id)

    def turn(self, turn_id: int) -> KeptTurn:
        """Raises UsageError when there is none."""
        found = self._turns("turn_id = ?", turn_id) if 0 < turn_id <= MAX_TURN_ID else []
        if not found:
            raise UsageError("this question no longer exists", remedy="reload the page")
        return found[0]

    def ask(
        self, conversation_id: str, question: str, asked: Mapping[str, Any], replace: int | None = None
    ) -> int:
        """Store a question and return the id of its turn.

        replace: a turn of the conversation that is replaced: it and all later ones are deleted. With the first one, a
        conversation that is named after it gets the new question as its name.
        """
        with self._changing():
            if replace is not None:
                self._rename_after(conversation_id, replace, question)
                self._db.execute(
                    "DELETE FROM turns WHERE conversation_id = ? AND turn_id >= ?", (conversation_id, replace)
                )
            self._db.execute(
                "UPDATE conversations SET changed_at = ? WHERE conversation_id = ?",
                (time.time(), conversation_id),
            )
            cursor = self._db.execute(
                "INSERT INTO turns (conversation_id, question, asked) VALUES (?, ?, ?)",
                (conversation_id, question, json.dumps(dict(asked), ensure_ascii=False)),
            )
        return int(cursor.lastrowid or 0)

    def _rename_after(self, conversation_id: str, replaced: int, question: str) -> None:
        first = self._db.execute(
            "SELECT turn_id, question FROM turns WHERE conversation_id = ? ORDER BY turn_id LIMIT 1",
            (conversation_id,),
        ).fetchone()
        if first is not None and first[0] == replaced:
            self._db.execute(
                "UPDATE conversations SET title = ? WHERE conversation_id = ? AND title = ?",
                (_title(question), conversation_id, _title(first[1])),
            )

    def store_answer(self, turn_id: int, text: str, answer: Mapping[str, Any]) -> None:
        """Store the answer that was shown. Does nothing if the turn has been deleted."""
        with self._changing():
            self._db.execute(
                "UPDATE turns SET answer_text = ?, answer = ? WHERE turn_id = ?",
                (text, json.dumps(dict(answer), ensure_ascii=False), turn_id),
            )

    def judge(self, turn_id: int, feedback: Feedback | None, note: str = "") -> None:
        """Store the feedback on an answer; None removes it."""
        with self._changing():
            self._db.execute(
                "UPDATE turns SET feedback = ?, note = ? WHERE turn_id = ?", (feedback, note, turn_id)
            )

    def number(self, conversation_id: str, uri: str) -> int:
        """The number of a source, constant through the conversation; 0 if that was deleted."""
        with self._changing():
            row = self._db.execute(
                "SELECT number FROM numbers WHERE conversation_id = ? AND uri = ?", (conversation_id, uri)
            ).fetchone()
            if row is None:
                row = self._db.execute(
                    "INSERT INTO numbers SELECT ?1, ?2, coalesce(max(number), 0) + 1 FROM numbers"
                    " WHERE conversation_id = ?1"
                    " HAVING EXISTS (SELECT 1 FROM conversations WHERE conversation_id = ?1) RETURNING number",
                    (conversation_id, uri),
                ).fetchone()
        return int(row[0]) if row else 0

    def _conversations(self, condition: str, values: Sequence[str]) -> list[Conversation]:
        with self._lock:
            rows = self._db.execute(
                "SELECT c.conversation_id, c.title, c.collection, c.changed_at, (SELECT count(*) FROM turns t"
                " WHERE t.conversation_id = c.conversation_id) FROM conversations c"
                f" WHERE {condition} ORDER BY c.changed_at DESC, c.rowid DESC",
                values,
            ).fetchall()
        return [Conversation(*row) for row in rows]

    def _turns(self, condition: str, value: object) -> list[KeptTurn]:
        with self._lock:
            rows = self._db.execute(
                "SELECT turn_id, conversation_id, question, asked, answer_text, answer, feedback, note"
                f" FROM turns WHERE {condition} ORDER BY turn_id",
                (value,),
            ).fetchall()
        return [
            KeptTurn(
                int(row[0]), row[1], row[2], json.loads(row[3]), row[4],
                json.loads(row[5]) if row[5] else None, row[6], row[7],
            )
            for row in rows
        ]  # fmt: skip


def _title(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MAX_TITLE_CHARS else f"{line[: _MAX_TITLE_CHARS - 1].rstrip()}…"


def _like(word: str) -> str:
    for special in "\\%_":
        word = word.replace(special, f"\\{special}")
    return f"%{word}%"
