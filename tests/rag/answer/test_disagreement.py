"""Sources that differ, and sources that only seem to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from askive.rag.answer.disagreement import Disagreement, describe, disagreement
from askive.rag.evidence.scoring import ScoredSentence
from askive.rag.evidence.source_sentences import source_sentences
from askive.rag.question.analysis import Question
from askive.rag.question.answer_type import expected_kind
from askive.rag.text.sentences import Span
from askive.rag.types import Citation, Hit, Passage, Source

QUESTION = "How many people were killed in the Brenmoor fire?"


def hit(n: int, text: str, published: str | None = None, publisher: str = "") -> Hit:
    source = Source(n, f"{n}.md", f"Paper {n}", "text/markdown", published, publisher or f"Paper {n}")
    return Hit(Passage(text, 0, len(text), passage_id=n, doc_id=n), source, 1.0, n, "fused")


def cite(hit: Hit, start: int, end: int, score: float) -> Citation:
    return Citation(hit.passage.doc_id, hit, start, end, hit.passage.text[start:end], score)


def scored(hits: Sequence[Hit]) -> list[ScoredSentence]:
    """Their sentences as rules score them: nobody has read them."""
    return [
        ScoredSentence(sentence, n, 0.5) for hit in hits for n, sentence in enumerate(source_sentences(hit))
    ]


def read(hit: Hit, answer: str, answerable: float = 2.0, answer_score: float = 10.0) -> ScoredSentence:
    """The first sentence of the hit with what a reader finds in it."""
    (sentence, *_) = scored([hit])
    at = hit.passage.text.index(answer)
    return replace(
        sentence,
        topical=0.6,
        answerable=answerable,
        answer=Span(at, at + len(answer)),
        answer_score=answer_score,
    )


def found(question: str, hits: Sequence[Hit]) -> Disagreement:
    got = disagreement(Question.read(question), scored(hits), cite)
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
    assert got.accounts[0].value == "35 people" and len(got.accounts[1].citations) == 2
    assert got.is_update
    text = describe(got)
    assert text.startswith("The figure changed over time: 35 people (Paper 2, 4 November 2015); earlier: ")
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
    assert describe(got).startswith("The sources differ: ")


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
    assert (
        disagreement(Question.read(question), scored([hit(n, text) for n, text in enumerate(texts, 1)]), cite)
        is None
    )


SPORT = "What sport did Jack Snow play?"
BASEBALL = hit(1, "Jack Snow played baseball.")
HOCKEY = hit(2, "Jack Snow played ice hockey. He won.")


def test_a_reader_marks_what_rules_cannot() -> None:
    got = disagreement(Question.read(SPORT), [read(BASEBALL, "baseball"), read(HOCKEY, "ice hockey")], cite)
    assert got is not None
    assert {account.value for account in got.accounts} == {"baseball", "ice hockey"}
    assert all(account.citations[0].quote.endswith(".") for account in got.accounts)


def test_only_what_a_second_look_finds_is_told() -> None:
    sentences = [
        read(BASEBALL, "baseball"),
        read(HOCKEY, "ice hockey"),
        read(hit(3, "Jack Snow played chess."), "chess"),
        read(hit(4, "Jack Snow played tennis."), "tennis"),
    ]
    odds = {"baseball": -4.0, "ice hockey": 3.0, "chess": 1.4, "tennis": 1.6}
    looked: dict[str, str] = {}

    def gives(value: str, citation: Citation) -> float:
        looked[value] = citation.quote
        return odds[value]

    def told_of(some: Sequence[ScoredSentence]) -> set[str]:
        got = disagreement(Question.read(SPORT), some, cite, gives)
        return {account.value for account in got.accounts} if got else set()

    assert told_of(sentences) == {"ice hockey", "tennis"}
    assert looked["chess"] == "Jack Snow played chess."
    assert told_of(sentences[:3]) == set(), "one account is no difference"
    looked.clear()
    assert told_of(sentences[:1]) == set()
    assert not looked


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(read(HOCKEY, "ice hockey", answerable=-5.0, answer_score=0.0), id="no answer"),
        pytest.param(read(hit(2, "Jack Snow played baseball in Marle."), "baseball"), id="the same"),
        pytest.param(read(hit(2, "Ada Voss played ice hockey."), "ice hockey"), id="somebody else"),
        pytest.param(read(hit(1, "Jack Snow played ice hockey."), "ice hockey"), id="the same document"),
        pytest.param(read(hit(2, "Jack Snow played a sport."), "sport"), id="the question's own word"),
    ],
)
def test_what_a_reader_marks_may_be_no_other_account(other: ScoredSentence) -> None:
    assert disagreement(Question.read(SPORT), [read(BASEBALL, "baseball"), other], cite) is None


def test_one_thing_is_asked_for() -> None:
    hits = [hit(1, "Brenmoor Mill was built in Finsk."), hit(2, "Brenmoor Mill was built in Marle.")]
    got = found("Which city was Brenmoor Mill built in?", hits)
    assert {account.value for account in got.accounts} == {"Finsk", "Marle"}


def test_a_list_does_not_differ() -> None:
    sentences = [read(BASEBALL, "baseball"), read(HOCKEY, "ice hockey")]
    assert disagreement(Question.read("Which sports did Jack Snow play?"), sentences, cite) is None


def test_a_short_name_and_a_full_one_are_one() -> None:
    sentences = [
        read(hit(1, "The mayor of Finsk is Petra Lind."), "Petra Lind"),
        read(hit(2, "The mayor of Finsk, Lind, spoke."), "Lind"),
    ]
    assert disagreement(Question.read("Who is the mayor of Finsk?"), sentences, cite) is None


def test_two_speakers_in_one_document_count_differently() -> None:
    both = hit(1, "The Observatory said 12 people were killed in the Brenmoor fire. Hale said 35 people were killed in the Brenmoor fire.")  # fmt: skip
    assert {account.value for account in found(QUESTION, [both]).accounts} == {"12 people", "35 people"}


def test_rows_of_a_table_do_not_differ() -> None:
    rows = hit(
        1,
        "Killed in the Brenmoor fire: 12 people; Ward: North\n\nKilled in the Brenmoor fire: 35 people; Ward: South\n",
    )
    assert disagreement(Question.read(QUESTION), scored([rows]), cite) is None


def test_the_fullest_of_equal_values_is_told() -> None:
    hits = [
        hit(1, "The Brenmoor mill was built in 1902."),
        hit(2, "The Brenmoor mill was built on 5 May 1902."),
        hit(3, "The Brenmoor mill was built in 1850."),
    ]
    got = found("When was the Brenmoor mill built?", hits)
    assert {account.value for account in got.accounts} == {"5 May 1902", "1850"}


def test_what_is_asked_for() -> None:
    assert expected_kind("What is the population of Finsk?") == "number"
    assert expected_kind("When was it built?") == "date"
    assert expected_kind("Who built it?") == "name"
    assert expected_kind("Why was it built?") is None


def test_a_document_has_one_value_the_one_that_others_give_too() -> None:
    items = [
        read(hit(1, "Ada Voss was born on 3 May 1901, or as others say in 1899."), "1899"),
        read(hit(2, "Ada Voss was born in 1899."), "1899"),
        read(hit(3, "Ada Voss was born in 1912."), "1912"),
    ]
    got = disagreement(Question.read("When was Ada Voss born?"), items, cite)
    assert got is not None
    assert {account.value for account in got.accounts} == {"1899", "1912"}


def test_a_row_of_links_is_no_name() -> None:
    hits = [
        hit(1, "The album Lazy Days was recorded by Ada Voss in a barn."),
        hit(2, "The album Lazy Days by Search Remove Ads New Releases Discover Articles Profile."),
    ]
    assert (
        disagreement(Question.read("Who is the artist of the album Lazy Days?"), scored(hits), cite) is None
    )


@pytest.mark.parametrize("nobody", ["Mercury Records", "English", "UK", "Released", "Columbia Pictures"])
def test_a_label_and_a_people_are_nobody(nobody: str) -> None:
    hits = [
        hit(1, "The album Lazy Days was recorded by Ada Voss in a barn."),
        hit(2, f"The album Lazy Days by the artist, {nobody}, 1999."),
    ]
    assert (
        disagreement(Question.read("Who is the artist of the album Lazy Days?"), scored(hits), cite) is None
    )


def test_a_value_is_cited_first_where_it_is_told_in_full() -> None:
    texts = [
        ("Ada Voss was born on 26 August 1849.", "2001"),
        ("Ada Voss was born in 1849.", "2015"),
        ("Ada Voss was born on 22 September 1804.", "2003"),
    ]
    got = found("When was Ada Voss born?", [hit(n, *text) for n, text in enumerate(texts, 1)])
    newest = got.accounts[0]
    assert (newest.value, newest.published) == ("26 August 1849", "2015")
    assert [citation.hit.source.published for citation in newest.citations] == ["2001", "2015"]


def test_parts_of_one_name_are_one_account() -> None:
    names = ("Franklin", "Aretha Franklin", "Aretha")
    hits = [hit(n, f"The mayor of Finsk is {name}.") for n, name in enumerate(names, 1)]
    sentences = [read(one, name) for one, name in zip(hits, names, strict=True)]
    assert disagreement(Question.read("Who is the mayor of Finsk?"), sentences, cite) is None


ONE_DOCUMENT = (
    "The Lund Observatory, which reported first, counted at least 12 people killed in the Brenmoor fire. "
    "Ada Holm, who spoke later, gave a figure of 35 people killed in the Brenmoor fire."
)


def test_one_document_gives_two_accounts() -> None:
    got = disagreement(Question.read(QUESTION), scored([hit(1, ONE_DOCUMENT)]), cite, lambda *_: 2.0)
    assert got is not None
    assert sorted(account.value for account in got.accounts) == ["12 people", "35 people"]
    assert "12 people (Lund Observatory, in Paper 1)" in describe(got)
    assert "35 people (Ada Holm, in Paper 1)" in describe(got)


def test_a_second_count_of_a_document_needs_a_second_check() -> None:
    assert (
        disagreement(Question.read(QUESTION), scored([hit(1, ONE_DOCUMENT)]), cite, lambda *_: -1.0) is None
    )


def test_values_of_different_kinds_are_no_differing_accounts() -> None:
    question = Question.read("What was the grade of the Brenmoor dam?")
    graded = read(hit(1, "The grade of the Brenmoor dam was 3.2 in the spring."), "3.2")
    for other, differ in (("Inspection", False), ("4.1", True)):
        text = f"The grade of the Brenmoor dam was {other} in the autumn."
        got = disagreement(question, [graded, read(hit(2, text), other)], cite)
        assert (got is not None) is differ
