"""When a sentence says that something happened: its dates and ranges, resolved from the date of its document."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from askive.rag.survey.tense import looks_ahead, looks_back
from askive.rag.text.date_mentions import Day, day_of, days
from askive.rag.text.dates import date_range

# What a text without any date never has: a digit, a month, a weekday, or a word of `_RELATIVE`.
_MAY_BE_DATED = re.compile(
    r"\d|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b|day\b|tonight|this morning"
    r"|\b(?:last|this|next|previous|past|ago|earlier|before)\b",
    re.IGNORECASE,
)
_COUNTS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "twelve": 12,
}  # fmt: skip
_COUNT = rf"(?P<count>\d{{1,3}}|{'|'.join(_COUNTS)})"
_UNIT = r"(?P<unit>day|week|month|year)"
_RELATIVE = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_COUNT}\s+{_UNIT}s?\s+(?:ago|earlier)\b",  # five years ago, a week earlier
        rf"\bthe\s+{_UNIT}\s+before\b(?!\s+(?:the|his|her|its|their|(?-i:[A-Z])))",  # the year before
        r"\b(?:the\s+)?previous\s+(?P<unit>day|week|month|year)\b",  # the previous month
        r"\b(?P<which>last|this|next)\s+(?P<unit>week)\b",  # last week
        # this morning, tonight; last night
        r"\b(?P<today>this\s+(?:morning|afternoon|evening)|tonight)\b|\b(?P<yesterday>last\s+night)\b",
    )
)
# "tomorrow", "next month", "this year"
_RELATIVE_MONTH = re.compile(r"today|yesterday|tomorrow|last|this|next", re.IGNORECASE)
# "|from| 3 |to| 5 May", "|between| A |and| B", "A |–| B"
_OPENS_RANGE = re.compile(r"\b(?:from|between)\s+(?:the\s+)?$", re.IGNORECASE)
_JOINS_RANGE = re.compile(r"\s*(?:to|and|until|till|through|–|—|-)\s*(?:the\s+)?", re.IGNORECASE)
_DASH = re.compile(r"\s*[–—-]\s*")
# "2013-2014", "2013–14"
_YEAR_RANGE = re.compile(r"(?<![\d-])(?P<first>(?:19|20)\d\d)\s?[-–]\s?(?P<last>(?:19|20)?\d\d)(?![\d-])")
# "the |2009| Lisbon Treaty", "under the |2009| Act": a name, not a time
_OF_A_NAME = re.compile(r"\bthe\s+$", re.IGNORECASE)
_NAMED_AFTER_YEAR = re.compile(
    r"\s+(?:[A-Z]\w+\s+)*(?:Treaty|Act|Law|Convention|Agreement|Constitution|Code|Budget|Protocol|Accord|Edition)\b"
)
# "and |Jan| Peeters"; but "in |December| Hijab was chosen"
_OF_A_PERSON = re.compile(r"\s+[A-Z][a-z]")
_IN_A_MONTH = re.compile(
    r"\b(?:in|since|until|during|early|late|mid|last|next|this)[\s-]+[A-Z][a-z]+\.?$", re.IGNORECASE
)
# "Peak in °C: |1262|" is no year, "Days: |Friday|" no day; "Since: |2011|" is one
_CELL_HEAD = re.compile(r"(?:^|;\s+)(?P<head>[^:;]{1,60}):\s[^;:]*$")
_HEAD_OF_YEARS = re.compile(
    r"\b(?:years?|dates?|since|until|from|to|season|founded|built|born|died|begin|start|end|period)\b",
    re.IGNORECASE,
)
# "every |Monday|", "|Monday| to Friday", "|Monday| and Thursday"
_EVERY = re.compile(r"\b(?:every|each)\s+$|(?:day)\s+(?:to|and|or|-|–)\s+$", re.IGNORECASE)
_TO_A_WEEKDAY = re.compile(r"\s+(?:to|and|or|-|–)\s+\w+day\b", re.IGNORECASE)
# A bare earlier year may be a number: it needs "in |1492|".
_FIRST_BARE_YEAR = 1700
_BEFORE_YEAR = re.compile(
    r"\b(?:in|of|since|until|till|from|by|before|after|to|and|year|around|about|anno|during|early|late|mid)[\s-]+$",
    re.IGNORECASE,
)
# "|Friday| in November 2015", "Thursday, |Nov. 12|", "Monday |4 March|": a weekday of the date beside it
_SAME_DAY = re.compile(r"[\s,(]*(?:(?:in|of|the)\s+)?$|[\s,(]*$")
# "retrieved on |3 May|", "printed |3 May|": about the page, not about what it tells
_OF_THE_PAGE = re.compile(
    r"\b(?:retrieved|accessed|archived|printed|copyright|last updated)\b\W+(?:\w+\W+){0,2}$", re.IGNORECASE
)
# "In December": `days` knows these words inside a sentence.
_OPENING = re.compile(r"(?:In|Since|Until|By|During|From|Between|Early|Late|Mid|Last|Next|This)\b")
# "Q1 2021", "the first quarter of 2021"
_QUARTER = re.compile(
    r"\b(?:Q(?P<number>[1-4])|(?:the\s+)?(?P<word>first|second|third|fourth)\s+quarter)\s+(?:of\s+)?(?P<year>(?:19|20)\d\d)\b",
    re.IGNORECASE,
)
_QUARTERS = {"first": 1, "second": 2, "third": 3, "fourth": 4}
# "|3 to| 5 May", "|3 and| 5 May", "|3-|5 May 2021"
_DAY_BEFORE = re.compile(
    r"(?<![\d.,/-])(?P<day>[0-3]?\d)(?:st|nd|rd|th)?(?P<join>\s*[–-]\s*|\s+(?:to|until|and)\s+(?:the\s+)?)$"
)
_BEFORE_CHARS = 40


@dataclass(frozen=True, slots=True)
class EventTime:
    """A time that a sentence gives.

    first, last: ISO dates, as precise as known; the same for a single date. start, end: offsets of its words into the
    sentence. wording: these words. resolved_from: the date of the document, when the words alone do not give the time.
    """

    first: str
    last: str
    start: int
    end: int
    wording: str
    resolved_from: str = ""

    @property
    def days(self) -> tuple[datetime.date, datetime.date]:
        """Its first and last possible day."""
        return date_range(self.first)[0], date_range(self.last)[1]

    @property
    def text(self) -> str:
        """`2015-11-12`, `2015-10-30 to 2015-11-06`."""
        return self.first if self.first == self.last else f"{self.first} to {self.last}"

    def describe(self) -> str:
        """Its words, and what they were resolved from: `“Tuesday”, document of 2015-10`; `date of the document`."""
        if not self.wording:
            return "date of the document"
        quoted = f"“{' '.join(self.wording.split()).rstrip('.,')}”"
        return f"{quoted}, document of {self.resolved_from}" if self.resolved_from else quoted


def may_be_dated(text: str) -> bool:
    """Whether a text may give a time: a quick test before `event_times`."""
    return _MAY_BE_DATED.search(text) is not None


def event_times(sentence: str, published: str | None) -> list[EventTime]:
    """The times of a sentence, in its order. published: ISO date of its document.

    A weekday or "yesterday" is resolved to the day when the document's date is known to the day, else to the document's
    month or year. Times that cannot be resolved at all are left out, and so are dates of a name ("the 2009 Act") and of
    the page ("retrieved on 3 May"). Two dates joined as a range give one time.
    """
    if not may_be_dated(sentence):
        return []
    years = [*_year_ranges(sentence), *_quarters(sentence)]
    text = f"{sentence[0].lower()}{sentence[1:]}" if _OPENING.match(sentence) else sentence
    found = [day for day in days(text, published) if not _overlaps(day.start, day.end, years)]
    found = [day for day in _without_weekdays_of_dates(sentence, found) if not _is_no_event(sentence, day)]
    found = _with_shared_years(sentence, found)
    dated = [time for day in found for time in _times_of(sentence, day, published)]
    dated += [time for time in _relative_times(sentence, published) if not _overlaps_time(time, dated)]
    return _joined(sentence, sorted([*dated, *years], key=lambda time: time.start))


def _times_of(sentence: str, day: Day, published: str | None) -> list[EventTime]:
    """The time of one date, or of the range or pair of days that it ends; with two readings, its year."""
    if day.weekday is not None:
        time = _weekday_time(sentence, day, published)
        return [time] if time else []
    day = _past_month(sentence, day, published)
    if day.iso is None:
        return []
    words = sentence[day.start : day.end]
    basis = published or "" if day.resolved or day.year is None else ""
    time = EventTime(day.iso, day.iso, day.start, day.end, words, basis)
    before = _DAY_BEFORE.search(sentence[: day.start])
    if before is None or not day.day or not 0 < int(before["day"]) < day.day:
        return [time]
    first = f"{day.iso[:8]}{int(before['day']):02d}"
    if before["join"].strip() == "and" and not _OPENS_RANGE.search(sentence[: before.start()]):
        return [EventTime(first, first, before.start(), before.end("day"), before["day"], basis), time]
    return [EventTime(first, day.iso, before.start(), day.end, sentence[before.start() : day.end], basis)]


def _past_month(sentence: str, day: Day, published: str | None) -> Day:
    """A month without a year that the sentence looks back to, in the year before when it would be to come else."""
    base = day_of(published)
    if base is None or not (day.resolved and day.year and day.month and base.year and base.month):
        return day
    if _RELATIVE_MONTH.match(day.text) or (day.year, day.month) <= (base.year, base.month):
        return day
    return replace(day, year=day.year - 1) if looks_back(sentence, day.start, day.end) else day


def _weekday_time(sentence: str, day: Day, published: str | None) -> EventTime | None:
    if day_of(published) is None or not published:
        return None
    iso = day.iso or published
    if day.iso and day.day and not day.text.lower().startswith("next"):
        at, own = datetime.date.fromisoformat(day.iso), datetime.date.fromisoformat(published)
        if at < own and looks_ahead(sentence, day.start, day.end):
            iso = (at + datetime.timedelta(7)).isoformat()
    return EventTime(iso, iso, day.start, day.end, day.text, published)


def _relative_times(sentence: str, published: str | None) -> list[EventTime]:
    """`five years ago`, `the year before`, `last week`, counted from the document's date."""
    base = day_of(published)
    if base is None or base.year is None or not published:
        return []
    times: list[EventTime] = []
    for pattern in _RELATIVE:
        for match in pattern.finditer(sentence):
            span = _relative_span(match, published)
            if span:
                times.append(EventTime(*span, match.start(), match.end(), match.group(), published))
    # Where the document's day is unknown, `days` leaves these to its month.
    if base.day is None:
        times += [
            EventTime(published, published, match.start(), match.end(), match.group(), published)
            for match in re.finditer(r"\b(?:today|yesterday)\b", sentence, re.IGNORECASE)
        ]
    return [
        time
        for n, time in enumerate(times)
        if not any(time.start < other.end and other.start < time.end for other in times[:n])
    ]


