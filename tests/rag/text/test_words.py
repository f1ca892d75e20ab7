"""Words, numbers, names and dates."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.rag.text.dates import date_range, days_of, partial_date
from askive.rag.text.names import names
from askive.rag.text.numbers import numbers
from askive.rag.text.words import content_words, stem, stems, words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("7,500 fighters", {"7500"}),
        ("7500 fighters", {"7500"}),
        ("seven thousand five hundred fighters", {"7500"}),
        ("two hundred and fifty thousand", {"250000"}),
        ("twenty-one ships and 3.5 hours", {"21", "3.5"}),
        ("one million two hundred thousand", {"1200000"}),
        ("three hundred", {"300"}),
        ("35 children, three schools", {"35", "3"}),
        ("since Sept. 30 more than 700 sorties", {"30", "700"}),
        ("a dozen strikes", {"12"}),
        ("12 million people", {"12000000"}),
        ("1.5 billion crowns", {"1500000000"}),
        ("two thousand fifteen", {"2015"}),
        ("Ten, then twelve", {"10", "12"}),
        ("two thousand and three thousand", {"2000", "3000"}),
        ("a hundred, or two dozen", {"100", "24"}),
        ("one of them, two hundred others", {"1", "200"}),
        ("hundreds of thousands", set()),
        ("between 2013 and 2014; 5 hundred", {"2013", "2014", "500"}),
        ("Seven. Five hundred.", {"7", "500"}),
        ("1,2,3 and 007", {"1,2,3", "007"}),
        ("no numbers", set()),
        ("", set()),
    ],
)
def test_numbers_have_one_spelling(text: str, found: set[str]) -> None:
    assert numbers(text) == found


@given(st.integers(0, 10**9))
def test_grouped_and_plain_digits_are_the_same_number(n: int) -> None:
    assert numbers(f"about {n:,} of them") == numbers(f"about {n} of them") == {str(n)}


@given(st.text())
def test_any_text_has_words(text: str) -> None:
    assert all(words(text)) or not words(text)
    assert stems(text) == [stem(word) for word in content_words(text)]
    assert all(isinstance(n, str) and n for n in numbers(text))
    assert all(name == name.lower() for name in names(text))


def test_stems_join_forms() -> None:
    assert stems("the bombings") == stems("bombing")
    assert stems("Kurds'") == stems("Kurd")
    assert stem("seven") == stem("7")
    assert stems("7,500") == ["7500"]


def test_names_are_capitalised_words() -> None:
    assert names("The minister, Jean-Yves Le Drian, spoke in Brussels.") >= {"brussels", "drian"}
    assert names("He spoke. She listened.") == set()
    assert "u.s" in names("It was the U.S. Army")


def test_questions_of_stop_words_still_have_words() -> None:
    assert content_words("who was that") == ["who", "was", "that"]


@pytest.mark.parametrize(
    ("value", "date"),
    [
        ("2016", "2016"),
        (2016, "2016"),
        ("2016-01", "2016-01"),
        ("2016-1-5", "2016-01-05"),
        ("2016-01-25", "2016-01-25"),
        ("2016-01-25T10:00:00Z", "2016-01-25"),
        ("2016-01-25 10:00", "2016-01-25"),
        (datetime.date(2016, 1, 25), "2016-01-25"),
        (datetime.datetime(2016, 1, 25, 9), "2016-01-25"),
        ("25 January 2016", "2016-01-25"),
        ("January 2016", "2016-01"),
        ("04.03.2024", "2024-03-04"),
        ("4. 3. 2024 10:30", "2024-03-04"),
        ("31.02.2024", None),
        ("Jan 25, 2016 10:00 EST", "2016-01-25"),
        ("2016-02-30", None),
        ("2016-13", None),
        ("May", None),
        ("10:30", None),
        ("soon", None),
        ("", None),
        (None, None),
        (True, None),
        (["2016"], None),
        (float("nan"), None),
    ],
)
def test_dates_are_as_precise_as_they_are_known(value: object, date: str | None) -> None:
    assert partial_date(value) == date


@given(
    st.one_of(st.text(), st.integers(), st.floats(), st.dates(), st.text("0123456789-/:.TZ +,", max_size=24))
)
def test_any_value_is_a_date_or_is_not(value: object) -> None:
    found = partial_date(value)
    if found is not None:
        first, last = date_range(found)
        assert first <= last


def test_ranges_of_dates() -> None:
    assert days_of("2016-02") == ("2016-02-01", "2016-02-29")
    assert days_of(None) == days_of("") == days_of("some day") == days_of("2016-02-31") == (None, None)
    assert date_range("2016-02") == (datetime.date(2016, 2, 1), datetime.date(2016, 2, 29))
    assert date_range("2015-12") == (datetime.date(2015, 12, 1), datetime.date(2015, 12, 31))
    assert date_range("2016") == (datetime.date(2016, 1, 1), datetime.date(2016, 12, 31))
    assert date_range("2016-01-25") == (datetime.date(2016, 1, 25), datetime.date(2016, 1, 25))
