"""The words for verdicts, the same on every page and in the terminal."""

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
"""What is said behind a sentence with citations, and behind one that was cut off.

The page has the same words in `answer.js`.
"""