def _relative_span(match: re.Match[str], published: str) -> tuple[str, str] | None:
    groups = match.groupdict()
    parts = [int(part) for part in published.split("-")]
    own_day = datetime.date(*parts) if len(parts) == 3 else None
    if groups.get("today") or groups.get("yesterday"):
        if own_day is None:
            return published, published
        at = (own_day - datetime.timedelta(bool(groups.get("yesterday")))).isoformat()
        return at, at
    count = _count(groups.get("count"))
    unit = groups["unit"].lower()
    if unit == "year":
        year = f"{parts[0] - count:04d}"
        return year, year
    if unit == "month":
        if len(parts) < 2:
            return None
        months = parts[0] * 12 + parts[1] - 1 - count
        month = f"{months // 12:04d}-{months % 12 + 1:02d}"
        return month, month
    if own_day is None:
        return None
    if unit == "day":
        at = (own_day - datetime.timedelta(count)).isoformat()
        return at, at
    which = (groups.get("which") or "last").lower()
    step = {"this": 0, "next": -1}.get(which, count)
    monday = own_day - datetime.timedelta(own_day.weekday() + 7 * step)
    return monday.isoformat(), (monday + datetime.timedelta(6)).isoformat()


def _count(words: str | None) -> int:
    return int(words) if words and words.isdigit() else _COUNTS.get((words or "one").lower(), 1)


