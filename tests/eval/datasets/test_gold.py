"""The gold set holds what it promises."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any

import pytest

from askive.eval.datasets import Sample, Suite, open_suite
from askive.eval.datasets.gold import GOLD_SEEDS
from askive.eval.datasets.lines import read_json_lines
from askive.eval.metrics.answers import contains, normalise
from askive.rag.types import Document

TYPES = {
    "fact",
    "number",
    "attribution",
    "multi_document",
    "accounts_differ",
    "time_order",
    "paraphrase",
    "unanswerable",
    "off_topic",
    "follow_up",
}
KEYS = {
    "_id",
    "text",
    "type",
    "answers",
    "all_of",
    "wrong_answers",
    "evidence",
    "history",
    "unanswerable",
    "note",
}


@cache
def gold() -> Suite:
    return open_suite("seeds")


@cache
def records() -> list[dict[str, Any]]:
    return [record for _, record in read_json_lines(GOLD_SEEDS / "queries.jsonl")]


@cache
def documents() -> dict[str, Document]:
    return {document.uri: document for document in gold().documents()}


def answerable() -> list[Sample]:
    return [sample for sample in gold().samples if not sample.unanswerable]


def test_enough_of_every_type() -> None:
    counts = Counter(sample.type for sample in gold().samples)
    assert set(counts) == TYPES
    assert sum(counts.values()) >= 180
    assert min(counts.values()) >= 20, counts
    assert counts["unanswerable"] >= 40 and counts["off_topic"] >= 20


def test_both_halves_hold_every_type() -> None:
    for half in ("dev", "test"):
        counts = Counter(sample.type for sample in gold().half(half).samples)
        assert set(counts) == TYPES and min(counts.values()) >= 3, (half, counts)
        assert sum(counts.values()) >= 80


def test_known_keys_only() -> None:
    assert {key for record in records() for key in record} <= KEYS
    assert not gold().left_out
    assert gold().licence


def test_no_question_twice() -> None:
    asked = Counter(
        (normalise(sample.question), tuple(turn.question for turn in sample.turns))
        for sample in gold().samples
    )
    assert [question for question, n in asked.items() if n > 1] == []


def test_labels_agree_with_types() -> None:
    for sample in gold().samples:
        assert isinstance(sample.unanswerable, bool), sample.sample_id
        if sample.type in {"unanswerable", "off_topic"}:
            assert sample.unanswerable, sample.sample_id
        elif sample.type != "follow_up":
            assert not sample.unanswerable, sample.sample_id


def test_follow_ups_follow_something() -> None:
    for sample in gold().samples:
        assert bool(sample.turns) == (sample.type == "follow_up"), sample.sample_id


def test_answerable_ones_have_answers_and_evidence() -> None:
    for sample in answerable():
        assert sample.answers or sample.all_of, sample.sample_id
        assert sample.evidence and sample.relevant, sample.sample_id
        assert all(sample.all_of) and all(len(group) > 0 for group in sample.all_of), sample.sample_id


def test_unanswerable_ones_have_no_answers() -> None:
    assert [
        r["_id"] for r in records() if r.get("unanswerable") and (r.get("answers") or r.get("all_of"))
    ] == []


@pytest.mark.parametrize("sample", [s for s in gold().samples if s.evidence], ids=lambda s: s.sample_id)
def test_every_quote_stands_in_its_document(sample: Sample) -> None:
    for quotes in sample.evidence:
        for quote in quotes:
            assert quote.text in documents()[quote.doc].text, quote


def test_several_documents_are_needed_where_it_says_so() -> None:
    for sample in answerable():
        if sample.type == "multi_document":
            assert len(sample.relevant) >= 2, sample.sample_id


def test_facts_and_numbers_stand_in_their_evidence() -> None:
    lacking = []
    for sample in answerable():
        if sample.type in {"fact", "number"} and not sample.note:
            text = " ".join(quote.text for quotes in sample.evidence for quote in quotes)
            if not contains(text, sample.answers or [v for group in sample.all_of for v in group]):
                lacking.append((sample.sample_id, sample.answers))
    assert lacking == []
