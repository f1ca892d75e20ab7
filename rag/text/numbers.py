"""Numbers in a text, in figures and in words, each as one spelling."""

from __future__ import annotations

import re
from decimal import Decimal

_NUMBER_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+|[.;:!?]")
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
_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
_DOZEN = {"dozen": 12}


def numbers(text: str) -> set[str]:
    """Numbers in one spelling: `7,500`, `7500` and `seven thousand five hundred` are all `7500`.

    A scale belongs to its number: `12 million` and `a dozen` are `12000000` and `12`.
    """
    return {value for value, _, _ in number_mentions(text)}


def number_mentions(text: str) -> list[tuple[str, int, int]]:
    """`(number as `numbers` spells it, start, end)` in the order of the text."""
    found: list[tuple[str, int, int]] = []
    reading = _Reading()
    start = end = -1
    before = ""
    # Lower-casing may change the length of other scripts' letters: offsets are those of the text itself.
    for match in _NUMBER_TOKEN.finditer(text):
        token = match.group().lower()
        if not reading.goes_on(token, before):
            found += [(value, start, end) for value in sorted(reading.value())]
            reading, start = _Reading(), -1
            begins = reading.goes_on(token, before)
            before = token
            if not begins:
                continue
        start = match.start() if start < 0 else start
        end = match.end() if token != "and" else end
    return found + [(value, start, end) for value in sorted(reading.value())]


class _Reading:
    """One number while it is read, token by token."""

    def __init__(self) -> None:
        self._finished: set[str] = set()
        self._digits = ""
        self._total = Decimal(0)
        self._part: Decimal | None = None
        self._scale = 0

    def value(self) -> set[str]:
        """The number read, in plain digits; empty when there was none, two for `two million and three million`."""
        if self._digits and not self._scale:
            return {self._digits}
        if self._part is None and not self._scale:
            return set()
        return self._finished | {_spelled(self._total + (self._part or 0))}

    def goes_on(self, token: str, before: str) -> bool:
        """Whether the token is part of this number; it is taken in then."""
        if token[:1].isdecimal():
            return self._take_digits(_plain(token))
        if token in UNITS or token in TENS:
            return self._take_word(Decimal(UNITS.get(token, TENS.get(token, 0))))
        if token in _SCALES or token in _DOZEN:
            return self._take_scale(_SCALES.get(token) or _DOZEN[token], before)
        return token == "and" and bool(self._scale) and not self._digits

    def _take_digits(self, digits: str) -> bool:
        if self._digits or self._part is not None or self._scale:
            return False
        self._digits = digits
        self._part = Decimal(digits) if digits.count(".") < 2 and "," not in digits else None
        return True

    def _take_word(self, value: Decimal) -> bool:
        part = self._part
        if self._digits and not self._scale:
            return False
        if part is None:
            self._part = value
        elif (value < 10 and part % 100 >= 20 and part % 10 == 0) or (part >= 100 and part % 100 == 0):
            self._part = part + value
        else:
            return False
        return True

    def _take_scale(self, scale: int, before: str) -> bool:
        part = self._part
        if part is None and not self._scale and not self._digits and (before in ("a", "an") or scale == 12):
            part = Decimal(1)
        if part is None:
            return False
        if scale == 100:
            self._part, self._scale = part * scale, self._scale or scale
        else:
            if self._total and scale >= self._scale:
                self._finished.add(_spelled(self._total))
                self._total = Decimal(0)
            self._total, self._part, self._scale = self._total + part * scale, None, scale
        return True


def _spelled(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _plain(number: str) -> str:
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", number):
        number = number.replace(",", "")
    return number.rstrip(".,")
