"""Quantities in a text: value, bound and unit, so that `a dozen`, `12` and `more than 12` can be compared."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from askive.rag.text.names import ends_name
from askive.rag.text.numbers import Number, find_numbers, find_shares, is_range
from askive.rag.text.words import STOP_WORDS, stem

Bound = Literal["=", "~", ">", "<"]
Agreement = Literal["agrees", "differs", "unrelated"]

_ROUNDING = 0.05
# The words before a number; each alternative as it is written: "more than 12", "upwards of $12", "an estimated 12"
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
_PERCENT = re.compile(r"\s*(?:%|per ?cent\b|percentage points?\b)", re.IGNORECASE)  # "5 %", "5 percent"
_CURRENCY = r"(?:(?:US|A|AU|C|CA|HK|NZ|S)?\$|[£€¥]|\b(?:CHF|EUR|USD|GBP|JPY))"  # A$, €, CHF
_MONEY = re.compile(rf"({_CURRENCY})\s?[-−]?$")  # "$-5"
# "5€", "5 CHF", "5 US dollars", "5 pounds sterling"
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
# "Fell by 5 %" and "-5 %" in a table mean the same. Also "dropped by about 5", "a loss of 5", "down 5".
_FALL = re.compile(
    r"\b(?:fell|falls?|falling|dropped|drops?|declined?|declines|decreased?|lost|loss|losses|deficit|down|shrank)"
    r"(?:\s+(?:by|of|about|around|nearly|some))*\s+[$€£]?$",
    re.IGNORECASE,
)
_OR_MORE = re.compile(r"\s+(?:or more|or above|and over|and older)\b")  # "12 or more"
_ORDINAL = re.compile(r"(?:st|nd|rd|th)\b")  # 1st, 2nd, 3rd, 4th
_NEXT_WORDS = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*|[.,;:!?()]")  # "trams", "school-children"; ","
_MEASURE = re.compile(r"[\s-]?([a-zµ]+)\b(?![²³/])", re.IGNORECASE)  # "5 kW", "5-metre"; not "5 m²"
_PREFIXES = {"": 1.0, "milli": 1e-3, "centi": 1e-2, "kilo": 1e3, "mega": 1e6, "giga": 1e9, "tera": 1e12}
_LETTERS = {"": 1.0, "m": 1e-3, "c": 1e-2, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
_BASES = (
    # Names, symbol, and the prefixes of the symbol.
    (("watt",), "W", "kMGT"), (("gram", "gramme"), "g", "mk"), (("metre", "meter"), "m", "mck"),
    (("litre", "liter"), "l", "mc"), (("byte",), "B", "kMGT"), (("hertz",), "Hz", "kMG"), (("volt",), "V", "mk"),
)  # fmt: skip


def _measures() -> dict[str, tuple[str, float]]:
    result = {"tonne": ("g", 1e6), "tonnes": ("g", 1e6)}
    for names, letter, before in _BASES:
        result |= {prefix + letter: (letter, _LETTERS[prefix]) for prefix in ("", *before)}
        for name in names:
            result |= {f"{prefix}{name}": (letter, factor) for prefix, factor in _PREFIXES.items()}
            result |= {f"{prefix}{name}s": (letter, factor) for prefix, factor in _PREFIXES.items()}
    return result


_MEASURES = _measures()


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its bound and unit.

    value: in plain units; a percentage and a fraction of a whole are both per cent. others: other readings, such as
    400 where `400m` is read as 400 million.
    bound: exactly, about, more than (or at least), less than (or at most).
    unit: `%`, a currency such as `$`, `A$`, `€` or `CHF`, or empty. nouns: stems of the words after it, one of which
    is counted. measure: the physical unit and its factor, `("W", 1000.0)` for kilowatts; an empty unit when there is
    none.
    start, end: offsets into the text. text: the characters at these offsets.
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


def quantities(text: str, excluded: Sequence[tuple[int, int]] = ()) -> list[Quantity]:
    """Quantities in the order of the text. excluded: offsets of spans that are something else, such as dates.

    Left out: ordinals (`3rd`), the word `one`, which mostly counts nothing ("one of them"), and the end of a name
    (`COVID-19`).
    """
    shares = find_shares(text)
    counted = [n for n in find_numbers(text) if not any(n.start < s.end and s.start < n.end for s in shares)]
    result: list[Quantity] = []
    for i, number in enumerate(counted):
        following = counted[i + 1] if i + 1 < len(counted) else None
        if (
            text[number.start : number.end].lower() != "one"
            and not _ORDINAL.match(text, number.end)
            and not ends_name(text, number.start)
        ):
            result += _quantity(text, number, following)
    result += [
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
    kept = [q for q in result if not any(begin < q.end and q.start < stop for begin, stop in excluded)]
    return sorted(kept, key=lambda q: q.start)


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


def compare(claimed: Quantity, stated: Quantity) -> Agreement:
    """Whether the quantity that a source states agrees with the claimed one, differs, or is about something else."""
    counted = (claimed.unit or claimed.nouns) and (stated.unit or stated.nouns)
    if counted and (claimed.unit == "%") != (stated.unit == "%"):
        return "unrelated"
    if _is_same_value(claimed, stated):
        # "Fewer than 12" where the source has "more than 12", and pounds where it has dollars.
        is_opposed = {claimed.bound, stated.bound} == {"<", ">"} or not _is_same_unit(
            claimed.unit, stated.unit
        )
        return "differs" if is_opposed else "agrees"
    if claimed.value and abs(claimed.value) == abs(stated.value):
        # -5 where the source has 5, and kilowatts where it has megawatts.
        return "differs"
    if set(claimed.nouns) & set(stated.nouns) or (claimed.unit and claimed.unit == stated.unit):
        return "differs"
    return "unrelated"


def _is_same_unit(one: str, other: str) -> bool:
    """Whether the units are equal or one is unknown; `$` matches any dollar."""
    return not one or not other or one.endswith(other) or other.endswith(one)


def _is_same_value(claimed: Quantity, stated: Quantity) -> bool:
    is_rounded = "~" in (claimed.bound, stated.bound)
    same_measure = claimed.measure[0] == stated.measure[0] != ""
    one_factor, other_factor = (claimed.measure[1], stated.measure[1]) if same_measure else (1.0, 1.0)
    return any(
        math.isclose(one * one_factor, other * other_factor, rel_tol=_ROUNDING if is_rounded else 1e-9)
        for one in (claimed.value, *claimed.others)
        for other in (stated.value, *stated.others)
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
    """`kW` and `kilowatts` are 1000 W; the case of a letter separates milli from mega."""
    return _MEASURES.get(word) or _MEASURES.get(word.lower() if len(word) > 3 else word) or ("", 1.0)


def _nouns(text: str, end: int) -> tuple[str, ...]:
    """Stems of up to three words after the number: one of them is counted, as in "school children killed"."""
    nouns: list[str] = []
    for match in _NEXT_WORDS.finditer(text, end, min(end + 60, len(text))):
        word = match.group().lower()
        if word in STOP_WORDS or not word[0].isalpha() or len(nouns) == 3:
            break
        nouns.append(stem(word))
    return tuple(nouns)
