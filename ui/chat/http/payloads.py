"""Payloads for the page: plain dicts of text and offsets, never markup."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from askive.rag.answer.refusal import ADD_BY_COMMAND
from askive.rag.passage_context import locator_of
from askive.rag.types import Answer, Citation, Hit, Row, Sentence, Source
from askive.ui.wording import KIND_WORDS

View = dict[str, Any]
# "/home/ada/.askive/uploads/72f7…d6/letters": a folder that was added through the page, in the data folder
_UPLOADED = re.compile(r"^.*[/\\]uploads[/\\][0-9a-f]{32}(?:[/\\]|$)")
Number = Callable[[str], int]
"""The number of a source (by uri) in the conversation."""


def source_view(source: Source) -> View:
    """A document as an item of a list. file: the name of its file, without folders."""
    return {
        "uri": source.uri,
        "file": file_name(source.uri),
        "title": source.title,
        "publisher": source.publisher,
        "published": source.published,
        "media_type": source.media_type,
    }


def file_name(uri: str) -> str:
    """The name of a document's file; of a part of a file with its number, `box.mbox#3`."""
    return PurePath(uri).name or uri


def folder_name(folder: str) -> str:
    """A folder as the user knows it: one that was added through the page without its place in the data folder."""
    return _UPLOADED.sub("", folder) or "(added without a folder)"


def without_folders(message: str, uri: str) -> str:
    """A message about a file, with its name in place of its path: a path of the server means nothing on the page."""
    return message.replace(uri, file_name(uri)) if uri else message


def file_of(view: Mapping[str, Any]) -> str:
    """The name of the file of a citation; answers that were stored by earlier versions have the path only."""
    return str(view.get("file") or file_name(view["uri"]))


def citation_view(citation: Citation, number: Number) -> View:
    """A cited span with its document."""
    return {
        **source_view(citation.hit.source),
        "number": number(citation.hit.source.uri),
        "page": citation.hit.passage.page,
        "locator": locator_of(citation.hit.source, citation.hit.passage, citation.start),
        "start": citation.start,
        "end": citation.end,
        "quote": citation.quote,
    }


def sentence_view(sentence: Sentence, number: Number, lead: str = "") -> View:
    """lead: the white space between the sentence before and this one."""
    return {
        "text": sentence.text,
        "lead": lead,
        "verdict": sentence.verdict,
        "reasons": list(sentence.reasons),
        "citations": [citation_view(citation, number) for citation in sentence.citations],
    }


def row_view(row: Row, columns: Sequence[str], number: Number) -> View:
    """A row as cells in the order of the columns."""
    values = dict(row.values)
    if values.get("Part") == "Folder":
        values["What"] = folder_name(values["What"])
    return {
        "cells": [values.get(column, "") for column in columns],
        "verdict": row.verdict,
        "citations": [citation_view(citation, number) for citation in row.citations],
    }


def answer_view(answer: Answer, number: Number, *, stopped: bool = False) -> View:
    """Everything that the page shows of an answer. stopped: the user stopped it."""
    sentences = []
    at = 0
    for sentence in answer.sentences:
        sentences.append(sentence_view(sentence, number, answer.text[at : sentence.start]))
        at = sentence.end
    used = {citation.hit.source.uri for citation in answer.citations}
    refusal = None
    if answer.refusal is not None:
        refusal = {
            "reason": answer.refusal.reason,
            # The page has a link for it.
            "message": answer.refusal.message.replace(f" {ADD_BY_COMMAND}", ""),
            "nearby": [citation_view(citation, number) for citation in answer.refusal.nearby],
        }
        used |= {citation.hit.source.uri for citation in answer.refusal.nearby}
    read = [piece.hit for piece in answer.evidence] or list(answer.hits)
    return {
        "kind": answer.kind,
        "answered_as": KIND_WORDS[answer.kind] if answer.kind else "",
        "text": answer.text,
        "sentences": sentences,
        "columns": list(answer.columns),
        "rows": [row_view(row, answer.columns, number) for row in answer.rows],
        "refusal": refusal,
        "stopped": stopped,
        "others": [_span_view(hit) for hit in _others(read, used)],
        "disagreement": [
            {
                "value": item.value,
                "published": item.published,
                "citations": [citation_view(citation, number) for citation in item.citations],
            }
            for item in answer.disagreement or ()
        ],
        "unanswered": list(answer.unanswered),
        "set_aside": [citation_view(citation, number) for citation in answer.set_aside],
        "left_out": [{"text": left.text, "reasons": list(left.reasons)} for left in answer.left_out],
        "cost": _cost(answer),
    }


def first_documents(hits: Iterable[Hit], n: int = 3) -> list[View]:
    """The documents of the best hits, each once."""
    found: dict[str, View] = {}
    for hit in hits:
        if len(found) < n:
            found.setdefault(hit.source.uri, source_view(hit.source))
    return list(found.values())


def byline(view: View) -> str:
    """Title, publisher, date and place of a citation on one line."""
    # Answers that were stored by earlier versions have the page only.
    where = view.get("locator") or (f"p. {view['page']}" if view.get("page") else None)
    rest = ", ".join(part for part in (view["publisher"], view["published"], where) if part)
    return f"{view['title']} ({rest})" if rest else str(view["title"])


def citations_of(answer: Mapping[str, Any]) -> list[View]:
    """All cited spans of an answer view, each once, in the order of the page."""
    refusal = answer.get("refusal")
    found: dict[tuple[str, int, int], View] = {}
    for group in (
        [c for s in answer["sentences"] for c in s["citations"]],
        [c for row in answer.get("rows", ()) for c in row["citations"]],
        [c for item in answer["disagreement"] for c in item["citations"]],
        refusal["nearby"] if refusal else [],
    ):
        for citation in group:
            found.setdefault((citation["uri"], citation["start"], citation["end"]), citation)
    return list(found.values())


def _others(hits: Iterable[Hit], used: set[str]) -> list[Hit]:
    found: dict[str, Hit] = {}
    for hit in hits:
        if hit.source.uri not in used:
            found.setdefault(hit.source.uri, hit)
    return list(found.values())


def _span_view(hit: Hit) -> View:
    passage = hit.passage
    return {
        **source_view(hit.source),
        "number": None,
        "page": passage.page,
        "locator": locator_of(hit.source, passage, passage.start),
        "start": passage.start,
        "end": passage.end,
        "quote": passage.text,
    }


def _cost(answer: Answer) -> View:
    timings, usage = answer.timings, answer.usage
    decoding_ms = timings.total_ms - timings.verify_ms - timings.first_token_ms
    n_later = usage.n_completion_tokens - 1
    return {
        "model": answer.model_id,
        "first_word_ms": round(timings.first_token_ms),
        "total_ms": round(timings.total_ms),
        "n_tokens": usage.n_completion_tokens,
        "tokens_per_s": round(n_later / decoding_ms * 1000, 1)
        if timings.first_token_ms and n_later > 0 and decoding_ms > 1
        else None,
    }
