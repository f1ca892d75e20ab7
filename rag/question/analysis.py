"""What a question says about where to look: its parts, the publishers it names, the time it means.

These are preferences, not filters: what fits is moved up, nothing is hidden, and the reader is told.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from askive.rag.text.time_expressions import EventPhrase, Time, event_phrases, named_times
from askive.rag.text.words import content_words

QUESTION_WORD = r"(?:what|who|whom|whose|when|where|which|why|how)"
"""A pattern, to be built into others."""
_MIN_PART_WORDS = 4
_MAX_PARTS = 6
_SPLIT = re.compile(
    r",\s+(?:while|and|but|as|which|whereas|compared to)\s+|;\s+|\s+(?:while|whereas)\s+|,\s+(?!\d{4}\b)"
    r"|\s+and\s+(?=(?:is|are|was|were|has|have|had|the|who|which|that|also|in|how|when|where|what|why|whose|whom|did|does)\b)",
    re.IGNORECASE,
)
_LATEST = re.compile(r"\b(?:latest|most recent|newest|current(?:ly)?|up to date|last known)\b", re.IGNORECASE)
_YES_NO = re.compile(
    r"\W*(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might|must)(?:n['’]t)?\b"
    # "Can you tell me who", "do you know when" ask what stands behind them.
    r"(?!\s+you\b)",
    re.IGNORECASE,
)
_SECTION = re.compile(r"\s+[|–-]\s+|:\s")


@dataclass(frozen=True, slots=True)
class Understanding:
    """What a question says about where to look.

    parts: the question's clauses, when it has several worth searching by themselves.
    publishers: publishers of the archive that the question names.
    times: stretches of time that it means.
    latest: it asks for the newest.
    events: times told by an event (`before the talks`), which only the archive can date.
    """

    parts: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()
    times: tuple[Time, ...] = ()
    latest: bool = False
    events: tuple[EventPhrase, ...] = ()

    def describe(self) -> str:
        """What was understood, in words; empty when nothing was."""
        said = []
        if self.publishers:
            said.append(f"published by {' or '.join(self.publishers)}")
        said += dict.fromkeys(time.describe() for time in self.times)
        if self.latest:
            said.append("newest")
        return ", ".join(said)


def understand(question: str, publishers: Sequence[str] = ()) -> Understanding:
    """publishers: those of the archive. Events are named, not dated: see `askive.rag.retrieval.event_dates`."""
    return Understanding(
        parts=tuple(split_parts(question)),
        publishers=tuple(named_publishers(question, publishers)),
        times=tuple(named_times(question)),
        latest=bool(_LATEST.search(question)),
        events=tuple(event_phrases(question)),
    )


def is_yes_no(question: str) -> bool:
    """Whether it asks for yes or no; not when it offers a choice ("before or after")."""
    return bool(_YES_NO.match(question)) and not re.search(r"\bor\b", question)


def clause_borders(question: str) -> list[tuple[int, int]]:
    """Where one clause ends and the next begins: offsets of what joins them."""
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


def named_publishers(question: str, publishers: Sequence[str]) -> list[str]:
    """Those of `publishers` that the question names; a leading `The` does not matter.

    `BBC News` names every section of it (`BBC News - Arts`), unless the question names one in full. A name that
    is also a word (`Fortune`, `The Age`) must be spelled with its capital, unless all is in lower case.
    """
    in_full = [name for name in publishers if _names(question, name)]
    houses = {_SECTION.split(name)[0] for name in in_full}
    return [
        name
        for name in publishers
        if name in in_full
        or ((house := _SECTION.split(name)[0]) != name and house not in houses and _names(question, house))
    ]


def _names(question: str, name: str) -> bool:
    bare = re.sub(r"^the\s+", "", name, flags=re.IGNORECASE)
    if len(bare) < 2:
        return False
    found = re.finditer(rf"(?<!\w){re.escape(bare)}(?!\w)", question, re.IGNORECASE)
    if len(bare.split()) > 1 or question.islower():
        return any(found)
    return any(match.group()[0].isupper() or match.group()[0].isdigit() for match in found)
