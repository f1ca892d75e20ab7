"""Names as phrases, and whether a text has them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.rag.text.names import has_name, is_office, lower_words, names_in


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The World Health Organization (WHO) met Mr Smith", ["world health organization", "who", "smith"]),
        ("Is Paris nice in May?", ["paris"]),
        ("Syrian President Bashar al-Assad spoke on Monday.", ["syrian bashar al-assad"]),
        ("In the U.S. Twelve men left.", ["u.s"]),
        ("no names here", []),
    ],
)
def test_names_of_a_text(text: str, found: list[str]) -> None:
    assert [" ".join(name.words) for name in names_in(text)] == found


@pytest.mark.parametrize(
    ("name", "text", "there"),
    [
        ("World Health Organization", "the WHO said", True),
        ("the WHO", "the World Health Organization said", True),
        ("the United States", "U.S. officials", True),
        ("US troops", "American troops", True),
        ("U. S. officials", "The U.S. officials", True),
        ("U. S. officials", "Ulla Svensson and other officials", False),
        ("the French", "in France", True),
        ("Syria", "the Syrian army", True),
        ("Chinese", "China", True),
        ("Austria", "Australia", False),
        ("Anna Berg", "Tom Berg", False),
        ("Noel Coward", "Noël Coward", True),
        ("Noël Coward", "Noel Coward", True),
        ("COVID-19", "cases of Covid-19", True),
        ("an F-16", "an F-15", False),
    ],
)
def test_whether_a_text_has_a_name(name: str, text: str, there: bool) -> None:
    assert has_name(names_in(f"x {name}")[0], lower_words(text), text) is there


def test_offices() -> None:
    assert is_office(names_in("said the Russian Foreign Minister")[0])
    assert not is_office(names_in("said Sergey Lavrov")[0])


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    names_in(text)
