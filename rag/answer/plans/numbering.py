"""The citations of an answer, numbered as they are made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from askive.rag.evidence.source_sentences import SourceSentence
from askive.rag.retrieval.near_duplicates import number_ranks
from askive.rag.types import Citation, Hit, Sentence


class NumberedCitations:
    """Gives citations the markers 1, 2, 3...; a span that was cited before keeps its marker."""

    def __init__(self) -> None:
        self._citations: dict[tuple[int, int, int], Citation] = {}

    @property
    def hits(self) -> tuple[Hit, ...]:
        """The passages that are cited, in the order of their markers."""
        return tuple(citation.hit for citation in self._citations.values())

    def cite(self, sentence: SourceSentence, score: float = 1.0) -> Citation:
        """The citation of a whole sentence."""
        return self._first(sentence.citation(score=min(score, 1.0)))

    def number(self, sentence: Sentence) -> Sentence:
        """The sentence with markers on its citations."""
        citations = (replace(one, marker=self._first(one).marker) for one in sentence.citations)
        return replace(sentence, citations=tuple(citations))

    def _first(self, citation: Citation) -> Citation:
        """The first citation of the same span, with its marker."""
        key = (citation.hit.passage.doc_id, citation.start, citation.end)
        return self._citations.setdefault(key, replace(citation, marker=len(self._citations) + 1))


def hits_of(hits: Iterable[Hit]) -> tuple[Hit, ...]:
    """Each passage once, with ranks from 1."""
    return number_ranks(list({(hit.passage.doc_id, hit.passage.start): hit for hit in hits}.values()))
