"""What a question says about where to look: its parts, the publishers it names, the time it means.

These are preferences, not filters: what fits is moved up, nothing is hidden, and the reader is told.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.dates import date_range
from rag.words import content_words

_MIN_PART_WORDS = 4
_MAX_PARTS = 4
_SPLIT = re.compile(
    r",\s+(?:while|and|but|as|which|whereas|compared to)\s+|;\s+|\s+(?:while|whereas)\s+|,\s+"
    r"|\s+and\s+(?=(?:is|are|was|were|has|have|had|the|who|which|that|also|in|how|when|where|what|did|does)\b)",
    re.IGNORECASE,
)
_MONTHS = "january february march april may june july august september october november december".split()
_MONTH_YEAR = re.compile(rf"\b({'|'.join(_MONTHS)})\s+(?:of\s+)?(\d{{4}})\b", re.IGNORECASE)
_DAY_MONTH_YEAR = re.compile(
    rf"\b(?:(\d{{1,2}})\s+({'|'.join(_MONTHS)})|({'|'.join(_MONTHS)})\s+(\d{{1,2}})),?\s+(\d{{4}})\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\b(?:in|during|of|since)\s+((?:19|20)\d{2})\b", re.IGNORECASE)
_LATEST = re.compile(r"\b(?:latest|most recent|newest|current(?:ly)?|up to date|last known)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Understanding:
    """What a question says about where to look.

    parts: the question's clauses, when it has several worth searching by themselves.
    publishers: publishers of the archive that the question names.
    period: first and last day of the time it names.
    latest: it asks for the newest.
    """

    parts: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()
    period: tuple[datetime.date, datetime.date] | None = None
    latest: bool = False

    def describe(self) -> str:
        """What was understood, in words; empty when nothing was."""
        said = []
        if self.publishers:
            said.append(f"published by {' or '.join(self.publishers)}")
        if self.period:
            first, last = self.period
            said.append(f"dated {first}" if first == last else f"dated {first} to {last}")
        if self.latest:
            said.append("newest")
        return ", ".join(said)


def understand(question: str, publishers: Sequence[str] = ()) -> Understanding:
    """publishers: those of the archive."""
    return Understanding(
        parts=tuple(split_parts(question)),
        publishers=tuple(named_publishers(question, publishers)),
        period=_period(question),
        latest=bool(_LATEST.search(question)),
    )


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


def named_publishers(question: str, publishers: Sequence[str]) -> list[str]:
    """Those of `publishers` that the question names; a leading `The` does not matter."""
    asked = question.lower()
    found = []
    for publisher in publishers:
        name = publisher.lower().removeprefix("the ")
        if len(name) > 1 and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", asked):
            found.append(publisher)
    return found


def _period(question: str) -> tuple[datetime.date, datetime.date] | None:
    try:
        if match := _DAY_MONTH_YEAR.search(question):
            day, month = match.group(1) or match.group(4), match.group(2) or match.group(3)
            return date_range(f"{match.group(5)}-{_month(month):02d}-{int(day):02d}")
        if match := _MONTH_YEAR.search(question):
            return date_range(f"{match.group(2)}-{_month(match.group(1)):02d}")
        if match := _YEAR.search(question):
            return date_range(match.group(1))
    except ValueError:
        return None
    return None


def _month(name: str) -> int:
    return _MONTHS.index(name.lower()) + 1
