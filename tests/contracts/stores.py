"""Both kinds of store, as the contract suite opens them, and what it puts in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from askive.models.protocols import Vectors
from askive.rag.errors import StoreError
from askive.rag.store.fts5 import Fts5Index
from askive.rag.store.milvus.client import Milvus, Row
from askive.rag.store.milvus.indexes import MilvusFullText, MilvusVectors
from askive.rag.store.milvus.registry import Registry
from askive.rag.store.milvus.store import MilvusStore
from askive.rag.store.protocols import CollectionStore, DenseSearch, LexicalIndex
from askive.rag.store.schema import Fingerprint
from askive.rag.store.sqlite import SqliteStore
from askive.rag.store.vector_cache import VectorCache
from askive.rag.types import Document, Passage

DIMENSION = 16
MADE = Fingerprint("hash", f"hash-{DIMENSION}", DIMENSION, "{}")
NAME = "case"


@dataclass(frozen=True, slots=True)
class Opened:
    """A store and its indexes."""

    store: CollectionStore
    dense: DenseSearch
    lexical: LexicalIndex


class BreakingMilvus(Milvus):
    """Milvus that fails at one of the next writing requests, before or after it took effect, and at all later ones."""

    left: int | None = None
    takes_effect = False
    n_writes = 0

    def insert(self, table: str, rows: Sequence[Row]) -> None:
        self._write(lambda: super(BreakingMilvus, self).insert(table, rows))

    def upsert(self, table: str, rows: Sequence[Row]) -> None:
        self._write(lambda: super(BreakingMilvus, self).upsert(table, rows))

    def delete(self, table: str, condition: str) -> None:
        self._write(lambda: super(BreakingMilvus, self).delete(table, condition))

    def _write(self, request: Callable[[], None]) -> None:
        self.n_writes += 1
        if self.left is None:
            request()
            return
        if self.left > 0:
            self.left -= 1
            request()
            return
        if self.left == 0 and self.takes_effect:
            request()
        self.left = -1
        raise StoreError("the connection was lost", remedy="try again")


class Sqlite:
    """Collections in SQLite and FAISS."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def open(self) -> Iterator[Opened]:
        """The collection; empty at first."""
        store = SqliteStore(self._folder / "store.sqlite3")
        try:
            store.set_fingerprint(MADE)
            yield Opened(store, VectorCache(store, self._folder, DIMENSION), Fts5Index(store))
        finally:
            store.close()

    def close(self) -> None:
        """Nothing is left open."""


class InMilvus:
    """Collections in a file of milvus-lite, through the client of a server."""

    def __init__(self, folder: Path) -> None:
        self.milvus = BreakingMilvus(str(folder / "milvus.db"))
        self.registry = Registry(self.milvus)

    @contextmanager
    def open(self) -> Iterator[Opened]:
        """The collection; empty at first."""
        store = MilvusStore.open(self.registry, NAME, create=True)
        try:
            store.set_fingerprint(MADE)
            yield Opened(store, MilvusVectors(store), MilvusFullText(store))
        finally:
            store.close()

    def close(self) -> None:
        """Release the file."""
        self.milvus.close()


Kind = Sqlite | InMilvus
KINDS: dict[str, Callable[[Path], Kind]] = {"sqlite": Sqlite, "milvus": InMilvus}


def document(uri: str, text: str, **fields: object) -> Document:
    given: dict[str, object] = {
        "title": f"Title of {uri}", "media_type": "text/plain", "sha256": f"sha of {text[:40]}", "published": "2016-01",
        "publisher": "Reuters", "metadata": {"place": ["Paris"], "x": "é"}, **fields,
    }  # fmt: skip
    return Document(uri=uri, text=text, **given)  # type: ignore[arg-type]


def passages_of(text: str) -> list[Passage]:
    """One for each sentence that ends in a full stop."""
    ends = [i + 1 for i, c in enumerate(text) if c == "."]
    starts = [0, *(end + 1 for end in ends[:-1])]
    return [Passage(text[s:e], s, e, "Part", None) for s, e in zip(starts, ends, strict=True)]


def unit_vectors(n: int, seed: int = 0) -> Vectors:
    rows = np.random.default_rng(seed).normal(size=(n, DIMENSION)).astype(np.float32)
    vectors: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return vectors


def put(
    opened: Opened, uri: str, text: str, *, seed: int = 0, stamp: str = "", **fields: object
) -> list[int]:
    passages = passages_of(text)
    vectors = unit_vectors(len(passages), seed)
    return opened.store.put(document(uri, text, **fields), passages, vectors, stamp)[1]
