"""The type of answer that a question expects: a number, a date, a name, an explanation, a list."""

from __future__ import annotations

import re
from collections.abc import Set
from typing import Literal

from askive.rag.question.clauses import QUESTION_WORD
from askive.rag.text.names import names
from askive.rag.text.numbers import numbers

# "1987", "in May", "on Tuesday", "last year"
_TIME = re.compile(
    r"\b(?:\d{4}|jan|feb|mar|apr|may|june?|july?|aug|sep|oct|nov|dec|january|february|march|april|august|september"
    r"|october|november|december|(?:mon|tues|wednes|thurs|fri|satur|sun)day|year|month|week|century)\b",
    re.IGNORECASE,
)
_VAGUE = re.compile(
    # "several were hurt", "two thirds of it": each alternative as it is written
    r"\b(?:no|none|several|many|few|dozens|hundreds|thousands|millions|half|both|once|twice|two thirds|all)\b"
    # "almost a month", "a third of it"
    r"|\ban?\s+(?:\w+\s+)?(?:minute|hour|day|week|month|year|decade|century|third|quarter)\b",
    re.IGNORECASE,
)

# The answer is a list: a value from another document is no contradiction.
_SEVERAL = re.compile(
    # "List the trams", "who were the delegates", "did Lind both"
    r"^\W*(?:list|name)\b|\b(?:what|which|who)\s+(?:are|were|have)\b|\bdid\s+\w+\s+both\b"
    # "which two ships were"
    r"|\b(?:what|which)\s+(?:\w+\s+){0,2}\w+[^s\W]s\s+(?:are|were|did|do|have|had)\b",
    re.IGNORECASE,
)

_YES_NO = re.compile(
    # "Did Lind sign it", "isn't it closed"
    r"\W*(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might|must)(?:n['’]t)?\b"
    # Not "can you tell me who" or "do you know when": the question comes after these.
    r"(?!\s+you\b)",
    re.IGNORECASE,
)
_ASKS = re.compile(rf"\b{QUESTION_WORD}\b", re.IGNORECASE)
_EXPLAIN = re.compile(
    # "Can you please explain", "Please describe", "Summarize"
    r"^\W*(?:(?:can|could|would|will) you (?:please )?)?(?:please )?(?:explain|describe|summari[sz]e|tell me about)\b"
    # "why did it sink", "how does a lock work", "how to apply"
    r"|\bwhy\b|\bhow (?:do|does|did|is|are|was|were|can|could|should|would|to)\b"
    # "what happened", "what kind of", "what causes"
    r"|\bwhat (?:happen|kinds?\b|types?\b|sorts?\b|about\b|determine|cause)"
    # "what does a harbour master do"
    r"|\bwhat (?:do|does|did)\b[^?]{1,60}\b(?:do|mean|involve|offer)\b"
    # "the meaning of", "what is it about?", "the difference between", "the purpose of"
    r"|\bmeaning\b|\babout\W*$|\bdifferences?\b|\bpurpose\b",
    re.IGNORECASE,
)
# "What is a lock"; not "what was it hidden in" or "what is the name of ..."
_DEFINE = re.compile(
    r"^\W*what (?:is|are|was|were)(?! (?:it|he|she|they)\b)(?: (?!(?:of|that|which|who|whose|by)\b)[\w'’.-]+){1,6}"
    r"(?<! in)(?<! on)(?<! at)(?<! to)(?<! for)(?<! with)(?<! from)(?<! by)\W*$",
    re.IGNORECASE,
)
# "And the one that flew?", "is it north or south": short questions without a question word have short answers.
_SHORT = re.compile(
    r"^\W*(?:and|or|but|is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might|must)\b",
    re.IGNORECASE,
)

