"""Numbers in a text, in figures and in words: a small grammar that reads each number into plain digits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from askive.rag.text.figures import MOST_DIGITS, is_decimal, number_tokens

_MONEY_BEFORE = re.compile(r"(?:[$€£¥]|\b(?:CHF|EUR|USD|GBP))\s?$")  # "€ 5 m", "CHF 5m"
_RANGE = re.compile(
    r"\s*[-–]\s*[$€£¥]?|\s+(?:to|or)\s+[$€£¥]?", re.IGNORECASE
)  # "12-15", "$12 to $15", "12 or 15"
# "between 12", "between two hundred million"
_BETWEEN = re.compile(r"\bbetween\s+[^\s.]+(?:[\s-][^\s.]+){0,2}$", re.IGNORECASE)
_RATIO = re.compile(r"\s+(in|out of)(?: every)?\s+", re.IGNORECASE)  # "one in five", "one out of every five"
_AT = re.compile(r"\bat\s+$", re.IGNORECASE)  # "at one point five of them left"
_OF_A_WHOLE = re.compile(r"\s+(?:of|the)\b", re.IGNORECASE)  # "half of them", "half the trams"


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a text.

    values: its readings in plain digits, the likeliest first: `400m` is 400000000, or 400 metres.
    start, end: offsets into the text. scale: 1000000 for `12 million`, 1 for `12`.
    """

    values: tuple[str, ...]
    start: int
    end: int
    scale: int = 1


def numbers(text: str) -> set[str]:
    """Numbers in one spelling: `7,500`, `7500` and `seven thousand five hundred` are all `7500`.

    A scale belongs to its number: `12 million` and `a dozen` are `12000000` and `12`. A number with several readings
    contributes all of them. Signs are left out.
    """
    return {value for number in find_numbers(text) for value in number.values}


def number_mentions(text: str) -> list[tuple[str, int, int]]:
    """`(likeliest reading, start, end)` in the order of the text."""
    return [(number.values[0], number.start, number.end) for number in find_numbers(text)]


def find_numbers(text: str) -> list[Number]:
    """Numbers in the order of the text; without ordinals in words, such as `twenty-first`."""
    result = list(_Grammar(text).numbers())
    for i in range(len(result) - 1):
        result[i] = _with_shared_scale(text, result[i], result[i + 1])
    return result


def is_range(text: str, start: int, end: int) -> bool:
    """Whether `text[start:end]` joins two numbers to a range: `12-15`, `12 to 15`, `between 12 and 15`."""
    gap = text[start:end] if end - start < 10 else ""
    return bool(_RANGE.fullmatch(gap)) or (
        gap.strip() == "and" and bool(_BETWEEN.search(text[max(0, start - 40) : start]))
    )


def _with_shared_scale(text: str, one: Number, other: Number) -> Number:
    """In "12 to 15 million" the scale may belong to both."""
    if one.scale > 1 or other.scale == 1 or not is_decimal(one.values[0]):
        return one
    scaled = Fraction(one.values[0]) * other.scale
    if scaled >= Fraction(other.values[0]) or not is_range(text, one.end, other.start):
        return one
    return replace(one, values=(spelled(scaled), *one.values))


def find_shares(text: str) -> list[Number]:
    """Shares of a whole in per cent: `half of`, `three-quarters of the`, `3/4 of`, `one in five`, `9 out of 10`."""
    return list(_Grammar(text).shares())


def spelled(value: Fraction) -> str:
    """The value in plain digits, of at most 28 significant ones."""
    return f"{(Decimal(value.numerator) / Decimal(value.denominator)).normalize():f}"


