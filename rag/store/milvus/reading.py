"""Read a collection in Milvus: documents, passages, vectors, and which of them a filter admits."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, TypeVar

import numpy as np

from askive.models.protocols import Vectors
from askive.rag.errors import StoreError, UsageError
from askive.rag.store.milvus.client import Milvus, Row
from askive.rag.store.milvus.registry import Registry, State
from askive.rag.store.milvus.tables import table_names
from askive.rag.store.milvus.terms import page_of
from askive.rag.store.protocols import Ids
from askive.rag.store.schema import Counts, Fingerprint, rows_of
from askive.rag.types import Document, Passage, Source

T = TypeVar("T")
WINDOW = 1000
"""Ids in a request: a server returns at most 16,384 rows, and 100 MB."""
_TEXT_WINDOW = 100
HEADER = ("doc_id", "uri", "title", "media_type", "sha256", "published", "publisher", "stamp", "first_passage",
          "n_passages", "n_parts", "last_page", "last_end")  # fmt: skip
SOURCE = ("doc_id", "uri", "title", "media_type", "published", "publisher")
PASSAGE = ("passage_id", "doc_id", "start", "end", "heading", "page", "rows", "text")
NO_DATE_FIRST, NO_DATE_LAST = "~", ""
"""Of a document without a date: after every day, and before every day."""


def key_of(text: str) -> str:
    """A digest that stands for a text in conditions."""
    return sha256(text.encode()).hexdigest()[:32]


def publisher_key(publisher: str) -> str:
    """As `key_of`, for names without case, as SQLite's `lower` sees it; empty for none."""
    lower = "".join(c.lower() if c.isascii() else c for c in publisher)
    return key_of(lower) if publisher else ""


def in_list(field_name: str, ids: Sequence[int] | Ids) -> str:
    """A condition."""
    return f"{field_name} in [{','.join(str(int(i)) for i in ids)}]"


@dataclass(slots=True)
class Changes:
    """What a transaction has changed so far: ids of documents. commit: the revision with which it takes effect."""

    before: State
    commit: str
    added: list[int] = field(default_factory=list)
    removed: list[int] = field(default_factory=list)
    n_passages: int = 0


