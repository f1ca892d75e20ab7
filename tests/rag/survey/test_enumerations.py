"""Names in a row."""

from __future__ import annotations

import pytest

from askive.rag.survey.enumerations import enumerated


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            "Present: Anna Berg (chair), Karl Kern and Orla Denning of Brack Utilities, Rosa Lind.",
            ["Anna Berg", "Karl Kern", "Orla Denning", "Rosa Lind"],
        ),
        (
            "Three caterers made offers: Tiffin & Rye (lunch at 4.60), Greenfork (5.30) and Soup Yard.",
            ["Tiffin & Rye", "Greenfork", "Soup Yard"],
        ),
        (
            "Agnes Dell, Sid Marl as a guest, and by telephone Florian Beck came.",
            ["Agnes Dell", "Sid Marl", "Florian Beck"],
        ),
        (
            "France, Germany, Qatar and the United States signed it.",
            ["France", "Germany", "Qatar", "United States"],
        ),
        ("Rosa Lind met Karl Kern and Anna Berg.", []),
        ("Rosa Lind and Karl Kern said no.", []),
        ("The pier is old, rotten and closed.", []),
    ],
)
def test_enumerations(text: str, names: list[str]) -> None:
    assert enumerated(text) == names
