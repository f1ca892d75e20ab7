"""Dates in texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.rag.text.date_mentions import conflicts, day_of, days, entails


@pytest.mark.parametrize(
    ("text", "published", "found"),
    [
        ("Jan. 25", "2016-01-13", ["2016-01-25"]),
        ("25 January 2016 and 2015-09-30", None, ["2016-01-25", "2015-09-30"]),
        ("March 3rd, 2014", None, ["2014-03-03"]),
        ("in May we may go", "2015-03", ["2015-05"]),
        ("December 30", "2016-01-02", ["2015-12-30"]),
        ("on Monday", "2016-01-13", ["2016-01-11"]),
        ("next Friday", "2016-01-13", ["2016-01-15"]),
        ("on Monday", "2016-01", [None]),
        ("yesterday", "2016-03-01", ["2016-02-29"]),
        ("last month", "2016-01", ["2015-12"]),
        ("last year", "2016", ["2015"]),
        ("since 1987, 2000 troops", None, ["1987"]),
        ("31 February 2016", None, ["2016-02"]),
        ("nothing", "2016", []),
    ],
)
def test_dates_of_a_text(text: str, published: str | None, found: list[str | None]) -> None:
    assert [day.iso for day in days(text, published)] == found


@pytest.mark.parametrize(
    ("held", "claimed", "borne", "clash"),
    [
        ("25 January 2016", "January 2016", True, False),
        ("January 2016", "25 January 2016", False, False),
        ("25 January 2016", "26 January 2016", False, True),
        ("25 January 2016", "Monday", True, False),
        ("25 January 2016", "Tuesday", False, False),
        ("Monday", "Tuesday", False, True),
        ("in 1871", "in 1872", False, True),
    ],
)
def test_what_bears_a_date(held: str, claimed: str, borne: bool, clash: bool) -> None:
    one, other = days(held)[0], days(claimed)[0]
    assert (entails(one, other), conflicts(one, other)) == (borne, clash)


def test_a_documents_date() -> None:
    day = day_of("2016-01")
    assert day is not None and (day.year, day.month, day.day) == (2016, 1, None)
    assert day_of(None) is None and day_of("soon") is None


@given(st.text(), st.sampled_from([None, "2016", "2016-02", "2016-02-29"]))
def test_offsets_are_those_of_the_text(text: str, published: str | None) -> None:
    for day in days(text, published):
        assert text[day.start : day.end] == day.text
