"""Source sentences that stand in no archive."""

from __future__ import annotations

from askive.rag.evidence.source_sentences import SourceSentence
from askive.rag.text.sentences import Span
from askive.rag.types import Hit, Passage, Source


def source_sentence(
    text: str, previous: str = "", following: str = "", about: str = "", published: str | None = None
) -> SourceSentence:
    """A sentence with its neighbours, under a title."""
    passage = Passage(text, 0, len(text))
    hit = Hit(passage, Source(1, "", about, "text/plain", published), 1.0, 1, "fused")
    return SourceSentence(hit, Span(0, len(text)), text, previous, following)
