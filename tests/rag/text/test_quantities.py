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
        ("a dozen strikes", [(12.0, "=", "", "a dozen")]),
        ("half of the houses", [(50.0, "~", "%", "half")]),
        ("nearly 30 and up to 40", [(30.0, "~", "", "30"), (40.0, "<", "", "40")]),
        ("7 or more", [(7.0, ">", "", "7")]),
        ("the 3rd of one, the twenty-first and the hundred and fifth", []),
        ("12-15%", [(12.0, "=", "%", "12"), (15.0, "=", "%", "15%")]),
        ("3/4 of the men", [(75.0, "~", "%", "3/4")]),
        ("two in five attacks", [(2.0, "=", "", "two"), (5.0, "=", "", "five")]),
        ("-€5 and $-5 and minus 5", [(-5.0, "=", "€", "5"), (-5.0, "=", "$", "5"), (-5.0, "=", "", "5")]),
        ("version 1.2.3", []),
    ],
)
def test_quantities_of_a_text(text: str, found: list[tuple[float, str, str, str]]) -> None:
    assert [(q.value, q.bound, q.unit, q.text) for q in quantities(text)] == found


def test_what_is_something_else_is_left_out() -> None:
    assert [q.value for q in quantities("on 25 May 12 men", [(3, 9)])] == [12.0]
    assert [q.value for q in quantities("3 men with COVID-19 and two F-16s, in mid-2015 and on Jan-7")] == [
        3,
        2,
        2015,
        7,
    ]


@pytest.mark.parametrize(
    ("claimed", "held", "agreement"),
    [
        ("12 children", "a dozen", "agrees"), ("12 children", "35 school children killed", "differs"),
        ("12 children", "35 tanks", "unrelated"), ("fewer than 12", "more than 12", "differs"),
        ("about 3,500 men", "3,487 men", "agrees"), ("3,500 men", "3,487 men", "differs"),
        ("12 percent", "12 voters", "unrelated"), ("12%", "13%", "differs"), ("$5", "$6", "differs"),
        ("one million people", "half a million people", "differs"), ("500,000 men", "half a million men", "agrees"),
        ("$1.2bn", "$1.2 billion", "agrees"), ("$1.2bn", "£1.2bn", "differs"), ("US$5", "5 dollars", "agrees"),
        ("$5", "A$5", "agrees"), ("€5", "5 euros", "agrees"), ("CHF 5", "5 francs", "agrees"), ("€5", "£6", "unrelated"),
        ("2,400 kilowatts", "2.4 megawatts", "agrees"), ("2.4 kW", "2.4 MW", "differs"), ("1.5 kg", "1500 g", "agrees"),
        ("3 km", "3,000 metres", "agrees"), ("400 metres", "400m", "agrees"), ("400 million men", "400m men", "agrees"),
        ("1,200 men", "1.200 men", "agrees"), ("-84,20", "84.20", "differs"), ("-84,20", "−84.20", "agrees"),
        ("fell by 5 %", "-5%", "agrees"), ("20%", "one in five", "agrees"), ("75%", "three-quarters of", "agrees"),
        ("13 million", "12 to 15 million", "unrelated"), ("12 million", "12 to 15 million", "agrees"),
        ("12 %", "between 12 and 15 per cent", "agrees"), ("105 men", "one hundred and five men", "agrees"),
    ],
)  # fmt: skip
def test_comparing(claimed: str, held: str, agreement: str) -> None:
    assert compare(quantities(claimed)[0], quantities(held)[0]) == agreement


@given(st.text())
def test_offsets_are_those_of_the_text(text: str) -> None:
    for quantity in quantities(text):
        assert 0 <= quantity.start < quantity.end <= len(text)
        assert text[quantity.start :].startswith(quantity.text)
