"""Numbers in one spelling, in figures and in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.rag.text.numbers import numbers


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
