"""Dates in a text: days, months, years, and weekdays or "yesterday" relative to a document's date."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass, replace

from askive.rag.text.dates import date_range, numeric_days

MONTHS = "january february march april may june july august september october november december".split()

_MONTHS = {name: n for n, name in enumerate(MONTHS, start=1)}
_MONTHS |= {name[:3]: n for name, n in _MONTHS.items()} | {"sept": 9}
# These count only after a day: "Mars" is also a planet.
_OTHER_LANGUAGES = (
    "januar februar märz april mai juni juli august september oktober november dezember",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
)
_MONTHS_ELSEWHERE = {
    name: n
    for names in _OTHER_LANGUAGES
    for n, name in enumerate(names.split(), start=1)
    if name not in _MONTHS
}
WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_WEEKDAYS = {name: n for n, name in enumerate(WEEKDAYS)}
# Jan, January, Sept.
_MONTH = (
    r"(?P<month>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?"
    r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\b\.?"
)
# 1st, 22nd, 3rd, 25th, 25
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>1[0-9]\d\d|20\d\d)"  # 1987, 2016
_LOWER_MONTH = f"(?i:{_MONTH})"
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?<![\d-])(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)(?![\d-])",  # 2016-01-25, also before T10:30
        r"(?<![\d/])(?P<year>\d{4})/(?P<month>\d\d?)/(?P<day>\d\d?)(?![\d/])",  # 2016/01/25
        # 04.03.2024, 3/4/24, 04-03-2024
        r"(?<![\d./-])(?P<first>\d\d?)(?P<separator>[./-])(?P<second>\d\d?)(?P=separator)(?P<year>\d{4})(?![\d/-])",
        r"(?<![\d./-])(?P<first>\d\d?)(?P<separator>/)(?P<second>\d\d?)/(?P<year>\d\d)(?![\d/-])",
        rf"\b{_DAY}(?:\s+of|-)?\s*{_LOWER_MONTH},?[\s-]+{_YEAR}\b",  # 25th of January 2016, 25-Jan-2016
        rf"\b{_LOWER_MONTH}\s+{_DAY}\b,?\s+{_YEAR}\b",  # Jan. 25, 2016
        rf"\b{_LOWER_MONTH}(?:\s+of)?,?\s+{_YEAR}\b",  # Sept. 2015
        # 4. März 2024, 4 de marzo de 2024
        rf"\b{_DAY}\.?\s+(?:de\s+)?(?P<month>(?i:{'|'.join(_MONTHS_ELSEWHERE)}))\b(?:\s+(?:de\s+)?{_YEAR}\b)?",
        # 2016-01; not "the 2010-11 season"
        r"(?<![\d-])(?P<year>(?:19|20)\d\d)-(?P<month>0[1-9]|1[0-2])(?![\d-])(?!\s+(?:season|school|fiscal|financial))",
        rf"\b{_DAY}(?:\s+of)?\s+{_MONTH}(?!\w)",  # 25th of January
        rf"\b{_MONTH}\s+{_DAY}\b(?![,.]?\d)",  # Jan. 25
        # in May, early January
        rf"\b(?:in|since|until|by|of|during|from|between|early|late|mid|last|next|this|and|to)[\s-]+{_MONTH}(?!\w)",
        # 1987, mid-1987, early-1987, late-1987; not "1987 people"
        rf"(?:(?<![\d.,$€£-])|(?<=\bmid-)|(?<=\bearly-)|(?<=\blate-)){_YEAR}\b(?![.,]?\d)"
        r"(?!\s*(?:%|(?:percent|per cent|people|men|women|troops|km|miles|m)\b))",
    )
)
# "Monday", "next Monday"
_WEEKDAY = re.compile(rf"\b(?P<next>next\s+)?(?P<name>{'|'.join(WEEKDAYS)})\b", re.IGNORECASE)
# "today", "yesterday", "tomorrow"; "last month", "this year", "next month"
_RELATIVE = re.compile(
    r"\b(?P<word>today|yesterday|tomorrow|(?P<which>last|this|next) (?P<unit>month|year))\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Day:
    """A date in a text; each part that the text does not give is None.

    weekday: 0 is Monday. start, end: offsets into the text. text: the words at these offsets.
    resolved: computed from the document's date, such as the day of "on Monday".
    other: month and day of the second reading of `3/4/24`; the first reading has the day first.
    """

    year: int | None
    month: int | None
    day: int | None
    weekday: int | None
    start: int
    end: int
    text: str
    resolved: bool = False
    other: tuple[int, int] | None = None

    @property
    def readings(self) -> tuple[Day, ...]:
        """The date once for each reading."""
        first = replace(self, other=None)
        return (
            (first,)
            if self.other is None
            else (first, replace(first, month=self.other[0], day=self.other[1]))
        )

    @property
    def iso(self) -> str | None:
        """`2016`, `2016-01` or `2016-01-25`; only the year when there are two readings; None without a year."""
        if self.year is None:
            return None
        parts = [f"{self.year:04d}"]
        if self.month and self.other is None:
            parts.append(f"{self.month:02d}")
            if self.day:
                parts.append(f"{self.day:02d}")
        return "-".join(parts)


def days(text: str, published: str | None = None) -> list[Day]:
    """Dates in the order of the text, the most precise reading of each span.

    published: the document's date. Weekdays and "yesterday" are resolved when it is known to the day, "last month"
    when it is known to the month. A date without a year gets the nearest year.
    """
    dates: list[Day] = []
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            start = min(match.start(name) for name, value in match.groupdict().items() if value)
            if any(d.start < match.end() and start < d.end for d in dates):
                continue
            if day := _parse(match.groupdict(), start, match.end(), text):
                dates.append(day)
    dates += [
        Day(None, None, None, _WEEKDAYS[match["name"].lower()], match.start(), match.end(), match.group())
        for match in _WEEKDAY.finditer(text)
    ]
    dates += [day for match in _RELATIVE.finditer(text) if (day := _relative(match, published))]
    return sorted((_resolved(day, published) for day in _in_one_order(dates)), key=lambda d: d.start)


def _in_one_order(dates: list[Day]) -> list[Day]:
    """The dates with the one order of day and month that unambiguous dates show: `25/4/24` for `3/4/24`."""
    day_first = {
        int(re.split(r"[/-]", day.text)[0]) == day.day
        for day in dates
        if day.other is None and day.month != day.day and re.fullmatch(r"\d\d?[/-]\d\d?[/-]\d+", day.text)
    }
    if len(day_first) != 1:
        return dates
    return [day.readings[0 if True in day_first else 1] if day.other else day for day in dates]


def day_of(published: str | None) -> Day | None:
    """A document's date as a `Day`, with offsets 0; None when it is not a date."""
    try:
        date_range(published or "")
    except ValueError:
        return None
    year, month, day = ([int(part) for part in (published or "").split("-")] + [0, 0])[:3]
    return Day(year, month or None, day or None, None, 0, 0, published or "")


