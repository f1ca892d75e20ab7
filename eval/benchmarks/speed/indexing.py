"""Indexing: embedding speed, a folder without changes, and search time by archive size."""

from __future__ import annotations

import random
import tempfile
import time
from functools import partial
from pathlib import Path
from statistics import median

from askive.eval.benchmarks.retrieval.scale import fill
from askive.eval.benchmarks.retrieval.synthetic import SyntheticVectors
from askive.eval.benchmarks.retrieval.vector_search import N_QUERIES, bench_dense
from askive.eval.benchmarks.rows import Bench, Row, peak_mb, row, timed_ms
from askive.rag.factory import open_embedder
from askive.rag.ingest.pipeline import ingest_paths
from askive.rag.seeds import seed_paths
from askive.rag.store.archive import Archive

LEAST_COSINE = 0.999
_N_TEXTS = 256
_N_DOCUMENTS = 1000
_N_ARCHIVES = 3
_WORDS_A_DOCUMENT = 110
_SIZES = (1_000, 10_000, 100_000, 1_000_000)


def documents(n: int) -> list[str]:
    """Distinct texts of 110 words, from sentences of the seeds."""
    rng = random.Random(20)
    sentences = [
        sentence
        for path in seed_paths()
        for sentence in path.read_text(encoding="utf-8").split("---", 2)[-1].split(". ")
        if 5 < len(sentence.split()) < 40
    ]
    made = []
    for number in range(n):
        words: list[str] = []
        while len(words) < _WORDS_A_DOCUMENT:
            words += f"{rng.choice(sentences).strip()}.".split()
        made.append(f"Report {number}. " + " ".join(words[:_WORDS_A_DOCUMENT]))
    return made


def bench_embedding(bench: Bench) -> list[Row]:
    """Passages per second: ours, and `SentenceTransformer.encode` with its defaults, alternating."""
    import numpy as np

    from askive.eval.benchmarks.speed.plain_libraries import PlainEncoder
    from askive.models.weights.store import WeightStore

    config = bench.config
    texts = documents(_N_TEXTS)
    ours = open_embedder(config)
    made = ours.embed(texts)
    peak = peak_mb()
    plain = PlainEncoder(WeightStore(config.models_dir).path_of(config.embedder))
    reference = plain.embed(texts)
    lengths = np.linalg.norm(reference, axis=1) * np.linalg.norm(made, axis=1)
    cosine = float(np.mean(np.sum(reference * made, axis=1) / lengths))
    rates: tuple[list[float], list[float]] = ([], [])
    for number in range(bench.repeats):
        bench.log(f"embedding: {number + 1} of {bench.repeats}")
        for rates_of_side, embed in zip(rates, (plain.embed, ours.embed), strict=True):
            rates_of_side.append(len(texts) / timed_ms(partial(embed, texts)) * 1000)
    return [
        row("embedding", f"embedding {_N_TEXTS} texts of {_WORDS_A_DOCUMENT} words",
            "SentenceTransformer.encode", "texts/s", *rates, 2.5, memory_mb=peak,
            must={f"mean cosine at least {LEAST_COSINE}": cosine >= LEAST_COSINE}, mean_cosine=round(cosine, 5)),
    ]  # fmt: skip


def bench_reindex(bench: Bench) -> list[Row]:
    """A folder of 1,000 documents, indexed into an empty archive, and again without changes."""
    embedder = open_embedder(bench.config)
    # Loading on first use is not part of indexing.
    embedder.embed(["warm"])
    first: list[float] = []
    again: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "documents").mkdir()
        for number, text in enumerate(documents(_N_DOCUMENTS)):
            (folder / "documents" / f"{number}.txt").write_text(text, encoding="utf-8")
        n_archives = min(bench.repeats, _N_ARCHIVES)
        for number in range(n_archives):
            bench.log(f"indexing {_N_DOCUMENTS} documents: {number + 1} of {n_archives}")
            with Archive.open(folder / f"archive{number}", embedder, bench.config.passages) as archive:
                index = partial(ingest_paths, archive, [folder / "documents"])
                first.append(timed_ms(index))
                again += [timed_ms(index) for _ in range(-(-bench.repeats // n_archives))]
                n_passages = archive.counts().n_passages
    return [
        row("reindex", f"index {_N_DOCUMENTS:,} documents, unchanged, again", "first time", "ms", first, again, 100,
            passages_per_second=round(n_passages / median(first) * 1000, 1)),
    ]  # fmt: skip


def growth_with_archive(bench: Bench) -> list[dict[str, float]]:
    """Vector search for 10 hits in synthetic passages; a million needs about 4 GB of disk and 5 GB of memory."""
    results: list[dict[str, float]] = []
    for size in _SIZES:
        bench.log(f"growth: {size:,} passages in the archive")
        with tempfile.TemporaryDirectory() as name:
            vectors = SyntheticVectors(size)
            fill(Path(name), size, vectors)
            started = time.perf_counter()
            figures = bench_dense(Path(name), vectors.queries(N_QUERIES))
            results.append({
                "n_passages": size, "p50_ms": figures.ours.p50_ms, "p95_ms": figures.ours.p95_ms,
                "memory_mb": figures.resident.rss_mb, "took_s": round(time.perf_counter() - started, 1),
            })  # fmt: skip
    return results
