"""PDFs: pages, paragraphs, dates, and files that are not what they say."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.models.fakes import HashEmbedder
from askive.rag.config import PassageConfig
from askive.rag.errors import LoadError
from askive.rag.ingest.pipeline import ingest_paths
from askive.rag.ingest.splitting import chunk
from askive.rag.load import LOADERS, load_bytes
from askive.rag.load.pdf.document import _Page, _without_text, load_pdf, pdf_date
from askive.rag.load.pdf.lines import rebuild_paragraphs
from askive.rag.store.archive import Archive
from askive.rag.types import FILE_DATE, NOT_READ, PAGE_BREAK
from tests.rag.load.pdf_writer import write_pdf
from tests.torture.specimens import pdf_of, stream

REPORT = [
    ["Harbour report", "Captain Rosa Lind counted 412 ships in January from the north tower of the har-",
     "bour. Most ships carried timber, and the self-", "made cranes of the town unloaded them in two days each.",
     "A storm came. It closed the harbour for three days, so that the damage came to"],
    ["7,500 crowns, said the mayor.", "The mayor then left for the cap-"],
    ["ital of the province."],
]  # fmt: skip


def test_pages_and_paragraphs() -> None:
    found = load_pdf(write_pdf(REPORT), "/files/report.pdf")
    pages = found.text.split(PAGE_BREAK)
    assert len(pages) == 3
    assert pages[0].startswith(
        "Harbour report\n\nCaptain Rosa Lind counted 412 ships in January from the north"
    )
    assert "tower of the harbour. Most ships" in pages[0]
    assert "self-made cranes" in pages[0]
    assert pages[1].strip() == "7,500 crowns, said the mayor.\n\nThe mayor then left for the capital"
    assert pages[2].strip() == "of the province."
    assert (found.title, found.media_type, found.published) == ("Harbour report", "application/pdf", None)


def test_a_sentence_over_the_end_of_a_page_stays_whole() -> None:
    found = load_pdf(write_pdf(REPORT), "/files/report.pdf")
    passages = chunk(found, PassageConfig(max_words=20))
    assert all(found.text[p.start : p.end] == p.text for p in passages)
    whole = next(p for p in passages if "damage" in p.text)
    assert "7,500 crowns, said the mayor." in whole.text
    assert whole.page == 1
    last = next(p for p in passages if p.text.endswith("of the province."))
    assert last.page == 2
    assert [p.page for p in passages] == sorted(p.page or 0 for p in passages)


def test_passages_know_their_page() -> None:
    lines = [[f"Room {n} is kept by warden number {n}.", "Its key hangs in the hall."] for n in range(1, 8)]
    found = load_pdf(write_pdf(lines), "/files/rooms.pdf")
    for passage in chunk(found, PassageConfig()):
        assert f"Room {passage.page} is kept" in passage.text
        assert passage.text.count("Room") == 1
    one = load_pdf(write_pdf([["Only one page here."]]), "/files/one.pdf")
    assert [p.page for p in chunk(one, PassageConfig())] == [1]


def test_running_heads_and_page_numbers_go_and_nothing_else() -> None:
    pages = [
        ["Annual report of the port", f"Section {n} begins on this page with a line.", "It goes on for a while here.",
         "There is a third line.", "And a fourth one ends it.", f"- {n} -"]
        for n in range(1, 9)
    ]  # fmt: skip
    found = load_pdf(write_pdf(pages), "/files/report.pdf")
    assert found.text.count("Annual report of the port") == 1, "the first page keeps its head"
    assert "- 3 -" not in found.text
    for n in range(1, 9):
        assert f"Section {n} begins" in found.text
    assert found.text.count("And a fourth one ends it.") == 8


def test_a_heading_with_the_number_of_its_page_is_no_page_number() -> None:
    body = ["A line of text.", "Another line of text.", "A third line of text.", "The last line of text."]
    numbered = [["top line", *body, str(n)] for n in range(9)]
    numbered[5][0] = "6 Chapters of a life"
    joined = rebuild_paragraphs(["\n".join(page) for page in numbered])
    assert joined[5].startswith("6 Chapters of a life")
    assert not any(page.rstrip()[-1].isdigit() for page in joined)


def test_short_pages_that_repeat_are_kept() -> None:
    found = load_pdf(write_pdf([[f"This is page {n}."] for n in range(1, 6)]), "/files/x.pdf")
    assert [page.strip() for page in found.text.split(PAGE_BREAK)] == [
        f"This is page {n}." for n in range(1, 6)
    ]


@pytest.mark.parametrize(
    ("lines", "joined"),
    [
        (["the well-", "known case"], "the well-known case"),
        (["the Franco-", "German border"], "the Franco-German border"),
        (["from 2015-", "2016 on"], "from 2015-2016 on"),
        (["govern\ufffe", "ment and state"], "government and state"),
        (["a soft\u00adware and soft\u00ad", "ware"], "a software and software"),
        (["long-term and long-", "term"], "long-term and long-term"),
        (["an ELEMENT of ELE-", "MENT"], "an ELEMENT of ELEMENT"),
        (["ﬁnal eﬀect"], "final effect"),
        (["the list:", "• one thing", "• another thing"], "the list:\n\n• one thing\n\n• another thing"),
    ],
)
def test_lines_become_paragraphs(lines: list[str], joined: str) -> None:
    assert rebuild_paragraphs(["\r\n".join(lines)]) == [joined]


def test_paragraphs_are_found_by_their_short_last_line() -> None:
    long = "This line is as long as lines of this page become, more or less so"
    page = "\n".join(
        [long, "and this ends it.", "Another begins here and is as long as the other line is, or", "so."]
    )
    assert rebuild_paragraphs([page]) == [
        f"{long} and this ends it.\n\nAnother begins here and is as long as the other line is, or so."
    ]


@given(st.lists(st.text(max_size=200), max_size=6))
def test_joining_keeps_the_pages_and_takes_anything(pages: list[str]) -> None:
    joined = rebuild_paragraphs(pages)
    assert len(joined) == len(pages)
    for page in joined:
        assert PAGE_BREAK not in page
        page.encode("utf-8")


@pytest.mark.parametrize(
    ("info", "title"),
    [
        ({"Title": "The harbour of Aldermoor"}, "The harbour of Aldermoor"),
        ({"Title": "Microsoft Word - The harbour"}, "The harbour"),
        ({"Title": "Microsoft Word - report_v3.docx"}, "Harbour report"),
        ({"Title": "untitled"}, "Harbour report"),
        ({"Title": " "}, "Harbour report"),
    ],
)
def test_titles(info: dict[str, str], title: str) -> None:
    assert load_pdf(write_pdf(REPORT, info), "/files/report.pdf").title == title


def test_title_is_the_name_when_the_first_line_is_a_sentence_of_many() -> None:
    assert load_pdf(write_pdf([["Only one line."]]), "/files/report.pdf").title == "report"


def test_the_date_is_that_of_the_text_not_that_of_the_file() -> None:
    info = {"CreationDate": "D:20200102030405Z", "Author": "Ann Lee"}
    dated = load_pdf(write_pdf([["Report", "25 January 2016", "The text."]], info), "x.pdf")
    assert dated.published == "2016-01-25"
    assert dated.metadata == {"author": "Ann Lee", FILE_DATE: "2020-01-02"}
    assert load_pdf(write_pdf([["Report", "The text."]], info), "x.pdf").published is None


@pytest.mark.parametrize(
    ("value", "date"),
    [
        ("D:20160125120000+01'00'", "2016-01-25"), ("D:201601", "2016-01"), ("D:2016", "2016"), ("20160125", "2016-01-25"),
        ("D:20161345", None), ("D:19700101000000Z", None), ("D:99990101", None), ("", None), ("yesterday", None),
    ],
)  # fmt: skip
def test_dates_of_metadata(value: str, date: str | None) -> None:
    assert pdf_date(value) == date


GOOD = write_pdf(REPORT)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"just text", "is not a PDF"),
        (b"PK\3\4 a zip", "is not a PDF"),
        (b"", "empty"),
        (b"%PDF-1.7\n", "damaged"),
        (GOOD[:200], "damaged"),
        (write_pdf(REPORT, locked=True), "password"),
        (write_pdf([[], []]), "scanned"),
    ],
    ids=["text", "zip", "empty", "head", "half", "locked", "scanned"],
)
def test_what_is_no_readable_pdf_is_a_load_error(data: bytes, said: str) -> None:
    with pytest.raises(LoadError, match=said) as caught:
        load_bytes(data, "/files/x.pdf", LOADERS[".pdf"])
    assert "x.pdf" in caught.value.message
    assert caught.value.remedy


@given(st.binary(max_size=40), st.integers(0, len(GOOD)))
def test_damaged_pdfs_are_a_document_or_a_load_error(noise: bytes, at: int) -> None:
    try:
        found = load_bytes(GOOD[:at] + noise + GOOD[at + len(noise) :], "x.pdf", LOADERS[".pdf"])
    except LoadError:
        return
    found.text.encode("utf-8")
    found.title.encode("utf-8")
    assert "\0" not in found.text + found.title


def test_300_pages_beside_broken_ones(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    pages = [
        [f"Chapter {n}", *(f"Line {i} of chapter {n} tells of ship number {n * 100 + i} and of its crew." for i in range(40))]
        for n in range(1, 301)
    ]  # fmt: skip
    (folder / "long.pdf").write_bytes(write_pdf(pages))
    (folder / "locked.pdf").write_bytes(write_pdf(REPORT, locked=True))
    (folder / "scan.pdf").write_bytes(write_pdf([[]]))
    (folder / "cut.pdf").write_bytes(GOOD[:300])
    (folder / "text.pdf").write_text("no PDF")
    with Archive.open(tmp_path / "c", HashEmbedder(32), PassageConfig()) as archive:
        report = ingest_paths(archive, [folder])
        assert report.n_added == 1
        assert {Path(f.uri).name for f in report.failures} == {
            "locked.pdf",
            "scan.pdf",
            "cut.pdf",
            "text.pdf",
        }
        (source,) = archive.store.sources()
        pages_seen = {p.page for p in archive.store.passages_of(source.doc_id)}
        assert pages_seen == set(range(1, 301))
        (hit, _score), *_ = archive.lexical.search("ship number 20017", 1)
        assert archive.passages([hit])[hit][0].page == 200


def form_pdf() -> bytes:
    """Labels at the left of two fields and right of two boxes, a described field, a note and a link."""
    shown = "".join(
        f"BT /F1 10 Tf {x} {y} Td ({text}) Tj ET\n"
        for x, y, text in [
            (50, 700, "Name of vessel:"),
            (300, 700, "Length:"),
            (80, 660, "Insured"),
            (80, 640, "Sold"),
        ]
    )
    field = "<< /Type /Annot /Subtype /Widget /Rect [{} {} {} {}] /F 4 /T ({}) {} >>"
    annotations = [
        field.format(130, 695, 280, 712, "vessel", "/FT /Tx /V (Grey Heron)"),
        field.format(350, 695, 400, 712, "len", "/FT /Tx /V (11.4)"),
        field.format(
            50, 655, 65, 670, "ins", "/FT /Btn /V /Yes /AS /Yes /AP << /N << /Yes 8 0 R /Off 8 0 R >> >>"
        ),
        field.format(
            50, 635, 65, 650, "sold", "/FT /Btn /V /Off /AS /Off /AP << /N << /Yes 8 0 R /Off 8 0 R >> >>"
        ),
        field.format(130, 595, 280, 612, "f7", "/FT /Tx /TU (Home port) /V (Southmere)"),
        field.format(130, 555, 280, 572, "empty", "/FT /Tx"),
        "<< /Type /Annot /Subtype /Text /Rect [0 0 9 9] /Contents (Ask the harbour master.) >>",
        "<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /Contents (a link) >>",
    ]
    return pdf_of(
        [
            b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [9 0 R 10 0 R 11 0 R 12 0 R 13 0 R 14 0 R] >> >>",
            b"<< /Type /Pages /Count 3 /Kids [4 0 R 6 0 R 7 0 R] >>",
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R /Resources << /Font << /F1 3 0 R >> >>"
            b" /Annots [9 0 R 10 0 R 11 0 R 12 0 R 13 0 R 14 0 R 15 0 R 16 0 R] >>",
            stream(shown.encode()),
            # A drawing without text, and a blank page.
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 17 0 R >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
            stream(b"", "/Type /XObject /Subtype /Form /BBox [0 0 15 15]"),
            *(annotation.encode() for annotation in annotations),
            stream(b"10 10 200 200 re f"),
        ]
    )


def test_values_of_form_fields_and_notes_are_read() -> None:
    found = load_bytes(form_pdf(), "/files/form.pdf", load_pdf)
    page = found.text.split(PAGE_BREAK)[0]
    assert page.strip().split("\n\n")[-6:] == [
        "Name of vessel: Grey Heron",
        "Length: 11.4",
        "Insured: Yes",
        "Sold: not ticked",
        "Home port: Southmere",
        "Ask the harbour master.",
    ]


def test_pages_without_text_are_named_and_blank_ones_are_not() -> None:
    assert load_bytes(form_pdf(), "/files/form.pdf", load_pdf).metadata[NOT_READ] == [
        "page 2 of 3 has no text"
    ]
    page = _Page("", [], is_blank=False)
    pages = [page, page._replace(text="x"), page, page, page, page._replace(is_blank=True), page]
    assert _without_text(pages) == ["pages 1, 3-5, 7 of 7 have no text"]


def test_a_title_in_brackets_is_made_by_a_program() -> None:
    data = write_pdf([["Harbour report", "", "The text."]], {"Title": "(anonymous)", "Author": "(anonymous)"})
    found = load_pdf(data, "/files/x.pdf")
    assert "anonymous" not in found.title
    assert found.metadata == {}
