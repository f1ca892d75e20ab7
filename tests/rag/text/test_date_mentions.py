"""Dates in texts."""

from __future__ import annotations

import datetime

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
        ("reports of 2015 mention 2000 men", None, ["2015"]),
        ("nothing", "2016", []),
    ],
)
def test_dates_of_a_text(text: str, published: str | None, found: list[str | None]) -> None:
    assert [day.iso for day in days(text, published)] == found


SPELLINGS = [
    ("2024-03-04", "2024-03-04"), ("2024/03/04", "2024-03-04"), ("2024/3/4", "2024-03-04"),
    ("04.03.2024", "2024-03-04"), ("4.3.2024", "2024-03-04"), ("25/3/2024", "2024-03-25"), ("3/25/24", "2024-03-25"),
    ("25-03-2024", "2024-03-25"), ("03/25/2024", "2024-03-25"), ("3/3/24", "2024-03-03"), ("3/25/99", "1999-03-25"),
    ("4 March 2024", "2024-03-04"), ("4th March 2024", "2024-03-04"), ("4th of March 2024", "2024-03-04"),
    ("25th of January", "2024-01-25"), ("the 25th of January, 2016", "2016-01-25"), ("04 Mar 2024", "2024-03-04"),
    ("4-Mar-2024", "2024-03-04"), ("4 Mar. 2024", "2024-03-04"), ("March 4, 2024", "2024-03-04"),
    ("March 4th, 2024", "2024-03-04"), ("Mar. 4 2024", "2024-03-04"), ("Mon 4 March 2024", "2024-03-04"),
    ("MARCH 4, 2024", "2024-03-04"), ("march 4, 2024", "2024-03-04"), ("Sept. 2015", "2015-09"), ("Sep 2015", "2015-09"),
    ("september 2015", "2015-09"), ("early March 2015", "2015-03"), ("March of 2015", "2015-03"), ("2015-09", "2015-09"),
    ("4 March", "2024-03-04"), ("March 4", "2024-03-04"), ("in March", "2024-03"), ("mid-2016", "2016"),
    ("4. März 2024", "2024-03-04"), ("4 mars 2024", "2024-03-04"), ("4 de marzo de 2024", "2024-03-04"),
    ("1er août 2024", "2024"), ("in 1871", "1871"),
]  # fmt: skip


@pytest.mark.parametrize(("spelling", "iso"), SPELLINGS)
def test_spellings(spelling: str, iso: str) -> None:
    assert [day.iso for day in days(f"They met {spelling}.", "2024-06-01")] == [iso]


@pytest.mark.parametrize(
    "text",
    ["1.2.24", "10.0.0.1", "3/4 of", "2000 people", "the 45/45/2024", "may 2 of us", "Mars", "1/2/3/2024"],
)
def test_no_dates(text: str) -> None:
    assert [day.text for day in days(text) if day.month] == []


def test_the_order_of_day_and_month_is_that_of_the_other_dates() -> None:
    (open_,) = days("on 3/4/24")
    assert (open_.iso, [day.iso for day in open_.readings]) == ("2024", ["2024-04-03", "2024-03-04"])
    assert [day.iso for day in days("on 3/4/24 and 25/4/24")] == ["2024-04-03", "2024-04-25"]
    assert [day.iso for day in days("on 3/4/24 and 4/25/24")] == ["2024-03-04", "2024-04-25"]
    assert [day.iso for day in days("on 3/4/24, 4/25/24 and 25/4/24")] == ["2024", "2024-04-25", "2024-04-25"]


_FORMATS = [
    "{0:%Y-%m-%d}", "{0:%d.%m.%Y}", "{0.day}.{0.month}.{0.year}", "{0:%Y/%m/%d}", "{0.day} {0:%B %Y}", "{0:%d %b %Y}",
    "{0:%B} {0.day}, {0.year}", "{0:%b}. {0.day}, {0.year}", "{0:%d-%b-%Y}", "{0:%A}, {0.day} {0:%B} {0.year}",
    "{0:%Y-%m-%d}T10:30:00Z", "{0:%d/%m/%Y}", "{0:%m/%d/%Y}",
]  # fmt: skip


@given(st.dates(datetime.date(1000, 1, 1), datetime.date(2099, 12, 31)), st.sampled_from(_FORMATS))
def test_what_is_written_out_reads_back(date: datetime.date, pattern: str) -> None:
    found = days(f"They met on {pattern.format(date)} at noon")
    dated = [day for day in found if day.weekday is None]
    assert len(dated) == 1
    assert date.isoformat() in [reading.iso for reading in dated[0].readings]
    assert any(day.iso == date.isoformat() for day in days(dated[0].text)[0].readings)


@pytest.mark.parametrize(
    "piece",
    [
        "1",
        "1/",
        "1/2/",
        "3/4/24",
        "1.",
        "2024-",
        "2024-01-",
        "4 March ",
        "March ",
        "in ",
        "mid-",
        " ",
        "4 de ",
        "-",
    ],
)
def test_hostile_texts_end(piece: str) -> None:
    text = piece * (10_000 // len(piece))
    assert all(day.end <= len(text) for day in days(text))


@pytest.mark.parametrize(
    ("held", "claimed", "borne", "clash"),
    [
        ("04.03.2024", "4 March 2024", True, False),
        ("3/4/24", "4 March 2024", True, False),
        ("3/4/24", "April 3, 2024", True, False),
        ("3 April 2024", "3/4/24", True, False),
        ("3/4/24", "4/3/24", True, False),
        ("3/4/24", "5 March 2024", False, True),
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
