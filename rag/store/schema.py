"""The tables of the store and their invariants."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from askive.rag.store.secure_delete import UNERASED
from askive.rag.types import TableRows

FORMAT = 4
"""Incremented when the tables change: an older store is migrated, a newer one is rejected."""

MIGRATED = frozenset({2, 3})
"""Older formats that `migrate` understands."""

SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (
    doc_id INTEGER PRIMARY KEY AUTOINCREMENT,
    uri TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    media_type TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    published TEXT,
    published_first TEXT,
    published_last TEXT,
    publisher TEXT,
    metadata TEXT NOT NULL
);
CREATE TABLE passages (
    passage_id INTEGER PRIMARY KEY AUTOINCREMENT,
    doc_id INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    heading TEXT NOT NULL,
    page INTEGER,
    rows TEXT NOT NULL DEFAULT ''
);
CREATE INDEX passages_by_document ON passages (doc_id);
CREATE TABLE embeddings (
    passage_id INTEGER PRIMARY KEY REFERENCES passages ON DELETE CASCADE,
    vector BLOB NOT NULL
);
"""

FULL_TEXT = """
CREATE VIRTUAL TABLE passages_fts USING fts5 (
    text, context, tokenize = "porter unicode61 remove_diacritics 2"
);
"""

FILES = """
CREATE TABLE files (
    uri TEXT PRIMARY KEY REFERENCES documents (uri) ON DELETE CASCADE ON UPDATE CASCADE, stamp TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE former_uris (
    uri TEXT NOT NULL,
    doc_id INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    PRIMARY KEY (uri, doc_id)
) WITHOUT ROWID;
CREATE INDEX former_uris_by_document ON former_uris (doc_id);
CREATE TABLE unread (
    uri TEXT PRIMARY KEY, reason TEXT NOT NULL, message TEXT NOT NULL, remedy TEXT NOT NULL
) WITHOUT ROWID;
"""
"""The files of the documents: their stamps, the paths they were moved from, and files that were not read."""

INVARIANTS = {
    "passages without an embedding": "SELECT count(*) FROM passages LEFT JOIN embeddings USING (passage_id)"
    " WHERE vector IS NULL",
    # Compute the length of a text once, not once for each of its passages.
    "passages outside their document": "WITH lengths AS MATERIALIZED"
    " (SELECT doc_id, length(text) AS n_chars FROM documents)"
    " SELECT count(*) FROM passages JOIN lengths USING (doc_id)"
    ' WHERE "end" > n_chars OR start < 0 OR start >= "end"',
    "passages missing from the full-text index": "SELECT abs((SELECT count(*) FROM passages)"
    " - (SELECT count(*) FROM passages_fts))",
}
"""Descriptions of inconsistencies, each with the query that counts them."""


def create_tables(db: sqlite3.Connection) -> None:
    """Create an empty store in an empty file. Call it in a transaction."""
    _execute(db, SCHEMA + FULL_TEXT + FILES)
    meta = {"format": str(FORMAT), "store_id": uuid.uuid4().hex, "generation": "0", UNERASED: ""}
    db.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())


def migrate(db: sqlite3.Connection, version: int) -> None:
    """Bring the tables of an older format to FORMAT. Call it in a transaction. version: in MIGRATED."""
    if version == 2:
        # Version 0.2 created the table of files only when it first indexed.
        db.execute(
            "CREATE TABLE IF NOT EXISTS files (uri TEXT PRIMARY KEY, stamp TEXT NOT NULL) WITHOUT ROWID"
        )
        db.execute("ALTER TABLE files RENAME TO files_2")
        _execute(db, FILES)
        db.execute("INSERT INTO files SELECT uri, stamp FROM files_2 JOIN documents USING (uri)")
        db.execute("DROP TABLE files_2")
    db.execute("ALTER TABLE passages ADD COLUMN rows TEXT NOT NULL DEFAULT ''")
    db.execute("UPDATE meta SET value = ? WHERE key = 'format'", (str(FORMAT),))


def _execute(db: sqlite3.Connection, statements: str) -> None:
    """Execute statements that end with `;` and a line break; unlike `executescript` it does not commit."""
    for statement in statements.split(";\n"):
        if statement.strip():
            db.execute(statement)


def problems_in(db: sqlite3.Connection) -> list[str]:
    """Descriptions of a store's inconsistencies; empty when it is consistent."""
    problems = [str(row[0]) for row in db.execute("PRAGMA quick_check") if row[0] != "ok"]
    for what, query in INVARIANTS.items():
        (n,) = db.execute(query).fetchone()
        if n:
            problems.append(f"{n} {what}")
    return problems


@dataclass(frozen=True, slots=True)
class Counts:
    """The size of a collection."""

    n_documents: int
    n_passages: int


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What determines the embeddings: an index is valid only while these three stay the same.

    passages: the settings of the splitter, as JSON.
    """

    embedder_id: str
    embedder_digest: str
    dimension: int
    passages: str


def rows_text(rows: Sequence[TableRows]) -> str:
    """The rows of a passage as they are stored."""
    return json.dumps(rows) if rows else ""


def rows_of(text: str) -> tuple[TableRows, ...]:
    """The rows of a passage from their stored text."""
    return tuple(TableRows(*map(int, each)) for each in json.loads(text)) if text else ()


def json_ids(passage_ids: Sequence[int]) -> str:
    """Ids as one parameter, since the number of parameters is limited."""
    return json.dumps([int(passage_id) for passage_id in passage_ids])
