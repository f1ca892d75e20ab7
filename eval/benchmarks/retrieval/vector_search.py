"""Vector search by size: latency of the product and two exact scans, and memory of a process that only searches."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from askive.eval.benchmarks.memory import memory_fields
from askive.models.protocols import Vectors
from askive.rag.store.archive import STORE_NAME
from askive.rag.store.faiss_ivf import IvfIndex
from askive.rag.store.sqlite import SqliteStore
from askive.rag.store.vector_cache import FaissIndex, VectorCache

TOP_K = 10
N_CANDIDATES = 100
"""Number of hits that the product requests before fusion."""
N_QUERIES = 200
_N_RESIDENT_QUERIES = 1000
_WARM_UP = 20


@dataclass(frozen=True, slots=True)
class Latency:
    """Latency of sequential searches, in milliseconds."""

    p50_ms: float
    p95_ms: float


@dataclass(frozen=True, slots=True)
class Resident:
    """Memory of a fresh process that loads the index and searches, in MB (2**20 bytes).

    rss_mb: resident at the end, including mapped pages of the file; anonymous_mb: the part not backed by a
    file; peak_mb: the maximum; start_mb: before the index was loaded.
    """

    rss_mb: float
    anonymous_mb: float
    peak_mb: float
    start_mb: float
    load_ms: float


@dataclass(frozen=True, slots=True)
class DenseFigures:
    """The figures for one size.

    kind: of the index that VectorCache chose. n_lists, n_probe, n_bits: of inverted lists, None for a flat index.
    ours, ours_100: searches for 10 and for 100 hits, including the reading of stored vectors.
    flat: FaissIndex with all vectors, which uses one core per query; blas: a matrix product on all cores.
    recall: of the exact 10 nearest among our 10; recall_100: the same for 100.
    """

    n: int
    kind: str
    n_lists: int | None
    n_probe: int | None
    n_bits: int | None
    build_s: float
    file_mb: float
    flat: Latency
    blas: Latency
    ours: Latency
    ours_100: Latency
    recall: float
    recall_100: float
    resident: Resident

    @property
    def times_faster(self) -> float:
        """The ratio of the faster of the two exact scans to ours, at p95."""
        return min(self.flat.p95_ms, self.blas.p95_ms) / self.ours.p95_ms


def bench_dense(folder: Path, queries: Vectors) -> DenseFigures:
    """Build the index of the store in `folder` and search it; queries: shape (n_queries, dimension)."""
    store = SqliteStore(folder / STORE_NAME)
    try:
        return _bench(store, folder, queries)
    finally:
        store.close()


def _bench(store: SqliteStore, folder: Path, queries: Vectors) -> DenseFigures:
    cache = VectorCache(store, folder, queries.shape[1])
    started = time.perf_counter()
    cache.current()
    build_s = time.perf_counter() - started
    np.save(folder / "queries.npy", queries)
    resident = _resident(folder)
    ids = np.concatenate([batch for batch, _ in store.embeddings()])
    rows = np.concatenate([vectors for _, vectors in store.embeddings()])
    flat = FaissIndex(queries.shape[1])
    flat.add(ids, rows)

    # Separately: the threads of a matrix product keep spinning afterwards and slow down the next search.
    (blas,), nearest = _timed(queries, lambda query: ids[_scan(rows, query)].tolist())
    # Alternating for every query, so that other load on the machine affects all of them equally.
    (flat_ms, ours, ours_100), results = _timed(
        queries,
        lambda query: flat.search(query, TOP_K),
        lambda query: cache.current().search(query, TOP_K),
        lambda query: cache.current().search(query, N_CANDIDATES),
    )
    index = cache.current()
    inverted = index if isinstance(index, IvfIndex) else None
    (file,) = folder.glob("dense-*.faiss")
    return DenseFigures(
        n=len(index),
        kind=type(index).__name__,
        n_lists=inverted.n_lists if inverted else None,
        n_probe=inverted.n_probe if inverted else None,
        n_bits=inverted.n_bits if inverted else None,
        build_s=round(build_s, 1),
        file_mb=round(file.stat().st_size / 2**20, 1),
        flat=flat_ms,
        blas=blas,
        ours=ours,
        ours_100=ours_100,
        recall=_recall([hits for _, hits, _ in results], [best[:TOP_K] for (best,) in nearest]),
        recall_100=_recall([hits for _, _, hits in results], [best for (best,) in nearest]),
        resident=resident,
    )


def latency(times_ms: list[float]) -> Latency:
    """Median and 95th percentile."""
    p50, p95 = np.percentile(times_ms, [50, 95])
    return Latency(round(float(p50), 2), round(float(p95), 2))


def _timed(queries: Vectors, *searches: Callable[[Vectors], Any]) -> tuple[list[Latency], list[list[Any]]]:
    """The latency of every search, and its results for every query."""
    times: list[list[float]] = [[] for _ in searches]
    results: list[list[Any]] = []
    for query in np.concatenate([queries[-_WARM_UP:], queries]):
        results.append([])
        for search, times_of_search in zip(searches, times, strict=True):
            started = time.perf_counter()
            results[-1].append(search(query))
            times_of_search.append((time.perf_counter() - started) * 1000)
    return [latency(times_of_search[_WARM_UP:]) for times_of_search in times], results[_WARM_UP:]


def _recall(results: Sequence[Sequence[tuple[int, float]]], nearest: Sequence[Sequence[int]]) -> float:
    shares = [
        len({i for i, _ in hits} & set(best)) / len(best) for hits, best in zip(results, nearest, strict=True)
    ]
    return round(float(np.mean(shares)), 4)


def _scan(rows: Vectors, query: Vectors) -> Any:
    """Indexes of the nearest rows, best first."""
    scores = rows @ query
    best = np.argpartition(-scores, N_CANDIDATES)[:N_CANDIDATES]
    return best[np.argsort(-scores[best])]


def _resident(folder: Path) -> Resident:
    program = (
        "import sys; from askive.eval.benchmarks.retrieval.vector_search import report_resident; "
        "report_resident(sys.argv[1])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)], capture_output=True, text=True, check=True, timeout=600
    )
    return Resident(**json.loads(done.stdout))


def report_resident(folder: str) -> None:
    """Load and search the index of the store in `folder`, and print this process's memory figures."""
    queries = np.load(Path(folder, "queries.npy"))
    store = SqliteStore(Path(folder, STORE_NAME))
    start_mb = process_memory()["VmRSS"]
    started = time.perf_counter()
    index = VectorCache(store, Path(folder), queries.shape[1]).current()
    load_ms = (time.perf_counter() - started) * 1000
    for number in range(_N_RESIDENT_QUERIES):
        index.search(queries[number % len(queries)], N_CANDIDATES)
    memory = process_memory()
    store.close()
    results = Resident(memory["VmRSS"], memory["RssAnon"], memory["VmHWM"], start_mb, round(load_ms, 1))
    sys.stdout.write(json.dumps({name: getattr(results, name) for name in Resident.__slots__}))


def process_memory() -> dict[str, float]:
    """Linux's figures of this process, in MB."""
    return {name: round(mb, 1) for name, mb in memory_fields().items()}
