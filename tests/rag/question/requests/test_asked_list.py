"""What a question for a list asks for."""

from __future__ import annotations

import pytest

from askive.rag.question.requests.asked_list import AskedList


@pytest.mark.parametrize(
    ("question", "text", "kind", "subject", "with_speaker"),
    [
        (
            "List the people who were killed or reported killed, with who reported it.",
            "List the people who were killed or reported killed",
            "name",
            "killed killed",
            True,
        ),
        ("Who was arrested?", "Who was arrested?", "name", "arrested", False),
        (
            "Which companies bid for the road works",
            "Which companies bid for the road works",
            "name",
            "companies bid road works",
            False,
        ),
        ("All the sums paid to Petrie", "All the sums paid to Petrie", "number", "sums paid Petrie", False),
        (
            "What are the deadlines in the contract?",
            "What are the deadlines in the contract?",
            "date",
            "deadlines contract",
            False,
        ),
        ("List all products", "List all products", None, "products", False),
    ],
)
def test_what_is_listed(question: str, text: str, kind: str | None, subject: str, with_speaker: bool) -> None:
    asked = AskedList.read(question)
    assert (asked.text.rstrip(".?"), asked.kind) == (text.rstrip(".?"), kind)
    assert (asked.subject.text, asked.with_speaker) == (subject, with_speaker)
