"""The tables of the store and their invariants."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from askive.rag.store.secure_delete import UNERASED

FORMAT = 2
"""Incremented when the tables change: a store of another format is rejected."""

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
    page INTEGER
);
CREATE INDEX passages_by_document ON passages (doc_id);
CREATE TABLE embeddings (
    passage_id INTEGER PRIMARY KEY REFERENCES passages ON DELETE CASCADE,
    vector BLOB NOT NULL
);
CREATE VIRTUAL TABLE passages_fts USING fts5 (
    text, context, tokenize = "porter unicode61 remove_diacritics 2"
);
"""

FILES = """
CREATE TABLE IF NOT EXISTS files (
    uri TEXT PRIMARY KEY REFERENCES documents (uri) ON DELETE CASCADE, stamp TEXT NOT NULL
) WITHOUT ROWID
"""
"""Created on opening, so that older stores get it too; its content only saves reading of unchanged files."""

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
    for statement in SCHEMA.split(";\n"):
        if statement.strip():
            db.execute(statement)
    meta = {"format": str(FORMAT), "store_id": uuid.uuid4().hex, "generation": "0", UNERASED: ""}
    db.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())


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


def json_ids(passage_ids: Sequence[int]) -> str:
    """Ids as one parameter, since the number of parameters is limited."""
    return json.dumps([int(passage_id) for passage_id in passage_ids])
