"""SQLite store, the single source of truth of a collection.

Documents, passages, embeddings and the full-text index change in one transaction per document. The FAISS index is
derived from them and records their generation number.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from askive.models.protocols import Vectors
from askive.rag.errors import FingerprintMismatch, StoreError
from askive.rag.passage_context import context_of
from askive.rag.store.database_file import connect, copy_before, file_id, open_in_place
from askive.rag.store.files import STAMP, SqliteFiles
from askive.rag.store.filters import SYNONYMS, Filter
from askive.rag.store.protocols import Ids
from askive.rag.store.schema import (
    FORMAT,
    MIGRATED,
    Counts,
    Fingerprint,
    create_tables,
    json_ids,
    migrate,
    problems_in,
    rows_of,
    rows_text,
)
from askive.rag.store.secure_delete import UNERASED, erase
from askive.rag.store.sqlite_errors import closed_failure, format_failure, read_fingerprint, store_failure
from askive.rag.text.dates import days_of
from askive.rag.types import NOT_READ, Document, Passage, Source

__all__ = ["BUSY_TIMEOUT_S", "Counts", "Fingerprint", "SqliteStore"]

BUSY_TIMEOUT_S = 30.0
"""How long to wait for a write by another process."""
_SOURCE_COLUMNS = "doc_id, uri, title, media_type, published, publisher"


class SqliteStore(SqliteFiles):
    """One collection on disk, at `path`. Thread-safe.

    Raises StoreError when the file is not a store, is damaged, or is from a newer version; CollectionNotFound when it
    does not exist and `create` is false.
    """

    def __init__(self, path: Path, *, create: bool = True) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._file_id = open_in_place(path, lambda: self._open(create), self.close, create=create)

    def require_open(self) -> None:
        """Raises UsageError after `close`, as all other methods do."""
        if self._is_closed:
            raise closed_failure(self._path)

    def is_in_place(self) -> bool:
        """Whether the open file is still the one at its path: not removed, renamed or replaced."""
        return self._file_id is not None and self._file_id == file_id(self._path)

    def _open(self, create: bool) -> None:
        try:
            self._db = connect(self._path, BUSY_TIMEOUT_S, create=create)
            self._is_closed = False
            self._create_or_check()
        except (sqlite3.DatabaseError, OSError) as error:
            raise store_failure(self._path, "opened", error) from error

    def _create_or_check(self) -> None:
        copy_before(self._db, self._path, MIGRATED)
        with self.transaction():
            (tables,) = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if not tables:
                create_tables(self._db)
            version = self._format()
            if version in MIGRATED:
                migrate(self._db, version)
            elif version != FORMAT:
                raise format_failure(self._path, version)

    def _format(self) -> int:
        text = self._meta("format") or ""
        return int(text) if text.isdecimal() else -1

    @property
    def store_id(self) -> str:
        """Random id of the store."""
        return self._meta("store_id") or ""

    @property
    def generation(self) -> int:
        """Number that increases with every change."""
        return int(self._meta("generation") or 0)

    def counts(self) -> Counts:
        """Number of documents and passages."""
        query = "SELECT (SELECT count(*) FROM documents), (SELECT count(*) FROM passages)"
        return Counts(*self.select(query)[0])

    def fingerprint(self) -> Fingerprint | None:
        """The fingerprint of the stored embeddings; None for a new store."""
        value = self._meta("fingerprint")
        return read_fingerprint(self._path, value) if value else None

    def select(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """The rows of an SQL query, for the indexes in this folder."""
        with self._reading():
            return self._db.execute(query, values).fetchall()

    def known_sha256(self) -> dict[str, str]:
        """SHA-256 of the source's bytes, by uri."""
        return dict(self.select("SELECT uri, sha256 FROM documents"))

    def document(self, doc_id: int) -> Document:
        """The document. Raises StoreError when it does not exist."""
        if document := self._document("doc_id = ?", doc_id):
            return document
        raise StoreError(f"no document {doc_id} in {self._path}", remedy="ask again: the archive has changed")

    def document_by_uri(self, uri: str) -> Document | None:
        """The document, or None."""
        return self._document("uri = ?", uri)

    def sources(self, admitted: Filter | None = None) -> list[Source]:
        """The documents that the filter admits, without their text, in the order of insertion."""
        condition, values = (admitted or Filter()).sql()
        query = f"SELECT {_SOURCE_COLUMNS} FROM documents WHERE {condition} ORDER BY doc_id"
        return [Source(*row) for row in self.select(query, values)]

    def passages(self, passage_ids: Sequence[int]) -> dict[int, tuple[Passage, Source]]:
        """Passages with their sources, by id; missing ids are left out."""
        by_id: dict[int, tuple[Passage, Source]] = {}
        with self._reading():
            rows = self._db.execute(
                'SELECT p.passage_id, p.doc_id, p.start, p."end", p.heading, p.page, p.rows,'
                ' substr(d.text, p.start + 1, p."end" - p.start),'
                " d.uri, d.title, d.media_type, d.published, d.publisher"
                " FROM passages p JOIN documents d USING (doc_id)"
                " WHERE p.passage_id IN (SELECT value FROM json_each(?))",
                (json_ids(passage_ids),),
            ).fetchall()
        for passage_id, doc_id, start, end, heading, page, of_tables, text, *source in rows:
            passage = Passage(text, start, end, heading, page, passage_id, doc_id, rows_of(of_tables))
            by_id[passage_id] = (passage, Source(doc_id, *source))
        return by_id

    def passages_of(self, doc_id: int) -> list[Passage]:
        """All passages of a document, in order; empty when the document does not exist."""
        query = 'SELECT start, "end", heading, page, passage_id, rows FROM passages WHERE doc_id = ? ORDER BY start'
        with self._reading():
            document = self._document("doc_id = ?", doc_id)
            rows = self._db.execute(query, (doc_id,)).fetchall()
        # SQLite counts characters from the beginning of a text: substr for each passage would be quadratic.
        text = document.text if document else ""
        return [
            Passage(text[a:b], a, b, heading, page, at, doc_id, rows_of(of_tables))
            for a, b, heading, page, at, of_tables in rows
        ]

    def embeddings(self, batch: int = 8192, after: int = -1) -> Iterator[tuple[Ids, Vectors]]:
        """All embeddings, ordered by id: shapes (n,) and (n, dimension), n at most `batch`.

        after: only higher ids, which were added later.
        """
        last = after
        while True:
            query = "SELECT passage_id, vector FROM embeddings WHERE passage_id > ? ORDER BY 1 LIMIT ?"
            rows = self.select(query, (last, batch))
            if not rows:
                return
            ids = np.array([row[0] for row in rows], dtype=np.int64)
            yield ids, np.stack([np.frombuffer(row[1], dtype=np.float32) for row in rows])
            last = int(ids[-1])

    def vectors(self, passage_ids: Sequence[int]) -> dict[int, Vectors]:
        """Embeddings by passage id, each of shape (dimension,); missing ids are left out."""
        query = "SELECT passage_id, vector FROM embeddings JOIN json_each(?) ON value = passage_id"
        rows = self.select(query, (json_ids(passage_ids),))
        return {int(i): np.frombuffer(blob, dtype=np.float32) for i, blob in rows}

    def publishers(self) -> list[str]:
        """All publishers, sorted."""
        query = "SELECT DISTINCT publisher FROM documents WHERE publisher IS NOT NULL ORDER BY publisher"
        return [str(row[0]) for row in self.select(query)]

    def field_values(self, field: str) -> list[tuple[Any, ...]]:
        """(doc_id, value) of every document with this metadata field, or a synonym; it may have several values."""
        names = json.dumps(SYNONYMS.get(field, (field,)))
        query = (
            "SELECT DISTINCT doc_id, v.value FROM documents, json_each(metadata) f,"
            " json_each(iif(f.type = 'array', f.value, json_array(f.value))) v"
            " WHERE f.key IN (SELECT value FROM json_each(?)) AND v.atom IS NOT NULL"
        )
        return self.select(query, (names,))

    def fields(self) -> list[str]:
        """Names of all metadata fields, sorted."""
        query = "SELECT DISTINCT key FROM documents, json_each(metadata) ORDER BY key"
        return [str(row[0]) for row in self.select(query)]

    def not_read(self) -> dict[str, list[str]]:
        """The parts that were not read of the documents that were not read in full, by uri."""
        query = (
            f"SELECT uri, metadata FROM documents WHERE json_extract(metadata, '$.{NOT_READ}') IS NOT NULL"
        )
        return {uri: json.loads(metadata)[NOT_READ] for uri, metadata in self.select(query)}

    def passage_ids(self, admitted: Filter) -> Ids:
        """Ids of the passages of documents that the filter admits, ascending; shape (n,)."""
        condition, values = admitted.sql()
        with self._reading():
            rows = self._db.execute(
                "SELECT passage_id FROM passages JOIN documents USING (doc_id)"
                f" WHERE {condition} ORDER BY passage_id",
                values,
            )
            return np.fromiter((row[0] for row in rows), dtype=np.int64)

    def check(self) -> list[str]:
        """Descriptions of the store's inconsistencies; empty when it is consistent."""
        with self._reading():
            return problems_in(self._db)

    def set_fingerprint(self, fingerprint: Fingerprint) -> None:
        """Record the fingerprint. Raises FingerprintMismatch when the store has passages with another one."""
        with self.transaction():
            stored = self.fingerprint()
            if stored is not None and stored != fingerprint and self.counts().n_passages:
                raise FingerprintMismatch(
                    f"the collection at {self._path.parent} was made with {stored.embedder_id}"
                    f" ({stored.passages}), not with {fingerprint.embedder_id} ({fingerprint.passages})",
                    remedy="embed it again with `askive index --reembed`, or index into a new collection",
                )
            if stored != fingerprint:
                self._set_meta("fingerprint", json.dumps(asdict(fingerprint)))

    def put(
        self, document: Document, passages: Sequence[Passage], vectors: Vectors, stamp: str = ""
    ) -> tuple[int, list[int]]:
        """Add the document or replace the one at its uri, in one transaction; returns the new ids.

        vectors: shape (len(passages), dimension). stamp: as in `askive.rag.store.files.stamps`. Ids are never reused.
        """
        with self.transaction():
            self._delete(document.uri)
            cursor = self._db.execute(
                "INSERT INTO documents (uri, title, text, media_type, sha256, published, published_first,"
                " published_last, publisher, metadata) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    document.uri, document.title, document.text, document.media_type, document.sha256,
                    document.published, *days_of(document.published), document.publisher,
                    json.dumps(document.metadata, ensure_ascii=False),
                ),
            )  # fmt: skip
            doc_id = int(cursor.lastrowid or 0)
            ids: list[int] = []
            for passage, vector in zip(passages, vectors, strict=True):
                cursor = self._db.execute(
                    'INSERT INTO passages (doc_id, start, "end", heading, page, rows) VALUES (?, ?, ?, ?, ?, ?)',
                    (
                        doc_id,
                        passage.start,
                        passage.end,
                        passage.heading,
                        passage.page,
                        rows_text(passage.rows),
                    ),
                )
                ids.append(int(cursor.lastrowid or 0))
                self._db.execute(
                    "INSERT INTO embeddings VALUES (?, ?)",
                    (ids[-1], np.asarray(vector, dtype=np.float32).tobytes()),
                )
                self._db.execute(
                    "INSERT INTO passages_fts (rowid, text, context) VALUES (?, ?, ?)",
                    (ids[-1], passage.text, context_of(document, passage)),
                )
            if stamp:
                self._db.execute(STAMP, (stamp, document.uri))
            self.bump()
        return doc_id, ids

    def delete(self, uris: Sequence[str]) -> list[int]:
        """Remove documents, in one transaction; returns the removed passage ids."""
        removed: list[int] = []
        with self.transaction():
            before = self._db.total_changes
            for uri in uris:
                removed += self._delete(uri)
            if self._db.total_changes > before:
                self.bump()
        return removed

    @property
    def unerased(self) -> bool:
        """Whether the file may hold bytes of removed or replaced text; also True for stores of earlier versions."""
        return self._meta(UNERASED) != ""

    def erase(self) -> bool:
        """As `askive.rag.store.secure_delete.erase`; does nothing and returns True when `unerased` is False."""
        with self._lock:
            self.require_open()
            mark = self._meta(UNERASED)
            return mark == "" or erase(self._db, mark)

    def close(self) -> None:
        """Close the file; safe to call twice."""
        with self._lock:
            self._is_closed = True
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A transaction for changes; within another one, a part of it. Raises StoreError."""
        with self._lock:
            self.require_open()
            if self._db.in_transaction:
                yield self._db
                return
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield self._db
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                self._rollback()
                raise store_failure(self._path, "written", error) from error
            except BaseException:
                self._rollback()
                raise

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._lock:
            self.require_open()
            try:
                yield
            except sqlite3.DatabaseError as error:
                raise store_failure(self._path, "read", error) from error

    def _rollback(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def _delete(self, uri: str) -> list[int]:
        query = "SELECT passage_id FROM passages JOIN documents USING (doc_id) WHERE uri = ?"
        ids = [int(row[0]) for row in self._db.execute(query, (uri,))]
        self._db.executemany("DELETE FROM passages_fts WHERE rowid = ?", [(i,) for i in ids])
        if self._db.execute("DELETE FROM documents WHERE uri = ?", (uri,)).rowcount:
            # In the same transaction: after a crash the next start must erase the text.
            self._set_meta(UNERASED, uuid.uuid4().hex)
        return ids

    def _document(self, condition: str, value: object) -> Document | None:
        with self._reading():
            row = self._db.execute(
                "SELECT uri, title, text, media_type, sha256, published, publisher, metadata, doc_id"
                f" FROM documents WHERE {condition}",
                (value,),
            ).fetchone()
        if row is None:
            return None
        metadata, doc_id = json.loads(row[7]), int(row[8])
        uri, title, text, media_type, sha256, published, publisher = row[:7]
        return Document(uri, title, text, media_type, sha256, published, publisher, metadata, doc_id)

    def _meta(self, key: str) -> str | None:
        with self._reading():
            row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def _set_meta(self, key: str, value: str) -> None:
        self._db.execute(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (key, value),
        )

    def bump(self) -> None:
        """Increase the generation; call it in a transaction that changes documents."""
        self._set_meta("generation", str(self.generation + 1))
