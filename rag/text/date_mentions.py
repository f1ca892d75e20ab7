"""Days, months and years that a text names, and what "Monday" means in an article of a known date."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass, replace

from askive.rag.text.dates import date_range, numeric_days

MONTHS = "january february march april may june july august september october november december".split()

_MONTHS = {name: n for n, name in enumerate(MONTHS, start=1)}
_MONTHS |= {name[:3]: n for name, n in _MONTHS.items()} | {"sept": 9}
# They count only behind a day: "Mars" is a planet, too.
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
_DAY_NAMES = "monday tuesday wednesday thursday friday saturday sunday".split()
_WEEKDAYS = {name: n for n, name in enumerate(_DAY_NAMES)}
_MONTH = (
    r"(?P<month>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?"
    r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\b\.?"
)
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>1[0-9]\d\d|20\d\d)"
_LOWER_MONTH = f"(?i:{_MONTH})"
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?<![\d-])(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)(?![\d-])",  # 2016-01-25, and before T10:30
        r"(?<![\d/])(?P<year>\d{4})/(?P<month>\d\d?)/(?P<day>\d\d?)(?![\d/])",  # 2016/01/25
        # 04.03.2024, 3/4/24, 04-03-2024
        r"(?<![\d./-])(?P<first>\d\d?)(?P<separator>[./-])(?P<second>\d\d?)(?P=separator)(?P<year>\d{4})(?![\d/-])",
        r"(?<![\d./-])(?P<first>\d\d?)(?P<separator>/)(?P<second>\d\d?)/(?P<year>\d\d)(?![\d/-])",
        rf"\b{_DAY}(?:\s+of|-)?\s*{_LOWER_MONTH},?[\s-]+{_YEAR}\b",  # 25th of January 2016, 25-Jan-2016
        rf"\b{_LOWER_MONTH}\s+{_DAY}\b,?\s+{_YEAR}\b",  # Jan. 25, 2016
        rf"\b{_LOWER_MONTH}(?:\s+of)?,?\s+{_YEAR}\b",  # Sept. 2015
        # 4. März 2024, 4 de marzo de 2024
        rf"\b{_DAY}\.?\s+(?:de\s+)?(?P<month>(?i:{'|'.join(_MONTHS_ELSEWHERE)}))\b(?:\s+(?:de\s+)?{_YEAR}\b)?",
        # 2016-01; "the 2010-11 season" is none.
        r"(?<![\d-])(?P<year>(?:19|20)\d\d)-(?P<month>0[1-9]|1[0-2])(?![\d-])(?!\s+(?:season|school|fiscal|financial))",
        rf"\b{_DAY}(?:\s+of)?\s+{_MONTH}(?!\w)",  # 25th of January
        rf"\b{_MONTH}\s+{_DAY}\b(?![,.]?\d)",  # Jan. 25
        # in May, early January
        rf"\b(?:in|since|until|by|of|during|from|between|early|late|mid|last|next|this|and|to)[\s-]+{_MONTH}(?!\w)",
        # 1987, mid-1987
        rf"(?:(?<![\d.,$€£-])|(?<=\bmid-)|(?<=\bearly-)|(?<=\blate-)){_YEAR}\b(?![.,]?\d)"
        r"(?!\s*(?:%|percent|per cent|people|men|women|troops|km|miles|m\b))",
    )
)
_WEEKDAY = re.compile(rf"\b(?P<next>next\s+)?(?P<name>{'|'.join(_DAY_NAMES)})\b", re.IGNORECASE)
_RELATIVE = re.compile(
    r"\b(?P<word>today|yesterday|tomorrow|(?P<which>last|this|next) (?P<unit>month|year))\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Day:
    """A date as far as it is told: any part may be None.

    weekday: 0 is Monday. start, end: offsets into the text; text: as it stands there.
    resolved: worked out from the document's date, such as the day of "on Monday".
    other: the month and day of the second reading of `3/4/24`; the first one has the day in front.
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
        """What it may mean, each with one reading."""
        first = replace(self, other=None)
        return (
            (first,)
            if self.other is None
            else (first, replace(first, month=self.other[0], day=self.other[1]))
        )

    @property
    def iso(self) -> str | None:
        """`2016`, `2016-01` or `2016-01-25`; the year alone with two readings; None without a year."""
        if self.year is None:
            return None
        parts = [f"{self.year:04d}"]
        if self.month and self.other is None:
            parts.append(f"{self.month:02d}")
            if self.day:
                parts.append(f"{self.day:02d}")
        return "-".join(parts)


