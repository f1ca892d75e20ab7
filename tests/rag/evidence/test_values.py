"""Values of the kind that a question asks for, and which of them are the same."""

from __future__ import annotations

import pytest

from askive.rag.evidence.values import fullest, same_value, values_in
from askive.rag.question.analysis import Question
from askive.rag.question.answer_type import expected_kind


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


@pytest.mark.parametrize(
    ("question", "text", "first"),
    [
        ("What is the population of Finsk?", "Finsk has an area of 40 km and 3,559 people.", "3,559 people"),
        (
            "How many people were killed in the Brenmoor fire?",
            "In two fires in Brenmoor, 35 people were killed.",
            "35 people",
        ),
        ("How many people were killed in the Brenmoor attacks?", "Two attacks killed them.", None),
    ],
)
def test_a_number_counts_what_is_asked_for(question: str, text: str, first: str | None) -> None:
    values = values_in(Question.read(question), "number", text)
    assert (values[0].text if values else None) == first


@pytest.mark.parametrize(
    ("question", "text", "values"),
    [
        ("When was Ada Voss born?", "Ada Voss was born in 1901. Retrieved 9 October 2017.", ["1901"]),
        ("When was Ada Voss born?", "Ada Voss, born in 1901, page last updated on 9 October 2017", ["1901"]),
        ("What is the population of Arl?", "Arl (code 0454046) has a population of 571 people.", ["571 people"]),
        ("What is the population of Arl?", "The county of Arl has ten townships and 571 inhabitants.", ["571 inhabitants"]),
        ("What is the population of Arl?", "The population of Arl was 4,008 at the 2020 census.", ["4,008"]),
    ],
)  # fmt: skip
def test_what_is_no_value(question: str, text: str, values: list[str]) -> None:
    kind = expected_kind(question)
    assert kind
    assert [value.text for value in values_in(Question.read(question), kind, text)][: len(values)] == values
    assert not any(
        other in value.text
        for value in values_in(Question.read(question), kind, text)
        for other in ("2017", "ten", "045")
    )


def test_the_fullest_of_equal_values() -> None:
    assert fullest(["1849", "26 August 1849"]) == "26 August 1849"
