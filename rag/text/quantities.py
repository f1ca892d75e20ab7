"""Quantities of a text: value, bound and unit, so that `a dozen`, `12` and `more than 12` can be compared."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from askive.rag.text.numbers import Number, find_numbers, find_shares, is_range
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
_CURRENCY = r"(?:(?:US|A|AU|C|CA|HK|NZ|S)?\$|[£€¥]|\b(?:CHF|EUR|USD|GBP|JPY))"  # A$, €, CHF
_MONEY = re.compile(rf"({_CURRENCY})\s?[-−]?$")
_MONEY_BEHIND = re.compile(
    r"[\s-]?(?:([€£$])|(CHF|EUR|USD|GBP|JPY|(?:US )?dollars?|euros?|francs?|yen|pounds?(?= sterling))\b)",
    re.IGNORECASE,
)
_CURRENCIES = {
    "us$": "$", "usd": "$", "dollar": "$", "us dollar": "$", "au$": "A$", "ca$": "C$", "eur": "€", "euro": "€",
    "gbp": "£", "pound": "£", "chf": "CHF", "franc": "CHF", "jpy": "¥", "yen": "¥",
}  # fmt: skip
_MINUS = re.compile(
    rf"(?:^|[\s(|]){_CURRENCY}?\s?[-−]{_CURRENCY}?$|\bminus\s+$"
)  # "-84", "$-5", "-€5", "minus 5"
# "Fell by 5 %" and a table's "-5 %" say the same.
_FALL = re.compile(
    r"\b(?:fell|falls?|falling|dropped|drops?|declined?|declines|decreased?|lost|loss|losses|deficit|down|shrank)"
    r"(?:\s+(?:by|of|about|around|nearly|some))*\s+[$€£]?$",
    re.IGNORECASE,
)
_OR_MORE = re.compile(r"\s+(?:or more|or above|and over|and older)\b")
_ORDINAL = re.compile(r"(?:st|nd|rd|th)\b")
_NEXT_WORDS = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*|[.,;:!?()]")
_MEASURE = re.compile(r"[\s-]?([a-zµ]+)\b(?![²³/])", re.IGNORECASE)
_PREFIXES = {"": 1.0, "milli": 1e-3, "centi": 1e-2, "kilo": 1e3, "mega": 1e6, "giga": 1e9, "tera": 1e12}
_LETTERS = {"": 1.0, "m": 1e-3, "c": 1e-2, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
_BASES = (
    # Names, letter, and the letters that may stand before it.
    (("watt",), "W", "kMGT"), (("gram", "gramme"), "g", "mk"), (("metre", "meter"), "m", "mck"),
    (("litre", "liter"), "l", "mc"), (("byte",), "B", "kMGT"), (("hertz",), "Hz", "kMG"), (("volt",), "V", "mk"),
)  # fmt: skip


def _measures() -> dict[str, tuple[str, float]]:
    found = {"tonne": ("g", 1e6), "tonnes": ("g", 1e6)}
    for names, letter, before in _BASES:
        found |= {prefix + letter: (letter, _LETTERS[prefix]) for prefix in ("", *before)}
        for name in names:
            found |= {f"{prefix}{name}": (letter, factor) for prefix, factor in _PREFIXES.items()}
            found |= {f"{prefix}{name}s": (letter, factor) for prefix, factor in _PREFIXES.items()}
    return found


_MEASURES = _measures()


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as it is said.

    value: in plain units; a percentage and a fraction of a whole are both per cent. others: what else it may
    mean, such as 400 where `400m` is taken for 400 million.
    bound: exactly, about, more than (or at least), less than (or at most).
    unit: `%`, a currency such as `$`, `A$`, `€` or `CHF`, or empty. nouns: stems of the words behind it, one of
    which is counted. measure: the unit of physics and its factor, `("W", 1000.0)` for kilowatts; the unit is empty
    where there is none.
    start, end: offsets into the text; text: as it stands there.
    """

    value: float
    bound: Bound
    unit: str
    nouns: tuple[str, ...]
    start: int
    end: int
    text: str
    others: tuple[float, ...] = ()
    measure: tuple[str, float] = ("", 1.0)


