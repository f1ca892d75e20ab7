"""Whether a sentence speaks of a day to come: "we will meet on Thursday", "can you come on Thursday?".

A weekday without a date is the last one in a report ("it sank on Tuesday") and the next one in a plan.
"""

from __future__ import annotations

import re

# Where a clause ends: "He said on Tuesday |that| it will start", "It sank on Tuesday |and| will be raised"
_BORDER = re.compile(
    r"[,;:.!?()—–]|\b(?:that|which|who|whom|because|since|although|though|while|whereas|but|and|so|if|when|after|before"
    r"|until|unless)\b",
    re.IGNORECASE,
)
# "will meet", "is due", "is to be", "let us meet", "see you", "goes on", "ready by": it is still to come.
_AHEAD = re.compile(
    r"\b(?:will|shall|won['’]t|['’]ll|would|going\s+to|due|scheduled|planned|expected|let(?:['’]s|\s+us)|see\s+you|please"
    r"|must|should|may|might|can|could|cannot|can['’]t|ought|(?:is|are|am)\s+to|no\s+later\s+than|deadline|by"
    r"|(?:am|is|are|['’]m|['’]re|['’]s)\s+(?:\w+\s+){0,2}\w+ing|goes\s+on|free|available|tomorrow|next)\b",
    re.IGNORECASE,
)
# "was due", "had"; forms of the past without -ed that are frequent and not also the present
_PAST = re.compile(
    r"\b(?:was|were|had|did|wasn['’]t|weren['’]t|didn['’]t|have|has|ago|began|broke|brought|built|bought|came|caught|chose"
    r"|dealt|died|drew|drove|fell|felt|fled|flew|forgot|fought|found|froze|gave|got|grew|heard|held|kept|knew|led|left"
    r"|lost|made|meant|met|paid|ran|rang|rode|rose|said|sang|sank|sat|saw|sent|shook|shot|shrank|slept|sold|spent|spoke"
    r"|stood|stole|struck|swam|swept|swore|taught|thought|threw|told|took|tore|understood|went|withdrew|woke|won|wore"
    r"|wrote)\b",
    re.IGNORECASE,
)
_PAST_ENDING = re.compile(
    r"\b(?!(?:due|scheduled|planned|expected|need|indeed|speed|seed|feed|proceed|exceed)\b)[a-z]{2,}ed\b"
)
# "I leave on Friday", "we meet Thursday": the present of a plan
_PLAN = re.compile(r"^\W*(?:I|[Ww]e|[Yy]ou|[Tt]hey)\s+(?!am\b|are\b)[a-z]+\b")
_THIS = re.compile(r"\bthis\s+$", re.IGNORECASE)
# "The meeting |is| on Thursday"
_IS_ON = re.compile(
    r"\b(?:is|are|['’]s)\s+(?:\w+\s+){0,2}(?:(?:on|for|this|from|until|till|at)\s+)?(?:the\s+)?$",
    re.IGNORECASE,
)


def looks_back(sentence: str, start: int, end: int) -> bool:
    """Whether the clause around `sentence[start:end]` tells what has happened: "as you wrote in June"."""
    clause = " ".join(_clause(sentence, start, end))
    is_past = _PAST.search(clause) or _PAST_ENDING.search(clause)
    return bool(is_past) and not _AHEAD.search(clause)


def looks_ahead(sentence: str, start: int, end: int) -> bool:
    """Whether the words at `sentence[start:end]` name a day to come, seen from the day of the sentence.

    The clause around them decides, or the whole sentence when the clause has no sign of a tense.
    """
    for before, behind in (_clause(sentence, start, end), (sentence[:start], sentence[end:])):
        clause = f"{before} {behind}"
        if _PAST.search(clause):
            return False
        if _AHEAD.search(clause) or _IS_ON.search(before):
            return True
        if _PAST_ENDING.search(clause):
            return False
        if _PLAN.search(before) or _THIS.search(before) or sentence.rstrip().endswith("?"):
            return True
    return False


def _clause(sentence: str, start: int, end: int) -> tuple[str, str]:
    """What stands before and behind `sentence[start:end]` in its clause."""
    first = max((match.end() for match in _BORDER.finditer(sentence, 0, start)), default=0)
    after = _BORDER.search(sentence, end)
    return sentence[first:start], sentence[end : after.start() if after else len(sentence)]
