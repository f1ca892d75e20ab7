"""Sentences of the sources with their surroundings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from askive.rag.passage_context import headed_by
from askive.rag.text.clauses import claim_spans
from askive.rag.text.injection import has_control_token
from askive.rag.text.sentences import Span, split_sentences
from askive.rag.types import Citation, Hit

_LONG_CHARS = 240
_N_BEFORE = 2
# The "| " before "Ship: Aurora; Captain: Rosa Lind"; nothing before other text
_BAR = re.compile(r"(?:\|\s*)?")


@dataclass(frozen=True, slots=True)
class SourceSentence:
    """A sentence of a source, or a clause or quote from it, with its surroundings.

    hit: its passage and document. span: offsets into the document. text: `hit.passage.between(*span)`.
    previous, next: the text of its neighbours in the passage; empty at the ends of the passage, and for what is not a
    whole sentence.
    """

    hit: Hit
    span: Span
    text: str
    previous: str = ""
    next: str = ""

    @classmethod
    def cited(cls, citation: Citation) -> SourceSentence:
        """The quote of a citation, without neighbours."""
        return cls(citation.hit, Span(citation.start, citation.end), citation.quote)

    def citation(self, marker: int = 0, score: float = 1.0) -> Citation:
        """A citation of the whole sentence."""
        return Citation(marker, self.hit, *self.span, self.text, score)

    @property
    def title(self) -> str:
        """Title of the document."""
        return self.hit.source.title

    @property
    def about(self) -> str:
        """Title, headings and publisher, as plain text."""
        return headed_by(self.hit)

    @property
    def published(self) -> str | None:
        """ISO date of the document, as precise as known."""
        return self.hit.source.published

    @property
    def context(self) -> str:
        """The sentence between its neighbours, in one line."""
        return " ".join(f"{self.previous} {self.text} {self.next}".split())

    def surrounded(self, n_chars: int) -> str:
        """The sentence with up to n_chars of its passage on each side, in whole words and one line."""
        passage = self.hit.passage
        before = passage.between(passage.start, self.span.start)
        after = passage.between(self.span.end, passage.end)
        if n_chars < len(before):
            before = before[len(before) - n_chars :].partition(" ")[2]
        if n_chars < len(after):
            after = after[:n_chars].rpartition(" ")[0]
        return " ".join(f"{before}{self.text}{after}".split())


def source_sentences(hit: Hit) -> list[SourceSentence]:
    """Every sentence of a passage, in order."""
    spans = sentences_of(hit)
    texts = [hit.passage.between(*span) for span in spans]
    return [
        SourceSentence(
            hit, span, texts[n], " ".join(texts[max(0, n - _N_BEFORE) : n]), "".join(texts[n + 1 : n + 2])
        )
        for n, span in enumerate(spans)
    ]


def candidates_of(hits: Sequence[Hit]) -> list[SourceSentence]:
    """Every sentence of the hits once, in the order of the hits, without those that contain control tokens."""
    found: dict[tuple[int, int], SourceSentence] = {}
    for hit in hits:
        for sentence in source_sentences(hit):
            if has_control_token(sentence.text):
                continue
            key = (hit.passage.doc_id, sentence.span.start)
            known = found.get(key)
            # Of a sentence in two overlapping passages, the one with more surroundings is kept.
            if known is None or (
                len(known.previous) < len(sentence.previous) and known.next and sentence.next
            ):
                found[key] = sentence
    return list(found.values())


def clauses_of(candidate: SourceSentence) -> list[SourceSentence]:
    """The clauses of a long sentence, shortest first; none for a short sentence."""
    spans = claim_spans(candidate.text) if len(candidate.text) > _LONG_CHARS else []
    if len(spans) < 2:
        return []
    at = candidate.span.start
    clauses = [
        SourceSentence(candidate.hit, Span(at + start, at + end), candidate.text[start:end])
        for start, end in spans
    ]
    return sorted(clauses, key=lambda clause: len(clause.text))


def sentences_of(hit: Hit) -> list[Span]:
    """The sentences of a passage, as offsets into its document; rows of tables without the bar before them."""
    text, base = hit.passage.text, hit.passage.start
    return [
        Span(base + bar.end(), base + end)
        for start, end in split_sentences(text)
        if (bar := _BAR.match(text, start, end)) and bar.end() < end
    ]
