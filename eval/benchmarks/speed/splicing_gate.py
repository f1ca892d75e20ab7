"""Quality gate for two optimisations:
`python -m askive.eval.benchmarks.speed.splicing_gate [spliced|f16] [--suites SUITE...] [--limit N]`.

Every question is answered twice from the same prompt of whole passages: as in the product, and `spliced` from
cached states of the passages, or with attention states in `f16` instead of q8_0. An optimisation may be enabled for
answers only if it loses at most one point of accuracy over at least 200 questions; the exit code shows that. The
result goes to `splice_gate.json` or `f16_gate.json`, with commit and machine.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Literal

from askive.eval import script
from askive.eval.benchmarks.rows import Bench, load_llama, setting
from askive.eval.benchmarks.speed.table import RESULTS
from askive.eval.datasets.discover import open_suite
from askive.eval.datasets.suite import Sample
from askive.eval.metrics.answers import all_of, contains
from askive.eval.runs.record import Code, code_state, provenance
from askive.eval.runs.suite_index import open_index
from askive.models.errors import AskiveError
from askive.models.files import write_atomically
from askive.models.llama.context import EngineOptions
from askive.models.llama.generator import LlamaGenerator
from askive.models.protocols import Message, Sampling, Segment
from askive.rag.answer.prompt import SYSTEM
from askive.rag.factory import open_embedder, open_retriever
from askive.rag.types import Hit

Way = Literal["spliced", "f16"]
FORMAT = 1
N_PASSAGES = 5
MOST_LOST = 0.01
FEWEST = 200


@dataclass(frozen=True, slots=True)
class Gate:
    """way: the optimisation. n: questions. full, other: shares of right answers; *_ms: median to the first words.

    same: share of identical answers. suites: their names.
    """

    way: Way
    n: int
    full: float
    other: float
    full_ms: float
    other_ms: float
    same: float
    suites: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether there are enough questions, and at most one point is lost."""
        return self.n >= FEWEST and round(self.full - self.other, 4) <= MOST_LOST

    @property
    def text(self) -> str:
        """One line of text."""
        return (
            f"{self.n} questions: full {self.full:.3f} after {self.full_ms:.0f} ms, {self.way} {self.other:.3f} after "
            f"{self.other_ms:.0f} ms, the same text in {self.same:.3f}: {'passed' if self.passed else 'NOT passed'}\n"
        )


def gate(bench: Bench, way: Way, suites: Sequence[str], limit: int, n_passages: int = N_PASSAGES) -> Gate:
    """Answer `limit` questions of the suites in both ways. Raises UsageError for an unknown suite."""
    embedder = open_embedder(bench.config)
    right: tuple[list[bool], list[bool]] = ([], [])
    waits: tuple[list[float], list[float]] = ([], [])
    n_same, asked = 0, list[str]()
    with ExitStack() as opened:
        full = opened.enter_context(closing(load_llama(bench)))
        other = full
        if way == "f16":
            other = opened.enter_context(closing(load_llama(bench, options=EngineOptions(kv_type="f16"))))
        for name in suites:
            suite = open_suite(name)
            asked.append(suite.name)
            archive, _ = open_index(suite, embedder, bench.config.passages, bench.home)
            opened.enter_context(archive)
            retriever = open_retriever(bench.config, archive)
            for sample in [s for s in suite.samples if s.answers or s.all_of]:
                if len(right[0]) >= limit:
                    break
                hits = retriever.retrieve(sample.question, sample.turns, n_passages)
                answers = []
                for at, generator in enumerate((full, other)):
                    generator.splice = way == "spliced" and at == 1
                    answer, first_ms = _answer(generator, sample, hits)
                    answers.append(answer)
                    right[at].append(_is_right(sample, answer))
                    waits[at].append(first_ms)
                n_same += answers[0] == answers[1]
                bench.log(f"{len(right[0])}: full {sum(right[0])}, {way} {sum(right[1])}, same {n_same}")
    n = len(right[0])
    full_share, other_share = (round(sum(result) / max(n, 1), 4) for result in right)
    full_ms, other_ms = (round(median(result or [0.0]), 1) for result in waits)
    return Gate(
        way, n, full_share, other_share, full_ms, other_ms, round(n_same / max(n, 1), 4), tuple(asked)
    )


def write_record(result: Gate, folder: Path, bench: Bench, code: Code, n_passages: int) -> Path:
    """Write the result and its provenance into `folder`; returns the file. code: the source state at the start."""
    record: dict[str, Any] = {
        "format": FORMAT,
        **provenance(code, bench.config),
        "way": result.way,
        "suites": list(result.suites),
        "n_passages": n_passages,
        "n": result.n,
        "shares": {"full": result.full, result.way: result.other},
        "medians_ms": {"full": result.full_ms, result.way: result.other_ms},
        "same": result.same,
        "most_lost": MOST_LOST,
        "passed": result.passed,
    }
    path = folder / f"{'splice' if result.way == 'spliced' else result.way}_gate.json"
    write_atomically(path, json.dumps(record, indent=1) + "\n")
    return path


def _answer(generator: LlamaGenerator, sample: Sample, hits: Sequence[Hit]) -> tuple[str, float]:
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
    if generator.splice:
        # Passages are prefilled while idle, so the latency that counts is that of the question.
        generator.prefill(messages)
    started, first_ms, text = time.perf_counter(), 0.0, ""
    for piece in generator.generate(messages, Sampling(max_tokens=64)):
        first_ms = first_ms or (time.perf_counter() - started) * 1000
        text += piece.text
    return text, first_ms


def _is_right(sample: Sample, answer: str) -> bool:
    return bool(all_of(answer, sample.all_of) if sample.all_of else contains(answer, sample.answers))


def main() -> int:
    """The command; returns 0 when the gate is passed, 1 when it is not, or the exit code of an error."""
    parser = argparse.ArgumentParser(
        prog="python -m askive.eval.benchmarks.speed.splicing_gate", description=__doc__
    )
    parser.add_argument("way", nargs="?", choices=["spliced", "f16"], default="spliced")
    parser.add_argument(
        "--suites", nargs="+", default=["seeds"], help="suites, as `askive eval suites` lists them"
    )
    parser.add_argument("--limit", type=int, default=FEWEST, help=f"questions (default {FEWEST})")
    parser.add_argument(
        "--passages", type=int, default=N_PASSAGES, help=f"in a prompt (default {N_PASSAGES})"
    )
    parser.add_argument("--model", help="a catalog id; default: the configured generator")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the folder of the record")
    options = parser.parse_args()
    code = code_state()
    try:
        with setting(1, options.model) as bench:
            result = gate(bench, options.way, options.suites, options.limit, options.passages)
            write_record(result, options.out, bench, code, options.passages)
    except AskiveError as error:
        return script.report_error(error)
    sys.stdout.write(result.text)
    return 0 if result.passed else 1


if __name__ == "__main__":
    sys.exit(main())
