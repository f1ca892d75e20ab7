"""The view of one question in the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from askive.eval.metrics.outcomes import Outcome
from askive.eval.metrics.spans import overlaps

_CONTEXT_CHARS = 220


@dataclass(frozen=True, slots=True)
class CitationView:
    """A quote with its context. notes: remarks, each with whether it is good."""

    number: int
    title: str
    about: str
    before: str
    quote: str
    after: str
    notes: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class PieceView:
    """A part of the answer. verdict: of its sentence; empty between sentences. numbers: of its citations."""

    text: str
    verdict: str
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A question, the expected and the actual answer, and the problems."""

    sample_id: str
    run: str
    question: str
    type: str
    outcome: str
    tone: str
    problems: tuple[str, ...]
    turns: tuple[tuple[str, str], ...]
    wanted: tuple[str, ...]
    pieces: tuple[PieceView, ...]
    refused: bool
    citations: tuple[CitationView, ...]
    nearby: bool
    gold: tuple[tuple[str, str], ...]
    found: tuple[str, ...]
    times: str
    note: str


def view_question(row: Mapping[str, Any], outcome: Outcome, run: str) -> QuestionView:
    """The view of a row."""
    answer = row["answer"]
    refused = bool(answer and answer["refused"])
    numbered: list[Mapping[str, Any]] = []
    pieces = _pieces(answer, numbered) if answer else ()
    nearby = refused and bool(answer["nearby"])
    hits = answer["nearby"] if nearby else numbered
    return QuestionView(
        sample_id=row["sample_id"],
        run=run,
        question=row["question"],
        type=row["type"],
        outcome=outcome.label,
        tone="bad"
        if outcome.severity >= 4
        else "warn"
        if outcome.severity >= 2
        else "good"
        if outcome.severity == 0
        else "none",
        problems=outcome.problems,
        turns=tuple((turn["question"], turn["answer"]) for turn in row["turns"]),
        wanted=_wanted(row["gold"]),
        pieces=pieces,
        refused=refused,
        citations=tuple(_citation(n, c, row["gold"], nearby) for n, c in enumerate(hits, start=1)),
        nearby=nearby,
        gold=tuple(
            dict.fromkeys((q["doc"], q["text"]) for quotes in row["gold"]["evidence"] for q in quotes)
        ),
        found=_found(row),
        times=_times(row),
        note=row["note"],
    )


def _pieces(answer: Mapping[str, Any], numbered: list[Mapping[str, Any]]) -> tuple[PieceView, ...]:
    text: str = answer["answer"]
    pieces: list[PieceView] = []
    at = 0
    for sentence in answer["sentences"]:
        if sentence["start"] > at:
            pieces.append(PieceView(text[at : sentence["start"]], "", ()))
        numbers = []
        for citation in sentence["citations"]:
            key = (citation["uri"], citation["start"], citation["end"])
            spans = [(c["uri"], c["start"], c["end"]) for c in numbered]
            if key not in spans:
                numbered.append(citation)
                spans.append(key)
            numbers.append(spans.index(key) + 1)
        pieces.append(
            PieceView(text[sentence["start"] : sentence["end"]], sentence["verdict"], tuple(numbers))
        )
        at = sentence["end"]
    if text[at:]:
        pieces.append(PieceView(text[at:], "", ()))
    return tuple(pieces)


def _wanted(gold: Mapping[str, Any]) -> tuple[str, ...]:
    if gold["unanswerable"]:
        return ("no answer: the documents do not contain it",)
    if gold["all_of"]:
        return tuple(" or ".join(group) for group in gold["all_of"])
    return (" or ".join(gold["answers"]),) if gold["answers"] else ()


def _citation(
    number: int, citation: Mapping[str, Any], gold: Mapping[str, Any], nearby: bool
) -> CitationView:
    notes: list[tuple[str, bool]] = []
    if not citation["exact"]:
        notes.append(("differs from the source", False))
    if not nearby and gold["relevant"]:
        if citation["uri"] not in gold["relevant"]:
            notes.append(("another document", False))
        elif gold["evidence"]:
            on = any(
                q["doc"] == citation["uri"]
                and overlaps((citation["start"], citation["end"]), (q["start"], q["end"]))
                for quotes in gold["evidence"]
                for q in quotes
            )
            notes.append(("gold evidence", True) if on else ("beside the gold evidence", False))
    about = ", ".join(part for part in (citation["publisher"], citation["published"]) if part)
    return CitationView(
        number=number,
        title=citation["title"] or citation["uri"],
        about=about,
        before=("…" if citation["start"] > _CONTEXT_CHARS else "") + citation["before"],
        quote=citation["quote"],
        after=citation["after"] + ("…" if len(citation["after"]) >= _CONTEXT_CHARS else ""),
        notes=tuple(notes),
    )


def _found(row: Mapping[str, Any]) -> tuple[str, ...]:
    ranking = row["ranking"] or []
    documents = list(dict.fromkeys((hit["uri"], hit["title"]) for hit in ranking))[:5]
    relevant = row["gold"]["relevant"]
    return tuple(f"{'✓ ' if uri in relevant else ''}{title or uri}" for uri, title in documents)


def _times(row: Mapping[str, Any]) -> str:
    timings = row["timings"]
    if not timings:
        return ""
    return (
        f"first word after {timings['ttft_ms'] / 1000:.1f} s, done after {timings['total_ms'] / 1000:.1f} s"
    )
