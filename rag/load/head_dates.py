"""The date of a document in its head: in its title, after a name or a place, or after a label.

A date says when something happened more often than when a document was written. It is the document's only where
nothing else follows it on its line and where it stands in a title, after a name ("Harrow Gazette, 21 May 2022") or
after a label that says what was done to the document, or to what its title names ("Inspected on: 3 May 2023"). A
document that mentions a later past than that is about it, and was not written then.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from askive.rag.text.dates import date_range
from askive.rag.text.words import stems, words

if TYPE_CHECKING:
    from askive.rag.text.date_mentions import Day

_HEAD_CHARS = 2_000
_MAX_LINES = 14
_MAX_LINE_CHARS = 140
_MAX_LABEL_WORDS = 5
_MAX_NAME_WORDS = 10
_MIN_PROSE_WORDS = 8
_MIN_PROSE_CHARS = 100
_EVIDENCE_CHARS = 20_000
"""Dates this far into a text show the order of day and month, and whether the text is about the past."""
_FIRST_YEAR = 1450
"""Before the first printed books a date is that of an event."""
_OUTLIVED = datetime.timedelta(days=366)
# "**Date:** 3 May", "> # Minutes": the marks around and before the words of a line.
_MARKS = re.compile(r"^[\s>#]+|[*_`]{1,3}|\s*#+\s*$")
# "- ", "3. ", "| ": a line of a list or a table.
_ITEM = re.compile(r"[-+•|]\s|\d{1,3}[.)]\s")
# "The roof leaks. It was", "Was it? “No": the end of a sentence within a line
_SENTENCE_END = re.compile(r"[.!?][\"”')]?\s+[\"“‘']?[A-Z]")
# "10:30", "at 10.30 a.m.", "- 10:30:05 (GMT)", "| 7 pm"
_TIME = re.compile(
    r"\s*(?:(?:,|at|[-–|(])\s*)?(?:\d{1,2}[:.]\d\d(?:[:.]\d\d)?\s*(?:[ap]\.?m\.?)?|\d{1,2}\s*[ap]\.?m\.?)"
    r"(?:\s*\(?[A-Z]{2,5}\)?)?",
    re.IGNORECASE,
)
# "Monday, ", "Thu. "; "the ", "this ", "den " before a day
_BEFORE_DAY = re.compile(
    r"(?:\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s*)?(?:\b(?:the|this|den|le|el)\s*)?$",
    re.IGNORECASE,
)
# What divides a title or a name from a date: "Minutes, ", "Minutes: ", "Minutes – ", "Minutes (", "Minutes   "
_DIVIDED = re.compile(r"(?:[,:;|·(\[–—\t]|\s-|\s{2,})\s*$")
# "Minutes of the meeting held on ", "Letter of "
_HELD_ON = re.compile(r"(?:\b(?:\w+ed|held|written|taken|given)\s+on|^\W*\w+(?:\s+\w+)?\s+of)\s*$")
# The words that can stand before a date in a phrase: "fire of", "since", "between"
_FUNCTION_WORD = re.compile(
    r"(?:^|\s)(?:of|on|in|at|by|for|from|to|since|until|till|before|after|with|the|a|an|and|or|during|between)\s*$",
    re.IGNORECASE,
)
# ": The board met", " – Minutes"
_AFTER_DATE = re.compile(r"\s*(?:[:–—|·,]|-\s)\s*\S")
# "2021-03-04 ", "3.4.2021 ": a date at the start of an entry.
_ENTRY = re.compile(r"\W*(?:\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{1,2} [A-Z][a-z]{2,8} \d{4})")
# Capitalised, or one of the small words within names and addresses; "12", "4b"
_NAME_WORD = re.compile(
    r"[^\W\da-z_]|\d|(?:of|and|for|the|in|on|upon|de|du|la|le|von|van|der|den|under)$|[&-]"
)
# "Inspected on: ", "Date of inspection: ", "Date – "
_LABEL = re.compile(r"(?P<label>[^\W\d_][\w'’/. -]{1,40}?)\s*(?::|\s[–—-]\s)\s*$")
# "Inspected on 3 May": no colon
_BARE_LABEL = re.compile(
    r"(?P<label>(?:[^\W\d_]+ed|written|held|taken|sent)(?:\s+and\s+\w+ed)?\s+on)\s*$", re.IGNORECASE
)
_IRREGULAR = frozenset("held written taken given made sent drawn done dated".split())
_WITH_PARTICIPLE = frozenset("on at and as last first date up".split())
_OF_DOCUMENTS = frozenset(
    "issue publication release revision report letter document version meeting statement record signature".split()
)
"""What a date of a document is called by: "date of issue"."""
# "will", "by 2030": not yet at the time of writing
_FUTURE = re.compile(
    r"\b(?:will|shall|would|should|until|till|by|to|through|expires?|plan(?:s|ned)?|due|next|from|forecast|target)\b",
    re.IGNORECASE,
)
# "in 1985", "since 1985": a year for sure, unlike "2050 euros"
_YEAR_WORD = re.compile(r"\b(?:in|since|during|after|early|late|mid)[\s-]+$", re.IGNORECASE)


class HeadDate(NamedTuple):
    """The result; None for what was not found."""

    publisher: str | None
    published: str | None


class _Line(NamedTuple):
    """A line of the head, without marks of headings and emphasis. is_title: the first one, or a heading.

    is_head: whether it stands above the first prose.
    """

    text: str
    is_title: bool
    is_head: bool


class _Candidate(NamedTuple):
    day: str
    name: str = ""
    label: str = ""


_NOTHING = HeadDate(None, None)


def find_head_date(title: str, text: str) -> HeadDate:
    """The date in the head of a document, in ISO form, as precise as it stands there; and the name before it.

    The order of day and month of `3/4/2023` follows from a weekday beside it or from other dates of the text; where
    nothing shows it, there is no date. title: empty when it is none of the document's own.
    """
    lines = list(_lines(text))
    if title and not (lines and lines[0].text.startswith(title)):
        lines.insert(0, _Line(title[:_MAX_LINE_CHARS], is_title=True, is_head=True))
    # Most texts have no digit where a date could be.
    dated = [line for line in lines if any(char.isdigit() for char in line.text)]
    if not dated:
        return _NOTHING
    about = set(stems(" ".join([title, *(line.text for line in lines if line.is_title)])))
    labelled = [found for line in dated if (found := _labelled(line, text, about))]
    plain = [found for found in labelled if set(words(found.label)) & {"date", "dated"}]
    for candidates in (plain, labelled):
        if candidates:
            days = {found.day for found in candidates}
            return HeadDate(None, days.pop()) if len(days) == 1 else _NOTHING
    for find in (_in_title, _after_name):
        by_line = [(line, each) for line in dated if line.is_head and (each := find(line, lines, text))]
        days = {each.day for _, each in by_line}
        # The title of the whole outweighs those of its parts.
        if len(days) == 1 or (by_line and by_line[0][0] is lines[0]):
            return HeadDate(_publisher(by_line[0][1].name, text), by_line[0][1].day)
        if days:
            return _NOTHING
    return _NOTHING


def date_of_entries(text: str, at: int, day: str) -> str | None:
    """The date of a text with an entry for each of several days: what the days have in common, `2021-05`, if anything.

    at: offset of `day`, its first date. Only headings and lines "Date: ..." begin entries.
    """
    from askive.rag.text.date_mentions import days

    start = text.rfind("\n", 0, at) + 1
    first = text[start:].partition("\n")[0]
    mark = re.match(r"\s*(#{1,6}\s|\W*date\b)", first, re.IGNORECASE)
    if mark is None:
        return day
    found = [day]
    for line in text[start + len(first) : start + _EVIDENCE_CHARS].split("\n"):
        if line[:200].lower().startswith(mark.group().lower()) and len(line) <= _MAX_LINE_CHARS:
            found += [other.iso for other in days(line)[:1] if other.iso and _is_dated_alone(line, other)]
    parts = [each.split("-") for each in found]
    common = [group[0] for group in zip(*parts, strict=False) if len(set(group)) == 1]
    # The parts up to the first that differs.
    n_same = next(
        (n for n, group in enumerate(zip(*parts, strict=False)) if len(set(group)) > 1), len(common)
    )
    return "-".join(parts[0][:n_same]) or None


def _is_dated_alone(line: str, day: Day) -> bool:
    return not re.search(r"\w", _TIME.sub("", line[day.end :]))


def _lines(text: str) -> Iterator[_Line]:
    """The lines at the start of a text, at most 14."""
    is_head, n_lines = True, 0
    for block in re.split(r"\n\s*\n", text[:_HEAD_CHARS].strip("\n")):
        is_prose = _is_prose(block)
        for raw in block.split("\n"):
            shown = _MARKS.sub("", raw).strip()
            if not shown:
                continue
            is_heading = raw.lstrip().startswith("#")
            is_head = is_head and (is_heading or not is_prose)
            if len(shown) <= _MAX_LINE_CHARS:
                yield _Line(shown, is_title=is_heading or not n_lines, is_head=is_head)
            n_lines += 1
            if n_lines >= _MAX_LINES:
                return


def _is_prose(block: str) -> bool:
    """Whether a block of lines has a sentence, or a line longer than those of a head."""
    body = "\n".join(line for line in block.split("\n") if not line.lstrip().startswith("#")).strip()
    n_words = len(body.split())
    return n_words >= _MIN_PROSE_WORDS and (
        bool(_SENTENCE_END.search(body))
        or body.endswith((".", "!", "?", ".”", '."'))
        or any(len(line) > _MAX_LINE_CHARS for line in body.split("\n"))
    )


def _labelled(line: _Line, text: str, about: set[str]) -> _Candidate | None:
    """The date after a label. about: stems of the title."""
    day = next(_dated(line.text), None)
    if day is None or re.match(r"\s*[-–—/]\s*\d", line.text[day.end :]):
        return None
    before = _BEFORE_DAY.sub("", line.text[: day.start])
    # One pair of label and value in a row of a table, or between bars, is a label like any other.
    cut = max(before.rfind("|"), before.rfind("·"), before.rfind("\t"))
    if line.text.startswith("|") and ";" in line.text:
        return None
    before = before[cut + 1 :].lstrip()
    match = _LABEL.fullmatch(before) or _BARE_LABEL.fullmatch(before)
    if match is None or not re.match(
        r"\s*(?:$|[|·;,.\t(]|by\b)", _TIME.sub("", line.text[day.end :], count=1)
    ):
        return None
    label = match["label"]
    kind = words(label)
    if len(kind) > _MAX_LABEL_WORDS or not _is_of_document(kind, about):
        return None
    iso = _iso(day, line.text, text)
    is_plain = kind[0] in ("date", "dated")
    return _Candidate(iso, label=label) if iso and (is_plain or not _is_outlived(iso, text)) else None


def _is_of_document(kind: list[str], about: set[str]) -> bool:
    """Whether a label means the document: "date", "inspected on", "date of issue", "visit date" of a visit's report."""
    others = [word for word in kind if word not in ("date", "dated", "of", "the", "this", "on")]
    if len(others) < len(kind) and ("date" in kind or "dated" in kind):
        return all(
            _is_participle(word) or word in _OF_DOCUMENTS or {*stems(word)} <= about for word in others
        )
    return _is_participle(kind[0]) and all(word in _WITH_PARTICIPLE or _is_participle(word) for word in kind)


