"""Quantities of a text: value, bound and unit, so that `a dozen`, `12` and `more than 12` can be compared."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from askive.rag.text.numbers import number_mentions
from askive.rag.text.words import STOP_WORDS, stem

Bound = Literal["=", "~", ">", "<"]
Agreement = Literal["agrees", "differs", "unrelated"]

_ROUNDING = 0.05
_BEFORE: tuple[tuple[Bound, re.Pattern[str]], ...] = (
    (
        ">",
        re.compile(
            r"(?:more than|at least|over|above|no fewer than|no less than|not less than|exceed(?:s|ed|ing)?"
            r"|upwards of|in excess of|minimum of)\s+(?:an?\s+)?[$€£]?$"
        ),
    ),
    (
        "<",
        re.compile(
            r"(?:less than|fewer than|at most|under|below|up to|no more than|not more than|maximum of)"
            r"\s+(?:an?\s+)?[$€£]?$"
        ),
    ),
    (
        "~",
        re.compile(
            r"(?:about|around|roughly|nearly|almost|approximately|some|circa|an? estimated|estimated at)"
            r"\s+(?:an?\s+)?[$€£]?$"
        ),
    ),
)
_PERCENT = re.compile(r"\s*(?:%|per ?cent\b|percentage points?\b)", re.IGNORECASE)
_MONEY = re.compile(r"[$€£]\s*$")
_OR_MORE = re.compile(r"\s+(?:or more|or above|and over|and older)\b")
_ORDINAL = re.compile(r"(?:st|nd|rd|th)\b")
_NEXT_WORDS = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*|[.,;:!?()]")
_FRACTIONS = {
    "half": "50",
    "a third": "33.3",
    "two thirds": "66.7",
    "a quarter": "25",
    "three quarters": "75",
}
_FRACTION = re.compile(
    r"\b(two[ -]thirds|a third|one third|three[ -]quarters|a quarter|one quarter|half)\s+(?:of\b|the\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as it is said.

    value: in plain units; a percentage and a fraction of a whole are both per cent.
    bound: exactly, about, more than (or at least), less than (or at most).
    unit: `%`, `$` (any currency sign) or empty. nouns: stems of the words behind it, one of which is counted.
    start, end: offsets into the text; text: as it stands there.
    """

    value: float
    bound: Bound
    unit: str
    nouns: tuple[str, ...]
    start: int
    end: int
    text: str


def quantities(text: str, taken: Sequence[tuple[int, int]] = ()) -> list[Quantity]:
    """Quantities in the order of the text. taken: stretches that are something else, such as dates.

    Left out: ordinals (`3rd`), and `one` in words, which mostly counts nothing ("one of them").
    """
    found: list[Quantity] = []
    for value, start, end in number_mentions(text):
        if any(begin < end and start < stop for begin, stop in taken):
            continue
        if text[start:end].lower() == "one" or _ORDINAL.match(text, end) or value.count(".") > 1:
            continue
        try:
            number = float(value)
        except ValueError:
            continue
        unit, nouns = _unit(text, start, end), _nouns(text, end)
        found.append(Quantity(number, _bound(text, start, end), unit, nouns, start, end, ""))
    for match in _FRACTION.finditer(text):
        name = match.group(1).lower().replace("-", " ").replace("one ", "a ")
        found = [q for q in found if not match.start() <= q.start < match.end(1)]
        found.append(Quantity(float(_FRACTIONS[name]), "~", "%", (), match.start(1), match.end(1), ""))
    spelled = [replace(q, text=text[q.start : _shown_end(text, q)]) for q in found]
    return sorted(spelled, key=lambda q: q.start)


def compare(claimed: Quantity, held: Quantity) -> Agreement:
    """Whether what is held (by a source) bears the claimed quantity, speaks against it, or is about another thing."""
    counted = (claimed.unit or claimed.nouns) and (held.unit or held.nouns)
    if counted and (claimed.unit == "%") != (held.unit == "%"):
        return "unrelated"
    if _same_value(claimed, held):
        # "Fewer than 12" where the source has "more than 12".
        return "differs" if {claimed.bound, held.bound} == {"<", ">"} else "agrees"
    if set(claimed.nouns) & set(held.nouns) or (claimed.unit and claimed.unit == held.unit):
        return "differs"
    return "unrelated"


def _same_value(claimed: Quantity, held: Quantity) -> bool:
    if claimed.value == held.value:
        return True
    if "~" not in (claimed.bound, held.bound) or not held.value:
        return False
    return abs(claimed.value - held.value) <= _ROUNDING * abs(held.value)


def _bound(text: str, start: int, end: int) -> Bound:
    before = text[max(0, start - 30) : start].lower()
    if _OR_MORE.match(text, end):
        return ">"
    return next((bound for bound, pattern in _BEFORE if pattern.search(before)), "=")


def _unit(text: str, start: int, end: int) -> str:
    if _PERCENT.match(text, end):
        return "%"
    if _MONEY.search(text[max(0, start - 2) : start]):
        return "$"
    return ""


def _nouns(text: str, end: int) -> tuple[str, ...]:
    """Stems of up to three words behind the number: one of "school children killed" is what is counted."""
    found: list[str] = []
    for match in _NEXT_WORDS.finditer(text, end, min(end + 60, len(text))):
        word = match.group().lower()
        if word in STOP_WORDS or not word[0].isalpha() or len(found) == 3:
            break
        found.append(stem(word))
    return tuple(found)


def _shown_end(text: str, quantity: Quantity) -> int:
    if quantity.unit == "%" and (match := _PERCENT.match(text, quantity.end)):
        return match.end()
    return quantity.end
