"""Captions, JSON, notebooks, calendars, address cards, reStructuredText and code."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.rag.config import PassageConfig
from askive.rag.errors import LoadError
from askive.rag.ingest.splitting import chunk
from askive.rag.load import LOADERS, load_bytes
from askive.rag.types import Document


def loaded(name: str, text: str) -> Document:
    document = load_bytes(text.encode(), f"/files/{name}", LOADERS[f".{name.rpartition('.')[2]}"])
    assert all(document.text[p.start : p.end] == p.text for p in chunk(document, PassageConfig()))
    return document


VTT = """WEBVTT - Planning

NOTE nobody reads this

intro
00:01.000 --> 00:00:04.000 align:start
<v Maria Lind>We move the launch</v>

00:00:04.000 --> 00:00:06.000
<v Maria Lind>to the <i>ninth</i> of May.</v>
<v.loud Tom>Why &amp; how?</v>

01:02:03.500 --> 01:02:05.000
Why & how?

01:02:06.000 --> 01:02:08.000
Because of the <00:01:07.000><c>storm</c>.
"""


def test_captions_with_voices() -> None:
    assert loaded("meeting.vtt", VTT).text.split("\n\n") == [
        "[00:00:01] Maria Lind: We move the launch to the ninth of May.",
        "[00:00:04] Tom: Why & how?",
        "[01:02:06] Because of the storm.",
    ]


def test_captions_without_blank_lines_between_them() -> None:
    srt = "1\n00:00:01,000 --> 00:00:02,000\nHello.\n2\n00:00:03,000 --> 00:00:04,000\nIt costs\n7 euros.\n"
    assert loaded("x.srt", srt).text.split("\n\n") == ["[00:00:01] Hello.", "[00:00:03] It costs 7 euros."]
    assert loaded("x.srt", "No times here.").text == "No times here."
    long = "\n\n".join(f"{n}\n00:00:{n:02},000 --> 00:00:{n:02},900\nword{n} {'so ' * 20}" for n in range(10))
    assert len(loaded("x.srt", long).text.split("\n\n")) > 1, "without punctuation, turns end by length"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([{"author": "Maria", "text": "The ninth\nof May."}, {"author": "Tom", "text": None}],
         "| author: Maria; text: The ninth of May.\n| author: Tom"),
        ({"name": "Team", "messages": [{"from": {"name": "Ann"}, "tags": ["a", "b"], "read": True}]},
         "| name: Team\n\n# messages\n\n| from.name: Ann; tags: a, b; read: true"),
        ({"chats": {"list": [{"messages": [{"text": "Lot C."}]}]}}, "# chats\n\n## list\n\n| messages.1.text: Lot C."),
        ([["a", 1.50], "b"], "| a, 1.5\n| b"),
        ("only text", "| only text"),
        ([{"text": ["Meet at ", {"type": "bold", "text": "Pier 4"}, ", see ", {"text": "the map", "href": "https://m.ap"}],
           "text_entities": [{"type": "plain", "text": "Meet at "}, {"type": "bold", "text": "Pier 4"},
                             {"type": "plain", "text": ", see "}, {"text": "the map", "href": "https://m.ap"}]}],
         "| text: Meet at Pier 4, see the map (https://m.ap)"),
        ([{"turns": [{"type": "a", "text": "Left?"}, {"type": "b", "text": "No."}], "note": ["a", {"n": 1}]}],
         "| turns.1.type: a; turns.1.text: Left?; turns.2.type: b; turns.2.text: No.; note.1: a; note.2.n: 1"),
    ],
    ids=["records", "an object with records", "deep", "lists", "text", "a text in parts", "parts that are no text"],
)  # fmt: skip
def test_json(value: object, text: str) -> None:
    for indent in (None, 2):
        assert loaded("x.json", json.dumps(value, indent=indent)).text == text


def test_numbers_of_json_stay_as_they_are_written() -> None:
    assert (
        loaded("x.json", '{"a": 1.50, "b": 12345678901234567890, "c": 1e3}').text
        == "| a: 1.50; b: 12345678901234567890; c: 1e3"
    )


def test_lines_of_json_and_what_is_none() -> None:
    lines = '{"author": "Maria", "text": "The ninth of May."}\n\n# not JSON\n{"author": "Tom"}\n'
    assert (
        loaded("x.jsonl", lines).text
        == "| author: Maria; text: The ninth of May.\n    # not JSON\n| author: Tom"
    )
    settings = '{\n  // a comment\n  "limit": 7\n}'
    assert loaded("x.json", settings).text == settings


NOTEBOOK = {
    "nbformat": 4,
    "cells": [
        {"cell_type": "markdown", "source": ["# Pump study\n", "\n", "It trips at 61 bar."]},
        {"cell_type": "code", "source": "# Limit\nlimit = 7\nprint(limit)", "outputs": [
            {"output_type": "stream", "text": ["\x1b[31mseven\x1b[0m\n"]},
            {"output_type": "execute_result", "data": {"text/plain": "48 bar", "image/png": "x"}},
            {"output_type": "error", "ename": "ValueError", "evalue": "no pump"},
        ]},
        {"cell_type": "raw", "source": "# raw"},
    ],
}  # fmt: skip


def test_notebooks() -> None:
    found = loaded("n.ipynb", json.dumps(NOTEBOOK))
    assert found.title == "Pump study"
    assert found.text == (
        "# Pump study\n\nIt trips at 61 bar.\n\n```\n    # Limit\nlimit = 7\nprint(limit)\n```\n\n```\nseven\n```\n\n"
        "```\n48 bar\n```\n\n```\nValueError: no pump\n```\n\n    # raw"
    )
    for wrong in ("[]", "{}", '{"cells": [1]}', "text"):
        with pytest.raises(LoadError, match="is not a notebook"):
            loaded("n.ipynb", wrong)


CALENDAR = """BEGIN:VCALENDAR
BEGIN:VEVENT
UID:1
DTSTART;TZID=Europe/Paris:20240619T090000
DTEND:20240619T080000Z
SUMMARY:Workshop\\, second day
LOCATION:Room 204; ground
  floor