def _is_participle(word: str) -> bool:
    return word in _IRREGULAR or (word.endswith("ed") and len(word) > 4)


def _in_title(line: _Line, lines: Sequence[_Line], text: str) -> _Candidate | None:
    """The date at the end or the start of a title; also a line that is only a date."""
    if line.text.startswith("|"):
        return None
    for day in _dated(line.text):
        before, after = _BEFORE_DAY.sub("", line.text[: day.start]), line.text[day.end :]
        ends = not re.search(r"\w", _TIME.sub("", after, count=1))
        is_alone = not before.strip("( [") and ends
        if not (line.is_title or is_alone) or _SENTENCE_END.search(line.text):
            continue
        begins = not before.strip("( [") and (
            _AFTER_DATE.match(after) or (day.text[:4].isdigit() and re.match(r"\s+[A-Z]", after))
        )
        if begins and sum(bool(_ENTRY.match(other.text)) for other in lines) > 1:
            # A log, with a date before each entry.
            continue
        fits = ends and (
            is_alone
            or _DIVIDED.search(before)
            or _HELD_ON.search(before)
            or (day.day is not None and before.strip() and not _FUNCTION_WORD.search(before))
        )
        if (fits or begins) and (iso := _iso(day, line.text, text)) and not _is_outlived(iso, text):
            return _Candidate(iso)
    return None


