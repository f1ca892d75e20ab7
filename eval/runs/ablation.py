"""Ablation of retrieval: the same questions, with one setting changed at a time."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from askive.eval.datasets.suite import Sample, Suite
from askive.eval.metrics.bootstrap import Estimate, bootstrap
from askive.eval.metrics.retrieval import NAMES, retrieval_scores
from askive.eval.runs.run import select
from askive.eval.runs.suite_index import open_index
from askive.models.protocols import Embedder, Generator, Reranker
from askive.rag.config import Config
from askive.rag.errors import UsageError
from askive.rag.factory import open_generator, open_reader, open_retriever
from askive.rag.retrieval.retriever import Retriever
from askive.rag.types import Hit

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
    "without bridging names": {"bridge_weight": 0.0},
    LAST_TURN_ONLY: {},
    "rerank: likelihood": {"rerank": "likelihood"},
    "rerank: reader": {"rerank": "reader"},
}
"""Name -> settings of `retrieval` that differ from the default. Rerankers that are not passed are left out."""

Progress = Callable[[str, int, int], None]
"""Called with the current step, the number of finished items, and the total."""


@dataclass(frozen=True, slots=True)
class Ablated:
    """One variation on one suite.

    figures: named as in `askive.eval.metrics.retrieval`, for documents.
    search_ms: median time of one search, including the embedding of the question.
    n_kept: mean number of hits that the product keeps for a question, after neighbours are merged.
    recall_kept: share of the relevant documents in them.
    """

    suite: str
    variation: str
    figures: Mapping[str, Estimate]
    search_ms: float
    n_questions: int
    n_kept: float
    recall_kept: float

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "suite": self.suite,
            "variation": self.variation,
            "n": self.n_questions,
            "metrics": {name: estimate.as_dict() for name, estimate in self.figures.items()},
            "search_ms_p50": round(self.search_ms, 1),
            "n_kept": round(self.n_kept, 2),
            "recall_kept": round(self.recall_kept, 4),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Ablated:
        """The inverse of `as_dict`. Raises KeyError when a field is missing."""
        return cls(
            suite=values["suite"],
            variation=values["variation"],
            figures={name: Estimate(**figure) for name, figure in values["metrics"].items()},
            search_ms=values["search_ms_p50"],
            n_questions=values["n"],
            n_kept=values["n_kept"],
            recall_kept=values["recall_kept"],
        )


def ablate(
    suite: Suite,
    config: Config,
    embedder: Embedder,
    variations: Sequence[str] = tuple(VARIATIONS),
    progress: Progress | None = None,
    generator: Generator | None = None,
    reader: Reranker | None = None,
    limit: int | None = None,
) -> list[Ablated]:
    """All variations on the suite's questions that have relevance judgements.

    generator, reader: rerankers, each with its own variations.
    limit: maximum number of questions, as in a run.

    In a suite of conversations only follow-up questions are asked.
    """

    def indexing(done: int, total: int, _uri: str) -> None:
        if progress:
            progress("indexing", done, total)

    archive, _ = open_index(suite, embedder, config.passages, config.home, indexing)
    samples = [sample for sample in suite.samples if sample.relevant]
    follow_ups = [sample for sample in samples if sample.turns]
    if len(follow_ups) > len(samples) / 2:
        samples = follow_ups
    samples = select(samples, limit)
    results = []
    with archive:
        for name in variations:
            if name == LAST_TURN_ONLY and not any(sample.turns for sample in samples):
                continue
            varied = config.with_retrieval(**{"rerank": "off", **VARIATIONS[name]})
            available = {"likelihood": generator, "reader": reader, "off": True}
            if available[varied.retrieval.rerank] is None:
                continue
            retriever = open_retriever(varied, archive, generator, reader)
            results.append(_measure(suite.name, name, samples, retriever))
            if progress:
                progress("variations", len(results), len(variations))
    return results


def _measure(suite: str, name: str, samples: Sequence[Sample], retriever: Retriever) -> Ablated:
    rows: list[dict[str, float]] = []
    times: list[float] = []
    kept: list[tuple[int, float]] = []
    for sample in samples:
        turns = () if name == LAST_TURN_ONLY else sample.turns
        started = time.perf_counter()
        hits = retriever.retrieve(sample.question, turns, DEPTH)
        times.append((time.perf_counter() - started) * 1000)
        if retriever.reranks:
            # The cut-off is measured without a reranker: a second search would rerank everything again.
            kept.append((0, 0.0))
        else:
            cut = retriever.retrieve(sample.question, turns)
            kept.append((len(cut), _share(documents_of(cut), sample.relevant)))
        scores = retrieval_scores(documents_of(hits), sample.relevant)
        if scores is not None:
            rows.append(scores)
    figures = {figure: bootstrap([row[figure] for row in rows]) for figure in NAMES}
    return Ablated(
        suite=suite,
        variation=name,
        figures=figures,
        search_ms=statistics.median(times) if times else 0.0,
        n_questions=len(rows),
        n_kept=statistics.fmean(n for n, _ in kept) if kept else 0.0,
        recall_kept=statistics.fmean(share for _, share in kept) if kept else 0.0,
    )


def open_rerankers(
    names: Sequence[str], config: Config, stack: ExitStack
) -> tuple[Generator | None, Reranker | None]:
    """The generator for `likelihood`, the reader for `reader`; closed with the stack.

    Raises UsageError for another name, and errors of loading.
    """
    for name in names:
        if name not in ("likelihood", "reader"):
            raise UsageError(f"no reranker {name!r}", remedy="use likelihood or reader")
    generator = open_generator(config) if "likelihood" in names else None
    if generator is not None:
        stack.callback(generator.close)
    return generator, open_reader(config) if "reader" in names else None


def documents_of(hits: Sequence[Hit]) -> list[str]:
    """The documents of a ranking: that of each hit, followed by its other sources."""
    return [source.uri for hit in hits for source in (hit.source, *hit.also)]


def _share(ranking: Sequence[str], relevant: Mapping[str, int]) -> float:
    return len(relevant.keys() & set(ranking)) / len(relevant)
