"""The gold sets hold what they promise."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any

import pytest

from askive.eval.datasets import Sample, Suite, open_suite
from askive.eval.datasets.gold import GOLD_OFFICES, GOLD_SEEDS
from askive.eval.datasets.lines import read_json_lines
from askive.eval.metrics.answers import all_of, contains, normalise
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
    "half",
    "note",
}


FOLDERS = {"seeds": GOLD_SEEDS, "offices": GOLD_OFFICES}
# Yes and no stand in no source.
JUDGED = {"yes_no", "denial", "accounts_differ"}


@cache
def gold(name: str = "seeds") -> Suite:
    return open_suite(name)


@cache
def records(name: str) -> list[dict[str, Any]]:
    return [record for _, record in read_json_lines(FOLDERS[name] / "queries.jsonl")]


@cache
def documents(name: str) -> dict[str, Document]:
    return {document.uri: document for document in gold(name).documents()}


def answerable(name: str = "seeds") -> list[Sample]:
    return [sample for sample in gold(name).samples if not sample.unanswerable]


both = pytest.mark.parametrize("name", FOLDERS)


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


@both
def test_known_keys_only(name: str) -> None:
    assert {key for record in records(name) for key in record} <= KEYS
    assert not gold(name).left_out
    assert gold(name).licence


@both
def test_no_question_twice(name: str) -> None:
    asked = Counter(
        (normalise(sample.question), tuple(turn.question for turn in sample.turns))
        for sample in gold(name).samples
    )
    assert [question for question, n in asked.items() if n > 1] == []


@both
def test_labels_agree_with_types(name: str) -> None:
    for sample in gold(name).samples:
        assert isinstance(sample.unanswerable, bool), sample.sample_id
        if sample.type in {"unanswerable", "off_topic"}:
            assert sample.unanswerable, sample.sample_id
        elif sample.type != "follow_up":
            assert not sample.unanswerable, sample.sample_id


def test_follow_ups_follow_something() -> None:
    for sample in gold().samples:
        assert bool(sample.turns) == (sample.type == "follow_up"), sample.sample_id


@both
def test_answerable_ones_have_answers_and_evidence(name: str) -> None:
    for sample in answerable(name):
        assert sample.answers or sample.all_of, sample.sample_id
        assert sample.evidence and sample.relevant, sample.sample_id
        assert all(sample.all_of) and all(len(group) > 0 for group in sample.all_of), sample.sample_id


@both
def test_unanswerable_ones_have_no_answers(name: str) -> None:
    assert [
        r["_id"] for r in records(name) if r.get("unanswerable") and (r.get("answers") or r.get("all_of"))
    ] == []


@both
def test_every_quote_stands_in_its_document(name: str) -> None:
    texts = {uri: document.text for uri, document in documents(name).items()}
    # Those that mislead belong to no sample.
    quotes = [(r["_id"], quote["doc"], quote["quote"]) for r in records(name) for quote in r["evidence"]]
    assert [(one, doc, quote) for one, doc, quote in quotes if quote not in texts[doc]] == []


def test_several_documents_are_needed_where_it_says_so() -> None:
    for sample in answerable():
        if sample.type == "multi_document":
            assert len(sample.relevant) >= 2, sample.sample_id


@both
def test_values_stand_in_their_evidence(name: str) -> None:
    lacking = []
    for sample in answerable(name):
        noted = name == "seeds" and (sample.type not in {"fact", "number"} or sample.note)
        if not noted and sample.type not in JUDGED:
            text = " ".join(quote.text for quotes in sample.evidence for quote in quotes)
            whole = sample.all_of and all_of(text, sample.all_of)
            if not whole and not contains(text, sample.answers):
                lacking.append((sample.sample_id, sample.answers))
    assert lacking == []
