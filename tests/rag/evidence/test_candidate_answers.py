"""The value that each document gives for what is asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from askive.rag.evidence.candidate_answers import candidate_answers
from askive.rag.evidence.scoring import ScoredSentence
from askive.rag.evidence.source_sentences import source_sentences
from askive.rag.question.analysis import Question
from askive.rag.text.sentences import Span
from askive.rag.types import Hit, Passage, Source

BUILT = "When was the old bridge of Aldermoor built?"


def sentence(text: str, doc_id: int = 1, index: int = 0) -> ScoredSentence:
    passage = Passage(text, 0, len(text), passage_id=doc_id, doc_id=doc_id)
    hit = Hit(passage, Source(doc_id, f"doc{doc_id}", "", "text/plain"), 1.0, 1, "fused")
    return ScoredSentence(source_sentences(hit)[index], index, 0.9)


def read(item: ScoredSentence, marked: str, logit: float) -> ScoredSentence:
    """As the reader leaves it: `marked` is what it takes for the answer."""
    start = item.hit.passage.text.index(marked)
    answer = Span(start, start + len(marked))
    return replace(item, topical=0.8, answerable=logit, answer=answer, answer_score=12.0)


@pytest.mark.parametrize(
    ("question", "text", "value"),
    [
        (BUILT, "The old bridge of Aldermoor was built in 1871.", "1871"),
        (
            "Who built the old bridge of Aldermoor?",
            "The old bridge of Aldermoor was built by Ida Falk.",
            "Ida Falk",
        ),
        ("How many ships reached Aldermoor?", "In January 412 ships reached Aldermoor.", "412 ships"),
    ],
)
def test_the_rules_find_a_date_a_name_and_a_number(question: str, text: str, value: str) -> None:
    assert [found.value for found in candidate_answers(Question.read(question), [sentence(text)])] == [value]


def test_each_document_gives_its_own_value() -> None:
    texts = [
        "The old bridge of Aldermoor was built in 1871.",
        "The old bridge of Aldermoor was built in 1872.",
    ]
    found = candidate_answers(
        Question.read(BUILT), [sentence(text, n) for n, text in enumerate(texts, start=1)]
    )
    assert {(one.value, one.candidate.hit.passage.doc_id) for one in found} == {("1871", 1), ("1872", 2)}
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert all(0 < one.score <= 1 for one in found)


def test_two_speakers_of_one_document_give_two_values() -> None:
    text = "Mayor Tom Ekberg said 12 people were killed. Captain Rosa Lind said 35 people were killed."
    items = [sentence(text, index=index) for index in (0, 1)]
    found = candidate_answers(Question.read("How many people were killed?"), items)
    assert {(one.value, one.speaker) for one in found} == {("12 people", "ekberg"), ("35 people", "lind")}


def test_a_document_about_another_thing_gives_no_value() -> None:
    assert (
        candidate_answers(Question.read(BUILT), [sentence("The old bridge of Oldburgh was built in 1871.")])
        == []
    )
    assert (
        candidate_answers(Question.read(BUILT), [sentence("The fair of Aldermoor drew visitors in 1871.")])
        == []
    )


def test_a_question_for_several_things_has_no_single_value() -> None:
    text = "The old bridge of Aldermoor was built by Ida Falk."
    assert (
        candidate_answers(
            Question.read("Which engineers built the old bridge of Aldermoor?"), [sentence(text)]
        )
        == []
    )


def test_what_the_reader_marks_makes_the_value_surer() -> None:
    item = sentence("The old bridge of Aldermoor was built in 1871.")
    sure, unsure = (
        candidate_answers(Question.read(BUILT), [read(item, "1871", logit)]) for logit in (6.0, -6.0)
    )
    assert {one.value for one in (*sure, *unsure)} == {"1871"}
    assert max(one.score for one in sure) > max(one.score for one in unsure)


def test_the_reader_finds_a_value_of_no_kind_that_the_rules_know() -> None:
    question = "Which material carries the bridge of Aldermoor?"
    item = sentence("The bridge of Aldermoor rests on a material called granite.")
    assert candidate_answers(Question.read(question), [item]) == []
    assert [
        one.value for one in candidate_answers(Question.read(question), [read(item, "granite", 6.0)])
    ] == ["granite"]


def test_a_reader_that_marks_a_neighbour_says_nothing_of_this_sentence() -> None:
    text = "The bridge of Aldermoor rests on a certain material. It is granite."
    question = "Which material carries the bridge of Aldermoor?"
    assert candidate_answers(Question.read(question), [read(sentence(text), "granite", 6.0)]) == []
