"""What is read from a question, once."""

from __future__ import annotations

import datetime
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.rag.question.analysis import MAX_QUERY_CHARS, Clause, Question
from askive.rag.question.answer_type import Kind

PUBLISHERS = ["BBC News", "BBC News - Arts", "Fortune", "The Gazette"]

READ: list[tuple[str, dict[str, Any]]] = [
    ("How many people live in Finsk?", {"answer_type": "number", "counts_people": True, "counted": "people"}),
    ("How long is the bridge?", {"answer_type": "number", "counted": "", "wants_explanation": False}),
    ("What was the length of the bridge?", {"answer_type": "number", "wants_the_one": True}),
    ("Give me the total number of ships.", {"answer_type": "number", "wants_explanation": False}),
    ("Which church has the largest number of followers?", {"answer_type": None, "wants_explanation": False}),
    ("In what year did the number of ships double?", {"answer_type": "date"}),
    ("What was the name of the count of Apulia?", {"answer_type": None, "wants_the_one": True}),
    ("How often is the cup held?", {"answer_type": None, "wants_explanation": False}),
    ("What time does the harbour open?", {"answer_type": None}),
    ("When was the old bridge built?", {"answer_type": "date", "is_one_thing": True}),
    ("In what city is it?", {"answer_type": "name", "asks_who": False}),
    ("Who is the mayor?", {"answer_type": "name", "asks_who": True, "is_one_thing": True}),
    ("Why did the harbour close?", {"answer_type": None, "wants_explanation": True, "is_one_thing": False}),
    ("Did the harbour close?", {"is_yes_no": True, "wants_explanation": False, "is_one_thing": False}),
    ("Did it close before or after the storm?", {"is_yes_no": False}),
    ("Which ships were in the harbour?", {"wants_several": True}),
    ("What did Fortune say of the latest figures?", {"publishers": ("Fortune",), "latest": True}),
    ("Whom does fortune favour in Finsk?", {"publishers": ()}),
    ("What did the Gazette report last week?", {"publishers": ("The Gazette",), "relative": "last week"}),
    ("What did BBC News show?", {"publishers": ("BBC News",)}),
    ("", {"names": (), "stems": (), "clauses": (), "sub_questions": (), "query": ""}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "fields"), READ, ids=[text for text, _ in READ])
def test_what_is_read(text: str, fields: dict[str, Any]) -> None:
    question = Question.read(text, PUBLISHERS)
    assert {name: getattr(question, name) for name in fields} == fields


def test_its_words_have_their_places() -> None:
    text = "Trams in Finsk: did Ada Voss count 412 of them in May 1950?"
    question = Question.read(text)
    assert [name.text for name in question.names] == ["Trams", "Finsk", "Ada Voss"]
    assert [name.text for name in question.sure_names] == ["Finsk", "Ada Voss"]
    assert [day.text for day in question.dates] == ["May 1950"]
    assert [quantity.value for quantity in question.quantities] == [412]
    spans = [(item.start, item.end, item.text) for item in question.names]
    spans += [(item.start, item.end, item.text) for item in question.dates]
    spans += [(item.start, item.end, item.text) for item in question.quantities]
    assert all(text[start:end] == spelled for start, end, spelled in spans)
    assert question.numbers >= {"412", "1950"}
    assert {"tram", "count", "412"} <= set(question.stems)


def test_where_to_look() -> None:
    question = Question.read("What did The Gazette say in May 1950 before the peace talks?", PUBLISHERS)
    assert [(time.first, time.last) for time in question.times] == [
        (datetime.date(1950, 5, 1), datetime.date(1950, 5, 31))
    ]
    assert [event.phrase for event in question.events] == ["the peace talks"]
    assert question.describe() == "published by The Gazette, dated 1950-05-01 to 1950-05-31"
    plain = question.literal()
    assert plain.describe() == ""
    assert (plain.text, plain.dates, plain.events) == (question.text, question.dates, ())


