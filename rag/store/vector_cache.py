"""The vector index that belongs to a store: exact while that is fast, inverted lists beyond, and its file on disk."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np

from askive.rag.store.faiss_flat import FaissIndex
from askive.rag.store.faiss_ivf import IvfIndex
from askive.rag.store.filters import Filter
from askive.rag.store.sqlite import SqliteStore

__all__ = ["EXACT_UP_TO", "FaissIndex", "VectorCache"]

EXACT_UP_TO = 50_000
"""Passages searched exactly."""
_GROWTH = 2
"""Cells made for n passages serve until there are this many times n; inverted lists go when this fraction
of the threshold is left. So an archive at the threshold is not built again and again."""
_STEP_ROWS = 1024


class VectorCache:
    """The index that belongs to a store's present generation: in memory, on disk, or built again.

    One that is held is brought in step with what the store has taken in and let go of since: so questions go on
    while another archive or process writes, and a writer needs no vectors in memory. The file's name carries the
    store's id and generation, so that a stale one is never taken for current; which kind of index it holds is seen
    when it is read. exact_up_to: passages that are searched exactly. Usable from several threads.
    """

    def __init__(
        self, store: SqliteStore, folder: Path, dimension: int, exact_up_to: int = EXACT_UP_TO
    ) -> None:
        self._store = store
        self._folder = folder
        self._dimension = dimension
        self._exact_up_to = exact_up_to
        self._held: tuple[int, FaissIndex] | None = None
        self._lock = threading.RLock()

    def current(self) -> FaissIndex:
        """The index of the store as it is now."""
        with self._lock:
            # What is committed after this is in the index or not: the next call sees another generation.
            generation = self._store.generation
            if self._held is None or self._held[0] != generation:
                n = self._store.counts().n_passages
                index = self._loaded(generation, n)
                if index is None:
                    index = self._in_step(n)
                if index is None:
                    index = self._saved(self._build(n), generation)
                self._held = (generation, index)
            return self._held[1]

    def hold(self) -> None:
        """Before a change: take up the index of now, if there is one, so that it need not be built after it."""
        if self.on_disk():
            self.current()

    def save(self) -> None:
        """After changes: have the index in step, and its file for the next process."""
        with self._lock:
            index, generation = self.current(), self._store.generation
            if self._held is not None and self._held[0] == generation and not self.on_disk():
                self._held = (generation, self._saved(index, generation))

    def on_disk(self) -> bool:
        """Whether the file of the present generation is there."""
        return self._path(self._store.generation).is_file()

    def _fits(self, index: FaissIndex, n: int) -> bool:
        """Whether this kind of index is the right one for n passages."""
        if isinstance(index, IvfIndex):
            return self._exact_up_to < _GROWTH * n and n <= _GROWTH * index.n_trained
        return n <= self._exact_up_to

    def _loaded(self, generation: int, n: int) -> FaissIndex | None:
        index = self._load(generation)
        return index if index is not None and len(index) == n and self._fits(index, n) else None

    def _in_step(self, n: int) -> FaissIndex | None:
        """The index that is held, with the store's n passages; None, and it is let go of, when it no longer fits."""
        held, self._held = self._held, None
        if held is None or not self._fits(held[1], n):
            return None
        index = held[1]
        # Ids only grow, and a vector never changes: what is missing has ids above all that are there.
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
        """The index after it was written; inverted lists then come from the file, and their memory is free."""
        path = self._path(generation)
        if generation != self._store.generation:
            # Whoever has written since, and perhaps is writing still, saves a newer one at the end.
            return index
        if not self._store.is_in_place():
            # The folder is gone, or another collection's.
            return index
        try:
            index.save(path)
        except (RuntimeError, OSError):
            # It is a cache: a full disk costs the next start some time, nothing else.
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
