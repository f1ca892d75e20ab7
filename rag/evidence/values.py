"""Values in a text: numbers, dates and names of the kind that a question asks for, and which of them are the same."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from askive.rag.question.analysis import Question
from askive.rag.question.answer_type import Kind
from askive.rag.text.date_mentions import days
from askive.rag.text.names import names_in, same_word
from askive.rag.text.quantities import Quantity, compare, quantities
from askive.rag.text.words import STOP_WORDS, stem, stems

_MEASURE = re.compile(
    r"[\s-]*(?:(?:square|sq)\b|(?:miles?|kilomet(?:er|re)s?|km|acres?|hectares?|met(?:er|re)s?|feet|foot|years?|households?"
    r"|families|housing|m|ft|mi|ha)\b)",
    re.IGNORECASE,
)
_CODE = re.compile(r"0\d")
_COUNTS_PEOPLE = frozenset(
    map(stem, "people inhabitants residents persons population souls men women citizens individuals".split())
)
_RETRIEVED = re.compile(
    r"\b(?:retrieved|accessed|archived|updated|modified|edited|copyright|posted|viewed)\b\W+(?:\w+\W+){0,3}$",
    re.IGNORECASE,
)
_NEAR_CHARS = 80
_OTHER_WORDS = {
    word: frozenset(same)
    for same in (
        [stem(word) for word in group.split("/")]
        for group in """born/birth/birthday/birthdate die/died/death/dead/killed founded/established/formed/created
        built/constructed/construction/erected/completed directed/director/film wrote/written/author/writer/novel/book
        artist/singer/album/recorded/released/by release/released/premiered located/location/lies/situated
        population/inhabitants/residents/people/census owner/owned/owns won/winner/win/victory
        starts/started/began/begin cost/price/paid/costs/worth
        killed/dead/died/deaths/toll hurt/injured/wounded""".split()
    )
    for word in same
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Value:
    """A value in a text.

    text: as it stands there. start, end: offsets into that text.
    score: how near it stands to what was asked, 0 to 1.
    """

    text: str
    start: int
    end: int
    score: float


def synonym_sets(question: Question) -> list[frozenset[str]]:
    """The question's words as sets of stems, any of which says the same: `director`, `directed`, `film by`."""
    return [_OTHER_WORDS.get(one, frozenset({one})) for one in dict.fromkeys(question.stems)]


def values_in(question: Question, kind: Kind, text: str, published: str | None = None) -> list[Value]:
    """Values of the kind in the text that the question does not name itself, nearest to its words first."""
    asked = set().union(*synonym_sets(question), set())
    places = [
        (match.start(), match.end())
        for match in re.finditer(r"[^\W\d_]+", text)
        if match.group().lower() not in STOP_WORDS and stem(match.group().lower()) in asked
    ]
    found: list[tuple[int, int, float]] = []
    if kind == "number":
        taken = [(day.start, day.end) for day in days(text)]
        people = question.counts_people
        counted = stem(question.counted.lower())
        unit = _OTHER_WORDS.get(counted, {counted}) if counted else set()
        for q in quantities(text, taken):
            # "0454046" is a code, "ten townships" are no inhabitants.
            if _CODE.match(text, q.start) or (people and q.nouns and not _COUNTS_PEOPLE & {q.nouns[0]}):
                continue
            # A town's area is not its population.
            if people and (q.unit or _MEASURE.match(text, q.end) or q.value % 1 > 0):
                continue
            # "Two attacks" are no people killed in attacks.
            if unit and q.nouns and q.nouns[0] in asked and not unit & {*q.nouns}:
                continue
            found.append((q.start, _with_counted(text, q, asked), 0.3 if asked & {*q.nouns} else 0.0))
    elif kind == "date":
        exact = [day for day in days(text, published) if day.iso or day.weekday is not None]
        # When a page was looked at says nothing of what it tells.
        exact = [day for day in exact if not _RETRIEVED.search(text[max(0, day.start - 40) : day.start])]
        found = [(day.start, day.end, 0.1 if day.day else 0.0) for day in exact]
    else:
        named = [word for name in question.names for word in name.words]
        for name in names_in(text):
            if not any(same_word(word, other) for word in name.words for other in named):
                found.append((name.start, name.end, 0.1 if len(name.words) > 1 else 0.0))
    said = set(question.stems)
    return sorted(
        (
            Value(text[a:b], a, b, min(1.0, 0.7 * _nearness(a, b, places) + more))
            for a, b, more in found
            if not set(stems(text[a:b])) <= said
        ),
        key=lambda value: (-value.score, value.start),
    )


def fullest(values: Sequence[str]) -> str:
    """The one that says most of values that are the same: `26 August 1849` of it and `1849`; the first of equals."""
    return max(values, key=lambda value: len(value.split()))


def same_value(one: str, other: str, published: Sequence[str | None] = (None, None)) -> bool:
    """Whether two values name the same: `a dozen` and `12`, `Jan. 25` and `25 January 2016`, `Smith` and `Al Smith`."""
    first, second = days(one, published[0]), days(other, published[1])
    if first and second:
        parts = [(getattr(first[0], part), getattr(second[0], part)) for part in ("year", "month", "day")]
        return all(a is None or b is None or a == b for a, b in parts)
    counted, also = quantities(one), quantities(other)
    if counted and also:
        return compare(counted[0], also[0]) == "agrees"
    if bool(counted) != bool(also):
        return False
    mine, others = set(stems(one)), set(stems(other))
    return bool(mine & others) and (mine <= others or others <= mine)


def _with_counted(text: str, quantity: Quantity, asked: set[str]) -> int:
    """Where the number ends, with what it counts when that stands right behind it and was asked for: `35 people`."""
    behind = re.match(r"\s+([^\W\d_]+)", text[quantity.end :])
    counts = behind is not None and stem(behind[1].lower()) in asked
    return quantity.end + behind.end() if behind and counts else quantity.end


def _nearness(start: int, end: int, places: Sequence[tuple[int, int]]) -> float:
    """1 beside a word of the question, 0 from 80 characters on; the mean of the two nearest."""
    gaps = sorted(max(a - end, start - b, 0) for a, b in places)[:2]
    return sum(max(0.0, 1.0 - gap / _NEAR_CHARS) for gap in gaps) / 2
