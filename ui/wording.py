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
"""The words after a sentence that has citations or was cut off.

The page has the same words in `answer.js`.
"""


def as_sentence(text: str) -> str:
    """A remedy as a sentence of its own: with a capital."""
    return text[:1].upper() + text[1:]
