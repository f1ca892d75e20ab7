"""What a question says about time, as first and last days: dates, quarters, `last month`, `before the talks`."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from askive.rag.text.date_mentions import MONTHS
from askive.rag.text.dates import date_range

Day = datetime.date

_MONTH = f"(?:{'|'.join(MONTHS)})"
_DATE = (
    rf"(?:\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH},?\s+\d{{4}}|{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}"
    rf"|(?:(?:early|mid|late)[\s-]+)?{_MONTH},?\s+(?:of\s+)?\d{{4}}|\d{{4}}-\d{{2}}(?:-\d{{2}})?"
    r"|(?:the\s+)?(?:(?:first|second|third|fourth|last)\s+quarter|q[1-4])\s+(?:of\s+)?\d{4}"
    r"|(?:(?:early|mid|late)[\s-]+)?(?:19|20)\d{2}\b)"
)
# A bare year may be a number: "2000 people". It counts after one of these, or after early, mid, late.
_YEAR_NEEDS = re.compile(
    r"\b(?:in|during|of|since|before|after|until|by|from|between|and|to)\s+$", re.IGNORECASE
)
_PLAIN = re.compile(_DATE, re.IGNORECASE)
_SPAN = re.compile(
    rf"\b(?:between|from)\s+({_DATE}|{_MONTH}(?:\s+\d{{1,2}})?)\s+(?:and|to|until|till)\s+({_DATE})",
    re.IGNORECASE,
)
_OPEN = re.compile(rf"\b(before|prior to|until|till|after|since|following)\s+({_DATE})", re.IGNORECASE)
_RELATIVE = re.compile(
    r"\b(?:(today|yesterday)|(this|last|past)\s+(week|month|year)"
    r"|(?:the\s+)?(?:last|past)\s+(\d{1,3}|two|three|four|five|six|ten)\s+(day|week|month|year)s)\b",
    re.IGNORECASE,
)
_COUNTS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "ten": 10}
_EVENT = re.compile(
    r"\b(before|prior to|ahead of|until|after|following|in the wake of|since|during)\s+"
    r"((?:the|his|her|their|its|this|that|these|those)\s+[^,;:.?!()\"“”]+)",
    re.IGNORECASE,
)
# Where a phrase such as "the talks in Geneva did he ..." stops being the name of an event.
_PHRASE_ENDS = re.compile(
    r"\s+(?:and|or|but|who|whom|what|which|when|where|why|how|that|did|does|do|was|were|is|are|had|has|have|will"
    r"|would|could|should|can|may|might|began|started|ended|took|happened)\b.*$",
    re.IGNORECASE | re.DOTALL,
)
_MAX_PHRASE_WORDS = 7
_NO_EVENT = re.compile(
    r"(?:the\s+)?(?:article|report|story|piece|publication|coverage|same|first|last|next|past)\b|(?:that|this)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Time:
    """A stretch of time that a question means.

    said: the question's own words.
    first, last: its days, both inclusive; `date.min` and `date.max` where it is open.
    taken: what it was taken for, when the words alone do not say.
    """

    said: str
    first: Day
    last: Day
    taken: str = ""

    def describe(self) -> str:
        """The words, and what they were taken for."""
        if self.taken:
            return f"{self.said} (taken as {self.taken})"
        if self.first == Day.min:
            return f"dated until {self.last}"
        if self.last == Day.max:
            return f"dated from {self.first}"
        return f"dated {self.first}" if self.first == self.last else f"dated {self.first} to {self.last}"

    @property
    def bounded(self) -> bool:
        """Whether both ends are named."""
        return self.first != Day.min and self.last != Day.max

    def holds(self, published: str) -> bool:
        """Whether a document of this date may be of that time."""
        first, last = date_range(published)
        return first <= self.last and self.first <= last


@dataclass(frozen=True, slots=True)
class EventPhrase:
    """A time told by an event: `before the talks` is said of the phrase `the talks`, relation `before`."""

    said: str
    relation: str
    phrase: str

    def at(self, first: Day, last: Day, taken: str) -> Time:
        """The time it means when the event was on these days."""
        if self.relation in ("before", "prior to", "ahead of", "until"):
            return Time(self.said, Day.min, last, taken)
        if self.relation == "during":
            return Time(self.said, first, last, taken)
        return Time(self.said, first, Day.max, taken)


def named_times(text: str) -> list[Time]:
    """The dates, months, quarters, years and spans that a text names, in its order; impossible ones are no dates."""
    found: list[tuple[int, int, Time]] = []
    readings: tuple[tuple[re.Pattern[str], Callable[[str, re.Match[str]], Time | None]], ...] = (
        (_SPAN, _span), (_OPEN, _open), (_PLAIN, _plain)
    )  # fmt: skip
    for pattern, read in readings:
        for match in pattern.finditer(text):
            if all(match.end() <= start or end <= match.start() for start, end, _ in found):
                time = read(text, match)
                if time:
                    found.append((match.start(), match.end(), time))
    return [time for _, _, time in sorted(found, key=lambda item: item[:2])]


def relative_phrase(text: str) -> str:
    """The words that `relative_time` would read, such as `last week`; empty when there are none."""
    match = _RELATIVE.search(text)
    return match.group() if match else ""


def relative_time(text: str, newest: Day | None, today: Day) -> Time | None:
    """`last week` and its like, counted from today, or from the newest document when nothing is as new as that."""
    match = _RELATIVE.search(text)
    if match is None:
        return None
    first, last = _stretch(match, today)
    if newest is None or newest >= first:
        return Time(match.group(), first, last, _days(first, last))
    first, last = _stretch(match, newest)
    return Time(match.group(), first, last, f"{_days(first, last)}: the newest document is of {newest}")


def event_phrases(text: str) -> list[EventPhrase]:
    """`before the talks`, `during the siege of Kobani`: times that only the archive can tell."""
    found: list[EventPhrase] = []
    for match in _EVENT.finditer(text):
        named = _PHRASE_ENDS.sub("", match.group(2))
        dated = _PLAIN.search(named)
        # "the talks in early 2016": what is left of the date names the event.
        named = re.sub(r"\s+(?:in|on|of|at|from)\s*$", "", named[: dated.start()]) if dated else named
        phrase = " ".join(named.split()[:_MAX_PHRASE_WORDS])
        if len(phrase.split()) > 1 and not _NO_EVENT.match(phrase):
            relation = match.group(1).lower()
            found.append(EventPhrase(f"{relation} {phrase}", relation, phrase))
    return found


def _plain(text: str, match: re.Match[str]) -> Time | None:
    said = match.group()
    if said.isdigit() and not _YEAR_NEEDS.search(text[: match.start()]):
        return None
    days = _read(said)
    return Time(said, *days) if days else None


def _open(text: str, match: re.Match[str]) -> Time | None:
    days = _read(match.group(2))
    if days is None:
        return None
    first, last = days
    earlier = match.group(1).lower() in ("before", "prior to", "until", "till")
    return Time(match.group(), Day.min, last) if earlier else Time(match.group(), first, Day.max)


def _span(text: str, match: re.Match[str]) -> Time | None:
    until = _read(match.group(2))
    if until is None:
        return None
    opening = match.group(1)
    since = _read(opening if re.search(r"\d{4}", opening) else f"{opening} {until[0].year}")
    if since is None or since[0] > until[1]:
        return None
    return Time(match.group(), since[0], until[1])


def _read(said: str) -> tuple[Day, Day] | None:
    """The days of one date in figures or words; None when there is no such day."""
    words = re.sub(r"\b(?:the|of)\b|,", " ", said.lower())
    try:
        if match := re.search(r"\d{4}-\d{2}(?:-\d{2})?", words):
            return date_range(match.group())
        if not (year_match := re.search(r"\b\d{4}\b", words)):
            return None
        year = int(year_match.group())
        if match := re.search(r"(first|second|third|fourth|last) quarter|q([1-4])", words):
            number = int(match.group(2) or 0) or {"first": 1, "second": 2, "third": 3}.get(match.group(1), 4)
            return Day(year, 3 * number - 2, 1), date_range(f"{year}-{3 * number:02d}")[1]
        month = next((n for n, name in enumerate(MONTHS, start=1) if re.search(rf"\b{name}\b", words)), 0)
        if month and (match := re.search(r"\b(\d{1,2})(?:st|nd|rd|th)?\b", words)):
            day = Day(year, month, int(match.group(1)))
            return day, day
        days = date_range(f"{year}-{month:02d}" if month else str(year))
    except ValueError:
        return None
    part = re.search(r"\b(early|mid|late)\b", words)
    return _third(part.group(1), days) if part else days


def _third(part: str, days: tuple[Day, Day]) -> tuple[Day, Day]:
    """The first, middle or last third; for early and late a little more, because people mean it loosely."""
    first, last = days
    third = (last - first) / 3
    if part == "mid":
        return first + third, last - third
    return (first, first + third * 1.25) if part == "early" else (last - third * 1.25, last)


def _stretch(match: re.Match[str], from_day: Day) -> tuple[Day, Day]:
    word, which, unit, count, units = match.groups()
    if word:
        day = from_day - datetime.timedelta(days=word.lower() == "yesterday")
        return day, day
    if count:
        n = int(count) if count.isdigit() else _COUNTS[count.lower()]
        return from_day - datetime.timedelta(days=n * _LENGTHS[units.lower()]), from_day
    unit, which = unit.lower(), which.lower()
    if which == "past":
        return from_day - datetime.timedelta(days=_LENGTHS[unit]), from_day
    back = which == "last"
    if unit == "week":
        monday = from_day - datetime.timedelta(days=from_day.weekday() + 7 * back)
        return monday, monday + datetime.timedelta(days=6)
    if unit == "year":
        return date_range(str(from_day.year - back))
    month = from_day.replace(day=1) - datetime.timedelta(days=int(back))
    return date_range(f"{month.year:04d}-{month.month:02d}")


_LENGTHS = {"day": 1, "week": 7, "month": 31, "year": 366}


def _days(first: Day, last: Day) -> str:
    return str(first) if first == last else f"{first} to {last}"


def full_dates(text: str, year: int | None = None) -> Iterator[tuple[Day, Day]]:
    """Days named in a text, also those without a year (`Jan. 25`) when the year is known."""
    for match in _IN_TEXT.finditer(text):
        day, month, other, written = match.group(1), match.group(2), match.group(3), match.group(4)
        name = re.sub(r"\W", "", (month or "")).lower()[:3]
        number = next((n for n, known in enumerate(MONTHS, start=1) if known.startswith(name)), 0)
        if (written or year) and number:
            try:
                found = Day(int(written or year or 0), number, int(day or other))
            except ValueError:
                continue
            yield found, found


_SHORT_MONTH = (
    r"(Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?|July?|Aug(?:ust|\.)?"
    r"|Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)"
)
_IN_TEXT = re.compile(
    rf"\b(?:(\d{{1,2}})\s+(?=[A-Z]))?{_SHORT_MONTH}(?(1)|\s+(\d{{1,2}})(?!\d))(?:,?\s+(\d{{4}}))?"
)