ATTENDEE;ROLE=X;CN="Lind, Rosa":mailto:rosa@example.org
ATTENDEE:mailto:tom@example.org
RRULE:FREQ=WEEKLY;BYDAY=TU
BEGIN:VALARM
DESCRIPTION:Reminder
END:VALARM
END:VEVENT
BEGIN:VTODO
DUE;VALUE=DATE:20240620
SUMMARY:Order chairs
END:VTODO
END:VCALENDAR
"""


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_calendars(line_end: str) -> None:
    assert loaded("x.ics", CALENDAR.replace("\n", line_end)).text == (
        "| Summary: Workshop, second day; Start: 2024-06-19 09:00 Europe/Paris; End: 2024-06-19 08:00 UTC;"
        " Repeats: FREQ=WEEKLY, BYDAY=TU; Location: Room 204, ground floor;"
        " Attendee: Lind, Rosa <rosa@example.org>, tom@example.org\n| Summary: Order chairs; Due: 2024-06-20"
    )


def test_address_cards() -> None:
    card = (
        "BEGIN:VCARD\nVERSION:2.1\nN:Olsun;Lena\nFN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Lena =C3=96ls=\nun\n"
        "item1.TEL;TYPE=WORK:4162\nEMAIL:lo77@example.net\nADR;TYPE=home:;;Quay 4;Southmere;;1234;\nBDAY:19800409\nEND:VCARD\n"
    )
    assert loaded("x.vcf", card).text == (
        "| Name: Lena Ölsun; E-mail: lo77@example.net; Telephone: 4162 (work); Address: Quay 4, Southmere, 1234 (home);"
        " Birthday: 1980-04-09"
    )
    with pytest.raises(LoadError, match="no events and no addresses"):
        loaded("x.vcf", "Some text.")


def test_restructured_text() -> None:
    text = "======\nLaunch\n======\n\nWe move it.\n\nWhy\n---\n\n# no heading\n\n~~~~\n\nHow long is this\n---\n\nWhen\n----\nIn May.\n"
    found = loaded("note.rst", text)
    assert found.title == "Launch"
    assert {p.heading: p.text for p in chunk(found, PassageConfig())} == {
        "Launch": "We move it.",
        "Launch > Why": "# no heading\n\n    ~~~~\n\nHow long is this\n---",
        "Launch > When": "In May.",
    }


@pytest.mark.parametrize("name", ["code.py", "server.log", "settings.toml"])
def test_code_and_logs_as_they_stand(name: str) -> None:
    found = loaded(name, "# The retry limit is 7\nRETRY_LIMIT = 7\n")
    assert (found.title, found.text) == (name, "# The retry limit is 7\nRETRY_LIMIT = 7\n")


PIECES = ["BEGIN:VEVENT\n", "SUMMARY:x\n", "END:VEVENT\n", ";", ":", '"', "{", "}", "[", "]", ",", '"a"', "1", "00:00:01,000 --> 00:00:02,000\n",
          "<v A>", "\n", "====\n", "Title\n", " ", "=\n", "<", "&#0;", "null"]  # fmt: skip


@given(
    st.sampled_from([".vtt", ".json", ".ipynb", ".ics", ".rst", ".py"]),
    st.lists(st.sampled_from(PIECES), max_size=20).map("".join),
)
def test_any_text_is_a_document_or_a_load_error(ending: str, text: str) -> None:
    try:
        found = load_bytes(text.encode(), f"/x/file{ending}", LOADERS[ending])
    except LoadError as error:
        assert error.remedy
        return
    found.text.encode("utf-8")
    assert "\0" not in found.text
