"""What every answer in rows must hold, whichever plan has made it."""

from __future__ import annotations

from threading import Event as Flag

import pytest

from askive.rag.assistant import Assistant
from askive.rag.store.archive import Archive
from askive.rag.store.filters import Filter
from askive.rag.types import Answer, Cited, Final, Progress, QuestionKind, Searching, Sources, Token


def ask_rows(
    assistant: Assistant,
    archive: Archive,
    question: str,
    kind: QuestionKind,
    admitted: Filter | None = None,
    cancel: Flag | None = None,
    *,
    cancel_at: str = "",
) -> Answer:
    """The answer, after checking the order of its events, its text, and that each row quotes its documents exactly.

    cancel_at: the noun of the progress that sets `cancel`.
    """
    events = []
    for event in assistant.stream(question, kind=kind, admitted=admitted, cancel=cancel):
        events.append(event)
        if cancel and isinstance(event, Progress) and event.what == cancel_at:
            cancel.set()
        if isinstance(event, Progress):
            assert 0 < event.done <= event.total
    first, last = events[0], events[-1]
    assert isinstance(first, Searching)
    assert isinstance(last, Final)
    answer = last.answer
    assert first.kind == answer.kind == kind
    (sources,) = [event for event in events if isinstance(event, Sources)]
    assert {type(event) for event in events[: events.index(sources)]} <= {Searching, Progress}
    assert {type(event) for event in events[events.index(sources) + 1 :]} <= {Progress, Token, Cited, Final}
    if answer.refusal is None:
        assert "".join(event.text for event in events if isinstance(event, Token)) == answer.text
        assert answer.rows
    for sentence in answer.sentences:
        assert answer.text[sentence.start : sentence.end] == sentence.text
    for row in answer.rows:
        assert set(row.values) <= set(answer.columns)
        assert row.citations
        assert row.verdict in ("supported", "unchecked")
    for citation in answer.citations:
        text = archive.document(citation.hit.passage.doc_id).text
        assert text[citation.start : citation.end] == citation.quote != ""
        assert answer.hits[citation.marker - 1].passage == citation.hit.passage
    return answer


def column(answer: Answer, name: str, verdict: str = "") -> list[str]:
    """The texts of a column, of the rows with this verdict."""
    assert name in answer.columns
    return [row.values[name] for row in answer.rows if not verdict or row.verdict == verdict]


def refused(answer: Answer) -> str:
    """The message of an answer that must be a refusal."""
    if answer.refusal is None:
        pytest.fail(f"no refusal: {answer.text}")
    assert answer.text == answer.refusal.message
    assert not answer.rows
    return answer.text
