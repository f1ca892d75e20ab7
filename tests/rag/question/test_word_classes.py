"""Questions with classes in place of their words."""

from __future__ import annotations

import pytest

from askive.rag.question.word_classes import word_pattern


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("Which documents mention Raqqa?", "^ which DOCUMENTS MENTION NAME ? $"),
        ("Who denied it?", "^ who SAY it ? $"),
        ("Who announced it?", "^ who SAY it ? $"),
        ("What’s in the archive", "^ what's in the COLLECTION $"),
        ("which ferries sailed in 2015: list", "^ which PLURAL VERB_ED in NUMBER : ALL $"),
        ("Velm quickly crossing", "^ WORD ADVERB VERB_ING $"),
        ("", "^ $"),
    ],
)
def test_a_word_becomes_itself_its_class_or_its_form(text: str, pattern: str) -> None:
    assert word_pattern(text) == pattern.split()
