"""Time expressions of a question as first and last days: dates, quarters, `last month`, `before the talks`."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

from askive.rag.text.date_mentions import days
from askive.rag.text.dates import date_range

Day = datetime.date

_QUARTER = re.compile(
    # "the third quarter of 2015", "Q1 2016"
    r"\b(?:(?:the\s+)?(first|second|third|fourth|last)\s+quarter|q([1-4]))\s+(?:of\s+)?((?:19|20)\d\d)\b",
    re.IGNORECASE,
)
_QUARTERS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": 4}
_PART = re.compile(
    r"\b(early|mid|late)[\s-]+(?:in\s+)?$", re.IGNORECASE
)  # "early March 2015", "late in 2015"
# "in 2015", "until 2015": a bare year may be a number ("2000 people"), so it counts only after one of these words, or
# after early, mid, late.
_YEAR_NEEDS = re.compile(
    r"\b(?:in|during|of|since|before|after|until|by|from|between|and|to)\s+$", re.IGNORECASE
)
_IMPOSSIBLE_DAY = re.compile(r"\d(?:st|nd|rd|th)?\s+(?:of\s+)?$")  # "31 |February 2015"
_BETWEEN = re.compile(r"\b(?:between|from)\s+(?:the\s+)?$", re.IGNORECASE)  # "between March", "from the 3rd"
_TO = re.compile(r"\s+(?:and|to|until|till)\s+(?:the\s+)?", re.IGNORECASE)  # "March and May", "3 to 5 May"
# "before 2015", "prior to the 3rd of May", "since 2015"
_OPEN = re.compile(r"\b(before|prior to|until|till|after|since|following)\s+(?:the\s+)?$", re.IGNORECASE)
_NEAR_CHARS = 30
# "today", "yesterday"; "this week", "last month"; "the past 30 days", "last two weeks"
_RELATIVE = re.compile(
    r"\b(?:(today|yesterday)|(this|last|past)\s+(week|month|year)"
    r"|(?:the\s+)?(?:last|past)\s+(\d{1,3}|two|three|four|five|six|ten)\s+(day|week|month|year)s)\b",
    re.IGNORECASE,
)
_COUNTS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "ten": 10}
# "before the talks", "in the wake of his arrest", "during that siege"
_EVENT = re.compile(
    r"\b(before|prior to|ahead of|until|after|following|in the wake of|since|during)\s+"
    r"((?:the|his|her|their|its|this|that|these|those)\s+[^,;:.?!()\"“”]+)",
    re.IGNORECASE,
)
# The end of an event's name in "the talks in Geneva did he ...", "the war and", "the siege began"
_PHRASE_ENDS = re.compile(
    r"\s+(?:and|or|but|who|whom|what|which|when|where|why|how|that|did|does|do|was|were|is|are|had|has|have|will"
    r"|would|could|should|can|may|might|began|started|ended|took|happened)\b.*$",
    re.IGNORECASE | re.DOTALL,
)
_MAX_PHRASE_WORDS = 7
# "the article", "the same", "the next"; "that"
_NO_EVENT = re.compile(
    r"(?:the\s+)?(?:article|report|story|piece|publication|coverage|same|first|last|next|past)\b|(?:that|this)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Time:
    """A period that a question refers to.

    wording: the question's own words.
    first, last: its days, both inclusive; `date.min` and `date.max` for an open end.
    resolved: the interpretation, when the words alone do not give the days.
    """

    wording: str
    first: Day
    last: Day
    resolved: str = ""

    def describe(self) -> str:
        """The words with their interpretation."""
        if self.resolved:
            return f"{self.wording} (taken as {self.resolved})"
        if self.first == Day.min:
            return f"dated until {self.last}"
        if self.last == Day.max:
            return f"dated from {self.first}"
        return f"dated {self.first}" if self.first == self.last else f"dated {self.first} to {self.last}"

    @property
    def bounded(self) -> bool:
        """Whether both ends are given."""
        return self.first != Day.min and self.last != Day.max

    def includes(self, published: str) -> bool:
        """Whether a document of this date may be from the period."""
        return self.overlaps(*date_range(published))

    def overlaps(self, first: Day, last: Day) -> bool:
        """Whether a day from first to last is in the period."""
        return first <= self.last and self.first <= last

    def covers(self, first: Day, last: Day) -> bool:
        """Whether all days from first to last are in the period."""
        return self.first <= first and last <= self.last


@dataclass(frozen=True, slots=True)
class EventPhrase:
    """A period given by an event: `before the talks` has the phrase `the talks` and the relation `before`."""

    wording: str
    relation: str
    phrase: str

    def at(self, first: Day, last: Day, resolved: str) -> Time:
        """The period when the event was on these days. resolved: as in `Time`."""
        if self.relation in ("before", "prior to", "ahead of", "until"):
            return Time(self.wording, Day.min, last, resolved)
        if self.relation == "during":
            return Time(self.wording, first, last, resolved)
        return Time(self.wording, first, Day.max, resolved)


def named_times(text: str) -> list[Time]:
    """The dates, months, quarters, years and ranges in a text, in its order; impossible dates are left out."""
    dated = _dates(text)
    result: list[Time] = []
    i = 0
    while i < len(dated):
        span = _span(text, dated[i], dated[i + 1]) if i + 1 < len(dated) else None
        result += [span] if span else _times(text, dated[i])
        i += 2 if span else 1
    return result


def relative_phrase(text: str) -> str:
    """The words that `relative_time` parses, such as `last week`; empty when there are none."""
    match = _RELATIVE.search(text)
    return match.group() if match else ""


def relative_time(text: str, newest: Day | None, today: Day) -> Time | None:
    """The period of `last week` and the like, counted from today.

    When the newest document is older than that period, it is counted from the day of that document.
    """
    match = _RELATIVE.search(text)
    if match is None:
        return None
    first, last = _period(match, today)
    if newest is None or newest >= first:
        return Time(match.group(), first, last, _days(first, last))
    first, last = _period(match, newest)
    return Time(match.group(), first, last, f"{_days(first, last)}: the newest document is of {newest}")


def event_phrases(text: str) -> list[EventPhrase]:
    """`before the talks`, `during the siege of Kobani`: periods that only the archive can date."""
    phrases: list[EventPhrase] = []
    for match in _EVENT.finditer(text):
        named = _PHRASE_ENDS.sub("", match.group(2))
        dated = _dates(named, bare_years=True)
        # "the talks in early 2016": the words before the date name the event.
        named = re.sub(r"\s+(?:in|on|of|at|from)\s*$", "", named[: dated[0].start]) if dated else named
        phrase = " ".join(named.split()[:_MAX_PHRASE_WORDS])
        if len(phrase.split()) > 1 and not _NO_EVENT.match(phrase):
            relation = match.group(1).lower()
            phrases.append(EventPhrase(f"{relation} {phrase}", relation, phrase))
    return phrases


@dataclass(frozen=True, slots=True)
class _DateSpan:
    """The offsets of a date and its possible days; `days` is empty without a year."""

    start: int
    end: int
    month: str
    days: tuple[tuple[Day, Day], ...]


def _dates(text: str, *, bare_years: bool = False) -> list[_DateSpan]:
    """Dates, quarters and thirds in the order of the text. bare_years: include a year without a preposition."""
    spans: list[_DateSpan] = []
    for match in _QUARTER.finditer(text):
        number = int(match[2] or 0) or _QUARTERS[match[1].lower()]
        first, last = Day(int(match[3]), 3 * number - 2, 1), date_range(f"{match[3]}-{3 * number:02d}")[1]
        spans.append(_DateSpan(match.start(), match.end(), "", ((first, last),)))
    quarters = [(quarter.start, quarter.end) for quarter in spans]
    for day in days(text):
        before = text[max(0, day.start - _NEAR_CHARS) : day.start]
        part = _PART.search(before)
        is_bare = day.text.isdigit() and not (part or bare_years or _YEAR_NEEDS.search(before))
        if is_bare or day.weekday is not None or (day.day is None and _IMPOSSIBLE_DAY.search(before)):
            continue
        if any(start < day.end and day.start < end for start, end in quarters):
            continue
        ranges = tuple(date_range(reading.iso) for reading in day.readings if reading.iso)
        month = f"-{day.month:02d}" + (f"-{day.day:02d}" if day.day else "") if day.month else ""
        if part:
            ranges = tuple(_third(part[1].lower(), one) for one in ranges)
        spans.append(_DateSpan(day.start - len(part[0]) if part else day.start, day.end, month, ranges))
    return sorted(spans, key=lambda span: span.start)


def _times(text: str, dated: _DateSpan) -> list[Time]:
    """The period of one date, two periods for `3/4/24`; none without a year."""
    opening = _OPEN.search(text[max(0, dated.start - _NEAR_CHARS) : dated.start])
    if not dated.days or opening is None:
        return [Time(text[dated.start : dated.end], first, last) for first, last in dated.days]
    wording = f"{opening[0]}{text[dated.start : dated.end]}"
    if opening[1].lower() in ("before", "prior to", "until", "till"):
        return [Time(wording, Day.min, max(last for _, last in dated.days))]
    return [Time(wording, min(first for first, _ in dated.days), Day.max)]


def _span(text: str, since: _DateSpan, until: _DateSpan) -> Time | None:
    """`between March and May 2015`, `from 3 May 2015 to June 4, 2015`."""
    opening = _BETWEEN.search(text[max(0, since.start - _NEAR_CHARS) : since.start])
    if opening is None or not until.days or not _TO.fullmatch(text[since.end : until.start]):
        return None
    first, last = since.days[0][0] if since.days else None, until.days[-1][1]
    if first is None:
        try:
            first = date_range(f"{until.days[0][0].year}{since.month}")[0]
        except ValueError:
            return None
    return Time(f"{opening[0]}{text[since.start : until.end]}", first, last) if first <= last else None


def _third(part: str, days: tuple[Day, Day]) -> tuple[Day, Day]:
    """The first, middle or last third; early and late are a quarter longer, because people use them loosely."""
    first, last = days
    third = (last - first) / 3
    if part == "mid":
        return first + third, last - third
    return (first, first + third * 1.25) if part == "early" else (last - third * 1.25, last)


def _period(match: re.Match[str], from_day: Day) -> tuple[Day, Day]:
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
