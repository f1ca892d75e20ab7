"""The vector index that belongs to a store: exact while that is fast, inverted lists beyond, and its file on disk."""

from __future__ import annotations

from pathlib import Path

from rag.flat import FaissIndex
from rag.ivf import IvfIndex
from rag.store import SqliteStore

__all__ = ["EXACT_UP_TO", "DenseCache", "FaissIndex"]

EXACT_UP_TO = 50_000
"""Passages searched exactly."""
_GROWTH = 2
"""Cells made for n passages serve until there are this many times n; inverted lists go when this fraction
of the threshold is left. So an archive at the threshold is not built again and again."""


class DenseCache:
    """The index that belongs to a store's present generation: in memory, on disk, or built anew.

    The file's name carries the store's id and generation, so that a stale one is never taken for current; which
    kind of index it holds is seen when it is read. exact_up_to: passages that are searched exactly.
    """

    def __init__(
        self, store: SqliteStore, folder: Path, dimension: int, exact_up_to: int = EXACT_UP_TO
    ) -> None:
        self._store = store
        self._folder = folder
        self._dimension = dimension
        self._exact_up_to = exact_up_to
        self._held: tuple[int, FaissIndex] | None = None

    def current(self) -> FaissIndex:
        """The index of the store as it is now."""
        generation = self._store.generation
        if self._held is not None and self._held[0] == generation:
            return self._held[1]
        index = self._load(generation)
        if index is None or len(index) != self._store.counts().n_passages or not self._fits(index):
            index = self._saved(self._build(), generation)
        self._held = (generation, index)
        return index

    def advance(self, base: FaissIndex, base_generation: int, n_changes: int) -> None:
        """Take over an index that a writer kept in step, unless another writer came between."""
        generation = self._store.generation
        in_step = generation == base_generation + n_changes and len(base) == self._store.counts().n_passages
        if in_step and self._fits(base):
            self._held = (generation, self._saved(base, generation))
        else:
            self._held = None
            self.current()

    def on_disk(self) -> bool:
        """Whether the file of the present generation is there."""
        return self._path(self._store.generation).is_file()

    def _fits(self, index: FaissIndex) -> bool:
        """Whether this kind of index is the right one for so many passages."""
        if isinstance(index, IvfIndex):
            return self._exact_up_to < _GROWTH * len(index) and len(index) <= _GROWTH * index.n_trained
        return len(index) <= self._exact_up_to

    def _build(self) -> FaissIndex:
        n_passages = self._store.counts().n_passages
        if n_passages > self._exact_up_to:
            return IvfIndex.build(self._store.embeddings, n_passages, self._dimension, self._store.vectors)
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