def _year_ranges(sentence: str) -> list[EventTime]:
    """`2013-2014` and `2013–14`."""
    times = []
    for match in _YEAR_RANGE.finditer(sentence):
        first, last = match["first"], match["last"]
        last = first[: 4 - len(last)] + last
        # "2016-01" is a month.
        is_month = len(match["last"]) == 2 and "-" in match.group() and int(match["last"]) <= 12
        if first < last and not is_month:
            times.append(EventTime(first, last, match.start(), match.end(), match.group()))
    return times


def _quarters(sentence: str) -> list[EventTime]:
    """`Q1 2021` as its first to its last month."""
    times = []
    for match in _QUARTER.finditer(sentence):
        last = 3 * (int(match["number"] or 0) or _QUARTERS[match["word"].lower()])
        year = match["year"]
        times.append(
            EventTime(
                f"{year}-{last - 2:02d}", f"{year}-{last:02d}", match.start(), match.end(), match.group()
            )
        )
    return times


def _without_weekdays_of_dates(sentence: str, found: Sequence[Day]) -> list[Day]:
    """The dates without the weekdays that only repeat a date beside them: "Thursday, Nov. 12"."""
    return [
        day
        for n, day in enumerate(found)
        if day.weekday is None
        or not any(
            other.weekday is None
            and (
                (day.end <= other.start and _SAME_DAY.fullmatch(sentence[day.end : other.start]))
                or (other.end <= day.start and _SAME_DAY.fullmatch(sentence[other.end : day.start]))
            )
            for other in found[max(0, n - 1) : n + 2]
        )
    ]


