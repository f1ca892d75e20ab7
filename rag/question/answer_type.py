"""What type of answer a question asks for: a number, a date, a name, an explanation, several things."""

from __future__ import annotations

import re
from collections.abc import Set
from typing import Literal

from askive.rag.question.clauses import QUESTION_WORD
from askive.rag.text.names import names
from askive.rag.text.numbers import numbers

_TIME = re.compile(
    r"\b(?:\d{4}|jan|feb|mar|apr|may|june?|july?|aug|sep|oct|nov|dec|january|february|march|april|august|september"
    r"|october|november|december|(?:mon|tues|wednes|thurs|fri|satur|sun)day|year|month|week|century)\b",
    re.IGNORECASE,
)
_VAGUE = re.compile(
    r"\b(?:no|none|several|many|few|dozens|hundreds|thousands|millions|half|both|once|twice|two thirds|all)\b"
    # "almost a month", "a third of it"
    r"|\ban?\s+(?:\w+\s+)?(?:minute|hour|day|week|month|year|decade|century|third|quarter)\b",
    re.IGNORECASE,
)

# An answer to these is a list: what another document adds does not differ.
_SEVERAL = re.compile(
    r"^\W*(?:list|name)\b|\b(?:what|which|who)\s+(?:are|were|have)\b|\bdid\s+\w+\s+both\b"
    r"|\b(?:what|which)\s+(?:\w+\s+){0,2}\w+[^s\W]s\s+(?:are|were|did|do|have|had)\b",
    re.IGNORECASE,
)

_YES_NO = re.compile(
    r"\W*(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might|must)(?:n['’]t)?\b"
    # "Can you tell me who", "do you know when" ask what stands behind them.
    r"(?!\s+you\b)",
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
    r"\bhow (?:many|much|old|long|tall|high|far|large|big|deep|wide|fast|heavy)\b|\b(?:what|which) number of\b"
    # "Give me the total number of ships", not "which church has the largest number of followers".
    r"|^\W*(?:(?:please|give|state|tell|me|us|the|total|exact)\s+)*number of\b"
    # Not "the name of the count", where the name is asked for.
    r"|\bwhat (?:is|was|are|were) the (?:(?!(?:of|for|in)\b)\w+\s+){0,3}(?:population|area|height|length|age|price|cost"
    r"|total|toll|size|distance|weight|depth|rate|share|percentage|elevation|capacity|income|density|count|figure|number)\b",
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

_COUNTED = re.compile(r"\bhow many (\w+)", re.IGNORECASE)
_PEOPLE = re.compile(r"\bpopulation\b|\bhow many (?:people|inhabitants|residents)\b", re.IGNORECASE)
_WHO = re.compile(r"\b(?:who|whose|whom)\b", re.IGNORECASE)
_THE_ONE = re.compile(r"\W*what (?:is|was) the\b", re.IGNORECASE)


def expected_kind(question: str) -> Kind | None:
    """`number`, `date` or `name`; None for anything else."""
    if _NUMBER.search(question):
        return "number"
    if _DATE.search(question):
        return "date"
    return "name" if _NAME.search(question) else None


def is_yes_no(question: str) -> bool:
    """Whether it asks for yes or no; not when it offers a choice ("before or after")."""
    return bool(_YES_NO.match(question)) and not re.search(r"\bor\b", question)


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


def counted_noun(question: str) -> str:
    """The word behind "how many", as it is spelled; empty when there is none."""
    match = _COUNTED.search(question)
    return match[1] if match else ""


def counts_people(question: str) -> bool:
    """Whether a number of people is asked for: a population, or how many residents."""
    return bool(_PEOPLE.search(question))


def asks_who(question: str) -> bool:
    """Whether a person is asked for: a label or a people is no answer."""
    return bool(_WHO.search(question))


def asks_for_the_one(question: str) -> bool:
    """Whether one definite thing is asked for: "what is the genre of" has one answer, "what is a meteoroid" many."""
    return bool(_THE_ONE.match(question))


def has_kind(kind: Kind | None, text: str, own_names: Set[str] = frozenset()) -> bool:
    """Whether a text holds something of the kind; own_names: of the question, which are no answers to it."""
    if kind == "number":
        return bool(numbers(text))
    if kind == "date":
        return bool(_TIME.search(text))
    return kind == "name" and bool(names(text) - own_names)


def gives_number(answer: str, own_numbers: Set[str] = frozenset()) -> bool:
    """Whether an answer says how many: in figures, in words, or vaguely ("several"); own_numbers: of the question."""
    return bool(numbers(answer) - own_numbers) or bool(_VAGUE.search(answer))
