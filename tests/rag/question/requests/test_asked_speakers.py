"""Whose statements a question asks for, about what."""

from __future__ import annotations

import pytest

from askive.rag.question.requests.asked_speakers import asked_parts, asks_for_statements


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "Who said that Assad must go, and who said he should stay?",
            [
                ("Who said that Assad must go?", (), "Assad must go"),
                ("Who said Assad should stay?", (), "Assad stay"),
            ],
        ),
        (
            "What did Ash Carter say about sending troops?",
            [("What did Ash Carter say about sending troops?", (("ash", "carter"),), "sending troops")],
        ),
        ("Putin's position on Assad", [("Putin's position on Assad?", (("putin",),), "Assad")]),
        (
            "what did customers say about taste",
            [("What did customers say about taste?", (("customers",),), "taste")],
        ),
        (
            "What does Omar think of Baltic Line?",
            [("What does Omar think of Baltic Line?", (("omar",),), "Baltic Line")],
        ),
        ("everything Ines Roy said", [("Everything Ines Roy said?", (("ines", "roy"),), "")]),
        ("reactions to the verdict", [("Reactions to the verdict?", (), "verdict")]),
    ],
)
def test_whose_statements_about_what(
    question: str, parts: list[tuple[str, tuple[tuple[str, ...], ...], str]]
) -> None:
    assert [(part.text, part.speakers, part.matter.text) for part in asked_parts(question)] == parts


def test_one_statement_or_several() -> None:
    assert asks_for_statements("Who said that Assad must go, and who said he should stay?")
    assert asks_for_statements("All remarks of the mayor on the pier")
    assert not asks_for_statements("Who called the strikes an incredible flouting?")
    assert not asks_for_statements("What did Angela Merkel say about the strikes?")
