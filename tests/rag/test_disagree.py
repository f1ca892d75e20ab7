"""Sources that differ, and sources that only seem to."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from rag.asked import asked_kind, same_value
from rag.disagree import Disagreement, disagreement, told
from rag.types import Citation, Hit, Passage, Source

QUESTION = "How many people were killed in the Brenmoor fire?"


def hit(n: int, text: str, published: str | None = None, publisher: str = "") -> Hit:
    source = Source(n, f"{n}.md", f"Paper {n}", "text/markdown", published, publisher or f"Paper {n}")
    return Hit(Passage(text, 0, len(text), passage_id=n, doc_id=n), source, 1.0, n, "fused")


def cite(hit: Hit, start: int, end: int, score: float) -> Citation:
    return Citation(hit.passage.doc_id, hit, start, end, hit.passage.text[start:end], score)


def found(question: str, hits: Sequence[Hit]) -> Disagreement:
    got = disagreement(question, hits, cite)
    assert got is not None
    return got


def test_each_value_has_its_sources_newest_first() -> None:
    got = found(
        QUESTION,
        [
            hit(1, "The Brenmoor fire killed 12 people.", "2015-11-02"),
            hit(2, "In the Brenmoor fire 35 people were killed.", "2015-11-04"),
            hit(3, "A dozen people were killed in the Brenmoor fire.", "2015-11-01"),
        ],
    )
    assert [account.published for account in got.accounts] == ["2015-11-04", "2015-11-02"]
    assert got.accounts[0].value == "35" and len(got.accounts[1].citations) == 2
    assert got.is_update
    text = told(got)
    assert text.startswith("The figure changed over time: 35 (Paper 2, 4 November 2015); earlier: ")
    for account in got.accounts:
        for citation in account.citations:
            assert citation.hit.passage.text[citation.start : citation.end] == citation.quote


def test_the_same_day_is_a_contradiction() -> None:
    hits = [
        hit(1, "The Brenmoor fire killed 12 people.", "2015-11-02"),
        hit(2, "In the Brenmoor fire 35 people were killed.", "2015-11-02"),
    ]
    got = found(QUESTION, hits)
    assert not got.is_update
    assert told(got).startswith("The sources differ: ")


def test_undated_sources_contradict() -> None:
    hits = [
        hit(1, "The album Lazy Days was recorded by Ada Voss in a barn."),
        hit(2, "Lazy Days is an album by the singer Petra Lind."),
    ]
    got = found("Who is the artist of the album Lazy Days?", hits)
    assert {account.value for account in got.accounts} == {"Ada Voss", "Petra Lind"}
    assert not got.is_update


@pytest.mark.parametrize(
    ("question", "texts"),
    [
        (
            QUESTION,
            ["The Brenmoor fire killed 12 people.", "A dozen people were killed in the Brenmoor fire."],
        ),
        (QUESTION, ["The Brenmoor fire killed 12 people.", "The Tallow fire killed 90 people."]),
        (QUESTION, ["The Brenmoor fire killed 12 people.", "The Brenmoor fire burned for days."]),
        (
            "Why did the Brenmoor fire start?",
            ["It killed 12 people in Brenmoor.", "It killed 35 in Brenmoor."],
        ),
        (QUESTION, []),
    ],
)
def test_no_disagreement(question: str, texts: list[str]) -> None:
    assert disagreement(question, [hit(n, text) for n, text in enumerate(texts, 1)], cite) is None


def test_a_reader_marks_what_rules_cannot() -> None:
    hits = [
        hit(1, "Jack Snow played baseball."),
        hit(2, "Jack Snow played ice hockey. He won."),
        hit(3, "Rain."),
    ]
    spans = {0: (17, 25, 0.9), 1: (17, 27, 0.8), 2: (0, 4, 0.1)}
    got = disagreement("What sport did Jack Snow play?", hits, cite, lambda _q, texts: [spans[i] for i in range(len(texts))])  # fmt: skip
    assert got is not None
    assert {account.value for account in got.accounts} == {"baseball", "ice hockey"}
    assert got.accounts[0].citations[0].quote.endswith(".")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("12", "a dozen", True), ("12", "35", False), ("Jan. 25", "25 January 2016", True),
        ("1902", "1903", False), ("Ada Voss", "Voss", True), ("Ada Voss", "Petra Lind", False),
        ("3,559 people", "3559", True), ("12%", "12 trams", False),
    ],
)  # fmt: skip
def test_same_values(one: str, other: str, same: bool) -> None:
    assert same_value(one, other) is same_value(other, one) is same


def test_what_is_asked_for() -> None:
    assert asked_kind("What is the population of Finsk?") == "number"
    assert asked_kind("When was it built?") == "date"
    assert asked_kind("Who built it?") == "name"
    assert asked_kind("Why was it built?") is None
