"""Headings of PDFs: bookmarks, and lines in larger letters."""

from __future__ import annotations

from askive.rag.config import PassageConfig
from askive.rag.ingest.splitting import chunk
from askive.rag.load import LOADERS, load_bytes
from askive.rag.load.pdf.headings import Bookmark, with_headings
from askive.rag.types import Document
from tests.rag.load.pdf_writer import write_pdf

BODY = [
    "The harbour received four hundred and twelve ships in January, and the",
    "captains paid all of their dues on the same day.",
]
MORE = [
    "The bridge was built of oak in the year of the great flood, and it",
    "stands on nine pillars of granite from the quarry.",
]


def page(*lines: tuple[int, str]) -> str:
    """The content of a page with lines of these sizes, in points."""
    shown = "".join(f"/F1 {size} Tf ({text}) Tj 0 -{size + 4} Td\n" for size, text in lines)
    return f"BT 50 800 Td\n{shown}ET"


def body(lines: list[str]) -> list[tuple[int, str]]:
    return [(10, line) for line in lines]


def loaded(data: bytes) -> Document:
    return load_bytes(data, "/d/report.pdf", LOADERS[".pdf"])


def sections(document: Document) -> list[tuple[str, int | None, str]]:
    passages = chunk(document, PassageConfig())
    assert all(document.text[p.start : p.end] == p.text for p in passages)
    return [(p.heading, p.page, p.text.split()[1]) for p in passages]


def test_larger_lines_are_headings_also_on_the_next_page() -> None:
    found = loaded(
        write_pdf(
            [
                page((20, "Report of the port"), *body(BODY), (14, "1. Harbour"), *body(BODY)),
                page(*body(MORE), (14, "2. Bridge"), *body(MORE), (14, "This is said in large letters.")),
            ]
        )
    )
    assert found.title == "Report of the port"
    assert sections(found) == [
        ("Report of the port", 1, "harbour"),
        ("Report of the port > 1. Harbour", 1, "harbour"),
        ("Report of the port > 1. Harbour", 2, "bridge"),
        ("Report of the port > 2. Bridge", 2, "bridge"),
    ]
    assert "large letters." in found.text


def test_bookmarks_are_headings() -> None:
    data = write_pdf(
        [page((10, "Harbour"), *body(BODY), (10, "Dues"), *body(BODY)), page((10, "Bridge"), *body(MORE))],
        contents=[("Harbour", 0, 1), ("Dues", 0, 2), ("Bridge", 1, 1), ("Not there", 1, 1)],
    )
    assert sections(loaded(data)) == [
        ("Harbour", 1, "harbour"),
        ("Harbour > Dues", 1, "harbour"),
        ("Bridge", 2, "bridge"),
    ]


def test_pages_whose_text_is_not_in_the_file() -> None:
    # As recognised text is: no letter of it has a size.
    assert with_headings(["The lamp was lit.", "# 7"], [(), ()], [Bookmark("Lamps", 5, 1)]) == [
        "The lamp was lit.",
        "    # 7",
    ]
    assert with_headings([], [], []) == []


def test_what_is_no_heading() -> None:
    # A poster: most of it is large.
    assert {
        heading for heading, *_ in sections(loaded(write_pdf([page((20, BODY[0]), (10, "In the port."))])))
    } == {""}
    found = loaded(write_pdf([page(*body(["# The retry limit is 7", *BODY]))]))
    assert "    # The retry limit is 7" in found.text
    assert {heading for heading, *_ in sections(found)} == {""}
