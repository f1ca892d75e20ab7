"""Sentences of an answer -> spans of the sources, found by code.

The model is never asked what it used: a span is cited when its words, its numbers and its meaning stand
behind the sentence. The quote is read from the document by its offsets, so it is exact by construction.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.protocols import Embedder
from rag.dates import spelled_date
from rag.evidence import sentences_of
from rag.sentences import Span
from rag.types import Citation, Hit, Sentence, Verdict
from rag.words import names, numbers, stem, stems

MAX_CITATIONS = 3
SUPPORTED = 0.55
CITED = 0.40
_NEAR_BEST = 0.93
_ADDED = 0.25
_PARAPHRASED = 0.7
# Words with which a report is reported: they claim nothing by themselves.
_FRAMING = frozenset(
    map(
        stem,
        """say said state stated report reported according source sources excerpt excerpts document documents
        mention mentioned indicate indicated claim claimed tell told describe described note noted announce
        announced confirm confirmed total also respectively different accounts article give gave given""".split(),
    )
)
_SCALES = frozenset(map(stem, ("hundred", "thousand", "million", "billion", "dozen")))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of a source that may be cited."""

    hit: Hit
    span: Span
    text: str


def candidates_of(hits: Sequence[Hit]) -> list[Candidate]:
    """Every sentence of the hits once, in the order of the hits."""
    found: dict[tuple[int, int], Candidate] = {}
    for hit in hits:
        base = hit.passage.start
        for span in sentences_of(hit):
            text = hit.passage.text[span.start - base : span.end - base]
            found.setdefault((hit.passage.doc_id, span.start), Candidate(hit, span, text))
    return list(found.values())


class Citer:
    """Cites the sentences of one answer; numbers spans in the order of their first use."""

    def __init__(self, question: str, hits: Sequence[Hit], embedder: Embedder) -> None:
        self._question = question
        self._embedder = embedder
        self._candidates = candidates_of(hits)
        self._vectors = embedder.embed([c.text for c in self._candidates])
        self._own = [set(stems(c.text)) for c in self._candidates]
        self._near = [
            own | set(stems(f"{c.hit.source.title} {c.hit.passage.heading}"))
            for c, own in zip(self._candidates, self._own, strict=True)
        ]
        self._numbers = [numbers(c.text) | numbers(c.hit.source.published or "") for c in self._candidates]
        self._markers: dict[tuple[int, int], int] = {}
        n = len(self._candidates)
        self._weight = {
            stem: math.log(1 + n / (1 + sum(stem in own for own in self._own)))
            for stem in set().union(*self._own, set())
        }

    def cite(self, text: str, start: int) -> Sentence:
        """The sentence `text`, which stands at `start` in the answer, with its citations and verdict."""
        end = start + len(text)
        if not self._candidates:
            return Sentence(text, start, end, (), "unsupported")
        scores, nearness = self._support(text)
        best = int(np.argmax(scores))
        if scores[best] < CITED:
            return Sentence(text, start, end, (), "unsupported")
        chosen = self._choose(text, scores, nearness, best)
        citations = tuple(self._citation(i, float(nearness[i])) for i in chosen)
        return Sentence(text, start, end, citations, self._verdict(text, chosen, float(scores[best])))

    def citation(self, hit: Hit, start: int, end: int, score: float) -> Citation:
        """A citation of `hit.passage` from `start` to `end` of its document."""
        marker = self._markers.setdefault((hit.passage.doc_id, start), len(self._markers) + 1)
        base = hit.passage.start
        return Citation(marker, hit, start, end, hit.passage.text[start - base : end - base], min(score, 1.0))

    def _citation(self, index: int, score: float) -> Citation:
        candidate = self._candidates[index]
        return self.citation(candidate.hit, candidate.span.start, candidate.span.end, score)

    def _choose(self, text: str, scores: np.ndarray, nearness: np.ndarray, best: int) -> list[int]:
        """The best span, spans that bring what it lacks, and spans of other documents that say the same."""
        chosen = [best]
        lacking = set(stems(text)) - self._near[best] - set(stems(self._question)) | (
            {stem(word) for word in names(text) | numbers(text)} - self._near[best]
        )
        while lacking and len(chosen) < MAX_CITATIONS:
            gains = [
                sum(self._weight.get(s, 0.0) for s in lacking & near) if nearness[i] >= _ADDED else 0.0
                for i, near in enumerate(self._near)
            ]
            # Of equal gains the better supported one.
            more = max(range(len(gains)), key=lambda i: (gains[i], nearness[i]))
            if not gains[more]:
                break
            chosen.append(more)
            lacking -= self._near[more]
        cited = {self._candidates[i].hit.passage.doc_id for i in chosen}
        for i in np.argsort(-scores, kind="stable")[: 2 * MAX_CITATIONS]:
            doc_id = self._candidates[i].hit.passage.doc_id
            good = scores[i] >= max(SUPPORTED, scores[best] * _NEAR_BEST)
            if good and doc_id not in cited and len(chosen) < MAX_CITATIONS:
                chosen.append(int(i))
                cited.add(doc_id)
        return chosen

    def _support(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """How well each candidate stands behind the sentence alone, and how near it is; 0 to 1, (n_candidates,).

        The first counts numbers that the candidate lacks against it.
        """
        # A short answer ("35.") means something only next to its question.
        vectors = self._embedder.embed([text, f"{self._question} {text}"])
        cosines = (self._vectors @ vectors.T).max(axis=1)
        said = set(stems(text)) or {""}
        asked = set(stems(self._question))
        # Words that only repeat the question count less: they say nothing about the answer.
        weight = {s: self._weight.get(s, self._unseen) * (0.5 if s in asked else 1.0) for s in said}
        total = sum(weight.values()) or 1.0
        wanted = numbers(text) - numbers(self._question)
        scores = np.zeros(len(self._candidates))
        nearness = np.zeros(len(self._candidates))
        for i, (own, near) in enumerate(zip(self._own, self._near, strict=True)):
            covered = (
                sum(w * (1.0 if s in own else 0.6 if s in near else 0.0) for s, w in weight.items()) / total
            )
            missing = len(wanted - self._numbers[i]) / len(wanted) if wanted else 0.0
            nearness[i] = 0.55 * covered + 0.45 * max(float(cosines[i]), 0.0)
            scores[i] = nearness[i] * (1.0 - 0.6 * missing)
        return scores, nearness

    @property
    def _unseen(self) -> float:
        return math.log(1 + len(self._candidates))

    def _verdict(self, text: str, chosen: Sequence[int], best: float) -> Verdict:
        """Supported when the score is high and what the sentence says stands where it is cited from.

        Numbers and names must stand there; other words there or in the question.
        """
        if best < SUPPORTED:
            return "unsupported"
        cited = [self._candidates[i].hit for i in chosen]
        read = " ".join(
            f"{hit.source.title} {hit.source.publisher or ''} {spelled_date(hit.source.published)}"
            f" {hit.passage.heading} {hit.passage.text}"
            for hit in cited
        )
        heard = set(stems(read))
        if numbers(text) - numbers(read):
            return "unsupported"
        if any(not set(stems(name)) <= heard for name in names(text)):
            return "unsupported"
        said = set(stems(text)) - _FRAMING
        new = said - heard - set(stems(self._question))
        # One word of the writer's own is a paraphrase when all else agrees; more is a claim of its own.
        slack = best >= _PARAPHRASED and len(new) <= max(1, len(said) // 8)
        return "supported" if slack or not new else "unsupported"
