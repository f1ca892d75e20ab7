"""Hits -> their sentences, best first, and the probability that they hold the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from askive.models.protocols import Embedder
from askive.models.reader.cross_encoder import Reader
from askive.rag.calibration.logistic import find_model
from askive.rag.evidence.answerability import features_of
from askive.rag.evidence.reader_scoring import N_FIRST, read_sentences
from askive.rag.evidence.scoring import ScoredSentence, score_sentences
from askive.rag.evidence.unmentioned import missing_from
from askive.rag.question.analysis import Question
from askive.rag.types import Hit

MIN_EVIDENCE = 0.33
"""Threshold of the best sentence's score without a fitted model: below it nothing is about the question."""

LIKELY = 0.3
"""From this probability on the answer is generated before the self-evaluation decides on it."""
SURE = 0.8
"""From this probability on a source is quoted when the generator's own words are not supported."""
SURE_WHEN_ASKED = 0.4
"""The same with a self-evaluation, which removes most near-misses."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """Hits, the sentences in them, and whether they answer the question.

    scored: every sentence once, best first.
    features: of `askive.rag.evidence.answerability`; empty when there is no sentence.
    missing: what the question names and no hit mentions.
    probability: that the sentences hold the answer, 0 to 1. is_answerable: whether it reaches the threshold.
    topical: score of the best sentence without the reader.
    """

    hits: tuple[Hit, ...]
    scored: tuple[ScoredSentence, ...]
    features: Mapping[str, float]
    missing: tuple[str, ...]
    probability: float
    is_answerable: bool
    topical: float


class EvidenceAssessor:
    """Assesses hits by the sentence scores and, unless it is None, with the reader."""

    def __init__(self, embedder: Embedder, reader: Reader | None) -> None:
        self._embedder = embedder
        self._reader = reader
        self._model = find_model(embedder.model_id, reader.digest if reader else None)

    def weigh(self, question: Question, hits: Sequence[Hit], context: str = "") -> Assessment:
        """Score the sentences of the hits. context: the turn before, for a follow-up."""
        return self._assessed(
            question, hits, self._read_all(question, self._read_first(question, hits, context), context)
        )

    def glance(self, question: Question, hits: Sequence[Hit], context: str = "") -> Assessment:
        """As `weigh`, but the reader has read only the best few sentences. `complete` goes on from there."""
        return self._assessed(question, hits, self._read_first(question, hits, context))

    def complete(self, question: Question, glance: Assessment, context: str = "") -> Assessment:
        """The same as `weigh` of the hits of `glance`."""
        return self._assessed(question, glance.hits, self._read_all(question, glance.scored, context))

    def _read_first(self, question: Question, hits: Sequence[Hit], context: str) -> Sequence[ScoredSentence]:
        scored = score_sentences(question, hits, self._embedder, context)
        if self._reader is None:
            return scored
        return read_sentences(question.after(context).text, scored, self._reader, n_read=N_FIRST)

    def _read_all(
        self, question: Question, scored: Sequence[ScoredSentence], context: str
    ) -> Sequence[ScoredSentence]:
        """scored: of `_read_first`. In two steps always: the same batches give the same scores to the last digit."""
        if self._reader is None:
            return scored
        return read_sentences(question.after(context).text, scored, self._reader)

    def _assessed(
        self, question: Question, hits: Sequence[Hit], scored: Sequence[ScoredSentence]
    ) -> Assessment:
        if not scored:
            return Assessment(tuple(hits), (), {}, (), 0.0, False, 0.0)
        topical = max(item.score if item.topical is None else item.topical for item in scored)
        missing = missing_from(question, hits)
        features = features_of(question, scored, missing)
        model = self._model
        probability = model.probability(features) if model else min(topical, 1.0)
        least = model.threshold if model else MIN_EVIDENCE
        return Assessment(
            tuple(hits), tuple(scored), features, missing, probability, probability >= least, topical
        )