def quantities(text: str, taken: Sequence[tuple[int, int]] = ()) -> list[Quantity]:
    """Quantities in the order of the text. taken: stretches that are something else, such as dates.

    Left out: ordinals (`3rd`), and `one` in words, which mostly counts nothing ("one of them").
    """
    shares = find_shares(text)
    counted = [n for n in find_numbers(text) if not any(n.start < s.end and s.start < n.end for s in shares)]
    found: list[Quantity] = []
    for i, number in enumerate(counted):
        following = counted[i + 1] if i + 1 < len(counted) else None
        if text[number.start : number.end].lower() != "one" and not _ORDINAL.match(text, number.end):
            found += _quantity(text, number, following)
    found += [
        Quantity(
            round(float(share.values[0]), 1),
            "~",
            "%",
            (),
            share.start,
            share.end,
            text[share.start : share.end],
        )
        for share in shares
    ]
    free = [q for q in found if not any(begin < q.end and q.start < stop for begin, stop in taken)]
    return sorted(free, key=lambda q: q.start)


def _quantity(text: str, number: Number, following: Number | None) -> list[Quantity]:
    try:
        values = [float(value) for value in number.values]
    except ValueError:
        # "1.2.3" is a version.
        return []
    end = number.end
    if following is not None and is_range(text, end, following.start):
        # "12 to 15 %": both are per cent.
        end = following.end
    before = text[max(0, number.start - 40) : number.start]
    if _MINUS.search(before):
        values = [-value for value in values]
    elif _FALL.search(before):
        values += [-value for value in values]
    match = _MEASURE.match(text, end)
    measure = _measure(match[1]) if match else ("", 1.0)
    shown = _PERCENT.match(text, number.end)
    return [
        Quantity(
            values[0],
            _bound(text, number.start, number.end),
            _unit(text, number.start, end),
            _nouns(text, number.end),
            number.start,
            number.end,
            text[number.start : shown.end() if shown else number.end],
            tuple(values[1:]),
            measure,
        )
    ]


def compare(claimed: Quantity, held: Quantity) -> Agreement:
    """Whether what is held (by a source) bears the claimed quantity, speaks against it, or is about another thing."""
    counted = (claimed.unit or claimed.nouns) and (held.unit or held.nouns)
    if counted and (claimed.unit == "%") != (held.unit == "%"):
        return "unrelated"
    if _is_same_value(claimed, held):
        # "Fewer than 12" where the source has "more than 12", and pounds where it has dollars.
        turned = {claimed.bound, held.bound} == {"<", ">"} or not _is_same_unit(claimed.unit, held.unit)
        return "differs" if turned else "agrees"
    if claimed.value and abs(claimed.value) == abs(held.value):
        # -5 where the source has 5, and kilowatts where it has megawatts.
        return "differs"
    if set(claimed.nouns) & set(held.nouns) or (claimed.unit and claimed.unit == held.unit):
        return "differs"
    return "unrelated"


def _is_same_unit(one: str, other: str) -> bool:
    """Whether one is unknown, or both are the same; `$` may be any dollar."""
    return not one or not other or one.endswith(other) or other.endswith(one)


def _is_same_value(claimed: Quantity, held: Quantity) -> bool:
    is_rounded = "~" in (claimed.bound, held.bound)
    same_measure = claimed.measure[0] == held.measure[0] != ""
    one_factor, other_factor = (claimed.measure[1], held.measure[1]) if same_measure else (1.0, 1.0)
    return any(
        math.isclose(one * one_factor, other * other_factor, rel_tol=_ROUNDING if is_rounded else 1e-9)
        for one in (claimed.value, *claimed.others)
        for other in (held.value, *held.others)
    )


def _bound(text: str, start: int, end: int) -> Bound:
    before = text[max(0, start - 30) : start].lower()
    if _OR_MORE.match(text, end):
        return ">"
    return next((bound for bound, pattern in _BEFORE if pattern.search(before)), "=")


def _unit(text: str, start: int, end: int) -> str:
    if _PERCENT.match(text, end):
        return "%"
    if match := _MONEY.search(text[max(0, start - 6) : start]):
        return _CURRENCIES.get(match[1].lower(), match[1])
    if match := _MONEY_BEHIND.match(text, end):
        name = (match[1] or match[2]).lower()
        return _CURRENCIES.get(name.removesuffix("s"), name)
    return ""


def _measure(word: str) -> tuple[str, float]:
    """`kW` and `kilowatts` are 1000 W; the case of a letter tells milli from mega."""
    return _MEASURES.get(word) or _MEASURES.get(word.lower() if len(word) > 3 else word) or ("", 1.0)


def _nouns(text: str, end: int) -> tuple[str, ...]:
    """Stems of up to three words behind the number: one of "school children killed" is what is counted."""
    found: list[str] = []
    for match in _NEXT_WORDS.finditer(text, end, min(end + 60, len(text))):
        word = match.group().lower()
        if word in STOP_WORDS or not word[0].isalpha() or len(found) == 3:
            break
        found.append(stem(word))
    return tuple(found)
