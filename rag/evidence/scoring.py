"""Hits -> their sentences with scores, best first.

Whole passages take a CPU seconds to read, and small models answer worse from them.
`askive.rag.evidence.selection` chooses the sentences for the prompt.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from askive.models.protocols import Embedder
from askive.rag.evidence.source_sentences import SourceSentence, source_sentences
from askive.rag.passage_context import heading_words
from askive.rag.question.analysis import Question
from askive.rag.text.injection import has_control_token
from askive.rag.text.sentences import Span
from askive.rag.text.words import stems
from askive.rag.types import Hit

_COSINE_WEIGHT = 0.5
_COVERAGE_WEIGHT = 0.35
_RANK_WEIGHT = 0.1
_KIND_WEIGHT = 0.05


@dataclass(frozen=True, slots=True)
class ScoredSentence:
    """A sentence of a hit, and its scores for a question.

    index: of the sentence in its passage.
    score: 0 to about 1; with the reader to about 1.3.
    topical: the score without the reader; None when the reader has not scored it.
    answerable: the reader's logit that the window of the sentence answers; None when the reader has not scored it.
    answer: the reader's span, as offsets into the document. answer_score: the reader's score of that span.
    """

    sentence: SourceSentence
    index: int
    score: float
    topical: float | None = None
    answerable: float | None = None
    answer: Span | None = None
    answer_score: float | None = None

    @property
    def hit(self) -> Hit:
        """The passage it stands in."""
        return self.sentence.hit

    @property
    def start(self) -> int:
        """Offset into the document."""
        return self.sentence.span.start

    @property
    def end(self) -> int:
        """Offset into the document."""
        return self.sentence.span.end

    @property
    def text(self) -> str:
        """As spelled in the document."""
        return self.sentence.text


def score_sentences(
    question: Question, hits: Sequence[Hit], embedder: Embedder, context: str = ""
) -> list[ScoredSentence]:
    """Every sentence of the hits once, best first.

    The score is a weighted sum: cosine to the question, share of the question's words (those of the title and the
    neighbours count half), rank of the passage, and whether a value of the expected type occurs.
    context: the turn before, for follow-ups.
    """
    units: list[tuple[int, SourceSentence]] = []
    seen: set[tuple[int, int]] = set()
    for hit in hits:
        for index, sentence in enumerate(source_sentences(hit)):
            key = (hit.passage.doc_id, sentence.span.start)
            if key not in seen and not has_control_token(sentence.text):
                seen.add(key)
                units.append((index, sentence))
    if not units:
        return []
    texts = [sentence.text for _, sentence in units]
    asked = question.after(context)
    queries = list(dict.fromkeys((question.text, asked.text)))
    vectors = embedder.embed([*texts, *queries])
    cosines = (vectors[: len(texts)] @ vectors[len(texts) :].T).max(axis=1)
    coverage = _coverage(asked, units)
    kinds = [question.matches_type(text) for text in texts]
    scored = [
        ScoredSentence(
            sentence,
            index,
            float(
                _COSINE_WEIGHT * max(cosine, 0.0)
                + _COVERAGE_WEIGHT * covered
                + _RANK_WEIGHT / math.sqrt(sentence.hit.rank)
                + _KIND_WEIGHT * kind
            ),
        )
        for (index, sentence), cosine, covered, kind in zip(units, cosines, coverage, kinds, strict=True)
    ]
    return sorted(scored, key=best_first)


def best_first(item: ScoredSentence) -> tuple[float, int, int]:
    """Sorts sentences by score, then rank and place."""
    return -item.score, item.hit.rank, item.start


def _coverage(question: Question, units: Sequence[tuple[int, SourceSentence]]) -> list[float]:
    """Share of the question's stems in each sentence; rare stems count more."""
    wanted = set(question.stems)
    own = [set(stems(sentence.text)) for _, sentence in units]
    frequency = Counter(stem for found in own for stem in found & wanted)
    weight = {stem: math.log(1 + len(units) / (1 + frequency[stem])) for stem in wanted}
    total = sum(weight.values()) or 1.0
    shares: list[float] = []
    for position, (_, sentence) in enumerate(units):
        hit = sentence.hit
        near = set(stems(heading_words(hit.source, hit.passage, "title", "headings", "published")))
        for neighbour in (position - 1, position + 1):
            if 0 <= neighbour < len(units) and units[neighbour][1].hit is hit:
                near |= own[neighbour]
        share = sum(
            weight[stem] * (1.0 if stem in own[position] else 0.5 if stem in near else 0.0) for stem in wanted
        )
        shares.append(share / total)
    return shares
