"""Approximate FAISS index: inverted lists of 8- or 4-bit codes in a mapped file, rescored with the stored vectors.

An inverted file (Sivic and Zisserman 2003; Jegou et al. 2011, `IndexIVF` in FAISS): k-means divides the space into
cells, and a search reads the nearest few. The codes only select candidates. The score of a candidate is its cosine
with the float32 vector in the store, so scores equal those of the flat index, and deleted rows are never returned.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from askive.models.machine import physical_cores
from askive.models.protocols import Vectors
from askive.rag.store.faiss_flat import FaissIndex
from askive.rag.store.index_checksum import seal, sealed_number
from askive.rag.store.protocols import Ids

Exact = Callable[[Sequence[int]], Mapping[int, Vectors]]
"""Returns the stored vectors of some ids; missing ids are left out."""
Batches = Callable[[], Iterable[tuple[Ids, Vectors]]]
"""Iterates over all stored vectors, from the start at each call: shapes (n,) and (n, dimension)."""

CODES_BUDGET_BYTES = 512 * 2**20
"""Codes have 8 bits up to this total size, and 4 bits above it."""
RECALL_TARGET = 0.975
"""Recall@10, with stored vectors as queries."""

_LISTS_PER_ROOT = 4
"""Number of lists per unit of the square root of n."""
_TRAINING_ROWS_PER_LIST, _TRAINING_ROUNDS = 40, 5
_N_CALIBRATION = 400
_DEPTH = {8: 1.25, 4: 5.0}
"""Candidates per hit by bits of the code; 20 are added."""
_SCORED_WHOLE = 500
"""A filter that admits at most so many rows is searched exactly, with the vectors in the store."""


class IvfIndex(FaissIndex):
    """A trained inverted file, from `build` or `load`. Implements VectorIndex. Thread-safe.

    n_trained: number of vectors when the cells were trained.
    """

    def __init__(self, index: Any, exact: Exact, n_trained: int) -> None:
        import faiss

        # One core per search: splitting a search costs tens of milliseconds when the other core is busy.
        index.parallel_mode = 0
        self._faiss = faiss
        self._index = index
        self._exact = exact
        self._removed: list[int] = []
        self._lock = threading.RLock()
        self.n_trained = n_trained

    @classmethod
    def build(
        cls, batches: Batches, n: int, dimension: int, exact: Exact, budget_bytes: int = CODES_BUDGET_BYTES
    ) -> IvfIndex:
        """Train on a sample of about `n` stored vectors, add all of them, and choose how many lists to read."""
        import faiss

        faiss.omp_set_num_threads(physical_cores())
        n_lists = max(1, min(round(_LISTS_PER_ROOT * n**0.5), n // 4))
        sample_ids, sample = _sample(batches, n, _TRAINING_ROWS_PER_LIST * n_lists, dimension)
        index = _empty(dimension, n_lists, 8 if n * dimension <= budget_bytes else 4)
        index.train(sample)
        built = cls(index, exact, n)
        step = max(1, len(sample) // _N_CALIBRATION)
        own, queries = sample_ids[::step].copy(), sample[::step].copy()
        del sample
        truth = _Nearest(own, queries, 10)
        for ids, vectors in batches():
            built.add(ids, vectors)
            truth.see(ids, vectors)
        built._calibrate(own, queries, truth.ids)
        return built

    @property
    def n_lists(self) -> int:
        """Number of cells."""
        return int(self._index.nlist)

    @property
    def n_probe(self) -> int:
        """Number of lists that a search without a filter reads."""
        return int(self._index.nprobe)

    @property
    def n_bits(self) -> int:
        """Bits per dimension in the codes."""
        return 8 if self._index.sq.qtype == self._faiss.ScalarQuantizer.QT_8bit else 4

    @property
    def mapped(self) -> bool:
        """Whether the lists are in a mapped file."""
        return isinstance(self._lists(), self._faiss.OnDiskInvertedLists)

    def __len__(self) -> int:
        with self._lock:
            self._settle()
            return int(self._index.ntotal)

    @property
    def ids(self) -> Ids:
        """The ids of all rows, unordered; shape (n,)."""
        with self._lock:
            self._settle()
            lists, as_array = self._lists(), self._faiss.rev_swig_ptr
            parts = [
                as_array(lists.get_ids(number), n).copy()
                for number in range(lists.nlist)
                if (n := lists.list_size(number))
            ]
        return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Add rows; ids shape (n,), vectors shape (n, dimension)."""
        if len(ids):
            with self._lock:
                self._settle()
                self._into_memory()
                self._index.add_with_ids(np.ascontiguousarray(vectors, dtype=np.float32), ids)

    def remove(self, ids: Sequence[int]) -> None:
        """Remove rows; unknown ids are ignored."""
        with self._lock:
            # A removal reads all ids, so pending removals are applied together before the next use.
            self._removed += ids

    def search(self, vector: Vectors, top_k: int, within: Ids | None = None) -> list[tuple[int, float]]:
        """(id, cosine) of the nearest rows found, best first; ties are ordered by id.

        within: search only these ids; ascending.
        """
        query = np.ascontiguousarray(vector, dtype=np.float32)
        with self._lock:
            n = min(top_k, len(self) if within is None else len(within))
            if n <= 0:
                return []
            candidates = self._candidates(query[None, :], n, within)
        vectors = self._exact(candidates)
        if not vectors:
            return []
        # Row by row: a BLAS product may round equal rows differently, which would break ties at random.
        scores = np.einsum("ij,j->i", np.stack(list(vectors.values())), query)
        return sorted(zip(vectors, scores.tolist(), strict=True), key=lambda hit: (-hit[1], hit[0]))[:n]

    def _write(self, path: Path) -> None:
        with self._lock:
            self._settle()
            # FAISS would write a mapped index as a reference to its file.
            self._into_memory()
            super()._write(path)

    def _seal(self, path: Path) -> None:
        seal(path, "ivf", self.n_trained)

    @classmethod
    def load(cls, path: Path, dimension: int, exact: Exact | None = None) -> IvfIndex | None:
        """The saved index with mapped lists; None when it is missing, damaged or of another kind.

        In a file larger than `index_checksum.SUMMED_UP_TO` the codes are not checked: a flipped bit there costs at most
        one candidate, because scores come from the store.
        """
        import faiss

        n_trained = sealed_number(path, "ivf")
        try:
            index = None if n_trained is None else faiss.read_index(str(path), faiss.IO_FLAG_MMAP)
        except (RuntimeError, OSError):
            return None
        if n_trained is None or not isinstance(index, faiss.IndexIVFScalarQuantizer) or index.d != dimension:
            return None
        built = cls(index, exact or (lambda ids: {}), n_trained)
        if built.mapped:
            # Starting its 32 reader threads for every search takes longer than the search.
            built._lists().prefetch_nthread = 0
        return built

    def _candidates(self, query: Vectors, n: int, within: Ids | None) -> list[int]:
        """Ids of the rows to score, more than `n`; query shape (1, dimension)."""
        total, n_lists = int(self._index.ntotal), self.n_lists
        if within is not None and len(within) <= _SCORED_WHOLE:
            return [int(i) for i in within]
        n_probe, chosen = self.n_probe, None
        if within is not None:
            # With a filter, a list has fewer admissible rows, so read more lists.
            n_probe = min(n_lists, -(-n_probe * total // len(within)))
            bits = np.zeros(int(within[-1]) + 1, dtype=bool)
            bits[within] = True
            chosen = self._faiss.IDSelectorBitmap(np.packbits(bits, bitorder="little"))
        depth = min(round(n * _DEPTH[self.n_bits]) + 20, total)
        while True:
            settings = self._faiss.SearchParametersIVF(sel=chosen, nprobe=n_probe)
            _, ids = self._index.search(query, depth, params=settings)
            candidates = [int(i) for i in ids[0] if i >= 0]
            if len(candidates) >= min(n, total) or n_probe >= n_lists:
                return candidates
            n_probe = min(n_lists, 4 * n_probe)

    def _calibrate(self, own: Ids, queries: Vectors, truth: Ids) -> None:
        """Set the number of lists to reach the recall target; shapes (n,), (n, dimension), (n, top_k), -1 for none."""
        n_required = RECALL_TARGET * max(1, int((truth >= 0).sum()))

        def reaches_target(n_probe: int) -> bool:
            settings = self._faiss.SearchParametersIVF(nprobe=n_probe)
            _, ids = self._index.search(queries, 3 * truth.shape[1] + 1, params=settings)
            pairs = zip(truth.tolist(), ids.tolist(), strict=True)
            return sum(len(set(true_ids) & set(hit_ids) - {-1}) for true_ids, hit_ids in pairs) >= n_required

        low = high = 1
        while high < self.n_lists and not reaches_target(high):
            low, high = high + 1, min(2 * high, self.n_lists)
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if reaches_target(middle) else (middle + 1, high)
        self._index.nprobe = low

    def _settle(self) -> None:
        if self._removed:
            self._into_memory()
            self._index.remove_ids(np.asarray(self._removed, dtype=np.int64))
            self._removed = []

    def _lists(self) -> Any:
        return self._faiss.downcast_InvertedLists(self._index.invlists)

    def _into_memory(self) -> None:
        """Copy mapped lists into memory: writing to a mapped list would crash the process."""
        if not self.mapped:
            return
        mapped = self._lists()
        copied = self._faiss.ArrayInvertedLists(mapped.nlist, mapped.code_size)
        for number in range(mapped.nlist):
            if n := mapped.list_size(number):
                copied.add_entries(number, n, mapped.get_ids(number), mapped.get_codes(number))
        self._index.replace_invlists(copied, True)
        copied.this.disown()


class _Nearest:
    """Exact nearest neighbours of some stored vectors among all vectors seen so far, without themselves."""

    def __init__(self, own: Ids, queries: Vectors, top_k: int) -> None:
        self._own = own
        self._queries = queries
        self._scores = np.full((len(own), top_k), -np.inf, dtype=np.float32)
        self.ids: Ids = np.full((len(own), top_k), -1, dtype=np.int64)

    def see(self, ids: Ids, vectors: Vectors) -> None:
        """Add a batch; shapes (n,) and (n, dimension)."""
        scores = self._queries @ vectors.T
        scores[self._own[:, None] == ids[None, :]] = -np.inf
        scores = np.concatenate([self._scores, scores], axis=1)
        all_ids = np.concatenate([self.ids, np.broadcast_to(ids, (len(self._own), len(ids)))], axis=1)
        top_k = self.ids.shape[1]
        best = np.argpartition(-scores, top_k - 1, axis=1)[:, :top_k]
        self._scores = np.take_along_axis(scores, best, axis=1)
        self.ids = np.where(np.isfinite(self._scores), np.take_along_axis(all_ids, best, axis=1), -1)


def _empty(dimension: int, n_lists: int, n_bits: int) -> Any:
    import faiss

    kinds = faiss.ScalarQuantizer
    kind = kinds.QT_8bit if n_bits == 8 else kinds.QT_4bit
    cells = faiss.IndexFlatIP(dimension)
    index = faiss.IndexIVFScalarQuantizer(cells, dimension, n_lists, kind, faiss.METRIC_INNER_PRODUCT, True)
    index.cp.niter = _TRAINING_ROUNDS
    index.cp.min_points_per_centroid = 1
    index.cp.max_points_per_centroid = _TRAINING_ROWS_PER_LIST
    return index


def _sample(batches: Batches, n: int, n_required: int, dimension: int) -> tuple[Ids, Vectors]:
    """An even sample of the rows: shapes (m,) and (m, dimension), m about the smaller of `n` and `n_required`."""
    chance = np.random.default_rng(0)
    # Allocated once: concatenation would need twice the memory. FAISS also copies the sample when it is too large.
    ids, rows = np.empty(n_required, dtype=np.int64), np.empty((n_required, dimension), dtype=np.float32)
    filled = 0
    for batch_ids, vectors in batches():
        drawn = np.flatnonzero(chance.random(len(batch_ids)) < n_required / max(n, 1))[: n_required - filled]
        ids[filled : filled + len(drawn)] = batch_ids[drawn]
        rows[filled : filled + len(drawn)] = vectors[drawn]
        filled += len(drawn)
    return ids[:filled], rows[:filled]
