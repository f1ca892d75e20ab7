"""Words, stems, names and dates of a text."""

from __future__ import annotations

import datetime
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.rag.text.dates import date_range, days_of, partial_date
from askive.rag.text.names import names
from askive.rag.text.words import STOP_WORDS, content_words, stem, stems, words


def letters(text: str) -> list[str]:
    return re.findall(r"[^\W_]", text.casefold())


@given(st.text())
def test_any_text_has_words(text: str) -> None:
    found = words(text)
    assert all(re.match(r"[^\W_]", word) and word == word.lower() for word in found)
    # Nothing that is a letter or a digit is lost or told twice, but for the genitive's s.
    whole = text.replace("'", " ").replace("’", " ")
    assert letters("".join(words(whole))) == letters(whole)
    content = content_words(text)
    assert content == ([word for word in found if word not in STOP_WORDS] or found)
    assert len(stems(text)) == len(content)
    assert all(name.casefold() in text.casefold() for name in names(text))


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
