"""Partial dates, as precise as the source gives them: `2016`, `2016-01` or `2016-01-25`."""

from __future__ import annotations

import datetime
import re
from typing import Any

_MAX_CHARS = 200
"""Longer strings are not parsed as dates."""
_DOTTED = re.compile(r"(\d{1,2})\. ?(\d{1,2})\. ?(\d{4})(?!\d)")  # 04.03.2024
# 2016, 2016-1, 2016-01-25, 2016-01-25T10:30, 2016-01-25 10:30
_PARTIAL = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?(?:[T ].*)?$")


def partial_date(value: Any) -> str | None:
    """The value as an ISO date of the same precision; None when it is not a date.

    Takes dates, years and ISO strings; other spellings ("25 January 2016") through dateutil.
    """
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, datetime.datetime):
        return value.date().isoformat()
    if isinstance(value, datetime.date):
        return value.isoformat()
    text = str(value).strip()
    if len(text) > _MAX_CHARS:
        return None
    if match := _PARTIAL.fullmatch(text):
        year, month, day = match.groups()
        try:
            datetime.date(int(year), int(month or 1), int(day or 1))
        except ValueError:
            return None
        return "-".join([year, *(part.zfill(2) for part in (month, day) if part)])
    if match := _DOTTED.match(text):
        days = numeric_days(int(match[1]), int(match[2]), int(match[3]), ".")
        return days[0].isoformat() if days else None
    return _spelled_date(text)


def numeric_days(first: int, second: int, year: int, separator: str) -> list[datetime.date]:
    """The possible days of a numeric date: `04.03.2024` has one, `3/4/24` two (day first), `31/31/24` none.

    With points the day comes first. Two-digit years are from 1970 to 2069.
    """
    if year < 100:
        year += 1900 if year >= 70 else 2000
    readings: list[datetime.date] = []
    for day, month in ((first, second),) if separator == "." else ((first, second), (second, first)):
        try:
            readings.append(datetime.date(year, month, day))
        except ValueError:
            continue
    return list(dict.fromkeys(readings))


def _spelled_date(text: str) -> str | None:
    from dateutil import parser

    # Two different defaults show which parts the text itself gave.
    try:
        one, other = (
            parser.parse(text, default=datetime.datetime(year, month, day), ignoretz=True)
            for year, month, day in ((2001, 1, 1), (2002, 2, 2))
        )
    except Exception:
        # dateutil guesses, and raises many kinds of errors on wrong guesses.
        return None
    if one.year != other.year:
        return None
    parts = [f"{one.year:04d}"]
    if one.month == other.month:
        parts.append(f"{one.month:02d}")
        if one.day == other.day:
            parts.append(f"{one.day:02d}")
    return "-".join(parts)


def date_range(partial: str) -> tuple[datetime.date, datetime.date]:
    """First and last day of a partial date. Raises ValueError when it is not a date."""
    parts = [int(part) for part in partial.split("-")]
    if len(parts) == 3:
        day = datetime.date(*parts)
        return day, day
    if len(parts) == 2:
        year, month = parts
        following = datetime.date(year + month // 12, month % 12 + 1, 1)
        return datetime.date(year, month, 1), following - datetime.timedelta(days=1)
    return datetime.date(parts[0], 1, 1), datetime.date(parts[0], 12, 31)


def spelled_date(partial: str | None) -> str:
    """The date in figures and in words, `2016-01-25 25 January 2016`; empty when there is none."""
    if partial is None:
        return ""
    first, _ = date_range(partial)
    words = [str(first.year)]
    if len(partial) > 4:
        words.insert(0, first.strftime("%B"))
    if len(partial) > 7:
        words.insert(0, str(first.day))
    return f"{partial} {' '.join(words)}"


def days_of(published: str | None) -> tuple[str | None, str | None]:
    """First and last day of a document's date, in ISO form; `(None, None)` when it is missing or invalid."""
    try:
        first, last = date_range(published or "")
    except ValueError:
        return None, None
    return first.isoformat(), last.isoformat()
