"""Publisher and date that a text says of itself: a note behind the title, or a dateline."""

from __future__ import annotations

import re
from typing import NamedTuple

from rag.dates import partial_date

_HEAD_CHARS = 400
_NOTE = re.compile(r"\((?P<publisher>[^()]{2,60}),\s*(?P<date>[^()]{4,20})\)\s*$")
_AGENCY = re.compile(
    r"^[A-Z][A-Z .,'/-]{2,40}[\w ,.]{0,30}\((?P<publisher>[A-Z][\w .&-]{1,30})\)\s*[-–—]", re.MULTILINE
)
_MONTHS = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DATE_LINE = re.compile(
    rf"^\W*(?:published|posted|updated|date)?[: ]*"
    rf"(?P<date>\d{{4}}-\d\d-\d\d|\d{{1,2}} {_MONTHS} \d{{4}}|{_MONTHS} \d{{1,2}}, \d{{4}})\W*$",
    re.IGNORECASE | re.MULTILINE,
)


class Byline(NamedTuple):
    """What was found; None where nothing was."""

    publisher: str | None
    published: str | None


def find_byline(title: str, text: str) -> Byline:
    """Looks at `Title (Publisher, 2015-11-13)`, at `PARIS (Reuters) –` and at a line that is only a date."""
    head = text[:_HEAD_CHARS]
    if (note := _NOTE.search(title)) and (date := partial_date(note["date"])):
        return Byline(note["publisher"].strip(), date)
    agency = _AGENCY.search(head)
    line = _DATE_LINE.search(head)
    return Byline(
        agency["publisher"].strip() if agency else None, partial_date(line["date"]) if line else None
    )