class _Grammar:
    """The grammar of numbers over the tokens of a text.

    Rules take the index of a token; they return a value and the index after its last token, or None.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = number_tokens(text)

    def numbers(self) -> Iterator[Number]:
        i = 0
        while i < len(self._tokens):
            token = self._tokens[i]
            if token.readings and not is_decimal(token.readings[0]):
                yield Number(token.readings, token.start, token.end)
                i += 1
            elif (result := self._part_of_scale(i) or self._cardinal(i)) is None:
                i += 1
            else:
                number, stop = result
                if not self._is_ordinal(stop):
                    yield number
                i = stop

    def shares(self) -> Iterator[Number]:
        i = 0
        while i < len(self._tokens):
            if self._part_of_scale(i):
                i += 1
                continue
            share, whole = self._share(i), self._cardinal(i)
            if share and share[0] < 1 and _OF_A_WHOLE.match(self._text, self._tokens[share[1] - 1].end):
                yield self._number(share[0] * 100, i, share[1])
                i = share[1]
            elif whole and (ratio := self._ratio(i, *whole)):
                yield ratio
                i = whole[1]
            i += 1

    def _gap(self, i: int) -> str:
        """The text between a token and the one before it, without spaces; `…` when it is long."""
        start, end = self._tokens[i - 1].end, self._tokens[i].start
        return self._text[start:end].strip() if end - start < 20 else "…"

    def _kind(self, i: int, gaps: tuple[str, ...] = ("", "-", "‑")) -> str:
        """The kind of a token that follows the one before it with one of these gaps; else empty."""
        return self._tokens[i].kind if 0 < i < len(self._tokens) and self._gap(i) in gaps else ""

    def _number(
        self, value: Fraction, i: int, stop: int, scale: int = 1, also: tuple[str, ...] = ()
    ) -> Number:
        return Number((spelled(value), *also), self._tokens[i].start, self._tokens[stop - 1].end, scale)

    def _share(self, i: int) -> tuple[Fraction, int] | None:
        """`half`, `a quarter`, `three-quarters`, `¾`, `3/4`."""
        token, following = self._tokens[i], self._kind(i + 1)
        if token.kind in ("half", "vulgar"):
            return (1 / token.value if token.kind == "half" else token.value), i + 1
        if token.kind == "a" and following == "half":
            return Fraction(1, 2), i + 2
        if token.kind in ("a", "small") and following == "part":
            return token.value / self._tokens[i + 1].value, i + 2
        if (
            token.kind == "figure"
            and self._kind(i + 1, ("/",)) == "figure"
            and self._kind(i + 2, ("/",)) == ""
        ):
            below = self._tokens[i + 1].value
            return (token.value / below, i + 2) if below and self._gap(i) != "/" else None
        return None

    def _part_of_scale(self, i: int) -> tuple[Number, int] | None:
        """`half a million`, `three-quarters of a million`, `a quarter-million`, `half a dozen`."""
        share = self._share(i)
        if share is None and self._tokens[i].kind == "part" and self._tokens[i].value == 4:
            share = Fraction(1, 4), i + 1
        if share is None:
            return None
        value, j = share
        if self._kind(j) == "of":
            j += 1
        if self._kind(j) == "a":
            j += 1
        if self._kind(j) not in ("scale", "hundred", "dozen"):
            return None
        scale = int(self._tokens[j].value)
        return self._number(value * scale, i, j + 1, scale), j + 1

    def _cardinal(self, i: int) -> tuple[Number, int] | None:
        """`two and a half million`, `1.2bn`, `one million, two hundred thousand and five`."""
        group = self._group(i)
        if group is None:
            return None
        total, stop = Fraction(0), i
        largest = least = 1
        also: tuple[str, ...] = ()
        while group is not None:
            value, j = group
            scale, after, is_sure = self._scale(j)
            if total and (
                scale >= least or (scale == 1 and (value >= least or self._tokens[j - 1].readings))
            ):
                break
            if not total and scale == 1 and j == i + 1 and len(self._tokens[i].readings):
                token = self._tokens[i]
                return Number(token.readings, token.start, token.end), j
            if not is_sure:
                also = (spelled(value),)
            total, stop, least, largest = total + value * scale, after, scale, max(largest, scale)
            if scale == 1 or self._tokens[after - 1].kind == "dozen":
                break
            if share := self._and_share(after):
                total, stop = total + share[0] * scale, share[1]
                break
            group = self._next_group(after, joined_by_and=not self._is_between(i))
        return self._number(total, i, stop, largest, also), stop

    def _group(self, i: int) -> tuple[Fraction, int] | None:
        """A value before a scale: `2½`, `250`, `two and a half`, `three point five`, `two hundred and fifty`."""
        token = self._tokens[i]
        if token.kind == "dozen":
            return Fraction(12), i + 1
        if token.kind == "a" and self._kind(i + 1) in ("hundred", "scale", "dozen"):
            value, j = Fraction(1), i + 1
        elif token.kind == "vulgar":
            return token.value, i + 1
        elif token.kind == "figure" and is_decimal(token.readings[0]):
            value, j = token.value, i + 1
            share = self._share(j) if self._kind(j, ("",)) in ("vulgar", "figure") else None
            if share and share[0] < 1 and value.denominator == 1:
                return value + share[0], share[1]
        elif small := self._small(i):
            value, j = small
        else:
            return None
        if share := self._and_share(j):
            return value + share[0], share[1]
        if self._kind(j) == "point" and not _AT.search(self._text[max(0, token.start - 4) : token.start]):
            return self._decimals(value, j + 1)
        if self._kind(j) == "hundred" and value < 100:
            value, j = value * 100, j + 1
            k = j + (self._kind(j) == "and" and not self._is_between(i))
            rest = self._small(k) if self._kind(k) == "small" else None
            if rest and self._kind(rest[1]) != "hundred":
                return value + rest[0], rest[1]
        return value, j

    def _small(self, i: int) -> tuple[Fraction, int] | None:
        """`seven`, `twenty`, `twenty-one`."""
        token = self._tokens[i]
        if token.kind != "small":
            return None
        if token.value >= 20 and self._kind(i + 1) == "small" and 0 < self._tokens[i + 1].value < 10:
            return token.value + self._tokens[i + 1].value, i + 2
        return token.value, i + 1

    def _decimals(self, value: Fraction, i: int) -> tuple[Fraction, int]:
        place = Fraction(1, 10)
        j = i
        while self._kind(j) == "small" and self._tokens[j].value < 10 and j - i < 10:
            value, place, j = value + self._tokens[j].value * place, place / 10, j + 1
        return value, j if j > i else i - 1

    def _and_share(self, i: int) -> tuple[Fraction, int] | None:
        """`and a half`, `and three quarters`; other parts only before a scale, unlike "two, and a third was lost"."""
        share = self._share(i + 1) if self._kind(i) == "and" and self._kind(i + 1) else None
        if share is None or share[0] >= 1 or self._tokens[i + 1].readings:
            return None
        is_usual = share[0].denominator in (2, 4) and self._tokens[i + 1].kind != "half"
        return share if is_usual or self._kind(share[1]) == "scale" else None

    def _scale(self, i: int) -> tuple[int, int, bool]:
        """The scale or 1, the index after it, and whether this is the only reading."""
        kind = self._kind(i)
        if kind == "short":
            return self._short_scale(i)
        if kind not in ("scale", "dozen"):
            return 1, i, True
        scale = int(self._tokens[i].value)
        if kind == "scale" and self._kind(i + 1) == "scale" and self._tokens[i + 1].value >= scale:
            return scale * int(self._tokens[i + 1].value), i + 2, True
        return scale, i + 1, True

    def _short_scale(self, i: int) -> tuple[int, int, bool]:
        token, before = self._tokens[i], self._tokens[i - 1]
        name = self._text[token.start : token.end].lower()
        is_beside = before.end == token.start
        is_money = bool(_MONEY_BEFORE.search(self._text[max(0, before.start - 5) : before.start]))
        is_cut = self._text[token.end : token.end + 1].isalnum()
        if before.kind not in ("figure", "vulgar") or is_cut:
            return 1, i, True
        if len(name) > 1 or is_money or (name in "km" and is_beside):
            return int(token.value), i + 1, is_money or name != "m"
        return 1, i, True

    def _is_between(self, i: int) -> bool:
        """Whether `and` ends the number: `between one hundred and two thousand`."""
        return i > 0 and self._tokens[i - 1].kind == "between" and self._gap(i) == ""

    def _next_group(self, i: int, *, joined_by_and: bool) -> tuple[Fraction, int] | None:
        if joined_by_and and self._kind(i, ("", ",")) == "and":
            i += 1
        kind = self._kind(i, ("", ","))
        group = self._group(i) if kind in ("small", "figure") else None
        # "A thousand, five of them": a comma joins only hundreds.
        return None if group and self._gap(i) == "," and group[0] < 100 else group

    def _is_ordinal(self, i: int) -> bool:
        """Whether the token makes the number before it an ordinal: `twenty-first`, `two hundredth`."""
        before = self._tokens[i - 1]
        if before.kind in ("hundred", "scale"):
            i += self._kind(i) == "and"
            gaps: tuple[str, ...] = ("", "-")
        else:
            gaps = ("-",) if before.value >= 20 else ()
        word = self._text[self._tokens[i].start : self._tokens[i].end] if i < len(self._tokens) else ""
        return before.kind in ("small", "hundred", "scale") and (
            self._kind(i, gaps) == "ordinal" or (self._kind(i, gaps) == "part" and not word.endswith("s"))
        )

    def _ratio(self, i: int, number: Number, stop: int) -> Number | None:
        """`one in five`, `nine in ten`, `3 out of 12`; not "two in five attacks"."""
        match = _RATIO.match(self._text, number.end)
        stop += self._kind(stop, ("out",)) == "of"
        whole = self._cardinal(stop) if match and stop < len(self._tokens) else None
        if match is None or whole is None or whole[0].start != match.end():
            return None
        part, of = number.values[0], whole[0].values[0]
        if not (part.isdecimal() and of.isdecimal() and max(len(part), len(of)) <= MOST_DIGITS):
            return None
        is_year = len(of) == 4 and of[-1] != "0"
        usual = match[1].lower() != "in" or (part == "1" and not is_year) or of in ("10", "100")
        if not usual or not 0 < int(part) < int(of):
            return None
        return Number((spelled(Fraction(100 * int(part), int(of))),), number.start, whole[0].end)
