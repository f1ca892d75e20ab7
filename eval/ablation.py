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
    "no nearest sentence": {"sentence_weight": 0.0},
    LAST_TURN_ONLY: {},
}
"""Name -> settings of `retrieval` that differ from the default's."""

Progress = Callable[[int, int, str], None]


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


def ablate(
    suite: Suite,
    config: Config,
    embedder: Embedder,
    variations: Sequence[str] = tuple(VARIATIONS),
    progress: Progress | None = None,
    only_follow_ups: bool = False,
) -> list[Ablated]:
    """Every variation over the suite's questions that have judgements.

    only_follow_ups: leave out questions that open a conversation.
    """
    archive, _ = open_index(suite, embedder, config.passages, config.home, progress)
    samples = [s for s in suite.samples if s.relevant and (s.turns or not only_follow_ups)]
    results = []
    with archive:
        for name in variations:
            if name == LAST_TURN_ONLY and not any(sample.turns for sample in samples):
                continue
            settings = config.retrieval.model_copy(update=dict(VARIATIONS[name]))
            results.append(_measure(suite.name, name, samples, Retriever(archive, settings)))
            if progress:
                progress(len(results), len(variations), name)
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
    return Ablated(suite, name, figures, statistics.median(times) if times else 0.0)
