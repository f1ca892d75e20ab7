"""Sentences of an answer -> spans of the sources, found and checked by code.

The model is never asked what it used: a span is cited when its words, its numbers and its meaning stand
behind the sentence. The quote is read from the document by its offsets, so it is exact by construction.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from askive.models.protocols import Embedder
from askive.rag.evidence.source_sentences import SourceSentence, candidates_of, clauses_of
from askive.rag.passage_context import heading_words
from askive.rag.question.analysis import Question
from askive.rag.text.names import names
from askive.rag.text.numbers import numbers
from askive.rag.text.words import stem, stems
from askive.rag.types import Citation, Hit, Sentence, Verdict
from askive.rag.verification.rules import check

MAX_CITATIONS = 3
_NEAR_BEST = 0.93
_ADDED = 0.25
_N_READ = 6
_BROUGHT = 2
"""So many words that a sentence leaves to its neighbour, or one name or number, make the neighbour a source too."""

CITED = 0.40
"""Score of a span from which on it is shown as the source of a sentence."""
SUPPORTED = 0.55
"""Score from which on it can support one."""
PARAPHRASED = 0.70
"""Score from which on a word of the writer's own is let through."""


class Citer:
    """Cites the sentences of one answer; numbers spans in the order of their first use."""

    def __init__(self, question: Question, hits: Sequence[Hit], embedder: Embedder) -> None:
        self._question = question
        self._embedder = embedder
        self._candidates = candidates_of(hits)
        self._vectors = embedder.embed([c.text for c in self._candidates])
        self._own = [set(stems(c.text)) for c in self._candidates]
        self._near = [
            own | set(stems(heading_words(c.hit.source, c.hit.passage, "title", "headings")))
            for c, own in zip(self._candidates, self._own, strict=True)
        ]
        self._numbers = [numbers(c.text) | numbers(c.hit.source.published or "") for c in self._candidates]
        self._known = " ".join(" ".join(f"{h.source.title}. {h.passage.text}".split()) for h in hits)
        self._markers: dict[tuple[int, int, int], int] = {}
        n = len(self._candidates)
        self._weight = {
            stem: math.log(1 + n / (1 + sum(stem in own for own in self._own)))
            for stem in set().union(*self._own, set())
        }

    def cite(self, text: str, start: int) -> Sentence:
        """The sentence `text`, which stands at `start` in the answer, with its citations, verdict and reasons."""
        end = start + len(text)
        nothing = Sentence(text, start, end, (), "unsupported", ("nothing in the sources is near it",))
        if not self._candidates:
            return nothing
        scores, nearness = self._support(text)
        best = int(np.argmax(scores))
        if scores[best] < CITED:
            # A wrong number tells against a span; when all else agrees, that is the finding.
            best = int(np.argmax(nearness))
            if nearness[best] < SUPPORTED:
                return nothing
            scores = nearness
        verdict, reasons, chosen = self._checked(text, scores, nearness, best)
        spans = sorted(chosen, key=lambda i: -nearness[i])
        alone = verdict == "supported"
        citations = tuple(
            self._citation(self._shortest(text, i) if alone else self._candidates[i], float(nearness[i]))
            for i in spans
        )
        return Sentence(text, start, end, citations, verdict, reasons)

    def supports(self, text: str) -> bool:
        """Whether the sources support this sentence. No span gets a number by it."""
        markers = dict(self._markers)
        try:
            return self.cite(text, 0).verdict == "supported"
        finally:
            self._markers = markers

    def citation(self, hit: Hit, start: int, end: int, score: float) -> Citation:
        """A citation of `hit.passage` from `start` to `end` of its document."""
        marker = self._markers.setdefault((hit.passage.doc_id, start, end), len(self._markers) + 1)
        return Citation(marker, hit, start, end, hit.passage.between(start, end), min(score, 1.0))

    def _citation(self, candidate: SourceSentence, score: float) -> Citation:
        return self.citation(candidate.hit, candidate.span.start, candidate.span.end, score)

    def _checked(
        self, text: str, scores: np.ndarray, nearness: np.ndarray, best: int
    ) -> tuple[Verdict, tuple[str, ...], list[int]]:
        """Verdict, reasons, and which candidates to cite."""
        chosen = self._choose(text, scores, nearness, best)
        order = [i for i in np.argsort(-scores, kind="stable")[:_N_READ].tolist() if scores[i] >= _ADDED]
        read = list(dict.fromkeys([best, *order, *chosen]))
        slack = 0.125 if scores[best] >= PARAPHRASED else 0.0
        found = check(text, [self._candidates[i] for i in read], self._question, slack, self._known)
        if found.verdict != "supported":
            return found.verdict, found.reasons, chosen
        used = [read[i] for i in found.used][:MAX_CITATIONS]
        if scores[best] < SUPPORTED:
            return "unsupported", ("too little of it is said in the sources",), chosen
        return "supported", (), self._joined_by_others(text, self._with_neighbours(text, used), scores, slack)

    def _with_neighbours(self, text: str, used: Sequence[int]) -> list[int]:
        """`used`, and the sentences beside them that bear what they leave to their context.

        "Ghani said more" is checked with what follows it, so what follows is a source as well. Words of the question
        are no news: whatever has them is not the source of the answer.
        """
        chosen = list(used)
        lacking = set(stems(text)).difference(self._question.stems, *(self._near[i] for i in chosen))
        telling = {stem(word) for word in names(text) | numbers(text)}
        for i in used:
            for beside in self._beside(i):
                brought = lacking & self._own[beside]
                enough = len(brought) >= _BROUGHT or brought & telling
                if enough and beside not in chosen and len(chosen) < MAX_CITATIONS:
                    chosen.append(beside)
                    lacking -= brought
        return chosen

    def _beside(self, index: int) -> list[int]:
        """The candidates that this one is read with, the nearest first."""
        item = self._candidates[index]
        around = f"{item.previous} {item.next}"
        found = [
            i
            for i, other in enumerate(self._candidates)
            if other.hit.passage.doc_id == item.hit.passage.doc_id and i != index and other.text in around
        ]
        return sorted(found, key=lambda i: abs(self._candidates[i].span.start - item.span.start))

    def _joined_by_others(
        self, text: str, used: Sequence[int], scores: np.ndarray, slack: float
    ) -> list[int]:
        """`used`, and the best sentences of other documents that bear the whole sentence by themselves."""
        chosen = list(used)
        cited = {self._candidates[i].hit.passage.doc_id for i in chosen}
        least = max(SUPPORTED, float(scores[list(used)].max()) * _NEAR_BEST)
        for i in np.argsort(-scores, kind="stable")[: 2 * MAX_CITATIONS].tolist():
            doc_id = self._candidates[i].hit.passage.doc_id
            if len(chosen) == MAX_CITATIONS or scores[i] < least or doc_id in cited:
                continue
            source = self._candidates[i]
            if check(text, [source], self._question, slack, self._known).verdict == "supported":
                chosen.append(i)
                cited.add(doc_id)
        return chosen

    def _shortest(self, text: str, index: int) -> SourceSentence:
        """The candidate, or the clause of it that bears the sentence by itself."""
        candidate = self._candidates[index]
        for clause in clauses_of(candidate):
            if check(text, [clause], slack=0.0).verdict == "supported":
                return clause
        return candidate

    def _choose(self, text: str, scores: np.ndarray, nearness: np.ndarray, best: int) -> list[int]:
        """The best span and spans that bring what it lacks."""
        chosen = [best]
        lacking = set(stems(text)) - self._near[best] - set(self._question.stems) | (
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
        return chosen

    def _support(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """How well each candidate stands behind the sentence alone, and how near it is; 0 to 1, (n_candidates,).

        The first counts numbers that the candidate lacks against it.
        """
        # A short answer ("35.") means something only next to its question.
        vectors = self._embedder.embed([text, f"{self._question.text} {text}"])
        cosines = (self._vectors @ vectors.T).max(axis=1)
        said = set(stems(text)) or {""}
        asked = set(self._question.stems)
        # Words that only repeat the question count less: they say nothing about the answer.
        weight = {s: self._weight.get(s, self._unseen) * (0.5 if s in asked else 1.0) for s in said}
        total = sum(weight.values()) or 1.0
        wanted = numbers(text) - self._question.numbers
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