Kind = Literal["number", "date", "name"]
_NUMBER = re.compile(
    # "how many ships", "what number of ships"
    r"\bhow (?:many|much|old|long|tall|high|far|large|big|deep|wide|fast|heavy)\b|\b(?:what|which) number of\b"
    # "Give me the total number of ships", not "which church has the largest number of followers".
    r"|^\W*(?:(?:please|give|state|tell|me|us|the|total|exact)\s+)*number of\b"
    # "what is the average annual income"; not "what is the name of the count"
    r"|\bwhat (?:is|was|are|were) the (?:(?!(?:of|for|in)\b)\w+\s+){0,3}(?:population|area|height|length|age|price|cost"
    r"|total|toll|size|distance|weight|depth|rate|share|percentage|elevation|capacity|income|density|count|figure|number)\b",
    re.IGNORECASE,
)
_DATE = re.compile(
    # "when", "which year", "what was the opening date", "date of birth"
    r"\bwhen\b|\b(?:what|which) (?:year|date|day|month|decade)\b|\bwhat (?:is|was) the (?:\w+\s+){0,2}(?:date|year)\b"
    r"|\bdate of\b",
    re.IGNORECASE,
)
_NAME = re.compile(
    # "who", "whose", "whom", "where", "which city"
    r"\bwho\b|\bwhose\b|\bwhom\b|\bwhere\b|\b(?:which|what) (?:country|city|town|person)\b",
    re.IGNORECASE,
)

_COUNTED = re.compile(r"\bhow many (\w+)", re.IGNORECASE)
# "the population of", "how many residents"
_PEOPLE = re.compile(r"\bpopulation\b|\bhow many (?:people|inhabitants|residents)\b", re.IGNORECASE)
# "who", "whose", "whom"
_WHO = re.compile(r"\b(?:who|whose|whom)\b", re.IGNORECASE)
# "what is the", "what was the"
_THE_ONE = re.compile(r"\W*what (?:is|was) the\b", re.IGNORECASE)


def expected_kind(question: str) -> Kind | None:
    """`number`, `date` or `name`; None for anything else."""
    if _NUMBER.search(question):
        return "number"
    if _DATE.search(question):
        return "date"
    return "name" if _NAME.search(question) else None


def is_yes_no(question: str) -> bool:
    """Whether it is a yes-or-no question; False when it offers a choice ("before or after")."""
    return bool(_YES_NO.match(question)) and not re.search(r"\bor\b", question)


def is_open(question: str) -> bool:
    """Whether it asks for an explanation ("why", "how does", "what is"), not a name, a number, a date or a choice."""
    if expected_kind(question) or is_yes_no(question):
        return False
    if _EXPLAIN.search(question) or _DEFINE.match(question):
        return True
    return not _ASKS.search(question) and not _SHORT.match(question)


def asks_for_several(question: str) -> bool:
    """Whether the answer is a list, in which no value contradicts another."""
    return bool(_SEVERAL.search(question))


def counted_noun(question: str) -> str:
    """The word after "how many", as spelled; empty when there is none."""
    match = _COUNTED.search(question)
    return match[1] if match else ""


def counts_people(question: str) -> bool:
    """Whether it asks for a number of people: a population, or how many residents."""
    return bool(_PEOPLE.search(question))


def asks_who(question: str) -> bool:
    """Whether it asks for a person, which a label or a nationality does not answer."""
    return bool(_WHO.search(question))


def asks_for_the_one(question: str) -> bool:
    """Whether it asks for one definite thing: "what is the genre of" has one answer, "what is a meteoroid" many."""
    return bool(_THE_ONE.match(question))


def has_kind(kind: Kind | None, text: str, own_names: Set[str] = frozenset()) -> bool:
    """Whether a text has a value of the kind. own_names: the question's names, which do not count."""
    if kind == "number":
        return bool(numbers(text))
    if kind == "date":
        return bool(_TIME.search(text))
    return kind == "name" and bool(names(text) - own_names)


def gives_number(answer: str, own_numbers: Set[str] = frozenset()) -> bool:
    """Whether an answer gives a number: in figures, in words, or vaguely ("several").

    own_numbers: the question's numbers, which do not count.
    """
    return bool(numbers(answer) - own_numbers) or bool(_VAGUE.search(answer))
