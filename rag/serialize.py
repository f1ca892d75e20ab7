"""Answers, their events, hits and citations as JSON."""

from __future__ import annotations

from typing import Any

from askive.rag.passage_context import locator_of
from askive.rag.types import (
    Answer,
    Citation,
    Cited,
    Event,
    Final,
    Hit,
    Progress,
    Row,
    Searching,
    Sentence,
    Source,
    Sources,
    Token,
)


def hit_to_dict(hit: Hit) -> dict[str, Any]:
    """A search hit."""
    return {
        "rank": hit.rank,
        "passage_id": hit.passage.passage_id,
        "uri": hit.source.uri,
        "title": hit.source.title,
        "published": hit.source.published,
        "publisher": hit.source.publisher,
        "heading": hit.passage.heading,
        "page": hit.passage.page,
        "locator": locator_of(hit.source, hit.passage, hit.passage.start),
        "start": hit.passage.start,
        "end": hit.passage.end,
        "text": hit.passage.text,
        "score": round(hit.score, 6),
        "stage": hit.stage,
        "parts": {name: round(value, 6) for name, value in hit.parts.items()},
        "also": [source_to_dict(source) for source in hit.also],
    }


def source_to_dict(source: Source) -> dict[str, Any]:
    """A document with the same text as a hit."""
    return {
        "uri": source.uri,
        "title": source.title,
        "published": source.published,
        "publisher": source.publisher,
    }


def citation_to_dict(citation: Citation) -> dict[str, Any]:
    """A cited span."""
    source = citation.hit.source
    return {
        "marker": citation.marker,
        "uri": source.uri,
        "title": source.title,
        "published": source.published,
        "publisher": source.publisher,
        "page": citation.hit.passage.page,
        "locator": locator_of(source, citation.hit.passage, citation.start),
        "start": citation.start,
        "end": citation.end,
        "quote": citation.quote,
        "score": round(citation.score, 4),
    }


def sentence_to_dict(sentence: Sentence) -> dict[str, Any]:
    """A sentence of an answer with its verdict and citations."""
    return {
        "text": sentence.text,
        "start": sentence.start,
        "end": sentence.end,
        "verdict": sentence.verdict,
        "reasons": list(sentence.reasons),
        "citations": [citation_to_dict(citation) for citation in sentence.citations],
    }


def row_to_dict(row: Row) -> dict[str, Any]:
    """A row of an answer with its verdict and citations."""
    return {
        "values": dict(row.values),
        "date": row.date,
        "verdict": row.verdict,
        "citations": [citation_to_dict(citation) for citation in row.citations],
    }


def answer_to_dict(answer: Answer) -> dict[str, Any]:
    """An answer, as printed by `askive ask --json`."""
    refusal = answer.refusal
    return {
        "question": answer.question,
        "kind": answer.kind,
        "notes": list(answer.notes),
        "answer": answer.text,
        "refused": answer.refused,
        "refusal_reason": refusal.reason if refusal else None,
        "refusal_filter": refusal.filtered if refusal else "",
        "nearby": [citation_to_dict(citation) for citation in refusal.nearby] if refusal else [],
        "sentences": [sentence_to_dict(sentence) for sentence in answer.sentences],
        "columns": list(answer.columns),
        "rows": [row_to_dict(row) for row in answer.rows],
        "left_out": [sentence_to_dict(sentence) for sentence in answer.left_out],
        "disagreement": [
            {
                "value": account.value,
                "published": account.published,
                "citations": [citation_to_dict(citation) for citation in account.citations],
            }
            for account in answer.disagreement or ()
        ],
        "unanswered": list(answer.unanswered),
        "set_aside": [citation_to_dict(citation) for citation in answer.set_aside],
        "hits": [hit_to_dict(hit) for hit in answer.hits],
        "confidence": answer.confidence,
        "model": answer.model_id,
        "embedder": answer.embedder_id,
        "timings_ms": {
            "retrieve": round(answer.timings.retrieve_ms, 1),
            "first_token": round(answer.timings.first_token_ms, 1),
            "generate": round(answer.timings.generate_ms, 1),
            "verify": round(answer.timings.verify_ms, 1),
            "total": round(answer.timings.total_ms, 1),
            "checks": {name: round(ms, 1) for name, ms in answer.timings.check_ms.items()},
        },
        "usage": {
            "prompt_tokens": answer.usage.n_prompt_tokens,
            "completion_tokens": answer.usage.n_completion_tokens,
            "reused_tokens": answer.usage.n_reused_tokens,
        },
    }


def event_to_dict(event: Event) -> dict[str, Any]:
    """An event of an answer; `event` is the name of its type in lower case."""
    name = type(event).__name__.lower()
    match event:
        case Searching():
            return {
                "event": name,
                "query": event.query,
                "understood": event.understood,
                "filtered": event.filtered,
                "kind": event.kind,
                "notes": list(event.notes),
            }
        case Sources():
            first = citation_to_dict(event.first) if event.first else None
            return {"event": name, "hits": [hit_to_dict(hit) for hit in event.hits], "first": first}
        case Progress():
            return {"event": name, "done": event.done, "total": event.total, "what": event.what}
        case Token():
            return {"event": name, "text": event.text}
        case Cited():
            return {"event": name, "sentence": sentence_to_dict(event.sentence)}
        case Final():
            return {"event": name, "answer": answer_to_dict(event.answer)}


def uris_of(answer: Answer) -> set[str]:
    """The addresses of all documents whose text an answer quotes."""
    quoted = [*answer.citations, *answer.set_aside, *(answer.refusal.nearby if answer.refusal else ())]
    quoted += [citation for account in answer.disagreement or () for citation in account.citations]
    hits = [*(citation.hit for citation in quoted), *(piece.hit for piece in answer.evidence)]
    return {hit.source.uri for hit in hits}