def days(text: str, published: str | None = None) -> list[Day]:
    """Dates in the order of the text; the most precise reading of each stretch.

    published: the document's date. Weekdays and "yesterday" are worked out when it is known to the day,
    "last month" when it is known to the month, and a date without a year takes the year nearest to it.
    """
    found: list[Day] = []
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            start = min(match.start(name) for name, value in match.groupdict().items() if value)
            if any(d.start < match.end() and start < d.end for d in found):
                continue
            if day := _read(match.groupdict(), start, match.end(), text):
                found.append(day)
    found += [
        Day(None, None, None, _WEEKDAYS[match["name"].lower()], match.start(), match.end(), match.group())
        for match in _WEEKDAY.finditer(text)
    ]
    found += [day for match in _RELATIVE.finditer(text) if (day := _relative(match, published))]
    return sorted((_resolved(day, published) for day in _in_one_order(found)), key=lambda d: d.start)


def _in_one_order(found: list[Day]) -> list[Day]:
    """The dates with the order of day and month that the others of the text show: `3/4/24` beside `25/4/24`."""
    shown = {
        int(re.split(r"[/-]", day.text)[0]) == day.day
        for day in found
        if day.other is None and day.month != day.day and re.fullmatch(r"\d\d?[/-]\d\d?[/-]\d+", day.text)
    }
    if len(shown) != 1:
        return found
    return [day.readings[0 if True in shown else 1] if day.other else day for day in found]


def day_of(published: str | None) -> Day | None:
    """A document's date as a `Day` that stands nowhere in its text."""
    try:
        date_range(published or "")
    except ValueError:
        return None
    year, month, day = ([int(part) for part in (published or "").split("-")] + [0, 0])[:3]
    return Day(year, month or None, day or None, None, 0, 0, published or "")


def entails(held: Day, claimed: Day) -> bool:
    """Whether the held date says everything that the claimed one does, in any of their readings."""
    return any(_entails(one, other) for one in held.readings for other in claimed.readings)


def _entails(held: Day, claimed: Day) -> bool:
    for part in ("year", "month", "day"):
        wanted = getattr(claimed, part)
        guessed = claimed.resolved and getattr(held, part) is None
        if wanted is not None and not guessed and getattr(held, part) != wanted:
            return False
    if claimed.weekday is not None and claimed.day is None:
        return _weekday(held) == claimed.weekday
    return True


def conflicts(held: Day, claimed: Day) -> bool:
    """Whether both tell a part of the date, as precisely, and tell it differently in all their readings."""
    return all(_conflicts(one, other) for one in held.readings for other in claimed.readings)


def _conflicts(held: Day, claimed: Day) -> bool:
    if (held.day is None) != (claimed.day is None) or (held.month is None) != (claimed.month is None):
        return False
    pairs = [(getattr(held, part), getattr(claimed, part)) for part in ("year", "month", "day")]
    differ = any(one is not None and other is not None and one != other for one, other in pairs)
    both = held.weekday is not None and claimed.weekday is not None and held.weekday != claimed.weekday
    return differ or (both and held.day is None and claimed.day is None)


def _read(groups: dict[str, str | None], start: int, end: int, text: str) -> Day | None:
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
        # News names the last such day; "next" the one to come.
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
    # The nearest such month: in January, "December" is the one before.
    ahead = (day.month - base.month + 5) % 12 - 5
    return replace(day, year=(base.year * 12 + base.month - 1 + ahead) // 12, resolved=True)


def _weekday(day: Day) -> int | None:
    if day.weekday is not None:
        return day.weekday
    if day.year and day.month and day.day:
        return datetime.date(day.year, day.month, day.day).weekday()
    return None
