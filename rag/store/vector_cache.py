"""The vector index of a store, in memory and on disk: exact for small collections, inverted lists for large ones."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np

from askive.models.protocols import Vectors
from askive.rag.store.faiss_flat import FaissIndex
from askive.rag.store.faiss_ivf import IvfIndex
from askive.rag.store.filters import Filter
from askive.rag.store.protocols import Ids, Scored
from askive.rag.store.sqlite import SqliteStore

__all__ = ["EXACT_UP_TO", "FaissIndex", "VectorCache"]

EXACT_UP_TO = 50_000
"""Largest number of passages that are searched exactly."""
_GROWTH = 2
"""The cells are rebuilt when the number of passages has grown by this factor. Inverted lists are dropped when it has
fallen below the threshold by this factor, so that a collection at the threshold is not rebuilt again and again."""
_STEP_ROWS = 1024


class VectorCache:
    """The index of a store's current generation: in memory, loaded from disk, or rebuilt.

    An index in memory is updated with the rows that the store has added and removed since. So questions continue while
    another archive or process writes, and a writer needs no vectors in memory. The name of the file has the store's id
    and generation, so that a stale file is never loaded. The kind of the index is detected on loading.
    exact_up_to: largest number of passages that are searched exactly. Thread-safe.
    """

    def __init__(
        self, store: SqliteStore, folder: Path, dimension: int, exact_up_to: int = EXACT_UP_TO
    ) -> None:
        self._store = store
        self._folder = folder
        self._dimension = dimension
        self._exact_up_to = exact_up_to
        self._current: tuple[int, FaissIndex] | None = None
        self._within: tuple[int, Filter, Ids] | None = None
        self._lock = threading.RLock()

    def current(self) -> FaissIndex:
        """The index of the store's current state."""
        with self._lock:
            # A later commit may be in the index or not: the next call sees another generation.
            generation = self._store.generation
            if self._current is None or self._current[0] != generation:
                n = self._store.counts().n_passages
                index = self._loaded(generation, n)
                if index is None:
                    index = self._updated(n)
                if index is None:
                    index = self._saved(self._build(n), generation)
                self._current = (generation, index)
            return self._current[1]

    def nearest(self, vector: Vectors, top_k: int, admitted: Filter | None = None) -> Scored:
        """(passage_id, cosine) of the nearest passages of documents that the filter admits."""
        return self.current().search(vector, top_k, self._ids(admitted) if admitted else None)

    def _ids(self, admitted: Filter) -> Ids:
        """The passages that the filter admits; kept, since a question searches several times with one filter."""
        generation = self._store.generation
        with self._lock:
            if self._within is None or self._within[:2] != (generation, admitted):
                self._within = (generation, admitted, self._store.passage_ids(admitted))
            return self._within[2]

    def preload(self) -> None:
        """Before a change: load the current index if it is on disk, so that it is updated and not rebuilt later."""
        if self.on_disk():
            self.current()

    def save(self) -> None:
        """After changes: update the index and write its file for the next process."""
        with self._lock:
            index, generation = self.current(), self._store.generation
            if self._current is not None and self._current[0] == generation and not self.on_disk():
                self._current = (generation, self._saved(index, generation))

    def on_disk(self) -> bool:
        """Whether the file of the current generation exists."""
        return self._path(self._store.generation).is_file()

    def _fits(self, index: FaissIndex, n: int) -> bool:
        """Whether this kind of index suits n passages."""
        if isinstance(index, IvfIndex):
            return self._exact_up_to < _GROWTH * n and n <= _GROWTH * index.n_trained
        return n <= self._exact_up_to

    def _loaded(self, generation: int, n: int) -> FaissIndex | None:
        index = self._load(generation)
        return index if index is not None and len(index) == n and self._fits(index, n) else None

    def _updated(self, n: int) -> FaissIndex | None:
        """The index in memory, updated to the store's n passages; None, and dropped, when it no longer suits them."""
        previous, self._current = self._current, None
        if previous is None or not self._fits(previous[1], n):
            return None
        index = previous[1]
        # Ids only grow and vectors never change: missing rows have higher ids than all present ones.
        last = int(index.ids.max(initial=-1))
        for ids, vectors in self._store.embeddings(_STEP_ROWS, last):
            index.add(ids, vectors)
        if len(index) != n:
            index.remove(np.setdiff1d(index.ids, self._store.passage_ids(Filter())).tolist())
        return index

    def _build(self, n: int) -> FaissIndex:
        if n > self._exact_up_to:
            return IvfIndex.build(self._store.embeddings, n, self._dimension, self._store.vectors)
        index = FaissIndex(self._dimension)
        for ids, vectors in self._store.embeddings():
            index.add(ids, vectors)
        return index

    def _load(self, generation: int) -> FaissIndex | None:
        path = self._path(generation)
        inverted = IvfIndex.load(path, self._dimension, self._store.vectors)
        return FaissIndex.load(path, self._dimension) if inverted is None else inverted

    def _saved(self, index: FaissIndex, generation: int) -> FaissIndex:
        """Write the index and return it; inverted lists are then mapped from the file, which frees their memory."""
        path = self._path(generation)
        if generation != self._store.generation:
            # Another process has written since, and saves a newer file when it is done.
            return index
        if not self._store.is_in_place():
            # The folder was removed or belongs to another collection.
            return index
        try:
            index.save(path)
        except (RuntimeError, OSError):
            # The file is a cache: when the disk is full, only the next start takes longer.
            return index
        for stale in self._folder.glob("dense-*.faiss"):
            if stale != path:
                stale.unlink(missing_ok=True)
        if not isinstance(index, IvfIndex):
            return index
        mapped = self._load(generation)
        return index if mapped is None else mapped

    def _path(self, generation: int) -> Path:
        return self._folder / f"dense-{self._store.store_id[:12]}-{generation}.faiss"
