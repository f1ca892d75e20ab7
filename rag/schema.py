"""The tables of the store, and what must hold of them."""

from __future__ import annotations

from dataclasses import dataclass

FORMAT = 2
"""Grows when the tables change: a store of another format is refused, not guessed at."""

UNERASED = "unerased"
"""Key in `meta`: not empty while the file may hold bytes of removed text; missing in stores of earlier versions."""

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
"""Made on opening, so that stores of before have it too; what it holds only saves reading."""

INVARIANTS = {
    "passages without an embedding": "SELECT count(*) FROM passages LEFT JOIN embeddings USING (passage_id)"
    " WHERE vector IS NULL",
    "passages outside their document": "SELECT count(*) FROM passages JOIN documents USING (doc_id)"
    ' WHERE "end" > length(text) OR start < 0 OR start >= "end"',
    "passages missing from the full-text index": "SELECT abs((SELECT count(*) FROM passages)"
    " - (SELECT count(*) FROM passages_fts))",
}
"""What is wrong, in words, and the query that counts it."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Size of a collection."""

    n_documents: int
    n_passages: int


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What made the embeddings: an index is only good for the same three.

    passages: the settings of the splitter, as JSON.
    """

    embedder_id: str
    embedder_digest: str
    dimension: int
    passages: str
