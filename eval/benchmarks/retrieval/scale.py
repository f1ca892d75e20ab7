"""Retrieval at scale: `python -m askive.eval.benchmarks.retrieval.scale [--n 1000000] [--suites DIR...]`.

Writes a table to standard output and the same figures, with commit and machine, to
eval/benchmarks/results/retrieval.json.
Needs the `bench` extra (bm25s, tantivy) for the lexical part, and about 4 GB of disk and 5 GB of memory at a million.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from askive.eval.benchmarks.retrieval.bm25 import (
    ENGINES,
    LexicalLatency,
    LexicalQuality,
    bench_lexical_latency,
    bench_lexical_quality,
)
from askive.eval.benchmarks.retrieval.synthetic import SyntheticVectors, SyntheticWords
from askive.eval.benchmarks.retrieval.vector_search import N_QUERIES, DenseFigures, bench_dense
from askive.eval.runs.record import code_state, machine, versions
from askive.rag.store.archive import STORE_NAME
from askive.rag.store.sqlite import SqliteStore
from askive.rag.types import Document, Passage

FORMAT = 1
RESULTS = Path(__file__).parent.parent / "results" / "retrieval.json"
SIZES = (10_000, 100_000, 1_000_000)
_PASSAGES_A_DOCUMENT = 10_000

Log = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class RetrievalBench:
    """All figures. load: the machine's load average at the start and at the end."""

    dense: Sequence[DenseFigures]
    lexical: Sequence[LexicalLatency]
    quality: Sequence[LexicalQuality]
    load: tuple[float, float]
    elapsed_s: float


def bench_retrieval(
    n: int = SIZES[-1],
    suites: Sequence[Path] = (),
    folder: Path | None = None,
    log: Log = lambda text: None,
) -> RetrievalBench:
    """Measure at 10,000, 100,000 and so on up to `n` synthetic passages, and on suites in BEIR format.

    folder: for the stores, which are deleted afterwards; default: the system's folder for temporary files.
    """
    started, load = time.perf_counter(), os.getloadavg()[0]
    quality = []
    for suite in suites:
        log(f"lexical quality on {suite.name}")
        quality.append(bench_lexical_quality(suite))
    dense: list[DenseFigures] = []
    lexical: list[LexicalLatency] = []
    for size in sorted({*(s for s in SIZES if s < n), n}):
        with tempfile.TemporaryDirectory(dir=folder) as name:
            log(f"{size:,} passages: writing the store")
            vectors = SyntheticVectors(size)
            fill(Path(name), size, vectors)
            log(f"{size:,} passages: vector search")
            dense.append(bench_dense(Path(name), vectors.queries(N_QUERIES)))
            if size == n:
                log(f"{size:,} passages: lexical search")
                store = SqliteStore(Path(name) / STORE_NAME)
                lexical += bench_lexical_latency(store, size)
                store.close()
    elapsed_s = round(time.perf_counter() - started, 1)
    return RetrievalBench(dense, lexical, quality, (load, os.getloadavg()[0]), elapsed_s)


def fill(folder: Path, n: int, vectors: SyntheticVectors) -> None:
    """Write n synthetic passages with their words and vectors to a new store in `folder`."""
    vocabulary = SyntheticWords()
    words = vocabulary.passages(n)
    store = SqliteStore(folder / STORE_NAME)
    at = 0
    for number, rows in enumerate(vectors.batches(_PASSAGES_A_DOCUMENT)):
        passages: list[Passage] = []
        start = 0
        for row in words[at : at + len(rows)]:
            text = " ".join(vocabulary.spelled[row])
            passages.append(Passage(text, start, start + len(text)))
            start += len(text) + 1
        whole = "\n".join(passage.text for passage in passages)
        store.put(Document(f"synthetic-{number}", "", whole, "text/plain", str(number)), passages, rows)
        at += len(rows)
    store.close()


def table(bench: RetrievalBench) -> str:
    """The figures as text."""
    rows = [
        ["passages", "index", "lists", "read", "build s", "file MB", "flat p50", "p95", "blas p50", "p95",
         "ours p50", "p95", "top 100 p95", "faster", "R@10", "R@100", "RSS MB", "anon", "peak", "load ms"]
    ]  # fmt: skip
    for d in bench.dense:
        kind = f"IVF, {d.n_bits} bits" if d.n_bits else "flat"
        rows.append([
            f"{d.n:,}", kind, str(d.n_lists or "-"), str(d.n_probe or "-"), f"{d.build_s:.1f}", f"{d.file_mb:.0f}",
            f"{d.flat.p50_ms:.1f}", f"{d.flat.p95_ms:.1f}", f"{d.blas.p50_ms:.1f}", f"{d.blas.p95_ms:.1f}",
            f"{d.ours.p50_ms:.2f}", f"{d.ours.p95_ms:.2f}", f"{d.ours_100.p95_ms:.2f}", f"{d.times_faster:.1f}x",
            f"{d.recall:.3f}", f"{d.recall_100:.3f}", f"{d.resident.rss_mb:.0f}",
            f"{d.resident.anonymous_mb:.0f}", f"{d.resident.peak_mb:.0f}", f"{d.resident.load_ms:.0f}",
        ])  # fmt: skip
    parts = ["Vector search, 384 dimensions, one query at a time; times in ms", _aligned(rows)]
    if bench.lexical:
        rows = [["engine", "passages", "build s", "p50 ms", "p95 ms"]]
        for each in bench.lexical:
            build = "-" if each.build_s is None else f"{each.build_s:.1f}"
            rows.append([
                each.engine, f"{each.n:,}", build, f"{each.latency.p50_ms:.1f}", f"{each.latency.p95_ms:.1f}"
            ])  # fmt: skip
        parts += ["BM25, 3 to 6 words a query, 100 hits", _aligned(rows)]
    if bench.quality:
        rows = [["nDCG@10", "questions", *ENGINES]]
        rows += [[q.suite, str(q.n_questions), *(f"{q.ndcg[e]:.3f}" for e in ENGINES)] for q in bench.quality]
        parts += ["BM25 over whole documents", _aligned(rows)]
    parts.append(
        f"{bench.elapsed_s:.0f} s in all; load {bench.load[0]:.1f} at the start, {bench.load[1]:.1f} at the end"
    )
    return "\n\n".join(parts) + "\n"


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows
    )


def record(bench: RetrievalBench) -> dict[str, object]:
    """The figures and their provenance, for JSON."""
    return {
        "format": FORMAT,
        "code": asdict(code_state()),
        "machine": machine(),
        "versions": {**versions(), "numpy": np.__version__},
        "times_faster": [round(figures.times_faster, 1) for figures in bench.dense],
        **asdict(bench),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m askive.eval.benchmarks.retrieval.scale", description=__doc__
    )
    parser.add_argument(
        "--n", type=int, default=SIZES[-1], help="maximum number of passages (default 1000000)"
    )
    parser.add_argument(
        "--suites", type=Path, nargs="*", default=[], metavar="DIR", help="folders in BEIR form"
    )
    parser.add_argument("--folder", type=Path, help="folder for the stores (default: a temporary folder)")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the JSON file")
    options = parser.parse_args(arguments)
    bench = bench_retrieval(
        options.n, options.suites, options.folder, lambda text: print(text, file=sys.stderr, flush=True)  # noqa: T201
    )  # fmt: skip
    sys.stdout.write(table(bench))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(record(bench), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