def _is_no_event(sentence: str, day: Day) -> bool:
    before = sentence[max(0, day.start - _BEFORE_CHARS) : day.start]
    if _OF_THE_PAGE.search(before):
        return True
    head = _CELL_HEAD.search(sentence[: day.start]) if "; " in sentence else None
    if day.weekday is not None:
        return bool(head or _EVERY.search(before) or _TO_A_WEEKDAY.match(sentence, day.end))
    if day.text.isdigit() and (head and not _HEAD_OF_YEARS.search(head["head"])):
        return True
    if day.text.isdigit() and int(day.text) < _FIRST_BARE_YEAR and not _BEFORE_YEAR.search(before):
        return True
    if day.month is not None and day.day is None and _OF_A_PERSON.match(sentence, day.end):
        return not _IN_A_MONTH.search(sentence[: day.end])
    if day.year is None or day.month is not None or day.resolved:
        return False
    is_code = re.match(r"[-/]\w", sentence[day.end :]) is not None
    return is_code or bool(_OF_A_NAME.search(before) and _NAMED_AFTER_YEAR.match(sentence, day.end))


def _with_shared_years(sentence: str, found: Sequence[Day]) -> list[Day]:
    """The dates with the year that the next one of the same range gives: "30 October to 6 November 2015"."""
    result = list(found)
    for n in range(len(result) - 2, -1, -1):
        day, following = result[n], result[n + 1]
        is_guess = day.resolved or day.year is None
        if not is_guess or day.month is None or day.weekday is not None or following.year is None:
            continue
        if following.month is None or following.resolved or following.weekday is not None:
            continue
        if _JOINS_RANGE.fullmatch(sentence[day.end : following.start]):
            year = following.year - (day.month > following.month)
            result[n] = replace(day, year=year, resolved=False)
    return result


def _joined(sentence: str, times: Sequence[EventTime]) -> list[EventTime]:
    """The times, each two ends of a range as one; the same date once."""
    result: list[EventTime] = []
    for time in times:
        last = result[-1] if result else None
        if last is not None and _is_range(sentence, last, time):
            wording = sentence[last.start : time.end]
            result[-1] = EventTime(
                last.first, time.last, last.start, time.end, wording, last.resolved_from or time.resolved_from
            )
        elif not any((time.first, time.last) == (other.first, other.last) for other in result):
            result.append(time)
    return result


def _is_range(sentence: str, one: EventTime, other: EventTime) -> bool:
    if one.end > other.start or one.days[0] >= other.days[0]:
        return False
    between = sentence[one.end : other.start]
    if _DASH.fullmatch(between):
        return True
    opens = _OPENS_RANGE.search(sentence[max(0, one.start - _BEFORE_CHARS) : one.start])
    return bool(opens and _JOINS_RANGE.fullmatch(between))


def _overlaps(start: int, end: int, times: Sequence[EventTime]) -> bool:
    return any(start < time.end and time.start < end for time in times)


def _overlaps_time(time: EventTime, times: Sequence[EventTime]) -> bool:
    return _overlaps(time.start, time.end, times)