def entails(stated: Day, claimed: Day) -> bool:
    """Whether the stated date has every part of the claimed one, in any of their readings."""
    return any(_entails(one, other) for one in stated.readings for other in claimed.readings)


def _entails(stated: Day, claimed: Day) -> bool:
    for part in ("year", "month", "day"):
        wanted = getattr(claimed, part)
        guessed = claimed.resolved and getattr(stated, part) is None
        if wanted is not None and not guessed and getattr(stated, part) != wanted:
            return False
    if claimed.weekday is not None and claimed.day is None:
        return _weekday(stated) == claimed.weekday
    return True


def conflicts(stated: Day, claimed: Day) -> bool:
    """Whether the dates have the same precision and differ in a part, in all their readings."""
    return all(_conflicts(one, other) for one in stated.readings for other in claimed.readings)


def _conflicts(stated: Day, claimed: Day) -> bool:
    if (stated.day is None) != (claimed.day is None) or (stated.month is None) != (claimed.month is None):
        return False
    pairs = [(getattr(stated, part), getattr(claimed, part)) for part in ("year", "month", "day")]
    differ = any(one is not None and other is not None and one != other for one, other in pairs)
    other_weekday = None not in (stated.weekday, claimed.weekday) and stated.weekday != claimed.weekday
    return differ or (other_weekday and stated.day is None and claimed.day is None)


def _parse(groups: dict[str, str | None], start: int, end: int, text: str) -> Day | None:
    month_name, day, year, second = (groups.get(name) for name in ("month", "day", "year", "second"))
    if second:
        days = numeric_days(int(groups["first"] or 0), int(second), int(year or 0), groups["separator"] or "")
        if not days:
            return None
        other = (days[1].month, days[1].day) if len(days) > 1 else None
        return Day(days[0].year, days[0].month, days[0].day, None, start, end, text[start:end], other=other)
    month = None
    if month_name:
        key = month_name.lower().rstrip(".")
        month = (
            int(key)
            if key.isdecimal()
            else _MONTHS.get(key) or _MONTHS_ELSEWHERE.get(key) or _MONTHS[key[:3]]
        )
    try:
        # 2000 is a leap year: 29 February without a year is a date.
        datetime.date(int(year or 2000), month or 1, int(day or 1))
    except ValueError:
        return None
    return Day(
        int(year) if year else None, month, int(day) if day else None, None, start, end, text[start:end]
    )


def _relative(match: re.Match[str], published: str | None) -> Day | None:
    base = day_of(published)
    if base is None or base.year is None:
        return None
    word = match["word"].lower()
    start, end, text = match.start(), match.end(), match.group()
    if match["unit"]:
        step = {"last": -1, "this": 0, "next": 1}[match["which"].lower()]
        if match["unit"].lower() == "year":
            return Day(base.year + step, None, None, None, start, end, text, resolved=True)
        if base.month is None:
            return None
        months = base.year * 12 + base.month - 1 + step
        return Day(months // 12, months % 12 + 1, None, None, start, end, text, resolved=True)
    if base.day is None or base.month is None:
        return None
    day = datetime.date(base.year, base.month, base.day)
    day += datetime.timedelta({"yesterday": -1, "today": 0, "tomorrow": 1}[word])
    return Day(day.year, day.month, day.day, None, start, end, text, resolved=True)


def _resolved(day: Day, published: str | None) -> Day:
    base = day_of(published)
    if base is None or base.year is None or day.year is not None or day.resolved:
        return day
    if day.weekday is not None:
        if base.day is None or base.month is None:
            return day
        at = datetime.date(base.year, base.month, base.day)
        # News names the most recent such day; "next" means a future one.
        step = (at.weekday() - day.weekday) % 7
        at = (
            at + datetime.timedelta(7 - step)
            if day.text.lower().startswith("next")
            else at - datetime.timedelta(step)
        )
        return replace(day, year=at.year, month=at.month, day=at.day, resolved=True)
    if day.month is None:
        return day
    if base.month is None:
        return replace(day, year=base.year, resolved=True)
    # The nearest such month: in January, "December" is last year's.
    ahead = (day.month - base.month + 5) % 12 - 5
    return replace(day, year=(base.year * 12 + base.month - 1 + ahead) // 12, resolved=True)


def _weekday(day: Day) -> int | None:
    if day.weekday is not None:
        return day.weekday
    if day.year and day.month and day.day:
        return datetime.date(day.year, day.month, day.day).weekday()
    return None
