"""Where a span stands in its file, in the words of its kind."""

from __future__ import annotations

import pytest

from askive.rag.passage_context import locator_of
from askive.rag.types import Passage, Source

OFFICE = "application/vnd.openxmlformats-officedocument"
TURNS = "storm.\n\n[00:00:41] Ann: It rains. It pours.\n\n[01:02:03] Tom: The ferry waits."


@pytest.mark.parametrize(
    ("uri", "media_type", "heading", "page", "expected"),
    [
        ("/a.pdf", "application/pdf", "", 3, "p. 3"),
        ("/a.pdf", "application/pdf", "Report > Costs", 3, "p. 3, section Costs"),
        ("/a.pdf", "application/pdf", "REPORT", 3, "p. 3"),
        ("/a.pptx", f"{OFFICE}.presentationml.presentation", "Ships", 2, "slide 2"),
        ("/a.xlsx", f"{OFFICE}.spreadsheetml.sheet", "Ships", None, "sheet Ships"),
        ("/a.epub", "application/epub+zip", "Two > The quay", None, "chapter Two > The quay"),
        ("/a.mbox#12", "message/rfc822", "Attachment: b.csv", None, "message 12, Attachment: b.csv"),
        ("/a.zip#in/b.jsonl#4", "application/json", "", None, "record 4"),
        ("/a.zip#in/c.txt", "text/plain", "", None, ""),
        ("/letters.txt#2", "text/plain", "", None, "part 2"),
        ("/C# notes/a.md", "text/markdown", "Lamps", None, "section Lamps"),
        ("/a.md", "text/markdown", f"{'x' * 60} > {'y' * 60} > end", None, f"section … > {'y' * 60} > end"),
        ("/a.md", "text/markdown", "x" * 900, None, f"section {'x' * 79}…"),
    ],
)
def test_places(uri: str, media_type: str, heading: str, page: int | None, expected: str) -> None:
    source = Source(1, uri, "Report", media_type)
    assert locator_of(source, Passage("Text.", 40, 45, heading, page), 40) == expected


@pytest.mark.parametrize(
    ("quote", "expected"),
    [
        ("storm", "before 00:00:41"),
        ("[00:00:41]", "00:00:41"),
        ("It pours", "00:00:41"),
        ("The ferry", "01:02:03"),
    ],
)
def test_times_of_turns(quote: str, expected: str) -> None:
    passage = Passage(TURNS, 100, 100 + len(TURNS))
    source = Source(1, "/talk.vtt", "talk", "text/vtt")
    assert locator_of(source, passage, 100 + TURNS.index(quote)) == expected
