"""The quality gate of spliced prompts: `python -m eval.bench_splice [--suites SUITE...] [--limit N] [--model ID]`.

Every question is answered twice from the same prompt of whole passages: read from its first word, and spliced from
the passages' kept states. Splicing may be switched on for answers only if it loses at most one point of accuracy over
at least 200 questions; the exit code says so.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from eval.bench import setting
from eval.bench_rows import Bench, load_llama
from eval.datasets.discover import open_suite
from eval.datasets.suite import Sample
from eval.index import open_index
from eval.metrics.answers import contains
from models.llama import LlamaGenerator
from models.protocols import Message, Sampling, Segment
from models.registry import load_embedder
from rag.prompt import SYSTEM
from rag.retrieve import Retriever
from rag.types import Hit

N_PASSAGES = 5
MOST_LOST = 0.01
FEWEST = 200


@dataclass(frozen=True, slots=True)
class Gate:
    """n: questions. full, spliced: shares of answers that hold an accepted one; *_ms: median to the first words."""

    n: int
    full: float
    spliced: float
    full_ms: float
    spliced_ms: float

    @property
    def passed(self) -> bool:
        """Enough questions, and at most one point lost."""
        return self.n >= FEWEST and self.full - self.spliced <= MOST_LOST


def gate(bench: Bench, suites: Sequence[str], limit: int) -> Gate:
    """Answer `limit` questions of the suites, both ways. Raises UsageError for an unknown suite."""
    embedder = load_embedder(bench.config.embedder, bench.config.models_dir)
    generator = load_llama(bench)
    right: tuple[list[bool], list[bool]] = ([], [])
    waits: tuple[list[float], list[float]] = ([], [])
    try:
        for name in suites:
            suite = open_suite(name)
            archive, _ = open_index(suite, embedder, bench.config.passages, bench.home)
            retriever = Retriever(archive, bench.config.retrieval)
            for sample in [s for s in suite.samples if s.answers]:
                if len(right[0]) >= limit:
                    break
                hits = retriever.retrieve(sample.question, sample.turns, N_PASSAGES)
                for way, spliced in enumerate((False, True)):
                    answer, first_ms = _answer(generator, sample, hits, spliced=spliced)
                    right[way].append(contains(answer, sample.answers) > 0)
                    waits[way].append(first_ms)
                bench.tell(f"{len(right[0])}: full {sum(right[0])}, spliced {sum(right[1])}")
            archive.close()
    finally:
        generator.close()
    n = len(right[0])
    shares = [round(sum(way) / max(n, 1), 4) for way in right]
    return Gate(n, shares[0], shares[1], *(round(median(way or [0.0]), 1) for way in waits))


def _answer(
    generator: LlamaGenerator, sample: Sample, hits: Sequence[Hit], *, spliced: bool
) -> tuple[str, float]:
    messages = [
        Message("system", (Segment(SYSTEM, reusable=True),)),
        Message(
            "user",
            (
                *(Segment(f"{hit.source.title}:\n{hit.passage.text}\n\n", reusable=True) for hit in hits),
                Segment(f"Question: {sample.question}"),
            ),
        ),
    ]
    generator.splice = spliced
    if spliced:
        # Passages are read while idle: the wait that counts is that for the question.
        generator.prefill(messages)
    started, first_ms, text = time.perf_counter(), 0.0, ""
    for piece in generator.generate(messages, Sampling(max_tokens=64)):
        first_ms = first_ms or (time.perf_counter() - started) * 1000
        text += piece.text
    return text, first_ms


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m eval.bench_splice", description=__doc__)
    parser.add_argument(
        "--suites", nargs="+", default=["seeds"], help="suites, as `askive eval suites` lists them"
    )
    parser.add_argument("--limit", type=int, default=FEWEST, help=f"questions (default {FEWEST})")
    parser.add_argument("--model", help="a catalog id; default: the configured generator")
    told = parser.parse_args()
    with setting(1, told.model) as bench:
        found = gate(bench, told.suites, told.limit)
    sys.stdout.write(
        f"{found.n} questions: full {found.full:.3f} after {found.full_ms:.0f} ms, "
        f"spliced {found.spliced:.3f} after {found.spliced_ms:.0f} ms: "
        f"{'passed' if found.passed else 'NOT passed'}\n"
    )
    sys.exit(0 if found.passed else 1)


if __name__ == "__main__":
    main()
