"""The prompt says who wrote what a mail quotes."""

from __future__ import annotations

import pytest

from askive.rag.answer.prompt import build_prompt
from askive.rag.question.analysis import Question
from askive.rag.types import Evidence, Hit, Passage, Source

FOUND = "I found the crack in the hook."
WROTE = f"On Tuesday, Rosa Lind wrote:\n{FOUND}"


@pytest.mark.parametrize(
    ("heading", "text", "shown"),
    [
        ("Quoted message by Rosa Lind (5 March 2024)", FOUND, f"Rosa Lind wrote: {FOUND}"),
        ("Quoted message by Rosa Lind (5 March 2024)", WROTE, f"On Tuesday, Rosa Lind wrote: {FOUND}"),
        ("Quoted message", FOUND, FOUND),
        ("Reply by Ann Lee", FOUND, FOUND),
        ("", FOUND, FOUND),
    ],
)
def test_a_quoted_message_stands_under_its_writer(heading: str, text: str, shown: str) -> None:
    source = Source(1, "m.eml", "The crane", "message/rfc822", "2024-03-06")
    hit = Hit(Passage(text, 0, len(text), heading, passage_id=1, doc_id=1), source, 1.0, 1, "fused")
    prompt = build_prompt(
        Question.read("Who found the crack?"), [Evidence(hit, 0, len(text), text, 1.0, 0, len(text))]
    )
    assert f"[1] The crane (2024-03-06):\n{shown}\n\n" in prompt.messages[-1].text
