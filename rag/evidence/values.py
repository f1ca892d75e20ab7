"""Values in a text: numbers, dates and names of the kind that a question asks for, and which of them are the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from askive.rag.question.analysis import Question
from askive.rag.question.answer_type import Kind
from askive.rag.text.date_mentions import days
from askive.rag.text.names import names_in, same_word
from askive.rag.text.quantities import Quantity, compare, quantities
from askive.rag.text.words import STOP_WORDS, stem, stems

# "40 square miles", "40 sq km"; "3 miles", "12 kilometers", "12 kilometres", "9 km", "5 acres", "5 hectares",
# "9 meters", "9 metres", "80 feet", "1 foot", "23 years", "1,204 households", "310 families", "950 housing units",
# "9 m", "80 ft", "3 mi", "5 ha".
_MEASURE = re.compile(
    r"[\s-]*(?:(?:square|sq)\b|(?:miles?|kilomet(?:er|re)s?|km|acres?|hectares?|met(?:er|re)s?|feet|foot|years?|households?"
    r"|families|housing|m|ft|mi|ha)\b)",
    re.IGNORECASE,
)
# "0454046".
_CODE = re.compile(r"0\d")
_COUNTS_PEOPLE = frozenset(
    map(stem, "people inhabitants residents persons population souls men women citizens individuals".split())
)
# "Retrieved 9 October 2017", "accessed on 9 October", "archived from it on", "last updated", "was modified on",
# "edited", "Copyright ©", "Posted: ", "viewed on the".
_RETRIEVED = re.compile(
    r"\b(?:retrieved|accessed|archived|updated|modified|edited|copyright|posted|viewed)\b\W+(?:\w+\W+){0,3}$",
    re.IGNORECASE,
)
_BEFORE_DATE_CHARS = 40
_NEAR_CHARS = 80
# Words of a question that ask for the same thing.
_SYNONYMS = {
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


_Found = tuple[int, int, float]
"""Start, end, and what is added to the score."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value in a text.

    text: as it is spelled there. start, end: offsets into that text.
    score: how close it stands to the question's words, 0 to 1.
    """

    text: str
    start: int
    end: int
    score: float


def synonyms_of(word: str) -> frozenset[str]:
    """The stems of a word and of those that ask for the same thing: `killed`, `died`, `toll`."""
    return _SYNONYMS.get(stem(word), frozenset({stem(word)}))


def synonym_sets(question: Question) -> list[frozenset[str]]:
    """A set of stems for each of the question's words, itself and its synonyms: `director`, `directed`, `film`."""
    return [_SYNONYMS.get(one, frozenset({one})) for one in dict.fromkeys(question.stems)]


def values_in(question: Question, kind: Kind, text: str, published: str | None = None) -> list[Value]:
    """Values of the kind in the text that the question does not name itself, nearest to its words first.

    published: the ISO date of the text's document, which completes dates without a year.
    """
    asked = set().union(*synonym_sets(question), set())
    if kind == "number":
        found = list(_numbers_in(question, text, asked))
    elif kind == "date":
        found = list(_dates_in(text, published))
    else:
        found = list(_names_in(question, text))
    places = [
        (match.start(), match.end())
        # A word: "killed".
        for match in re.finditer(r"[^\W\d_]+", text)
        if match.group().lower() not in STOP_WORDS and stem(match.group().lower()) in asked
    ]
    own = set(question.stems)
    return sorted(
        (
            Value(text[start:end], start, end, min(1.0, 0.7 * _nearness(start, end, places) + bonus))
            for start, end, bonus in found
            if not set(stems(text[start:end])) <= own
        ),
        key=lambda value: (-value.score, value.start),
    )


def _numbers_in(question: Question, text: str, asked: set[str]) -> Iterator[_Found]:
    """Numbers that may count what the question asks for. asked: stems of its words and their synonyms."""
    dates = [(day.start, day.end) for day in days(text)]
    people = question.counts_people
    counted = stem(question.counted.lower())
    nouns = _SYNONYMS.get(counted, {counted}) if counted else set()
    for number in quantities(text, dates):
        # "0454046" is a code; "ten townships" are not inhabitants.
        if _CODE.match(text, number.start) or (
            people and number.nouns and number.nouns[0] not in _COUNTS_PEOPLE
        ):
            continue
        # The area of a town is not its population.
        if people and (number.unit or _MEASURE.match(text, number.end) or number.value % 1 > 0):
            continue
        # "Two attacks" does not count the people killed in attacks.
        if nouns and number.nouns and number.nouns[0] in asked and not nouns & {*number.nouns}:
            continue
        yield number.start, _counted_end(text, number, asked, nouns), 0.3 if asked & {*number.nouns} else 0.0


def _dates_in(text: str, published: str | None) -> Iterator[_Found]:
    for day in days(text, published):
        # The day on which a page was retrieved is not a date of what the page is about.
        retrieved = _RETRIEVED.search(text[max(0, day.start - _BEFORE_DATE_CHARS) : day.start])
        if (day.iso or day.weekday is not None) and not retrieved:
            yield day.start, day.end, 0.1 if day.day else 0.0


def _names_in(question: Question, text: str) -> Iterator[_Found]:
    """Names that share no word with a name of the question."""
    known = [word for name in question.names for word in name.words]
    for name in names_in(text):
        if not any(same_word(word, other) for word in name.words for other in known):
            yield name.start, name.end, 0.1 if len(name.words) > 1 else 0.0


def fullest(values: Sequence[str]) -> str:
    """The most complete of several spellings of one value: `26 August 1849`, not `1849`; the first of equals."""
    return max(values, key=lambda value: len(value.split()))


def kind_of(value: str) -> str:
    """What a value is: `date`, `number`, `name`, or `words`."""
    if days(value):
        return "date"
    if quantities(value):
        return "number"
    return "name" if names_in(value) else "words"


def same_value(one: str, other: str, published: Sequence[str | None] = (None, None)) -> bool:
    """Whether two values are the same: `a dozen` and `12`, `Jan. 25` and `25 January 2016`, `Smith` and `Al Smith`.

    published: the ISO dates of their documents, which complete dates without a year.
    """
    first, second = days(one, published[0]), days(other, published[1])
    if first and second:
        parts = [(getattr(first[0], part), getattr(second[0], part)) for part in ("year", "month", "day")]
        return all(a is None or b is None or a == b for a, b in parts)
    number, other_number = quantities(one), quantities(other)
    if number and other_number:
        return compare(number[0], other_number[0]) == "agrees"
    if bool(number) != bool(other_number):
        return False
    words, other_words = set(stems(one)), set(stems(other))
    return bool(words & other_words) and (words <= other_words or other_words <= words)


def _counted_end(text: str, quantity: Quantity, asked: set[str], counted: AbstractSet[str]) -> int:
    """Where the number ends, with the words of the question up to what it counts: `35 people`, `12 school children`."""
    end = quantity.end
    # " people".
    while (noun := re.match(r"\s+([^\W\d_]+)", text[end:])) and stem(noun[1].lower()) in asked:
        end += noun.end()
        if not counted or stem(noun[1].lower()) in counted:
            break
    return end


def _nearness(start: int, end: int, places: Sequence[tuple[int, int]]) -> float:
    """Mean over the two nearest words of the question: 1 for an adjacent one, 0 from _NEAR_CHARS characters on."""
    gaps = sorted(max(a - end, start - b, 0) for a, b in places)[:2]
    return sum(max(0.0, 1.0 - gap / _NEAR_CHARS) for gap in gaps) / 2