def test_a_clause_has_the_publishers_and_times_that_it_names_itself() -> None:
    question = Question.read(
        "Did Fortune say the harbour closed in 1950, while The Gazette said the bridge was closed?",
        PUBLISHERS,
    )
    assert [clause.publishers for clause in question.clauses] == [("Fortune",), ("The Gazette",)]
    assert [len(clause.times) for clause in question.clauses] == [1, 0]
    named = Clause("who closed it").with_names(["Ada Voss", "Fortune"], question.publishers)
    assert named == Clause("who closed it Ada Voss Fortune", ("Fortune",))


def test_its_parts_are_questions() -> None:
    question = Question.read("When was the bridge of Finsk built, and who is the mayor of Velm?")
    built, mayor = question.sub_questions
    assert (built.answer_type, mayor.answer_type) == ("date", "name")
    assert mayor.wording == "who is the mayor of Velm"
    assert mayor.question == Question.read("who is the mayor of Velm?")
    spaced = Question.read("When was the bridge of Finsk built,\n  and who is  the mayor of Velm?")
    assert spaced.sub_questions == question.sub_questions
    assert question.only([mayor]) == Question.read("Who is the mayor of Velm?")
    assert not question.is_one_thing


def test_a_follow_up_is_read_behind_what_it_follows() -> None:
    question = Question.read("How long is it?")
    assert question.after("") is question
    after = question.after("Who built the bridge of Finsk?")
    assert after.text == "Who built the bridge of Finsk? How long is it?"
    assert {"bridg", "finsk"} <= set(after.stems)


@pytest.mark.parametrize(
    ("text", "answer", "lacks"),
    [
        ("How many ships came in 1950?", "412 ships came in 1950.", False),
        ("How many ships came in 1950?", "Ships came in 1950.", True),
        ("How many ships came in 1950?", "Several ships came.", False),
        ("What was the length of the bridge?", "It was long.", True),
        ("How long did they hold out?", "For almost a month.", False),
        ("Where did the French send a large number of settlers?", "To Algeria.", False),
        ("Who came in 1950?", "Ada Voss came.", False),
    ],
)
def test_an_answer_without_the_number_that_is_asked_for(text: str, answer: str, lacks: bool) -> None:
    assert Question.read(text).lacks_number(answer) is lacks


@pytest.mark.parametrize(
    ("text", "sentence", "matches"),
    [
        ("What was the length of the bridge?", "The bridge is 120 metres long.", True),
        ("What was the length of the bridge?", "The bridge is green.", False),
        ("In what city is the bridge?", "The bridge is in Finsk.", True),
        ("In what city is the bridge of Finsk?", "The bridge of Finsk is green.", False),
        ("Which year was it built?", "It was built in 1871.", True),
        ("Why was it built?", "It was built in 1871.", False),
    ],
)
def test_a_sentence_with_the_type_that_is_asked_for(text: str, sentence: str, matches: bool) -> None:
    assert Question.read(text).matches_type(sentence) is matches


def test_it_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Question.read("Who?").text = "Why?"  # type: ignore[misc]


_OPENINGS = ("Who", "When", "How many", "Did", "What is the", "and", "in 1950", "?", ",", "The Gazette", "it")


@given(st.lists(st.sampled_from(_OPENINGS) | st.text(max_size=12), max_size=12).map(" ".join))
def test_reading_twice_is_equal(text: str) -> None:
    question = Question.read(text, PUBLISHERS)
    again = Question.read(text, PUBLISHERS)
    assert question == again
    assert hash(question) == hash(again)
    assert question.text == text
    assert set(question.publishers) <= set(PUBLISHERS)
    assert len(question.query) <= MAX_QUERY_CHARS
    assert "\n" not in question.query
    assert question.answer_type in (None, *_KINDS)
    assert len(question.sub_questions) != 1
    assert all(not part.question.sub_questions for part in question.sub_questions)
    if question.sub_questions:
        question.only(question.sub_questions)


_KINDS: tuple[Kind, ...] = ("number", "date", "name")