class MilvusReading:
    """One collection. Thread-safe. Raises StoreError, and UsageError after `close`."""

    def __init__(self, registry: Registry, name: str, state: State) -> None:
        self._registry = registry
        self._name = name
        self._store_id = state.store_id
        self._records, self._passages = table_names(state.store_id)
        self._lock = threading.RLock()
        self._changes: Changes | None = None
        self._derived: dict[object, tuple[int, Any]] = {}
        self._is_closed = False

    @property
    def milvus(self) -> Milvus:
        """The connection."""
        return self._registry.milvus

    @property
    def place(self) -> str:
        """The collection, in messages."""
        return f"the collection {self._name!r} in {self.milvus.shown}"

    @property
    def passages_table(self) -> str:
        """The name of the table of passages."""
        return self._passages

    def require_open(self) -> None:
        """Raises UsageError after `close`."""
        if self._is_closed:
            raise UsageError(
                f"{self.place} is closed",
                remedy="open it again, or use it before the end of its `with` block",
            )

    def close(self) -> None:
        """Safe to call twice; the connection stays open for others."""
        self._is_closed = True

    def is_in_place(self) -> bool:
        """Whether the collection of this name is still this one."""
        state = self._registry.find(self._name)
        return state is not None and state.store_id == self._store_id

    def state(self) -> State:
        """The state as it is now. Raises StoreError when the collection was removed or replaced."""
        self.require_open()
        state = self._registry.find(self._name)
        if state is None or state.store_id != self._store_id:
            raise StoreError(f"{self.place} was removed, renamed or replaced", remedy="run the command again")
        return state

    @property
    def store_id(self) -> str:
        """Random id of the store."""
        return self._store_id

    @property
    def generation(self) -> int:
        """Number that increases with every change."""
        return self.state().generation

    def counts(self) -> Counts:
        """Number of documents and passages."""
        state = self.state()
        return Counts(state.n_documents, state.n_passages)

    def fingerprint(self) -> Fingerprint | None:
        """The fingerprint of the stored embeddings; None for a new store."""
        return self.state().fingerprint

    def visible(self, *conditions: str) -> str:
        """A condition on rows of documents that are complete."""
        with self._lock:
            hidden = set(self.state().hidden)
            if self._changes is not None:
                hidden = (hidden - set(self._changes.added)) | set(self._changes.removed)
        own = [f"doc_id not in [{','.join(map(str, sorted(hidden)))}]"] if hidden else []
        return " and ".join([*conditions, *own])

    def headers(self, fields: Sequence[str] = HEADER, *conditions: str) -> list[Row]:
        """The rows of documents, by id."""
        rows: list[Row] = []
        for first in range(0, self._next_doc(), WINDOW):
            window = f"doc_id >= {first} and doc_id < {first + WINDOW}"
            rows += self._select('kind == "d"', window, *conditions, fields=fields)
        return sorted(rows, key=lambda row: int(row["doc_id"]))

    def _next_doc(self) -> int:
        return self.state().next_doc

    def _select(self, *conditions: str, fields: Sequence[str]) -> list[Row]:
        return self.milvus.query(self._records, self.visible(*conditions), fields)

    def known_sha256(self) -> dict[str, str]:
        """SHA-256 of the source's bytes, by uri."""
        return {row["uri"]: row["sha256"] for row in self.headers(("doc_id", "uri", "sha256"))}

    def header_of(self, doc_id: int) -> Row | None:
        """The row of a document."""
        rows = self._select('kind == "d"', in_list("doc_id", [doc_id]), fields=HEADER)
        return rows[0] if rows else None

    def headers_of(self, uris: Sequence[str], fields: Sequence[str] = HEADER) -> list[Row]:
        """The rows of the documents with these uris."""
        rows: list[Row] = []
        for at in range(0, len(uris), WINDOW):
            keys = ",".join(f'"{key_of(uri)}"' for uri in uris[at : at + WINDOW])
            rows += self._select('kind == "d"', f"uri_key in [{keys}]", fields=fields)
        return rows

    def document(self, doc_id: int) -> Document:
        """The document. Raises StoreError when it does not exist."""
        if row := self.header_of(doc_id):
            return self._document(row)
        raise StoreError(f"no document {doc_id} in {self.place}", remedy="ask again: the archive has changed")

    def document_by_uri(self, uri: str) -> Document | None:
        """The document, or None."""
        rows = self.headers_of([uri])
        return self._document(rows[0]) if rows else None

    def _document(self, row: Row) -> Document:
        doc_id = int(row["doc_id"])
        metadata = json.loads("".join(self._parts("m", doc_id)))
        title = metadata.pop("title")
        text = "".join(self._parts("t", doc_id, int(row["n_parts"])))
        published, publisher = row["published"] or None, row["publisher"] or None
        return Document(
            row["uri"],
            title,
            text,
            row["media_type"],
            row["sha256"],
            published,
            publisher,
            metadata["fields"],
            doc_id,
        )

    def _parts(self, kind: str, doc_id: int, n_parts: int = 1) -> Iterator[str]:
        for first in range(0, max(n_parts, 1), _TEXT_WINDOW):
            window = f"n >= {first} and n < {first + _TEXT_WINDOW}"
            rows = self._select(
                f'kind == "{kind}"', in_list("doc_id", [doc_id]), window, fields=("n", "value")
            )
            yield from (row["value"] for row in sorted(rows, key=lambda row: int(row["n"])))

    def passages(self, passage_ids: Sequence[int]) -> dict[int, tuple[Passage, Source]]:
        """Passages with their sources, by id; missing ids are left out."""
        rows = self.passage_rows(passage_ids, PASSAGE)
        doc_ids = sorted({int(row["doc_id"]) for row in rows})
        sources: dict[int, Source] = {}
        for at in range(0, len(doc_ids), WINDOW):
            chosen = in_list("doc_id", doc_ids[at : at + WINDOW])
            sources |= {
                int(row["doc_id"]): source_of(row)
                for row in self._select('kind == "d"', chosen, fields=SOURCE)
            }
        return {
            int(row["passage_id"]): (self._passage(row), sources[row["doc_id"]])
            for row in rows
            if row["doc_id"] in sources
        }

    def passage_rows(self, passage_ids: Sequence[int], fields: Sequence[str]) -> list[Row]:
        """The rows of passages, in no order."""
        rows: list[Row] = []
        for at in range(0, len(passage_ids), WINDOW):
            chosen = in_list("passage_id", passage_ids[at : at + WINDOW])
            rows += self.milvus.query(self._passages, self.visible(chosen), fields)
        return rows

    def passage_windows(
        self, fields: Sequence[str], *conditions: str, after: int = -1
    ) -> Iterator[list[Row]]:
        """The rows of all passages that meet the conditions, in batches, by id. after: only higher ids."""
        state = self.state()
        if state.fingerprint is None:
            return
        for first in range(after + 1, state.next_passage, WINDOW):
            window = f"passage_id >= {first} and passage_id < {first + WINDOW}"
            rows = self.milvus.query(self._passages, self.visible(window, *conditions), fields)
            if rows:
                yield sorted(rows, key=lambda row: int(row["passage_id"]))

    def _passage(self, row: Row) -> Passage:
        start, end, text = int(row["start"]), int(row["end"]), row["text"]
        if len(text) < end - start:
            # Longer than a text in Milvus may be.
            text = self.document(int(row["doc_id"])).text[start:end]
        place, of_tables = (start, end, row["heading"], page_of(row)), rows_of(row["rows"])
        return Passage(text, *place, int(row["passage_id"]), int(row["doc_id"]), of_tables)

    def passages_of(self, doc_id: int) -> list[Passage]:
        """All passages of a document, in order; empty when the document does not exist."""
        row = self.header_of(doc_id)
        if row is None:
            return []
        first, n = int(row["first_passage"]), int(row["n_passages"])
        passages = [self._passage(one) for one in self.passage_rows(range(first, first + n), PASSAGE)]
        return sorted(passages, key=lambda passage: (passage.start, passage.passage_id))

    def passage_extents(self) -> list[tuple[int, int, int, int]]:
        """(doc_id, number of passages, last page or 0, end of the last passage) of each document with passages."""
        fields = ("doc_id", "n_passages", "last_page", "last_end")
        rows = self.headers(fields)
        return [
            (int(row["doc_id"]), int(row["n_passages"]), int(row["last_page"]), int(row["last_end"]))
            for row in rows
            if row["n_passages"]
        ]

    def embeddings(self, batch: int = WINDOW, after: int = -1) -> Iterator[tuple[Ids, Vectors]]:
        """All embeddings, ordered by id: shapes (n,) and (n, dimension). after: only higher ids.

        batch: not used; there are at most 1,000.
        """
        for rows in self.passage_windows(("passage_id", "vector"), after=after):
            ids = np.array([row["passage_id"] for row in rows], dtype=np.int64)
            yield ids, np.array([row["vector"] for row in rows], dtype=np.float32)

    def vectors(self, passage_ids: Sequence[int]) -> dict[int, Vectors]:
        """Embeddings by passage id, each of shape (dimension,); missing ids are left out."""
        rows = self.passage_rows(passage_ids, ("passage_id", "vector"))
        return {int(row["passage_id"]): np.array(row["vector"], dtype=np.float32) for row in rows}

    def derived(self, key: object, compute: Callable[[], T]) -> T:
        """A value that follows from the documents, computed once for each generation; the last eight are kept."""
        generation = self.generation
        with self._lock:
            if self._changes is not None:
                return compute()
            known = self._derived.pop(key, None)
            if known is None or known[0] != generation:
                known = (generation, compute())
            self._derived[key] = known
            while len(self._derived) > 8:
                self._derived.pop(next(iter(self._derived)))
            value: T = known[1]
        return value


def source_of(row: Row) -> Source:
    """The document of a row with the fields SOURCE."""
    published, publisher = row["published"] or None, row["publisher"] or None
    return Source(int(row["doc_id"]), row["uri"], row["title"], row["media_type"], published, publisher)
