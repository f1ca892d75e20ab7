"""Vector search beyond memory: `python -m askive.eval.benchmarks.retrieval.mapped [--n 10000000] [--shards 4]`.

Synthetic vectors lie in one mapped file of float32 (15.4 GB at ten million), the lists of each shard in another. What
is measured is the inverted index of the product: a search reads a few lists of every shard, and the vectors of the
candidates, one after another from the disk. At ten million it takes an hour and a half of one core, 20 GB of disk and
6 GB of memory.
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import json
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from askive.eval import script
from askive.eval.benchmarks.retrieval.synthetic import DIMENSION, SyntheticVectors
from askive.eval.benchmarks.retrieval.vector_search import (
    N_CANDIDATES,
    TOP_K,
    Latency,
    latency,
    process_memory,
)
from askive.models.errors import UsageError
from askive.models.protocols import Vectors
from askive.rag.store.faiss_ivf import IvfIndex
from askive.rag.store.protocols import Ids

_BATCH_ROWS = 50_000
_N_QUERIES = 200


@dataclass(frozen=True, slots=True)
class MappedFigures:
    """The figures for one size.

    one: a search of all shards, one after another. slowest: of the slowest shard, as if each had a machine.
    recall: of the exact 10 nearest among the 10 found. lists_mb: files of the lists; vectors_mb: of the vectors.
    anonymous_mb, mapped_mb: memory of this process after the searches; mapped pages are given back when others need it.
    """

    n: int
    n_shards: int
    n_bits: int
    n_lists: int
    n_probe: int
    build_s: float
    load_ms: float
    one: Latency
    slowest: Latency
    recall: float
    lists_mb: float
    vectors_mb: float
    anonymous_mb: float
    mapped_mb: float


class _Shard:
    """Rows `start` to `end` of the mapped vectors; ids are row numbers."""

    def __init__(self, vectors: Vectors, start: int, end: int) -> None:
        self._vectors, self.start, self.end = vectors, start, end

    def batches(self) -> Iterator[tuple[Ids, Vectors]]:
        for at in range(self.start, self.end, _BATCH_ROWS):
            end = min(at + _BATCH_ROWS, self.end)
            yield np.arange(at, end, dtype=np.int64), np.asarray(self._vectors[at:end])

    def exact(self, ids: Sequence[int]) -> Mapping[int, Vectors]:
        return {row: np.asarray(self._vectors[row]) for row in ids}

    def build(self, path: Path) -> None:
        n = self.end - self.start
        IvfIndex.build(self.batches, n, DIMENSION, self.exact).save(path)

    def load(self, path: Path) -> IvfIndex:
        index = IvfIndex.load(path, DIMENSION, self.exact)
        assert index is not None and index.mapped, path
        return index


def bench_mapped(folder: Path, n: int, n_shards: int = 1) -> MappedFigures:
    """Write, build and search in `folder`, which needs 2,000 bytes a vector."""
    generated = SyntheticVectors(n)
    queries = generated.queries(_N_QUERIES)
    vectors = np.lib.format.open_memmap(folder / "vectors.npy", "w+", np.float32, (n, DIMENSION))
    at = 0
    for rows in generated.batches(_BATCH_ROWS):
        vectors[at : at + len(rows)] = rows
        at += len(rows)
    del generated, rows
    vectors.flush()
    stored: Vectors = np.load(folder / "vectors.npy", mmap_mode="r")
    bounds = np.linspace(0, n, n_shards + 1).astype(int)
    shards = [_Shard(stored, int(low), int(high)) for low, high in itertools.pairwise(bounds)]
    paths = [folder / f"shard-{number}.faiss" for number in range(n_shards)]
    started = time.perf_counter()
    for shard, path in zip(shards, paths, strict=True):
        shard.build(path)
    build_s = time.perf_counter() - started
    started = time.perf_counter()
    indexes = [shard.load(path) for shard, path in zip(shards, paths, strict=True)]
    load_ms = (time.perf_counter() - started) * 1000
    whole: list[float] = []
    slowest: list[float] = []
    found: list[set[int]] = []
    for query in queries:
        hits: list[tuple[int, float]] = []
        took: list[float] = []
        for index in indexes:
            started = time.perf_counter()
            hits += index.search(query, N_CANDIDATES)
            took.append((time.perf_counter() - started) * 1000)
        whole.append(sum(took))
        slowest.append(max(took))
        found.append({row for row, _ in heapq.nlargest(TOP_K, hits, key=lambda hit: hit[1])})
    memory = process_memory()
    nearest = _nearest(stored, queries)
    recall = float(
        np.mean([len(set(map(int, best)) & rows) / TOP_K for best, rows in zip(nearest, found, strict=True)])
    )
    return MappedFigures(
        n=n,
        n_shards=n_shards,
        n_bits=indexes[0].n_bits,
        n_lists=sum(index.n_lists for index in indexes),
        n_probe=sum(index.n_probe for index in indexes),
        build_s=round(build_s, 1),
        load_ms=round(load_ms, 1),
        one=latency(whole),
        slowest=latency(slowest),
        recall=round(recall, 4),
        lists_mb=round(sum(path.stat().st_size for path in paths) / 2**20, 1),
        vectors_mb=round((folder / "vectors.npy").stat().st_size / 2**20, 1),
        anonymous_mb=memory["RssAnon"],
        mapped_mb=memory["VmRSS"] - memory["RssAnon"],
    )


def _nearest(vectors: Vectors, queries: Vectors) -> Ids:
    """The exact nearest rows of each query, shape (n_queries, TOP_K)."""
    scores = np.full((len(queries), TOP_K), -np.inf, dtype=np.float32)
    rows = np.full((len(queries), TOP_K), -1, dtype=np.int64)
    for at in range(0, len(vectors), _BATCH_ROWS):
        batch = queries @ np.asarray(vectors[at : at + _BATCH_ROWS]).T
        all_scores = np.concatenate([scores, batch], axis=1)
        all_rows = np.concatenate(
            [rows, np.broadcast_to(np.arange(at, at + batch.shape[1]), batch.shape)], axis=1
        )
        best = np.argpartition(-all_scores, TOP_K - 1, axis=1)[:, :TOP_K]
        scores = np.take_along_axis(all_scores, best, axis=1)
        rows = np.take_along_axis(all_rows, best, axis=1)
    return rows


def table(figures: MappedFigures) -> str:
    """A Markdown table of one row."""
    f = figures
    return (
        "| vectors | shards | bits | lists read | built | p50 / p95 | slowest shard p95 | recall@10 | lists"
        " | vectors | memory, own / mapped |\n|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n"
        f"| {f.n:,} | {f.n_shards} | {f.n_bits} | {f.n_probe} of {f.n_lists} | {f.build_s:,.0f} s"
        f" | {f.one.p50_ms:.0f} / {f.one.p95_ms:.0f} ms | {f.slowest.p95_ms:.0f} ms | {f.recall:.3f}"
        f" | {f.lists_mb:,.0f} MB | {f.vectors_mb:,.0f} MB | {f.anonymous_mb:,.0f} / {f.mapped_mb:,.0f} MB |\n"
    )


def _texts() -> Iterator[str]:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--n", type=int, default=10_000_000, help="number of vectors")
    parser.add_argument("--shards", type=int, default=1)
    parser.add_argument(
        "--folder", type=Path, help="for the files, which are deleted; default: for temporary files"
    )
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if given.shards < 1 or given.n < 1_000 * given.shards:
        raise UsageError(
            f"--n {given.n} --shards {given.shards}: too few vectors", remedy="use at least 1,000 a shard"
        )
    with tempfile.TemporaryDirectory(prefix="askive-mapped-", dir=given.folder) as name:
        figures = bench_mapped(Path(name), given.n, given.shards)
    yield json.dumps(asdict(figures)) + "\n" if given.json else table(figures)


if __name__ == "__main__":
    raise SystemExit(script.print_texts(_texts()))
