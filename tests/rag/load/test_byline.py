"""Dates and publishers that a text says of itself; and dates in it that are about something else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.rag.load.byline import find_byline
from askive.rag.text.dates import partial_date

BODY = "\n\nThe harbour received 412 ships. Captain Lind counted them."


@pytest.mark.parametrize(
    ("head", "publisher", "published"),
    [
        ("PARIS (Reuters) –", "Reuters", None),
        ("LONDON, Jan. 25 (Reuters) -", "Reuters", None),
        ("LONDON, Jan. 25, 2016 (Reuters) -", "Reuters", "2016-01-25"),
        ("LONDON, 25 January 2016 (AFP) —", "AFP", "2016-01-25"),
        ("GENEVA (AP, a wire service) -", None, None),
        ("BAMAKO, Mali, November 20, 2015 (Reuters) –", "Reuters", "2015-11-20"),
        ("NEW YORK, Nov 13, 2015 —", None, "2015-11-13"),
        ("PARIS (Reuters), 13 November 2015 -", "Reuters", "2015-11-13"),
    ],
)
def test_datelines(head: str, publisher: str | None, published: str | None) -> None:
    assert find_byline("T", f"{head} The talks began.{BODY}") == (publisher, published)


@pytest.mark.parametrize(
    ("line", "published"),
    [
        ("25 January 2016", "2016-01-25"),
        ("January 25, 2016", "2016-01-25"),
        ("Jan. 25 2016", "2016-01-25"),
        ("2016-01-25", "2016-01-25"),
        ("25th of January 2016", "2016-01-25"),
        ("Monday, 25 January 2016", "2016-01-25"),
        ("Mon, 25 Jan 2016 10:30 GMT", "2016-01-25"),
        ("Published: January 25, 2016 at 10:30 a.m.", "2016-01-25"),
        ("Last updated on 25 January 2016", "2016-01-25"),
        ("By Ann Lee, 25 January 2016", "2016-01-25"),
        ("By Ann Lee | Published 25 January 2016 | 4 min read", "2016-01-25"),
        ("Posted on January 25, 2016 by Ann Lee", "2016-01-25"),
        ("**25 January 2016**", "2016-01-25"),
        ("January 2016", "2016-01"),
        ("25.01.2016", "2016-01-25"),
        ("25/01/2016", "2016-01-25"),
        ("01/25/2016", "2016-01-25"),
        # Nobody knows, so it is none.
        ("01/02/2016", None),
        ("31 February 2016", None),
        ("45/45/2016", None),
        ("2016", None),
        ("25 January", None),
        # About something else.
        ("The treaty was signed on 25 January 2016.", None),
        ("Published figures of January 2016 were wrong.", None),
        ("On 25 January 2016", None),
        ("May 2016 be better than 2015", None),
        ("MARCH 2016 (draft)", None),
        ("By 25 January 2016 all had left", None),
    ],
)
def test_lines_of_dates(line: str, published: str | None) -> None:
    assert find_byline("T", f"A title\n\n{line}{BODY}").published == published


def test_a_date_far_down_is_not_the_texts() -> None:
    assert find_byline("T", "A sentence of the text. " * 40 + "\n\n25 January 2016\n").published is None


def test_the_first_date_wins() -> None:
    head = "Published 25 January 2016\nUpdated 27 January 2016"
    assert find_byline("T", head + BODY).published == "2016-01-25"
    assert find_byline("T (The Post, 2015-11-13)", head + BODY) == ("The Post", "2015-11-13")


@given(st.text(max_size=600))
def test_any_text(text: str) -> None:
    publisher, published = find_byline(text, text)
    assert publisher is None or publisher in text
    assert published is None or partial_date(published) == published


@pytest.mark.timeout(20)
def test_long_lines_take_no_time() -> None:
    for text in (
        "A" * 5000,
        "By " + "a " * 5000,
        "PARIS, " * 2000,
        "1 " * 5000,
        " \n" * 5000,
        "published " * 500,
    ):
        assert find_byline(text, text) == (None, None)
