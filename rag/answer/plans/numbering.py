"""The citations of an answer in rows, numbered as they are made."""

from __future__ import annotations

from askive.rag.evidence.source_sentences import SourceSentence
from askive.rag.types import Citation, Hit


class NumberedCitations:
    """Makes citations with the markers 1, 2, 3...; a span that was cited before keeps its marker."""

    def __init__(self) -> None:
        self._citations: dict[tuple[int, int, int], Citation] = {}

    @property
    def hits(self) -> tuple[Hit, ...]:
        """The passages that are cited, in the order of their markers."""
        return tuple(citation.hit for citation in self._citations.values())

    def cite(self, sentence: SourceSentence, score: float = 1.0) -> Citation:
        """The citation of a whole sentence."""
        start, end = sentence.span
        key = (sentence.hit.passage.doc_id, start, end)
        if key not in self._citations:
            marker = len(self._citations) + 1
            self._citations[key] = Citation(marker, sentence.hit, start, end, sentence.text, min(score, 1.0))
        return self._citations[key]
