"""FAISS: exact inner-product search over the stored embeddings, and its file on disk."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.protocols import Vectors
from rag.protocols import Ids
from rag.store import SqliteStore


class FaissIndex:
    """A flat inner-product index with ids of the store's own. A VectorIndex."""

    def __init__(self, dimension: int) -> None:
        import faiss

        self._faiss: Any = faiss
        self._index: Any = faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Add rows; ids shape (n,), vectors shape (n, dimension)."""
        if len(ids):
            self._index.add_with_ids(np.ascontiguousarray(vectors, dtype=np.float32), ids)

    def remove(self, ids: Sequence[int]) -> None:
        """Remove rows for good; unknown ids are ignored."""
        if ids:
            self._index.remove_ids(np.asarray(ids, dtype=np.int64))

    def search(self, vector: Vectors, top_k: int, within: Ids | None = None) -> list[tuple[int, float]]:
        """(id, cosine) of the nearest rows, best first; equal scores in the order of their ids.

        within: only these ids, ascending.
        """
        n = min(top_k, len(self) if within is None else len(within))
        if n <= 0:
            return []
        query = np.ascontiguousarray(vector, dtype=np.float32)[None, :]
        if within is None:
            scores, ids = self._index.search(query, n)
        else:
            chosen = self._faiss.SearchParameters(sel=self._faiss.IDSelectorBatch(within))
            scores, ids = self._index.search(query, n, params=chosen)
        found = [(int(i), float(s)) for i, s in zip(ids[0], scores[0], strict=True) if i >= 0]
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))

    def save(self, path: Path) -> None:
        """Write to a new file and rename it into place."""
        partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
        try:
            self._faiss.write_index(self._index, str(partial))
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: Path, dimension: int) -> FaissIndex | None:
        """The saved index, or None when it is missing, damaged or of another dimension."""
        made = cls(dimension)
        try:
            held = made._faiss.read_index(str(path))
        except (RuntimeError, OSError):
            return None
        if held.d != dimension or not hasattr(held, "id_map"):
            return None
        made._index = held
        return made


class DenseCache:
    """The index that belongs to a store's present generation: in memory, on disk, or built anew.

    The file's name carries the store's id and generation, so that a stale one is never taken for current.
    """

    def __init__(self, store: SqliteStore, folder: Path, dimension: int) -> None:
        self._store = store
        self._folder = folder
        self._dimension = dimension
        self._held: tuple[int, FaissIndex] | None = None

    def current(self) -> FaissIndex:
        """The index of the store as it is now."""
        generation = self._store.generation
        if self._held is not None and self._held[0] == generation:
            return self._held[1]
        index = FaissIndex.load(self._path(generation), self._dimension)
        if index is None or len(index) != self._store.counts().n_passages:
            index = self._build()
            self._save(index, generation)
        self._held = (generation, index)
        return index

    def advance(self, base: FaissIndex, base_generation: int, n_changes: int) -> None:
        """Take over an index that a writer kept in step, unless another writer came between."""
        generation = self._store.generation
        if generation == base_generation + n_changes and len(base) == self._store.counts().n_passages:
            self._held = (generation, base)
            self._save(base, generation)
        else:
            self._held = None
            self.current()

    def on_disk(self) -> bool:
        """Whether the file of the present generation is there."""
        return self._path(self._store.generation).is_file()

    def _build(self) -> FaissIndex:
        index = FaissIndex(self._dimension)
        for ids, vectors in self._store.embeddings():
            index.add(ids, vectors)
        return index

    def _save(self, index: FaissIndex, generation: int) -> None:
        path = self._path(generation)
        try:
            index.save(path)
        except (RuntimeError, OSError):
            # It is a cache: a full disk costs the next start some time, nothing else.
            return
        for stale in self._folder.glob("dense-*.faiss"):
            if stale != path:
                stale.unlink(missing_ok=True)

    def _path(self, generation: int) -> Path:
        return self._folder / f"dense-{self._store.store_id[:12]}-{generation}.faiss"
