"""What each part of retrieval buys: the same questions, one setting changed at a time."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eval.datasets.suite import Sample, Suite
from eval.index import open_index
from eval.metrics.bootstrap import Estimate, bootstrap
from eval.metrics.retrieval import NAMES, retrieval_scores
from models.protocols import Embedder
from rag.config import Config
from rag.retrieve import Retriever

DEPTH = 50
LAST_TURN_ONLY = "last turn only"

VARIATIONS: Mapping[str, Mapping[str, Any]] = {
    "default": {},
    "dense only": {"mode": "dense", "context": False},
    "lexical only": {"mode": "lexical", "context": False},
    "rrf, no context": {"fusion": "rrf", "context": False},
    "convex, no context": {"context": False},
    "rrf": {"fusion": "rrf"},
    "with nearest sentence": {"sentence_weight": 0.2},
    LAST_TURN_ONLY: {},
}
"""Name -> settings of `retrieval` that differ from the default's."""

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True, slots=True)
class Ablated:
    """One variation on one suite.

    figures: by the names of `eval.metrics.retrieval`, at document level.
    search_ms: median of one search, the embedder's work on the question included.
    """

    suite: str
    variation: str
    figures: Mapping[str, Estimate]
    search_ms: float
    n_questions: int

    def as_dict(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "suite": self.suite,
            "variation": self.variation,
            "n": self.n_questions,
            "metrics": {name: estimate.as_dict() for name, estimate in self.figures.items()},
            "search_ms_p50": round(self.search_ms, 1),
        }


def ablate(
    suite: Suite,
    config: Config,
    embedder: Embedder,
    variations: Sequence[str] = tuple(VARIATIONS),
    progress: Progress | None = None,
) -> list[Ablated]:
    """Every variation over the suite's questions that have judgements.

    In a suite of conversations only the turns that follow another are asked: those are what it is about.
    """

    def indexing(done: int, total: int, _uri: str) -> None:
        if progress:
            progress("indexing", done, total)

    archive, _ = open_index(suite, embedder, config.passages, config.home, indexing)
    samples = [sample for sample in suite.samples if sample.relevant]
    follow_ups = [sample for sample in samples if sample.turns]
    if len(follow_ups) > len(samples) / 2:
        samples = follow_ups
    results = []
    with archive:
        for name in variations:
            if name == LAST_TURN_ONLY and not any(sample.turns for sample in samples):
                continue
            settings = config.retrieval.model_copy(update=dict(VARIATIONS[name]))
            results.append(_measure(suite.name, name, samples, Retriever(archive, settings)))
            if progress:
                progress("variations", len(results), len(variations))
    return results


def _measure(suite: str, name: str, samples: Sequence[Sample], retriever: Retriever) -> Ablated:
    rows: list[dict[str, float]] = []
    times: list[float] = []
    for sample in samples:
        turns = () if name == LAST_TURN_ONLY else sample.turns
        started = time.perf_counter()
        hits = retriever.retrieve(sample.question, turns, DEPTH)
        times.append((time.perf_counter() - started) * 1000)
        scores = retrieval_scores([hit.source.uri for hit in hits], sample.relevant)
        if scores is not None:
            rows.append(scores)
    figures = {figure: bootstrap([row[figure] for row in rows]) for figure in NAMES}
    return Ablated(suite, name, figures, statistics.median(times) if times else 0.0, len(rows))
