"""Sentences of the hits that may be cited, each with what is near it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from askive.rag.text.clauses import claim_spans
from askive.rag.text.injection import has_control_token
from askive.rag.text.sentences import Span, split_sentences
from askive.rag.types import Hit

_LONG_CHARS = 240
_N_BEFORE = 2


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of a source that may be cited.

    before, after: its neighbours in the passage; empty at the passage's ends.
    """

    hit: Hit
    span: Span
    text: str
    before: str = ""
    after: str = ""

    @property
    def source(self) -> SourceText:
        """As the checks read it."""
        source = self.hit.source
        about = f"{source.title}. {self.hit.passage.heading}. {source.publisher or ''}"
        return SourceText(self.text, self.before, self.after, about, source.published)

    @property
    def context(self) -> str:
        """It with its neighbours, in one line, as a model reads it."""
        return " ".join(f"{self.before} {self.text} {self.after}".split())


def candidates_of(hits: Sequence[Hit]) -> list[Candidate]:
    """Every sentence of the hits once, in the order of the hits; those with control tokens are no sources."""
    found: dict[tuple[int, int], Candidate] = {}
    for hit in hits:
        base, text = hit.passage.start, hit.passage.text
        spans = sentences_of(hit)
        said = [text[span.start - base : span.end - base] for span in spans]
        for n, span in enumerate(spans):
            if has_control_token(said[n]):
                continue
            before, after = " ".join(said[max(0, n - _N_BEFORE) : n]), "".join(said[n + 1 : n + 2])
            key = (hit.passage.doc_id, span.start)
            known = found.get(key)
            # A sentence that two passages share is kept where it has more around it.
            if known is None or (len(known.before) < len(before) and known.after and after):
                found[key] = Candidate(hit, span, said[n], before, after)
    return list(found.values())


def clauses_of(candidate: Candidate) -> list[Candidate]:
    """The clauses of a long sentence as candidates of their own, shortest first; none when it is short."""
    spans = claim_spans(candidate.text) if len(candidate.text) > _LONG_CHARS else []
    if len(spans) < 2:
        return []
    at = candidate.span.start
    clauses = [
        Candidate(candidate.hit, Span(at + start, at + end), candidate.text[start:end])
        for start, end in spans
    ]
    return sorted(clauses, key=lambda clause: len(clause.text))


def sentences_of(hit: Hit) -> list[Span]:
    """The sentences of a passage, as offsets into its document."""
    base = hit.passage.start
    return [Span(base + start, base + end) for start, end in split_sentences(hit.passage.text)]


@dataclass(frozen=True, slots=True)
class SourceText:
    """A sentence that may be cited, with what helps to understand it.

    before, after: its neighbours in the passage; empty at the ends.
    about: what heads it: title, headings, publisher.
    published: the document's date, as precise as known.
    """

    text: str
    before: str = ""
    after: str = ""
    about: str = ""
    published: str | None = None
