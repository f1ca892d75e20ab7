"""The context of a passage: what precedes it in a model's input, and where it stands for a reader."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Literal

from askive.rag.text.dates import spelled_date
from askive.rag.types import Document, Hit, Passage, Source

HeadPart = Literal["title", "headings", "publisher", "published", "spelled_date"]
"""published: the stored date. spelled_date: the stored date and its spelling in words."""

_MAX_TITLE_CHARS = 200
_MAX_URI_CHARS = 80
_NO_WORD = re.compile(r"[\W_]+")
_MAX_PLACE_CHARS = 80
_SHEETS = (
    "application/vnd.openxmlformats-officedocument.spreadsheetml.",
    "application/vnd.oasis.opendocument.spreadsheet",
)
_SLIDES = (
    "application/vnd.openxmlformats-officedocument.presentationml.",
    "application/vnd.oasis.opendocument.presentation",
)
_PART_NAMES = {
    ".mbox": "message",
    ".json": "record",
    ".jsonl": "record",
    ".ndjson": "record",
    ".csv": "record",
    ".tsv": "record",
}
"""What a numbered document in a file is called, by the file's extension."""
# "box.mbox#3", "case.zip#letters.txt#2"
_NUMBERED = re.compile(r"(?P<file>[^#]+)#(?P<number>\d+)$")
# "[00:12:05] Maria: ...", "[1:02:33]", "[12:05]"
_TIME = re.compile(r"^\[((?:\d{1,2}:)?\d{1,2}:\d\d)\]", re.MULTILINE)


def context_of(document: Document | Source, passage: Passage) -> str:
    """The text before a passage when it is embedded and indexed: title, headings, publisher, date."""
    parts = (document.title, passage.heading, document.publisher, document.published)
    return " | ".join(part for part in parts if part)


def heading_words(source: Document | Source, passage: Passage, *parts: HeadPart) -> str:
    """These parts of a passage's context as plain text, in this order, for a search by words."""
    return " ".join(text for part in parts if (text := _heading_part(source, passage, part)))


def under_title(source: Document | Source, text: str) -> str:
    """The text after its document's title, as the reader was trained; only the text when there is no title."""
    return f"{source.title}. {text}" if source.title else text


def headed_by(hit: Hit) -> str:
    """The context of the passage's sentences when they are checked: title, headings, publisher."""
    return f"{hit.source.title}. {hit.passage.heading}. {hit.source.publisher or ''}"


def file_words(source: Document | Source) -> str:
    """The words in the names of the file and of its folders: `kestle-weir/delivery.csv` is about Kestle Weir."""
    return " ".join(_NO_WORD.sub(" ", source.uri[-_MAX_URI_CHARS:]).split())


def source_line(number: int, hit: Hit) -> str:
    """The line above a document's evidence in a prompt."""
    about = ", ".join(part for part in (hit.source.publisher, hit.source.published) if part)
    return f"[{number}] {hit.source.title[:_MAX_TITLE_CHARS]}{f' ({about})' if about else ''}:"


def named_source(source: Document | Source) -> str:
    """The publisher, or else the title, and the date in words: `Reuters, November 2015`; the uri if all are unknown."""
    date = spelled_date(source.published).partition(" ")[2]
    return ", ".join(part for part in (source.publisher or source.title, date) if part) or source.uri


def locator_of(source: Source, passage: Passage, start: int) -> str:
    """Where in its file a span begins: `p. 3, section Costs, table 1, row 4`, `sheet Ships, row 14`, `00:12:05`.

    start: offset of the span into the document's text, within the passage. Empty when there is nothing to say.
    """
    parts: list[str] = []
    row = _row_at(passage, start)
    match = _NUMBERED.search(source.uri)
    ending = PurePath(match["file"] if match else source.uri).suffix.lower()
    if ending in _PART_NAMES and row:
        # Counted through the file, also where the document is a piece of it.
        row = row.replace("row", "record") if "json" in source.media_type else row
    elif match:
        parts.append(f"{_PART_NAMES.get(ending, 'part')} {match['number']}")
    is_slide = source.media_type.startswith(_SLIDES)
    if passage.page:
        parts.append(f"{'slide' if is_slide else 'p.'} {passage.page}")
    if not is_slide and (heading := _named_heading(source, passage.heading)):
        parts.append(heading)
    if row:
        parts.append(row)
    if source.media_type.startswith("text/") and (time := _time_at(passage, start)):
        parts.append(time)
    return ", ".join(parts)


def _named_heading(source: Source, heading: str) -> str:
    """The path of headings below the title, with what they are: `sheet Ships`, `chapter One > The quay`."""
    path = heading.split(" > ")
    if path[0].casefold() == source.title.casefold():
        del path[0]
    shown = " > ".join(path)
    while len(shown) > _MAX_PLACE_CHARS and len(path) > 1:
        del path[0]
        shown = f"… > {' > '.join(path)}"
    if not path or not shown:
        return ""
    if len(shown) > _MAX_PLACE_CHARS:
        shown = f"{shown[: _MAX_PLACE_CHARS - 1].rstrip()}…"
    if source.media_type.startswith("message/"):
        # "Attachment: table.csv", "Quoted message by Rosa Lind"
        return shown
    is_sheet = source.media_type.startswith(_SHEETS)
    return f"{'sheet' if is_sheet else 'chapter' if 'epub' in source.media_type else 'section'} {shown}"


def _row_at(passage: Passage, start: int) -> str:
    """The row in which the span begins: `row 14` of a sheet, `table 2, row 3`; empty outside of tables."""
    rows = next((rows for rows in passage.rows if rows.start <= start < rows.end), None)
    if rows is None:
        return ""
    number = rows.first + passage.between(rows.start, start).count("\n")
    return f"table {rows.table}, row {number}" if rows.table else f"row {number}"


def _time_at(passage: Passage, start: int) -> str:
    """The time of the turn in which the span begins; of the next turn, after `before`, when its own is not known."""
    times = list(_TIME.finditer(passage.text))
    past = [time for time in times if time.start() <= start - passage.start]
    if past:
        return past[-1][1]
    return f"before {times[0][1]}" if times else ""


def _heading_part(source: Document | Source, passage: Passage, part: HeadPart) -> str | None:
    match part:
        case "title":
            return source.title
        case "headings":
            return passage.heading
        case "publisher":
            return source.publisher
        case "published":
            return source.published
        case "spelled_date":
            return spelled_date(source.published)
