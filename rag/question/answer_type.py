"""What type of answer a question asks for: a number, a date, a name, an explanation, several things."""

from __future__ import annotations

import re
from typing import Literal

from askive.rag.question.analysis import QUESTION_WORD, is_yes_no
from askive.rag.text.names import names
from askive.rag.text.numbers import numbers

_TIME = re.compile(
    r"\b(?:\d{4}|jan|feb|mar|apr|may|june?|july?|aug|sep|oct|nov|dec|january|february|march|april|august|september"
    r"|october|november|december|(?:mon|tues|wednes|thurs|fri|satur|sun)day|year|month|week|century)\b",
    re.IGNORECASE,
)
_VAGUE = re.compile(
    r"\b(?:no|none|several|many|few|dozens|hundreds|thousands|millions|half|both|once|twice|two thirds|all)\b",
    re.IGNORECASE,
)

# An answer to these is a list: what another document adds does not differ.
_SEVERAL = re.compile(
    r"^\W*(?:list|name)\b|\b(?:what|which|who)\s+(?:are|were|have)\b|\bdid\s+\w+\s+both\b"
    r"|\b(?:what|which)\s+(?:\w+\s+){0,2}\w+[^s\W]s\s+(?:are|were|did|do|have|had)\b",
    re.IGNORECASE,
)

_ASKS = re.compile(rf"\b{QUESTION_WORD}\b", re.IGNORECASE)
_EXPLAIN = re.compile(
    r"^\W*(?:(?:can|could|would|will) you (?:please )?)?(?:please )?(?:explain|describe|summari[sz]e|tell me about)\b"
    r"|\bwhy\b|\bhow (?:do|does|did|is|are|was|were|can|could|should|would|to)\b"
    r"|\bwhat (?:happen|kinds?\b|types?\b|sorts?\b|about\b|determine|cause)"
    r"|\bwhat (?:do|does|did)\b[^?]{1,60}\b(?:do|mean|involve|offer)\b"
    r"|\bmeaning\b|\babout\W*$|\bdifferences?\b|\bpurpose\b",
    re.IGNORECASE,
)
# "What is a lock", not "what was it hidden in" or "what is the name of ...".
_DEFINE = re.compile(
    r"^\W*what (?:is|are|was|were)(?! (?:it|he|she|they)\b)(?: (?!(?:of|that|which|who|whose|by)\b)[\w'’.-]+){1,6}"
    r"(?<! in)(?<! on)(?<! at)(?<! to)(?<! for)(?<! with)(?<! from)(?<! by)\W*$",
    re.IGNORECASE,
)
# "And the one that flew?", "is it north or south": short answers to questions without a question word.
_SHORT = re.compile(
    r"^\W*(?:and|or|but|is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might|must)\b",
    re.IGNORECASE,
)

Kind = Literal["number", "date", "name"]
_NUMBER = re.compile(
    r"\bhow (?:many|much|old|long|tall|high|far|large|big|deep|wide|fast|often|heavy)\b|\bnumber of\b"
    r"|\bwhat (?:is|was|are|were) the (?:\w+\s+){0,3}(?:population|area|height|length|age|price|cost|total|toll|size"
    r"|distance|weight|depth|rate|share|percentage|elevation|capacity|income|density|count|figure)\b",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"\bwhen\b|\b(?:what|which) (?:year|date|day|month|decade)\b|\bwhat (?:is|was) the (?:\w+\s+){0,2}(?:date|year)\b"
    r"|\bdate of\b",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"\bwho\b|\bwhose\b|\bwhom\b|\bwhere\b|\b(?:which|what) (?:country|city|town|person)\b", re.IGNORECASE
)


def expected_kind(question: str) -> Kind | None:
    """`number`, `date` or `name`; None for anything else."""
    if _NUMBER.search(question):
        return "number"
    if _DATE.search(question):
        return "date"
    return "name" if _NAME.search(question) else None


def is_open(question: str) -> bool:
    """Whether an explanation is asked for, not a name, a number, a date or a choice: "why", "how does", "what is"."""
    if expected_kind(question) or is_yes_no(question):
        return False
    if _EXPLAIN.search(question) or _DEFINE.match(question):
        return True
    return not _ASKS.search(question) and not _SHORT.match(question)


def asks_for_several(question: str) -> bool:
    """Whether the answer is a list, in which no value contradicts another."""
    return bool(_SEVERAL.search(question))


def has_kind(question: str, text: str) -> float:
    """1.0 when the sentence holds the kind of thing that the question asks for, else 0.0."""
    asked = _coarse_kind(question)
    if asked == "number":
        return float(bool(numbers(text)))
    if asked == "time":
        return float(bool(_TIME.search(text)))
    if asked == "name":
        return float(bool(names(text) - names(question)))
    return 0.0


def lacks_number(question: str, answer: str) -> bool:
    """Whether a number was asked for and the answer gives none beyond the question's own."""
    return (
        _coarse_kind(question) == "number"
        and not numbers(answer) - numbers(question)
        and not _VAGUE.search(answer)
    )


def _coarse_kind(question: str) -> str | None:
    asked = question.lower()
    if re.search(r"\bhow (?:many|much|old)\b|\b(?:what|which) number of\b", asked):
        return "number"
    if re.search(r"\bwhen\b|\bwhat (?:year|date|day|month|time)\b", asked):
        return "time"
    if re.search(r"\bwho\b|\bwhose\b|\bwhere\b|\bwhich (?:country|city|person|town)\b", asked):
        return "name"
    return None
