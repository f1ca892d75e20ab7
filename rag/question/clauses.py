"""The clauses of a question: those with enough words are searched by themselves."""

from __future__ import annotations

import re

from askive.rag.text.words import content_words

QUESTION_WORD = r"(?:what|who|whom|whose|when|where|which|why|how)"
"""A pattern to embed in others."""
_MIN_PART_WORDS = 4
_MAX_PARTS = 6
_SPLIT = re.compile(
    # ", compared to "; "; "; " while "; ", " but not in "May 3, 2015"
    r",\s+(?:while|and|but|as|which|whereas|compared to)\s+|;\s+|\s+(?:while|whereas)\s+|,\s+(?!\d{4}\b)"
    # "... built and who owns it"
    r"|\s+and\s+(?=(?:is|are|was|were|has|have|had|the|who|which|that|also|in|how|when|where|what|why|whose|whom|did|does)\b)",
    re.IGNORECASE,
)


def clause_borders(question: str) -> list[tuple[int, int]]:
    """The borders between clauses: the offsets of the words and marks that join them."""
    return [match.span() for match in _SPLIT.finditer(question)]


def split_parts(question: str) -> list[str]:
    """Clauses with enough words to be searched by themselves; none when the question is one clause."""
    parts: list[str] = []
    waiting = ""
    for piece in _SPLIT.split(question):
        waiting = f"{waiting} {piece}".strip()
        if len(content_words(waiting)) >= _MIN_PART_WORDS:
            parts.append(waiting)
            waiting = ""
    if waiting and parts:
        parts[-1] = f"{parts[-1]} {waiting}"
    return parts[:_MAX_PARTS] if len(parts) > 1 else []
