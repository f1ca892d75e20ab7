"""Whether a sentence speaks of a day to come."""

from __future__ import annotations

import pytest

from askive.rag.survey.event_times import event_times

FRIDAY = "2021-03-12"


@pytest.mark.parametrize(
    ("sentence", "day"),
    [
        ("The ferry sank on Thursday.", "2021-03-11"),
        ("On Thursday they flew to Finsk.", "2021-03-11"),
        ("She said on Thursday that the pier will stay.", "2021-03-11"),
        ("It was repaired on Thursday and will run again.", "2021-03-11"),
        ("Strikes on Thursday killed two.", "2021-03-11"),
        ("On Thursday we will meet at the weir.", "2021-03-18"),
        ("Can you come on Thursday?", "2021-03-18"),
        ("Are you free Thursday?", "2021-03-18"),
        ("The meeting is on Thursday.", "2021-03-18"),
        ("We meet on Thursday.", "2021-03-18"),
        ("I am travelling to Finsk on Thursday.", "2021-03-18"),
        ("Please send it by Thursday.", "2021-03-18"),
        ("The lorry is due on Thursday.", "2021-03-18"),
        ("The lorry was due on Thursday.", "2021-03-11"),
        ("As I wrote on Thursday, you can come.", "2021-03-11"),
    ],
)
def test_weekdays(sentence: str, day: str) -> None:
    assert [time.first for time in event_times(sentence, FRIDAY)] == [day]


@pytest.mark.parametrize(
    ("sentence", "month"),
    [
        ("You wrote in June that the window leaks.", "2020-06"),
        ("The lease ends in June.", "2021-06"),
        ("We will raise it in June.", "2021-06"),
        ("They raised it in January.", "2021-01"),
    ],
)
def test_months_that_a_sentence_looks_back_to(sentence: str, month: str) -> None:
    assert [time.first for time in event_times(sentence, FRIDAY)] == [month]
