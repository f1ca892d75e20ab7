"""Sentences of an answer -> spans of the sources, found and checked by code.

The model is never asked for its sources: a span is cited when its words, numbers and vector match the sentence. The
quote is read from the document by its offsets, so it is exact by construction.
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
_MIN_ADDED = 0.25
_N_CHECKED = 6
_MIN_CONTEXT_WORDS = 2
"""A neighbour becomes a source too when it adds this many words that the sentence needs, or one name or number."""

_DISTANT = 0.25
"""Similarity of a span below which it is not even a candidate for a paraphrase."""
CITED = 0.40
"""From this score on a span is shown as the source of a sentence."""
SUPPORTED = 0.55
"""From this score on a span can support a sentence."""
PARAPHRASED = 0.70
"""From this score on a few words of the sentence may be missing in the span."""


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
        """The sentence `text`, at offset `start` of the answer, with its citations, verdict and reasons."""
        end = start + len(text)
        nothing = Sentence(text, start, end, (), "unsupported", ("no source sentence is close to it",))
        if not self._candidates:
            return nothing
        scores, similarity = self._score(text)
        best = int(np.argmax(scores))
        if scores[best] < CITED:
            # A wrong number lowers the score of a span; when all else matches, report the number.
            best = int(np.argmax(similarity))
            if similarity[best] < _DISTANT:
                return nothing
            scores = similarity
        verdict, reasons, chosen, is_wording_only = self._check(text, scores, similarity, best)
        if similarity[best] < CITED and verdict != "contradicted":
            verdict, reasons = "unsupported", nothing.reasons
        spans = sorted(chosen, key=lambda i: -similarity[i])
        is_supported = verdict == "supported"
        citations = tuple(
            self._citation(
                self._shortest(text, i) if is_supported else self._candidates[i], float(similarity[i])
            )
            for i in spans
        )
        return Sentence(text, start, end, citations, verdict, reasons, is_wording_only)

    def supports(self, text: str) -> bool:
        """Whether the sources support this sentence. No span gets a marker."""
        markers = dict(self._markers)
        try:
            return self.cite(text, 0).verdict == "supported"
        finally:
            self._markers = markers

    def citation(self, hit: Hit, start: int, end: int, score: float) -> Citation:
        """A citation of `hit.passage`. start, end: offsets into its document."""
        marker = self._markers.setdefault((hit.passage.doc_id, start, end), len(self._markers) + 1)
        return Citation(marker, hit, start, end, hit.passage.between(start, end), min(score, 1.0))

    def _citation(self, candidate: SourceSentence, score: float) -> Citation:
        return self.citation(candidate.hit, candidate.span.start, candidate.span.end, score)

    def _check(
        self, text: str, scores: np.ndarray, similarity: np.ndarray, best: int
    ) -> tuple[Verdict, tuple[str, ...], list[int], bool]:
        """Verdict, reasons, indices of the candidates to cite, and `Sentence.is_wording_only`."""
        chosen = self._choose(text, scores, similarity, best)
        order = [
            i for i in np.argsort(-scores, kind="stable")[:_N_CHECKED].tolist() if scores[i] >= _MIN_ADDED
        ]
        checked = list(dict.fromkeys([best, *order, *chosen]))
        slack = 0.125 if scores[best] >= PARAPHRASED else 0.0
        result = check(text, [self._candidates[i] for i in checked], self._question, slack, self._known)
        if result.verdict != "supported":
            return result.verdict, result.reasons, chosen, not result.values_differ
        used = [checked[i] for i in result.used][:MAX_CITATIONS]
        if scores[best] < SUPPORTED:
            return "unsupported", ("the sources have too little of it",), chosen, True
        return (
            "supported",
            (),
            self._with_other_documents(text, self._with_neighbours(text, used), scores, slack),
            False,
        )

    def _with_neighbours(self, text: str, used: Sequence[int]) -> list[int]:
        """`used`, and their neighbours that have the words which they leave to the context.

        "Ghani said more" is checked with the sentence after it, so that sentence is a source too. Words of the question
        do not count, because they do not answer it.
        """
        chosen = list(used)
        lacking = set(stems(text)).difference(self._question.stems, *(self._near[i] for i in chosen))
        names_and_numbers = {stem(word) for word in names(text) | numbers(text)}
        for i in used:
            for neighbour in self._neighbours(i):
                added = lacking & self._own[neighbour]
                is_enough = len(added) >= _MIN_CONTEXT_WORDS or added & names_and_numbers
                if is_enough and neighbour not in chosen and len(chosen) < MAX_CITATIONS:
                    chosen.append(neighbour)
                    lacking -= added
        return chosen

    def _neighbours(self, index: int) -> list[int]:
        """The candidates in the context of this one, the nearest first."""
        item = self._candidates[index]
        around = f"{item.previous} {item.next}"
        neighbours = [
            i
            for i, other in enumerate(self._candidates)
            if other.hit.passage.doc_id == item.hit.passage.doc_id and i != index and other.text in around
        ]
        return sorted(neighbours, key=lambda i: abs(self._candidates[i].span.start - item.span.start))

    def _with_other_documents(
        self, text: str, used: Sequence[int], scores: np.ndarray, slack: float
    ) -> list[int]:
        """`used`, and the best sentences of other documents that support the whole sentence by themselves."""
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
        """The candidate, or the clause of it that supports the sentence by itself."""
        candidate = self._candidates[index]
        for clause in clauses_of(candidate):
            if check(text, [clause], slack=0.0).verdict == "supported":
                return clause
        return candidate

    def _choose(self, text: str, scores: np.ndarray, similarity: np.ndarray, best: int) -> list[int]:
        """The best span, and spans with the words that it lacks."""
        chosen = [best]
        lacking = set(stems(text)) - self._near[best] - set(self._question.stems) | (
            {stem(word) for word in names(text) | numbers(text)} - self._near[best]
        )
        while lacking and len(chosen) < MAX_CITATIONS:
            gains = [
                sum(self._weight.get(s, 0.0) for s in lacking & near) if similarity[i] >= _MIN_ADDED else 0.0
                for i, near in enumerate(self._near)
            ]
            # With equal gains, the more similar one.
            added = max(range(len(gains)), key=lambda i: (gains[i], similarity[i]))
            if not gains[added]:
                break
            chosen.append(added)
            lacking -= self._near[added]
        return chosen

    def _score(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """The score of each candidate as a source of the sentence, and its similarity; 0 to 1, both (n_candidates,).

        The score is the similarity, lowered for each number that the candidate lacks.
        """
        # A short answer ("35.") has a meaning only with its question.
        vectors = self._embedder.embed([text, f"{self._question.text} {text}"])
        cosines = (self._vectors @ vectors.T).max(axis=1)
        own_stems = set(stems(text)) or {""}
        question_stems = set(self._question.stems)
        # Words that only repeat the question count less: they do not identify the source of the answer.
        weight = {
            s: self._weight.get(s, self._unseen) * (0.5 if s in question_stems else 1.0) for s in own_stems
        }
        total = sum(weight.values()) or 1.0
        claimed = numbers(text) - self._question.numbers
        scores = np.zeros(len(self._candidates))
        similarity = np.zeros(len(self._candidates))
        for i, (own, near) in enumerate(zip(self._own, self._near, strict=True)):
            covered = (
                sum(w * (1.0 if s in own else 0.6 if s in near else 0.0) for s, w in weight.items()) / total
            )
            missing = len(claimed - self._numbers[i]) / len(claimed) if claimed else 0.0
            similarity[i] = 0.55 * covered + 0.45 * max(float(cosines[i]), 0.0)
            scores[i] = similarity[i] * (1.0 - 0.6 * missing)
        return scores, similarity

    @property
    def _unseen(self) -> float:
        return math.log(1 + len(self._candidates))
