"""Reranking: a model scores the question and a passage together.

Query likelihood is the probability of the question given the passage (Ponte and Croft, SIGIR 1998; with a large
language model, Sachan et al., EMNLP 2022). A cross-encoder can take its place.
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

    The model must implement Generator.likelihood. Passages are reusable segments, so that an engine that keeps
    attention states reads each passage once.
    """

    def __init__(self, generator: Generator) -> None:
        self._generator = generator

    @property
    def model_id(self) -> str:
        """The generator's."""
        return self._generator.model_id

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Shape (len(texts),): mean natural log-probability of a token; higher is more relevant.

        Raises as `Generator.likelihood`.
        """
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
    """The hits sorted by (1 - weight) x old score + weight x the model's score, each scaled to 0..1.

    The min-max scaling is over these hits, so the new scores are comparable only within one result. `parts` keeps the
    model's score as `reranker` and the old one as `retrieved`; the stage is `reranked`.
    """
    if not hits:
        return []
    texts = [f"{context_of(hit.source, hit.passage)}\n{hit.passage.text}" for hit in hits]
    model_scores = np.asarray(reranker.score(question, texts), dtype=np.float32)
    blend = (1.0 - weight) * _scaled(np.array([hit.score for hit in hits])) + weight * _scaled(model_scores)
    order = sorted(range(len(hits)), key=lambda at: (-blend[at], at))
    return [
        replace(
            hits[at],
            score=float(blend[at]),
            stage="reranked",
            parts={**hits[at].parts, "retrieved": hits[at].score, "reranker": float(model_scores[at])},
        )
        for at in order
    ]


def _scaled(values: NDArray[np.float32] | NDArray[np.float64]) -> NDArray[np.float64]:
    low, high = float(values.min()), float(values.max())
    if high <= low:
        return np.full(values.shape, 0.5)
    return (values.astype(np.float64) - low) / (high - low)
