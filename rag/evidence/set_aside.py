"""Sentences of the hits that are not used as evidence, because they contain control tokens of a chat template."""

from __future__ import annotations

from collections.abc import Sequence

from askive.rag.evidence.source_sentences import sentences_of
from askive.rag.text.injection import has_control_token
from askive.rag.types import Citation, Hit


def set_aside_sentences(hits: Sequence[Hit]) -> tuple[Citation, ...]:
    """These sentences, each once, in the order of the hits; their marker is 0, because no answer cites them."""
    found: dict[tuple[int, int], Citation] = {}
    for hit in hits:
        for start, end in sentences_of(hit):
            quote = hit.passage.between(start, end)
            if has_control_token(quote):
                found.setdefault((hit.passage.doc_id, start), Citation(0, hit, start, end, quote, 0.0))
    return tuple(found.values())
