"""The row of a citation: as a person counts it in the file."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.rag.ingest.splitting import chunk
from askive.rag.load.several.parts import AUTO, NONE
from askive.rag.load.several.split import load_documents
from askive.rag.load.tables.row_marks import joined_rows, marked, marking_rows, row_mark, unmarked
from askive.rag.passage_context import locator_of
from askive.rag.types import PAGE_BREAK, Document, Source
from tests.rag.load.pdf_writer import write_pdf
from tests.rag.load.tables.test_opendocument import EMPTY, cell, row, write_ods
from tests.rag.load.tables.test_pages import PAGE, _word_cell
from tests.rag.load.tables.test_ruled import CELLS, HEADS, MERGED, grid, words
from tests.rag.load.test_office import write_docx_body, write_xlsx, zipped


class Splitting(NamedTuple):
    max_words: int
    overlap_sentences: int


SHORT = Splitting(12, 1)
FERRIES: list[list[object]] = [
    ["Timetable"],
    [None],
    ["Ferry", "Leaves"],
    ["Aurora", "10:15"],
    [None],
    ["Baltic", "11:40"],
]
CSV = 'Timetable,\n\nFerry,Leaves\nAurora,10:15\n\n"Baltic\nSea",11:40\n'
MAIL = (
    "From: a@b.example\nSubject: Rota\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=B\n\n--B\n"
    "Content-Type: text/csv\nContent-Disposition: attachment; filename=rota.csv\n\n" + CSV + "\n--B--\n"
)


def slides() -> bytes:
    from pptx import Presentation
    from pptx.util import Inches

    deck = Presentation()
    for ferry in ("Aurora", "Baltic"):
        slide = deck.slides.add_slide(deck.slide_layouts[6])
        table = slide.shapes.add_table(2, 2, Inches(1), Inches(1), Inches(6), Inches(2)).table
        for n, text in enumerate(("Ferry", "Leaves", ferry, "11:40")):
            table.cell(n // 2, n % 2).text = text
    out = io.BytesIO()
    deck.save(out)
    return out.getvalue()


def word() -> bytes:
    tables = "".join(
        f"<w:tbl><w:tr>{_word_cell('Ferry')}{_word_cell('Leaves')}</w:tr>"
        f"<w:tr>{_word_cell(ferry)}{_word_cell('11:40')}</w:tr></w:tbl><w:p/>"
        for ferry in ("Aurora", "Baltic")
    )
    return write_docx_body(tables)


def located(name: str, data: bytes | str, quote: str, rule: str = AUTO) -> list[str]:
    """Where the passages with these words say that they are."""
    data = data.encode() if isinstance(data, str) else data
    found = []
    for document in load_documents(data, f"/files/{name}", f".{name.rpartition('.')[2]}", rule):
        assert not any("\ufdd0" <= char <= "\ufdef" for char in document.text + document.title)
        source = Source(1, document.uri, document.title, document.media_type)
        for passage in chunk(document, SHORT):
            assert document.text[passage.start : passage.end] == passage.text
            if quote in passage.text:
                found.append(locator_of(source, passage, passage.start + passage.text.index(quote)))
    return found


@pytest.mark.parametrize(
    ("name", "data", "quote", "place"),
    [
        ("rota.csv", CSV, "Baltic", "row 6"),
        ("rota.csv", CSV, "10:15", "row 4"),
        ("rota.xlsx", write_xlsx({"Trams": [["a", 1]], "Ferries": FERRIES}), "Baltic", "sheet Ferries, row 6"),
        ("rota.ods", write_ods({"Ferries": row(cell("Ferry"), cell("Leaves")) + row(EMPTY, repeated=9)
                                + row(cell("Baltic"), cell("1"))}), "Baltic", "sheet Ferries, row 11"),
        ("rota.html", f"<h1>Rota</h1><p>Text.<h2>Sums</h2>{PAGE}<p>And.{PAGE}", "Actual: 4", "section Sums, table 1, row 4"),
        ("rota.md", "# Rota\n\n## Sums\n\n|a|b|\n|-|-|\n|x|1|\n\nText.\n\n|c|d|\n|-|-|\n|y|2|\n|z|3|\n", "z", "section Sums, table 2, row 3"),
        ("rota.docx", word(), "Baltic", "table 2, row 2"),
        ("rota.pptx", slides(), "Baltic", "slide 2, table 1, row 2"),
        ("rota.pdf", write_pdf(["", grid(MERGED) + words([*HEADS, *CELLS])]), "Actual: 4", "p. 2, table 1, row 4"),
        ("rota.eml", MAIL, "Baltic", "Attachment: rota.csv, row 6"),
        ("rota.md", "Text | is no table.", "Text", ""),
    ],
)  # fmt: skip
def test_the_row_of_a_quotation(name: str, data: bytes | str, quote: str, place: str) -> None:
    assert located(name, data, quote)[0] == place


def test_rows_stay_in_parts_of_files_and_in_archives() -> None:
    text = "# One\n\n|a|b|\n|-|-|\n|x|1|\n\n# Two\n\n|a|b|\n|-|-|\n|y|2|\n|z|3|\n"
    assert located("rota.md", text, "z", "^# ") == ["part 2, table 2, row 3"]
    archive = zipped({"rota.csv": CSV, "notes.md": text})
    assert located("rota.zip", archive, "Baltic") == ["row 6"]
    assert located("rota.zip", archive, "Baltic", NONE) == ["section rota.csv, row 6"]


OTHERS = {"text": "Text.", "blank": "", "page": PAGE_BREAK}
LINE = st.sampled_from(["sheet", "first", "next", *OTHERS])


@given(st.lists(LINE, max_size=30))
def test_marks_and_rows_are_the_same(kinds: list[str]) -> None:
    lines: list[str] = []
    numbers: list[int] = []
    is_open = False
    with marking_rows():
        for n, kind in enumerate(kinds):
            if kind in OTHERS:
                lines.append(OTHERS[kind])
            else:
                is_first = kind == "first" or not is_open
                lines.append(f"| {n}{row_mark(n, in_sheet=kind == 'sheet', is_first=is_first)}")
                numbers.append(n)
            is_open = kind in ("first", "next") or (is_open and kind in ("text", "blank"))
        plain, rows = unmarked("\n".join(lines))
        document = Document("/x", "x", plain, "text/markdown", "", rows=rows)
        assert unmarked(marked(document)) == (plain, rows)
    assert marked(document) == plain
    assert [r.first + i for r in rows for i in range(plain[r.start : r.end].count("\n") + 1)] == numbers
    assert all(plain[r.start : r.end].startswith(f"| {r.first}") for r in rows)
    passages = chunk(document, Splitting(4, 1))
    again = replace(document, rows=joined_rows(plain, [passage.rows for passage in passages]))
    assert chunk(again, SHORT) == chunk(document, SHORT)
