"""Quantities: value, bound and unit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.rag.text.quantities import compare, quantities


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("more than 1.5 million people", [(1500000.0, ">", "", "1.5 million")]),
        ("12% of men, 12 per cent", [(12.0, "=", "%", "12%"), (12.0, "=", "%", "12 per cent")]),
        ("$45,000", [(45000.0, "=", "$", "45,000")]),
        ("a dozen strikes", [(12.0, "=", "", "dozen")]),
        ("half of the houses", [(50.0, "~", "%", "half")]),
        ("nearly 30 and up to 40", [(30.0, "~", "", "30"), (40.0, "<", "", "40")]),
        ("7 or more", [(7.0, ">", "", "7")]),
        ("the 3rd of one", []),
        ("version 1.2.3", []),
    ],
)
def test_quantities_of_a_text(text: str, found: list[tuple[float, str, str, str]]) -> None:
    assert [(q.value, q.bound, q.unit, q.text) for q in quantities(text)] == found


def test_what_is_something_else_is_left_out() -> None:
    assert [q.value for q in quantities("on 25 May 12 men", [(3, 9)])] == [12.0]


@pytest.mark.parametrize(
    ("claimed", "held", "agreement"),
    [
        ("12 children", "a dozen", "agrees"), ("12 children", "35 school children killed", "differs"),
        ("12 children", "35 tanks", "unrelated"), ("fewer than 12", "more than 12", "differs"),
        ("about 3,500 men", "3,487 men", "agrees"), ("3,500 men", "3,487 men", "differs"),
        ("12 percent", "12 voters", "unrelated"), ("12%", "13%", "differs"), ("$5", "$6", "differs"),
    ],
)  # fmt: skip
def test_comparing(claimed: str, held: str, agreement: str) -> None:
    assert compare(quantities(claimed)[0], quantities(held)[0]) == agreement


@given(st.text())
def test_offsets_are_those_of_the_text(text: str) -> None:
    for quantity in quantities(text):
        assert 0 <= quantity.start < quantity.end <= len(text)
        assert text[quantity.start :].startswith(quantity.text)
