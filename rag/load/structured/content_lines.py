"""Calendars (.ics) and address cards (.vcf): each event or person becomes a line with its fields.

Both are made of the same lines, `NAME;PARAMETER=x:value` (RFC 5545 and RFC 6350).
"""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import NamedTuple

from askive.rag.errors import LoadError
from askive.rag.load.decoding import decode
from askive.rag.load.structured.json_records import record_line
from askive.rag.types import Document

_TYPES = {".ics": "text/calendar", ".vcf": "text/vcard"}
_RECORDS = frozenset(("VEVENT", "VTODO", "VJOURNAL", "VCARD"))
# The fields that a person reads, of those that the two standards define, with their names.
_NAMES = {
    "SUMMARY": "Summary", "FN": "Name", "NICKNAME": "Nickname", "ORG": "Organisation", "TITLE": "Title",
    "ROLE": "Role", "DTSTART": "Start", "DTEND": "End", "DUE": "Due", "DURATION": "Duration",
    "RRULE": "Repeats", "COMPLETED": "Completed", "LOCATION": "Location", "ORGANIZER": "Organiser",
    "ATTENDEE": "Attendee", "CONTACT": "Contact", "STATUS": "Status", "EMAIL": "E-mail", "TEL": "Telephone",
    "ADR": "Address", "BDAY": "Birthday", "URL": "URL", "CATEGORIES": "Categories",
    "DESCRIPTION": "Description", "COMMENT": "Comment", "NOTE": "Note",
}  # fmt: skip
_MAX_HEAD_CHARS = 200
# "DTSTART", ";TZID=Europe/Paris", ":20240509T090000"; a group before the name ("item1.TEL") is left out.
_LINE = re.compile(
    r'(?:[\w-]+\.)?(?P<name>[\w-]+)(?P<parameters>(?:;(?:"[^"]*"|[^":;])*)*):(?P<value>.*)', re.DOTALL
)
# ';CN="Lind, Rosa"', ";TYPE=work".
_PARAMETER = re.compile(r';([\w-]+)=("[^"]*"|[^;]*)')
# "20240509T090000Z", "20240509".
_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


class _Line(NamedTuple):
    name: str
    parameters: dict[str, str]
    value: str


def load_content_lines(data: bytes, uri: str) -> Document:
    """A line for each event, task, note or person. Raises LoadError when the file has none."""
    from askive.rag.load.digest import sha256

    lines = [record_line(fields) for fields in _records(decode(data, uri))]
    if not any(lines):
        raise LoadError(
            f"{uri} has no events and no addresses", remedy="give it the extension of its real type"
        )
    path = PurePath(uri)
    return Document(
        uri=uri,
        title=path.stem,
        text="\n".join(line for line in lines if line),
        media_type=_TYPES.get(path.suffix.lower(), "text/calendar"),
        sha256=sha256(data),
    )


def _records(raw: str) -> Iterator[list[tuple[str, str]]]:
    open_records: list[str] = []
    fields: dict[str, list[str]] = {}
    for line in _lines(raw):
        kind = line.value.strip().upper()
        if line.name == "BEGIN":
            open_records.append(kind)
            if kind in _RECORDS:
                fields = {}
        elif line.name == "END" and open_records:
            if open_records.pop() in _RECORDS:
                yield [(_NAMES[name], ", ".join(fields[name])) for name in _NAMES if name in fields]
        elif line.name in _NAMES and open_records and open_records[-1] in _RECORDS and (text := _shown(line)):
            fields.setdefault(line.name, []).append(text)


def _lines(raw: str) -> Iterator[_Line]:
    """The lines, joined where they continue: a blank at the start, or `=` at the end in quoted-printable."""
    unfolded = re.sub(r"\n[ \t]", "", raw)
    open_line = ""
    for line in unfolded.split("\n"):
        text, open_line = open_line + line, ""
        if text.endswith("=") and "QUOTED-PRINTABLE" in text[:_MAX_HEAD_CHARS].upper():
            open_line = text[:-1]
        elif match := _LINE.fullmatch(text):
            parameters = {
                name.upper(): value.strip('"') for name, value in _PARAMETER.findall(match["parameters"])
            }
            yield _Line(match["name"].upper(), parameters, match["value"])


def _shown(line: _Line) -> str:
    value = line.value
    if line.parameters.get("ENCODING", "").upper() == "QUOTED-PRINTABLE":
        value = quopri.decodestring(value.encode("utf-8")).decode("utf-8", errors="replace")
    if line.name in ("ATTENDEE", "ORGANIZER"):
        address = re.sub(r"^mailto:", "", value, flags=re.IGNORECASE)
        return f"{line.parameters['CN']} <{address}>" if "CN" in line.parameters else address
    if (match := _DATE.fullmatch(value)) and line.name != "TEL":
        year, month, day, hour, minute, utc = match.groups()
        zone = "UTC" if utc else line.parameters.get("TZID", "")
        return f"{year}-{month}-{day} {hour}:{minute} {zone}".strip() if hour else f"{year}-{month}-{day}"
    if line.name in ("ADR", "ORG", "RRULE"):
        value = ", ".join(part for part in re.split(r"(?<!\\);", value) if part)
    text = _ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], value)
    # A cell of a record ends at a semicolon.
    text = " ".join(text.replace(";", ",").split())
    kind = line.parameters.get("TYPE", "").lower()
    return f"{text} ({kind})" if kind and line.name in ("TEL", "EMAIL", "ADR") else text
