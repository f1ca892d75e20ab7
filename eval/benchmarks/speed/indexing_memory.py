"""Memory of indexing, by number of documents:
`python -m askive.eval.benchmarks.speed.indexing_memory [--sizes N...] [--large]`.

Everything is real except the embedder: a fake one, which needs no memory of its own, returns vectors of the default's
dimension. Needs Linux, which reports the peak memory of a process.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from askive.eval.benchmarks.retrieval.vector_search import process_memory
from askive.models.fakes import HashEmbedder
from askive.rag.config import PassageConfig
from askive.rag.ingest.pipeline import ingest_documents
from askive.rag.store.archive import Archive
from askive.rag.types import Document

SIZES = (1_000, 10_000)
LARGE = 100_000
"""Only with --large: it takes minutes and more than 1 GB of disk."""
_DIMENSION = 384
_WORDS_A_DOCUMENT, _WORDS_A_SENTENCE, _N_WORDS = 180, 18, 20_000
_TIMEOUT_S = 3600


def documents(n: int) -> Iterator[Document]:
    """Documents of 180 words, two passages each by default, generated one by one; deterministic."""
    rng = random.Random(0)
    for number in range(n):
        words = [f"w{rng.randrange(_N_WORDS)}" for _ in range(_WORDS_A_DOCUMENT)]
        ends = range(_WORDS_A_SENTENCE, _WORDS_A_DOCUMENT + 1, _WORDS_A_SENTENCE)
        text = " ".join(" ".join(words[end - _WORDS_A_SENTENCE : end]).capitalize() + "." for end in ends)
        yield Document(f"memory:{number}", f"Report {number}", text, "text/plain", str(number))


def growth_of_indexing(sizes: Sequence[int]) -> list[dict[str, float]]:
    """Index so many documents into an empty collection, each time in a new process.

    Keys: `n_documents`, `n_passages`, `took_s`; in MB (2**20 bytes) `start_mb`, resident before the first document,
    and peaks: `stored_mb` until the last document was stored, `peak_mb` after the index was built.
    """
    program = (
        "import sys; from askive.eval.benchmarks.speed.indexing_memory import report_indexing; "
        "report_indexing(sys.argv[1], sys.argv[2])"
    )
    results: list[dict[str, float]] = []
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            finished = subprocess.run(
                [sys.executable, "-c", program, folder, str(size)],
                stdout=subprocess.PIPE, text=True, check=True, timeout=_TIMEOUT_S,
            )  # fmt: skip
        results.append(json.loads(finished.stdout))
    return results


def report_indexing(folder: str, n_documents: str) -> None:
    """Index into `folder`, and print the figures of this process."""
    n = int(n_documents)
    with Archive.open(Path(folder, "archive"), HashEmbedder(_DIMENSION), PassageConfig()) as archive:
        # Index nothing first, so that what is loaded on first use does not count as growth.
        start_mb = process_memory()["VmRSS"] if len(archive.dense) == 0 else 0.0
        started = time.perf_counter()
        stored_mb = 0.0

        def look(finished: int, _total: int | None, _uri: str) -> None:
            nonlocal stored_mb
            if finished == n:
                stored_mb = process_memory()["VmHWM"]

        ingest_documents(archive, documents(n), progress=look)
        results = {
            "n_documents": n,
            "n_passages": archive.counts().n_passages,
            "took_s": round(time.perf_counter() - started, 1),
            "start_mb": start_mb,
            "stored_mb": stored_mb,
            "peak_mb": process_memory()["VmHWM"],
        }
    sys.stdout.write(json.dumps(results))


def main(arguments: Sequence[str] | None = None) -> None:
    """The command: a line of JSON per size."""
    parser = argparse.ArgumentParser(
        prog="python -m askive.eval.benchmarks.speed.indexing_memory", description=__doc__
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="documents (default 1000 10000)")
    parser.add_argument("--large", action="store_true", help=f"{LARGE:,} documents too")
    options = parser.parse_args(arguments)
    for size in (*options.sizes, LARGE) if options.large else options.sizes:
        for figures in growth_of_indexing([size]):
            sys.stdout.write(json.dumps(figures) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
