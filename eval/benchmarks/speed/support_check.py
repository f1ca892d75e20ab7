"""Cost of a support check: a sentence against a passage, with the passage's state cached and without."""

from __future__ import annotations

import time

from askive.eval.benchmarks.rows import Bench, Row, row
from askive.eval.benchmarks.setup import open_setup
from askive.models.protocols import Message, Segment
from askive.rag.evidence.judge import Judge
from askive.rag.factory import open_retriever

SAME_VERDICT = 0.99
_N_HITS = 3


def bench_check(bench: Bench) -> list[Row]:
    """One support check (`askive.rag.evidence.judge`) of a sentence against a passage."""
    full: list[float] = []
    cached: list[float] = []
    agreed: list[bool] = []
    apart: list[float] = []
    with open_setup(bench) as setup:
        generator, retriever = setup.generator, open_retriever(setup.config, setup.archive, setup.generator)
        for sample in setup.questions[: bench.repeats]:
            bench.log(f"checks: {sample.question}")
            hits = retriever.retrieve(sample.question, (), _N_HITS)
            claims = [sentence for hit in hits for sentence in hit.passage.text.split(". ")[:2]]
            passage = hits[0].passage
            judge = Judge(generator)
            judge.statements(["It rains."], passage.text)
            with_states: list[float] = []
            for claim in claims:
                # Another prompt in between, as for an answer: the passage's state comes from the cache.
                generator.choose([Message("user", (Segment("Say yes."),))], ["Yes", "No"])
                started = time.perf_counter()
                with_states.append(judge.statements([claim], passage.text)[0])
                cached.append((time.perf_counter() - started) * 1000)
            for claim, with_state in zip(claims, with_states, strict=True):
                generator.forget()
                started = time.perf_counter()
                afresh = judge.statements([claim], passage.text)[0]
                full.append((time.perf_counter() - started) * 1000)
                agreed.append((with_state > 0) == (afresh > 0))
                apart.append(abs(with_state - afresh))
    same = sum(agreed) / max(len(agreed), 1)
    return [
        row("check", "one support check", "the same check, full prefill", "ms", full, cached, 8,
            must={f"same verdict in {SAME_VERDICT:.0%}": same >= SAME_VERDICT},
            same_verdict=round(same, 4), largest_difference=round(max(apart, default=0.0), 6)),
    ]  # fmt: skip