def _after_name(line: _Line, _lines: Sequence[_Line], text: str) -> _Candidate | None:
    """The date after a name, a place or an address: `Harrow Gazette, 21 May 2022`."""
    if _ITEM.match(line.text):
        return None
    for day in _dated(line.text):
        before, after = _BEFORE_DAY.sub("", line.text[: day.start]), line.text[day.end :]
        name = before.rstrip(" ,|·–—-([\t")
        if not _DIVIDED.search(before) or before.rstrip().endswith(":"):
            continue
        if re.search(r"\w", _TIME.sub("", after, count=1)) or not 0 < len(name.split()) <= _MAX_NAME_WORDS:
            continue
        is_name = all(_NAME_WORD.match(word) for word in name.replace(",", " ").split())
        if is_name and (iso := _iso(day, line.text, text)) and not _is_outlived(iso, text):
            return _Candidate(iso, name=name)
    return None


def _publisher(name: str, text: str) -> str | None:
    """The name before a date, if it is a publisher's: two words or more below a title and above prose.

    A place has a preposition before it elsewhere in the text, a person speaks there, and a letter greets.
    """
    if len(name.split()) < 2 or "," in name or any(char.isdigit() for char in name):
        return None
    at = text.find(name)
    above, below = text[:at].strip(), text[at:].partition("\n")[2].strip()
    if not above or len(above.splitlines()) > 2 or not _is_prose(below.partition("\n\n")[0]):
        return None
    bare = re.escape(name)
    if re.search(rf"\b(?:in|from|at|to|near)\s+{bare}\b|{bare}\s+(?:said|says|told|and)\b", below):
        return None
    return None if re.match(r"\W*(?:my\s+)?dear\b", below, re.IGNORECASE) else name


