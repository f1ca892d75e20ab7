"""Wording that the page and the terminal share."""

from __future__ import annotations

from collections.abc import Mapping

from askive.rag.types import Verdict

VERDICT_WORDS: Mapping[Verdict, str] = {
    "supported": "",
    "unsupported": "not supported",
    "unchecked": "not checked",
    "contradicted": "contradicted",
    "cut_off": "cut off",
}
"""What stands behind a sentence with citations, and behind one that was cut off.

The page has the same words in `answer.js`.
"""


def as_sentence(text: str) -> str:
    """A remedy that follows a full stop: with a capital."""
    return text[:1].upper() + text[1:]
