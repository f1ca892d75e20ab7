"""Publisher and date that a text states itself: a note after the title, a dateline, a line with only a date.

A date counts only if it refers to the whole text: near the start, and alone or after a word like "Published". A date
in a sentence refers to something else.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from askive.rag.load.head_dates import date_of_entries, find_head_date
from askive.rag.text.dates import numeric_days, partial_date

_HEAD_CHARS = 500
# "Harbour reopens (The Courier, 2015-11-13)".
_NOTE = re.compile(r"\((?P<publisher>[^()]{2,60}),\s*(?P<date>[^()]{4,20})\)\s*$")
# "Jan." to "December".
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
# "4", "1st", "2nd", "3rd", "4th".
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
# "2016-03-04", "4th of March 2016", "March 4, 2016", "March 2016"; "4.3.2016", "4/3/2016".
_DATE = (
    rf"(?:\d{{4}}-\d\d-\d\d|{_DAY} (?:of )?{_MONTH},? \d{{4}}|{_MONTH} {_DAY},? \d{{4}}|{_MONTH},? \d{{4}}"
    r"|\d{1,2}\.\d{1,2}\.\d{4}|\d{1,2}/\d{1,2}/\d{4})"
)
# "Fri, ", "Tues. ", "Wednesday, ".
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,? )?"
# " 10:30", ", at 10.30", " - 10:30:05 a.m.", " | 10:30 (GMT)".
_TIME = r"(?:,? ?(?:at |[-–|] ?)?\d{1,2}[:.]\d\d(?:[:.]\d\d)? ?(?:[ap]\.?m\.?)?(?: ?\(?[A-Z]{2,5}\)?)?)?"
# "First published on: ", "Last updated at ", "Posted ", "Modified: ", "Revised ",
# "Issued ", "Released ", "Dated ", "Filed ".
_LABEL = (
    r"(?:(?:first |last )?(?:published|posted|updated|modified|revised|issued|released|dated?|filed)"
    r"(?: on| at)?:? )"
)
# The place in capitals; the date may be before or after the agency's name.
_PLACE = r"^[A-Z][A-Z .'/-]{2,40}(?:, ?(?:[^\W\d_]|[ .]){2,30}?)?"
# "LONDON, March 4 (Reuters) -", "PARIS (AFP) -", "BRUSSELS, 4 March (AP), 5 March 2016 -".
_AGENCY_LINE = re.compile(
    rf"{_PLACE}(?:,? ?(?P<date>(?i:{_DATE})|(?i:{_MONTH} {_DAY}|{_DAY} {_MONTH})),?)? ?"
    r"\((?P<publisher>[A-Z][\w .&-]{1,30})\)(?:,? ?(?P<after>(?i:" + _DATE + r")))? ?[-–—]",
    re.MULTILINE,
)
# "ROME, 4 March 2016 -".
_PLACE_LINE = re.compile(rf"{_PLACE},? ?(?P<date>(?i:{_DATE})) ?[-–—:]", re.MULTILINE)
# "By Ada Lind, Published: Friday, 4 March 2016 10:30", "2016-03-04", "March 2016".
_DATE_LINE = re.compile(
    rf"^\W*(?:by [^\n,|·•]{{3,60}} ?[,|·•–—-] ?)?{_LABEL}?{_WEEKDAY}(?P<date>{_DATE}){_TIME}\W*$",
    re.IGNORECASE | re.MULTILINE,
)
# "Ada Lind | Updated on 4 March 2016 | News", "Published 4/3/2016 by Ada Lind".
_LABELLED = re.compile(
    rf"(?:^|[|·•] ?)\W*{_LABEL}{_WEEKDAY}(?P<date>{_DATE}){_TIME} *(?:$|[|·•,]| by )",
    re.IGNORECASE | re.MULTILINE,
)


class Byline(NamedTuple):
    """The result; None for what was not found."""

    publisher: str | None
    published: str | None


def find_byline(title: str, text: str, *, is_own: bool = True) -> Byline:
    """Publisher and date from the start of a text.

    Recognised are `Title (Publisher, 2015-11-13)`; datelines such as `PARIS, Jan. 25, 2016 (Reuters) –`; a line with
    only a date, with its weekday, time or author; `Published on 25 January 2016`; and what
    `askive.rag.load.head_dates` finds. A date needs a year. is_own: whether the title is of the document itself, and
    not the name of its file, of which only a note counts.
    """
    if (note := _NOTE.search(title[-_HEAD_CHARS:])) and (date := partial_date(note["date"])):
        return Byline(note["publisher"].strip(), date)
    head = text[:_HEAD_CHARS]
    agency = _AGENCY_LINE.search(head)
    publisher = agency["publisher"].strip() if agency else None
    dates: list[tuple[int, str]] = []
    for pattern in (_AGENCY_LINE, _PLACE_LINE, _DATE_LINE, _LABELLED):
        for match in pattern.finditer(head):
            groups = match.groupdict()
            day = _day(groups["date"]) or _day(groups.get("after"))
            if day:
                dates.append((match.start("date" if _day(groups["date"]) else "after"), day))
                break
    if dates:
        at, day = min(dates)
        return Byline(publisher, date_of_entries(text, at, day))
    found = find_head_date(title if is_own else "", text)
    return Byline(publisher or found.publisher, found.published)


def _day(date: str | None) -> str | None:
    """The date in ISO form, with the precision given; None when the order of day and month is ambiguous."""
    if date is None or not re.search(r"\d{4}", date):
        return None
    if parts := re.fullmatch(r"(\d{1,2})([./])(\d{1,2})\.?\2?(\d{4})", date):
        first, separator, second, year = parts.groups()
        days = numeric_days(int(first), int(second), int(year), separator)
        return days[0].isoformat() if len(days) == 1 else None
    return partial_date(re.sub(r"(?<=\d)(?:st|nd|rd|th)\b|\bof\b", "", date, flags=re.IGNORECASE))
