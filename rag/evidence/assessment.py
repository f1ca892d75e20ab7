"""Hits -> what they are worth for the question: their sentences in order, and whether they hold the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from askive.models.protocols import Embedder
from askive.models.reader.cross_encoder import Reader
from askive.rag.calibration.logistic import find_model
from askive.rag.evidence.answerability import features_of
from askive.rag.evidence.reader_scoring import read_sentences
from askive.rag.evidence.scoring import ScoredSentence, score_sentences
from askive.rag.evidence.unmentioned import missing_from
from askive.rag.question.analysis import Question
from askive.rag.types import Hit

MIN_EVIDENCE = 0.33
"""Below this score of the best sentence nothing in the archive is about the question.

Seen on development halves: of answerable questions under 1 in 100 lie below, of questions on other topics 19
in 20, of questions whose documents are missing 4 in 5.
"""

LIKELY = 0.3
"""From this probability on an answer is written before it is doubted."""
SURE = 0.8
"""From this probability on a source is quoted when the model's own words do not stand."""
SURE_WHEN_ASKED = 0.55
"""The same where the generator is asked too: what is left then is seldom a near-miss."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """Hits and the sentences in them.

    scored: every sentence once, best first.
    features: of `askive.rag.evidence.answerability`; empty when there is no sentence.
    missing: what the question names and no hit mentions.
    probability: that the answer is here, 0 to 1.
    is_answerable: whether that is enough. topical: how well the best sentence fits the topic.
    """

    hits: tuple[Hit, ...]
    scored: tuple[ScoredSentence, ...]
    features: Mapping[str, float]
    missing: tuple[str, ...]
    probability: float
    is_answerable: bool
    topical: float


class EvidenceAssessor:
    """Weighs hits by rules and, when there is one, with the reader."""

    def __init__(self, embedder: Embedder, reader: Reader | None) -> None:
        self._embedder = embedder
        self._reader = reader
        self._model = find_model(embedder.model_id, reader.digest if reader else None)

    def weigh(self, question: Question, hits: Sequence[Hit], context: str = "") -> Assessment:
        """context: the turn before, for a follow-up."""
        scored = score_sentences(question, hits, self._embedder, context)
        if not scored:
            return Assessment(tuple(hits), (), {}, (), 0.0, False, 0.0)
        topical = scored[0].score
        if self._reader is not None:
            scored = read_sentences(question.after(context).text, scored, self._reader)
        missing = missing_from(question, hits)
        features = features_of(question, hits, scored, missing, context)
        model = self._model
        probability = model.probability(features) if model else min(topical, 1.0)
        least = model.threshold if model else MIN_EVIDENCE
        return Assessment(
            tuple(hits), tuple(scored), features, missing, probability, probability >= least, topical
        )
