"""Other names that a text gives next to a name."""

from __future__ import annotations

import pytest

from askive.rag.retrieval.aliases import abbreviates, aliases_at
from askive.rag.text.sentences import Span


@pytest.mark.parametrize(
    ("text", "name", "aliases"),
    [
        ("The Port Authority (PA) met.", "Port Authority", ["PA"]),
        ("The Islamic State (also the ISIS)", "Islamic State", []),
        ("fighters of Islamic State (ISIS), who", "Islamic State", ["ISIS"]),
        ("The militant group Islamic State (ISIS) fled.", "ISIS", ["Islamic State"]),
        ("The Old Port Authority (PA) met.", "PA", ["Port Authority"]),
        ("ISIS, also known as Daesh, fled.", "ISIS", ["Daesh"]),
        ("ISIS, also known as Daesh, fled.", "Daesh", ["ISIS"]),
        ("the Post (otherwise called the Aldermoor Post) said", "Post", ["Aldermoor Post"]),
        ("They took Sinjar (Iraq) and Raqqa (Syria).", "Sinjar", []),
        ("REUTERS (Paris)", "Paris", []),
        ("Rosa Lind (RBX) said", "Rosa Lind", []),
        ("ISIS, also known as a danger, fled.", "ISIS", []),
        ("Nothing near Raqqa here.", "Raqqa", []),
    ],
)
def test_aliases(text: str, name: str, aliases: list[str]) -> None:
    at = text.index(name)
    assert aliases_at(text, Span(at, at + len(name))) == aliases


@pytest.mark.parametrize(
    ("acronym", "name", "expected"),
    [
        ("ISIS", "Islamic State", True),
        ("ISIS", "Islamic State of Iraq and Syria", True),
        ("U.S.", "United States", True),
        ("PA", "Port Authority", True),
        ("PA", "Aldermoor Port", False),
        ("PA", "Port", False),
        ("AP", "Port Authority", False),
    ],
)
def test_abbreviations(acronym: str, name: str, expected: bool) -> None:
    assert abbreviates(acronym, name) is expected