def _dated(line: str) -> Iterator[Day]:
    """The dates in a line that have a month and a year."""
    from askive.rag.text.date_mentions import days

    found = days(line)
    return (day for day in found if day.year and day.month and not day.resolved and day.year >= _FIRST_YEAR)


def _iso(day: Day, line: str, text: str) -> str | None:
    """The date in ISO form; None where the order of day and month stays unknown."""
    from askive.rag.text.date_mentions import days

    if day.other is None:
        return day.iso
    named = {each.weekday for each in days(line) if each.weekday is not None}
    fitting = [each for each in day.readings if _weekday(each) in named]
    if len(fitting) == 1:
        return fitting[0].iso
    # Beside the other dates of the text, which show their order.
    shown = next((each for each in days(f"{day.text}\n{text[:_EVIDENCE_CHARS]}") if not each.start), day)
    return replace(shown).iso if shown.other is None else None


def _weekday(day: Day) -> int | None:
    return (
        datetime.date(day.year, day.month, day.day).weekday() if day.year and day.month and day.day else None
    )


def _is_outlived(iso: str, text: str) -> bool:
    """Whether the text mentions a past that is more than a year later than the date."""
    limit = date_range(iso)[1] + _OUTLIVED
    return any(date_range(other)[0] > limit for other in _past_dates(text[:_EVIDENCE_CHARS]))


def _past_dates(text: str) -> Iterable[str]:
    from askive.rag.text.date_mentions import days

    for day in days(text):
        if day.iso is None or day.resolved:
            continue
        before = re.split(r"[.!?]\s|\n", text[max(0, day.start - 120) : day.start])[-1]
        is_sure = day.month is not None or _YEAR_WORD.search(before)
        if is_sure and not _FUTURE.search(before):
            yield day.iso
