"""Wording that the page and the terminal share."""

from __future__ import annotations

from collections.abc import Mapping

from askive.rag.types import QuestionKind, Verdict

VERDICT_WORDS: Mapping[Verdict, str] = {
    "supported": "",
    "unsupported": "not supported",
    "unchecked": "not checked",
    "contradicted": "contradicted",
    "cut_off": "cut off",
}
"""The label after a sentence that has citations or was cut off.

The page has the same labels in `answer.js`.
"""

KIND_WORDS: Mapping[QuestionKind, str] = {
    "fact": "fact",
    "yes_no": "yes or no",
    "explanation": "explanation",
    "who_said": "who said what",
    "mentions": "list of documents",
    "list": "list",
    "summary": "summary",
    "overview": "overview",
    "timeline": "timeline",
    "comparison": "comparison",
    "conversation": "conversation",
}
"""After "Answered as: "."""


def as_sentence(text: str) -> str:
    """A remedy as a sentence: with a capital."""
    return text[:1].upper() + text[1:]
