"""Publisher and date that a text says of itself: a note behind the title, a dateline, a line that is only a date.

A date counts only where it stands for the text as a whole: in its head, and alone or after a word like
"Published". A date within a sentence is about something else.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from askive.rag.text.dates import numeric_days, partial_date

_HEAD_CHARS = 500
_NOTE = re.compile(r"\((?P<publisher>[^()]{2,60}),\s*(?P<date>[^()]{4,20})\)\s*$")
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_DATE = (
    rf"(?:\d{{4}}-\d\d-\d\d|{_DAY} (?:of )?{_MONTH},? \d{{4}}|{_MONTH} {_DAY},? \d{{4}}|{_MONTH},? \d{{4}}"
    r"|\d{1,2}\.\d{1,2}\.\d{4}|\d{1,2}/\d{1,2}/\d{4})"
)
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,? )?"
_TIME = r"(?:,? ?(?:at |[-–|] ?)?\d{1,2}[:.]\d\d(?:[:.]\d\d)? ?(?:[ap]\.?m\.?)?(?: ?\(?[A-Z]{2,5}\)?)?)?"
_LABEL = (
    r"(?:(?:first |last )?(?:published|posted|updated|modified|revised|issued|released|dated?|filed)"
    r"(?: on| at)?:? )"
)
# The place in capitals; the date may stand before or behind the agency's name.
_PLACE = r"^[A-Z][A-Z .'/-]{2,40}(?:, ?(?:[^\W\d_]|[ .]){2,30}?)?"
_AGENCY_LINE = re.compile(
    rf"{_PLACE}(?:,? ?(?P<date>(?i:{_DATE})|(?i:{_MONTH} {_DAY}|{_DAY} {_MONTH})),?)? ?"
    r"\((?P<publisher>[A-Z][\w .&-]{1,30})\)(?:,? ?(?P<after>(?i:" + _DATE + r")))? ?[-–—]",
    re.MULTILINE,
)
_PLACE_LINE = re.compile(rf"{_PLACE},? ?(?P<date>(?i:{_DATE})) ?[-–—:]", re.MULTILINE)
_DATE_LINE = re.compile(
    rf"^\W*(?:by [^\n,|·•]{{3,60}} ?[,|·•–—-] ?)?{_LABEL}?{_WEEKDAY}(?P<date>{_DATE}){_TIME}\W*$",
    re.IGNORECASE | re.MULTILINE,
)
_LABELLED = re.compile(
    rf"(?:^|[|·•] ?)\W*{_LABEL}{_WEEKDAY}(?P<date>{_DATE}){_TIME} *(?:$|[|·•,]| by )",
    re.IGNORECASE | re.MULTILINE,
)


class Byline(NamedTuple):
    """What was found; None where nothing was."""

    publisher: str | None
    published: str | None


def find_byline(title: str, text: str) -> Byline:
    """What the head of a text says of its publisher and its date.

    Looks at `Title (Publisher, 2015-11-13)`; at datelines such as `PARIS, Jan. 25, 2016 (Reuters) –`; at a line
    that is only a date, with its weekday, hour or author; and at `Published on 25 January 2016`. A date without a
    year is none.
    """
    if (note := _NOTE.search(title[-_HEAD_CHARS:])) and (date := partial_date(note["date"])):
        return Byline(note["publisher"].strip(), date)
    head = text[:_HEAD_CHARS]
    agency = _AGENCY_LINE.search(head)
    found: list[tuple[int, str]] = []
    for pattern in (_AGENCY_LINE, _PLACE_LINE, _DATE_LINE, _LABELLED):
        for match in pattern.finditer(head):
            groups = match.groupdict()
            day = _day(groups["date"]) or _day(groups.get("after"))
            if day:
                found.append((match.start(), day))
                break
    return Byline(agency["publisher"].strip() if agency else None, min(found)[1] if found else None)


def _day(date: str | None) -> str | None:
    """The date in ISO form, as precise as it is; None where the order of day and month is anyone's guess."""
    if date is None or not re.search(r"\d{4}", date):
        return None
    if parts := re.fullmatch(r"(\d{1,2})([./])(\d{1,2})\.?\2?(\d{4})", date):
        first, separator, second, year = parts.groups()
        days = numeric_days(int(first), int(second), int(year), separator)
        return days[0].isoformat() if len(days) == 1 else None
    return partial_date(re.sub(r"(?<=\d)(?:st|nd|rd|th)\b|\bof\b", "", date, flags=re.IGNORECASE))
