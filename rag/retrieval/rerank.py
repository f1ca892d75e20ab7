"""Reranking: a model reads the question and a passage together.

Query likelihood: how probable the question is as one that the passage answers (Ponte and Croft, SIGIR 1998;
with a language model that reads, Sachan et al., EMNLP 2022). A cross-encoder of one's own takes the same place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from askive.models.cancellation import look
from askive.models.protocols import Generator, Message, Reranker, Segment
from askive.rag.passage_context import context_of
from askive.rag.types import Hit

_SYSTEM = "You write the question that a passage answers."
_ASK = "\n\nWrite a question that this passage answers."


class LikelihoodReranker:
    """Scores a text by the mean log-probability of the question's tokens after it. Needs no training.

    Generator.likelihood must be offered by the model; passages are reusable segments, so that an engine which
    keeps attention states reads each passage once.
    """

    def __init__(self, generator: Generator) -> None:
        self._generator = generator

    @property
    def model_id(self) -> str:
        """The generator's."""
        return self._generator.model_id

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Shape (len(texts),), natural log a token; higher is more relevant. Raises what `likelihood` raises."""
        n_tokens = max(self._generator.count_tokens(question), 1)
        scores = np.zeros(len(texts), dtype=np.float32)
        for at, text in enumerate(texts):
            look()
            scores[at] = self._generator.likelihood(_messages(text), question) / n_tokens
        return scores


def _messages(text: str) -> list[Message]:
    return [
        Message("system", (Segment(_SYSTEM, reusable=True),)),
        Message("user", (Segment(f"Passage:\n{text}", reusable=True), Segment(_ASK))),
    ]


def rerank(question: str, hits: Sequence[Hit], reranker: Reranker, weight: float) -> list[Hit]:
    """The hits in the order of a blend: (1 - weight) x score before + weight x the model's, each scaled to 0..1.

    The scales are those of these hits alone (min-max), so the blend is only comparable within one result. The
    model's own score stands in `parts` as `reranker`, the one before as `retrieved`; the stage is `reranked`.
    """
    if not hits:
        return []
    texts = [f"{context_of(hit.source, hit.passage)}\n{hit.passage.text}" for hit in hits]
    given = np.asarray(reranker.score(question, texts), dtype=np.float32)
    blend = (1.0 - weight) * _scaled(np.array([hit.score for hit in hits])) + weight * _scaled(given)
    order = sorted(range(len(hits)), key=lambda at: (-blend[at], at))
    return [
        replace(
            hits[at],
            score=float(blend[at]),
            stage="reranked",
            parts={**hits[at].parts, "retrieved": hits[at].score, "reranker": float(given[at])},
        )
        for at in order
    ]


def _scaled(values: NDArray[np.float32] | NDArray[np.float64]) -> NDArray[np.float64]:
    low, high = float(values.min()), float(values.max())
    if high <= low:
        return np.full(values.shape, 0.5)
    return (values.astype(np.float64) - low) / (high - low)
