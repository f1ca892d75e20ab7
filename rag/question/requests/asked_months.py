"""The months that a question names without a year."""

from __future__ import annotations

import re

from askive.rag.question.analysis import Question

# "between March and |", "from March to |"
_RANGE = re.compile(r"\b(?:between|from)\s+\w+\.?\s+(?:and|to|until)\s+$", re.IGNORECASE)


def asked_months(question: Question) -> list[tuple[str, int, int]]:
    """Each with its words, its first and its last month, from 1 to 12; "between March and May" is one."""
    months = [(day, day.month) for day in question.dates if day.year is None and day.month and not day.day]
    if len(months) == 2:
        (first, since), (last, until) = months
        if since < until and _RANGE.search(question.text[: last.start]):
            return [(question.text[first.start : last.end], since, until)]
    return [(day.text, month, month) for day, month in months]
