"""Who did something to whom."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.rag.text.roles import swapped_roles

NAMES = ["assad", "putin"]


@pytest.mark.parametrize(
    ("claim", "source", "are_swapped"),
    [
        ("Assad attacked Putin", "Putin attacked Assad", True),
        ("Assad attacked Putin", "In Moscow Putin has attacked Assad's plan", True),
        ("Assad was attacked by Putin", "Putin attacked Assad", False),
        ("Assad was attacked by Putin", "Assad attacked Putin", True),
        ("Assad attacked Putin", "Putin thanked Assad", False),
        ("Assad attacked Putin", "Putin spoke, and they attacked Assad", False),
        ("Assad and Putin attacked", "Putin and Assad attacked", False),
    ],
)
def test_roles_are_swapped(claim: str, source: str, are_swapped: bool) -> None:
    assert (swapped_roles(claim, source, NAMES) is not None) is are_swapped


@given(st.text(), st.lists(st.text(min_size=1), max_size=3))
def test_a_text_never_swaps_its_own_roles_unless_it_has_both(text: str, names: list[str]) -> None:
    assert swapped_roles(text, "", names) is None
