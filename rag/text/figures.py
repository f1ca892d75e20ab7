"""Tokens of numbers, words and figures, and the readings of a figure: `1,200`, `1.200.000`, `84,20`."""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction
from typing import NamedTuple

UNITS = dict(
    zip(
        """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
        sixteen seventeen eighteen nineteen""".split(),
        range(20),
        strict=True,
    )
)
TENS = dict(
    zip("twenty thirty forty fifty sixty seventy eighty ninety".split(), range(20, 100, 10), strict=True)
)
MOST_DIGITS = 28
"""A longer figure is a code: it is kept unchanged and never scaled."""
_VULGAR = "\u00bc-\u00be\u2150-\u215e"  # vulgar fractions such as ½
_TOKEN = re.compile(
    rf"(?P<vulgar>[{_VULGAR}])"  # ½
    r"|(?P<figure>"
    r"\d{1,3}(?: \d{3}){2,}(?!\d)(?:[.,]\d+)?"  # 1 200 000
    r"|\d{1,3}(?:[\u00a0\u2009\u202f'’]\d{3})+(?!\d)(?:[.,]\d+)?"  # 1'200, or with a thin space
    r"|\d+(?:[.,]\d+)*)"  # 1,200.50 and 1.200.000 and 84,20
    rf"|(?P<word>[^\W\d_{_VULGAR}]+)"  # million
)
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?")  # 1,200.50
_DOT_GROUPED = re.compile(
    r"[1-9]\d{0,2}(?:\.\d{3}){2,}(?:,\d+)?"  # 1.200.000, 1.200.000,50
    r"|[1-9]\d{0,2}\.\d{3},\d+"  # 1.200,50
)
_EITHER = re.compile(r"[1-9]\d{0,2}\.\d{3}")  # 1.200
# Separators within a figure: 1 200 000, 1'200
_SPACES = re.compile("[ \u00a0\u2009\u202f'’]")
_DECIMAL_COMMA = re.compile(r"\d+,\d+")  # 84,20
# A text that writes decimals with a comma: it has "84,20", or "1.200.000" or "1.200,50".
_USES_COMMA = re.compile(r"(?<![\d.,])\d+,\d{1,2}(?![\d,.]*\d)|\.\d{3}[.,]\d")
_ADDRESS = re.compile(r"(?:(?:1?\d?\d|2[0-5]\d)\.){3}\d{1,3}")  # 192.168.100.200, 249.1.1.1, 255.255.0.0
_PARTS = {
    "quarter": 4,
    "third": 3,
    "fifth": 5,
    "sixth": 6,
    "seventh": 7,
    "eighth": 8,
    "ninth": 9,
    "tenth": 10,
}
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_SHORT = {
    "k": 10**3,
    "m": 10**6,
    "mn": 10**6,
    "mio": 10**6,
    "bn": 10**9,
    "b": 10**9,
    "tn": 10**12,
    "t": 10**12,
}
_VOCABULARY: dict[str, tuple[str, int]] = {
    **{word: ("small", value) for word, value in (UNITS | TENS).items()},
    **{word: ("scale", value) for word, value in _SCALES.items()},
    **{word: ("short", value) for word, value in _SHORT.items()},
    **{word: ("part", value) for word, value in _PARTS.items()},
    **{f"{word}s": ("part", value) for word, value in _PARTS.items()},
    **dict.fromkeys("first second fourth hundredth thousandth millionth".split(), ("ordinal", 0)),
    **{word: (word, 0) for word in ("and", "of", "point", "between")},
    "a": ("a", 1), "an": ("a", 1), "half": ("half", 2), "hundred": ("hundred", 100), "dozen": ("dozen", 12),
}  # fmt: skip


class Token(NamedTuple):
    """A word or a figure of a number.

    kind: figure, vulgar (`½`), small (`seven`, `twenty`), hundred, scale, short (`bn`), dozen, half, part (`third`),
    ordinal, or the word itself: a, and, of, point, between.
    value: for a part, the denominator. readings: for a figure, in plain digits, the likeliest first.
    """

    kind: str
    value: Fraction
    start: int
    end: int
    readings: tuple[str, ...] = ()


def number_tokens(text: str) -> list[Token]:
    """Tokens that may be part of a number, in the order of the text."""
    comma = bool(_USES_COMMA.search(text))
    tokens: list[Token] = []
    for match in _TOKEN.finditer(text):
        word, start, end = match.group(), match.start(), match.end()
        if match["vulgar"]:
            tokens.append(
                Token("vulgar", Fraction(unicodedata.numeric(word)).limit_denominator(10), start, end)
            )
        elif match["figure"]:
            readings = _figure_readings(word, comma=comma)
            value = Fraction(readings[0]) if is_decimal(readings[0]) else Fraction(0)
            tokens.append(Token("figure", value, start, end, readings))
        elif known := _VOCABULARY.get(word.lower()):
            tokens.append(Token(known[0], Fraction(known[1]), start, end))
    return tokens


def plain_figure(figure: str) -> str:
    """The likeliest reading of a number in figures: `1,200` is `1200`, `84,20` is `84.20`."""
    return _figure_readings(figure, comma=False)[0]


def is_decimal(value: str) -> bool:
    return len(value) <= MOST_DIGITS and value.replace(".", "", 1).isdecimal()


def _figure_readings(figure: str, *, comma: bool) -> tuple[str, ...]:
    """comma: whether the text writes decimals with a comma."""
    parts = _SPACES.split(figure)
    if len(parts) > 1:
        joined = "".join(parts).replace(",", ".")
        # Three numbers side by side in a table look like one with spaces.
        return (joined, *parts) if " " in figure else (joined,)
    as_decimal = figure.replace(",", ".")
    if _GROUPED.fullmatch(figure):
        grouped = figure.replace(",", "")
        return (grouped, as_decimal) if comma and as_decimal.count(".") == 1 else (grouped,)
    if _DOT_GROUPED.fullmatch(figure) and not _ADDRESS.fullmatch(figure):
        return (figure.replace(".", "").replace(",", "."),)
    if _EITHER.fullmatch(figure):
        readings = (figure, figure.replace(".", ""))
        return readings[::-1] if comma else readings
    return (as_decimal if _DECIMAL_COMMA.fullmatch(figure) else figure,)
