"""Exact FAISS index: the query is compared with every stored vector."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from askive.models.protocols import Vectors
from askive.rag.store.index_checksum import seal, sealed_number
from askive.rag.store.protocols import Ids


class FaissIndex:
    """A flat inner-product index with the store's ids. Implements VectorIndex. Thread-safe."""

    def __init__(self, dimension: int) -> None:
        import faiss

        self._faiss: Any = faiss
        self._index: Any = faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))
        self._lock = threading.RLock()

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def ids(self) -> Ids:
        """The ids of all rows, unordered; shape (n,)."""
        with self._lock:
            rows: Ids = self._faiss.vector_to_array(self._index.id_map)
        return rows

    @property
    def vectors(self) -> Vectors:
        """Copies of all rows, in the order of `ids`; shape (n, dimension)."""
        with self._lock:
            flat = self._faiss.downcast_index(self._index.index)
            rows: Vectors = self._faiss.rev_swig_ptr(flat.get_xb(), flat.ntotal * flat.d).copy()
        return rows.reshape(-1, flat.d)

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Add rows; ids shape (n,), vectors shape (n, dimension)."""
        if len(ids):
            with self._lock:
                self._index.add_with_ids(np.ascontiguousarray(vectors, dtype=np.float32), ids)

    def remove(self, ids: Sequence[int]) -> None:
        """Remove rows; unknown ids are ignored."""
        if ids:
            with self._lock:
                self._index.remove_ids(np.asarray(ids, dtype=np.int64))

    def search(self, vector: Vectors, top_k: int, within: Ids | None = None) -> list[tuple[int, float]]:
        """(id, cosine) of the nearest rows, best first; ties are ordered by id.

        within: search only these ids; ascending.
        """
        query = np.ascontiguousarray(vector, dtype=np.float32)[None, :]
        with self._lock:
            n = min(top_k, len(self) if within is None else len(within))
            if n <= 0:
                return []
            if within is None:
                scores, ids = self._index.search(query, n)
            else:
                chosen = self._faiss.SearchParameters(sel=self._faiss.IDSelectorBatch(within))
                scores, ids = self._index.search(query, n, params=chosen)
        hits = [(int(i), float(s)) for i, s in zip(ids[0], scores[0], strict=True) if i >= 0]
        return sorted(hits, key=lambda hit: (-hit[1], hit[0]))

    def save(self, path: Path) -> None:
        """Write to a new file and rename it into place."""
        partial = path.with_name(f"{path.name}.{os.getpid()}-{id(self)}.partial")
        try:
            self._write(partial)
            self._seal(partial)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)

    def _write(self, path: Path) -> None:
        with self._lock:
            self._faiss.write_index(self._index, str(path))

    def _seal(self, path: Path) -> None:
        seal(path, "flat")

    @classmethod
    def load(cls, path: Path, dimension: int) -> FaissIndex | None:
        """The saved index, or None when it is missing, damaged or has another dimension."""
        if sealed_number(path, "flat") is None:
            return None
        loaded = cls(dimension)
        try:
            index = loaded._faiss.read_index(str(path))
        except (RuntimeError, OSError):
            return None
        if index.d != dimension or not hasattr(index, "id_map"):
            return None
        loaded._index = index
        return loaded
