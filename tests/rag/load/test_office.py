"""Office files, books, tables and mail; and archives that are traps."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import askive.rag.load
import askive.rag.load.tables.cells
import askive.rag.load.zip_limits
from askive.rag.config import PassageConfig
from askive.rag.errors import LoadError
from askive.rag.ingest.splitting import chunk
from askive.rag.load import LOADERS, load_bytes, load_path
from askive.rag.types import FILE_DATE, PAGE_BREAK, Document

CORE = (
    '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/">'
    "<dc:title>{title}</dc:title><dc:creator>Ann Lee</dc:creator>"
    "<dcterms:created>2015-12-01T08:00:00Z</dcterms:created><dcterms:modified>2016-01-25T10:00:00Z</dcterms:modified>"
    "</cp:coreProperties>"
)
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATED = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def zipped(members: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def write_docx(paragraphs: list[tuple[str, str]], title: str = "", declaration: str = "") -> bytes:
    """Paragraphs as (style, text); no style for plain ones."""
    body = "".join(
        f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>'
        for style, text in paragraphs
    )
    return write_docx_body(body, title, declaration)


def write_docx_body(body: str, title: str = "", declaration: str = "") -> bytes:
    """A Word file with this XML in its body."""
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="Heading{n}"><w:name w:val="heading {n}"/></w:style>'
        for n in (1, 2)
    )
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    return zipped(
        {
            "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/word/document.xml" ContentType="{main}"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{RELATED}"><Relationship Id="r1" Target="word/document.xml"'
            f' Type="{OFFICE}/officeDocument"/></Relationships>',
            "word/_rels/document.xml.rels": f'<Relationships xmlns="{RELATED}"><Relationship Id="r1"'
            f' Target="styles.xml" Type="{OFFICE}/styles"/></Relationships>',
            "word/styles.xml": f'<w:styles xmlns:w="{WORD}">{styles}</w:styles>',
            "word/document.xml": f'{declaration}<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>',
            "docProps/core.xml": CORE.format(title=title),
        }
    )


def loaded(name: str, data: bytes) -> Document:
    return load_bytes(data, f"/files/{name}", LOADERS[Path(name).suffix])


REPORT = [
    ("Heading1", "Ships"),
    ("", "The harbour received 412 ships."),
    ("Heading2", "Storm"),
    ("", "It closed."),
]


def test_word() -> None:
    found = loaded("report.docx", write_docx(REPORT))
    assert (found.title, found.published) == ("Ships", None), "the day of saving is not the date of the text"
    assert found.metadata == {"author": "Ann Lee", FILE_DATE: "2016-01-25"}
    passages = chunk(found, PassageConfig())
    assert [(p.heading, p.text) for p in passages] == [
        ("Ships", "The harbour received 412 ships."),
        ("Ships > Storm", "It closed."),
    ]
    assert loaded("report.docx", write_docx(REPORT, title="Harbour report")).title == "Harbour report"


def test_a_date_in_the_text_is_its_date() -> None:
    found = loaded("report.docx", write_docx([("", "Monday, 4 January 2016"), ("", "The text.")]))
    assert found.published == "2016-01-04"


def write_pptx() -> bytes:
    from pptx import Presentation
    from pptx.util import Inches

    deck = Presentation()
    for n in (1, 2, 3):
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = f"Part {n}"
        slide.placeholders[1].text = f"Crane {n} stands on quay {n}."
    slide.notes_slide.notes_text_frame.text = "Say this slowly."
    table = slide.shapes.add_table(2, 2, Inches(1), Inches(4), Inches(4), Inches(1)).table
    for (row, column), text in {(0, 0): "Ship", (0, 1): "Crew", (1, 0): "Aurora", (1, 1): "14"}.items():
        table.cell(row, column).text = text
    out = io.BytesIO()
    deck.save(out)
    return out.getvalue()


def test_slides_are_pages() -> None:
    found = loaded("deck.pptx", write_pptx())
    assert found.text.count(PAGE_BREAK) == 2
    assert "Slide number" not in found.text
    passages = chunk(found, PassageConfig())
    for n in (1, 2, 3):
        here = [p for p in passages if p.page == n]
        assert any(f"Crane {n} stands" in p.text and p.heading.startswith(f"Part {n}") for p in here)
    assert any("Say this slowly." in p.text for p in passages if p.page == 3)
    assert any("Aurora" in p.text and "14" in p.text for p in passages if p.page == 3)
    assert found.title == "Part 1", "what the program calls every deck is no title"


def write_xlsx(rows: dict[str, list[list[object]]]) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for name, lines in rows.items():
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append(line)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def write_epub(chapters: list[str], metadata: str) -> bytes:
    items = "".join(f'<item id="c{n}" href="c{n}.xhtml"/>' for n in range(len(chapters)))
    spine = "".join(f'<itemref idref="c{n}"/>' for n in range(len(chapters)))
    return zipped(
        {
            "META-INF/container.xml": '<container><rootfiles><rootfile full-path="book/content.opf"/></rootfiles></container>',
            "book/content.opf": f'<package xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>{metadata}</metadata>'
            f"<manifest>{items}</manifest><spine>{spine}</spine></package>",
            **{f"book/c{n}.xhtml": f"<html><body>{text}</body></html>" for n, text in enumerate(chapters)},
        }
    )


def test_books() -> None:
    data = write_epub(
        ["<h1>One</h1><p>The ship left.</p>", "<h1>Two</h1><p>It came back.</p><script>no</script>"],
        "<dc:title>The voyage</dc:title><dc:creator>Ann Lee</dc:creator><dc:publisher>North Press</dc:publisher>"
        "<dc:date>2015-11-13</dc:date>",
    )
    found = loaded("voyage.epub", data)
    assert (found.title, found.publisher, found.published) == ("The voyage", "North Press", "2015-11-13")
    assert found.metadata == {"author": "Ann Lee"}
    assert [(p.heading, p.text) for p in chunk(found, PassageConfig())] == [
        ("One", "The ship left."),
        ("Two", "It came back."),
    ]
    assert loaded("plain.epub", write_epub(["<p>Only text.</p>"], "")).text == "Only text."


MAIL = """From: Rosa Lind <rosa@harbour.example>
To: Tom Ekberg <tom@town.example>
Subject: =?utf-8?q?The_storm_in_Z=C3=BCrich?=
Date: Mon, 25 Jan 2016 10:00:00 +0100
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="b"

--b
Content-Type: text/plain; charset=utf-8

The harbour is closed for three days.
--b
Content-Type: text/html

<p>No.</p>
--b--
"""


def test_mail() -> None:
    found = loaded("m.eml", MAIL.encode())
    assert (found.title, found.published) == ("The storm in Zürich", "2016-01-25")
    assert "From: Rosa Lind <rosa@harbour.example>" in found.text
    assert found.text.endswith("The harbour is closed for three days.")
    page = (
        b"From: a@b.example\nContent-Type: text/html\n\n<html><style>x</style><p>Only <b>this</b>.</p></html>"
    )
    assert loaded("m.eml", page).text.endswith("\n\nOnly this.")


def test_a_box_of_mail_has_a_section_for_each() -> None:
    second = "From: Ann\nSubject: Bread\n\nTwo hundred loaves.\n\nFrom the baker.\n"
    found = loaded("box.mbox", f"From a@b Mon Jan 25\n{MAIL}\n\nFrom c@d Tue Jan 26\n{second}".encode())
    headings = {p.heading: p.text for p in chunk(found, PassageConfig())}
    assert "three days" in headings["The storm in Zürich"]
    assert "Two hundred loaves." in headings["Bread"]


@pytest.mark.parametrize("ending", [".docx", ".pptx", ".xlsx", ".epub", ".eml", ".mbox", ".pdf"])
@pytest.mark.parametrize(
    "data",
    [b"", b"Just some text that is none of this.", b"\xff\xd8\xff\xe0 a picture", zipped({"a.txt": "other"}),
     zipped({"word/document.xml": "<no", "ppt/presentation.xml": "<no", "xl/workbook.xml": "<no", "META-INF/container.xml": "<no"}),
     b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600],
    ids=["empty", "text", "picture", "other-zip", "broken", "old-office"],
)  # fmt: skip
def test_what_a_file_is_not_is_a_load_error(ending: str, data: bytes) -> None:
    with pytest.raises(LoadError) as caught:
        loaded(f"x{ending}", data)
    assert f"/files/x{ending}" in caught.value.message
    assert caught.value.remedy
    assert len(caught.value.message) < 400


@given(st.sampled_from([".docx", ".xlsx", ".epub"]), st.binary(min_size=1, max_size=30), st.integers(0, 3000))
def test_damaged_archives_are_a_document_or_a_load_error(ending: str, noise: bytes, at: int) -> None:
    good = GOOD[ending]
    at %= len(good)
    try:
        found = loaded(f"x{ending}", good[:at] + noise + good[at + len(noise) :])
    except LoadError:
        return
    (found.text + found.title + str(found.metadata)).encode("utf-8")
    assert "\0" not in found.text + found.title


GOOD = {
    ".docx": write_docx(REPORT),
    ".xlsx": write_xlsx({"S": [["Ship", "Crew"], ["Aurora", 14]]}),
    ".epub": write_epub(["<p>Text.</p>"], "<dc:title>T</dc:title>"),
}


def test_an_archive_that_unpacks_to_too_much_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = zipped({"word/document.xml": b"\0" * 3_000_000})
    assert len(bomb) < 10_000
    monkeypatch.setattr(askive.rag.load.zip_limits, "MAX_UNPACKED_BYTES", 2_000_000)
    with pytest.raises(LoadError, match="unpacks to 3 MB"):
        loaded("bomb.docx", bomb)
    monkeypatch.setattr(askive.rag.load.zip_limits, "MAX_MEMBERS", 2)
    with pytest.raises(LoadError, match="in 6 parts"):
        loaded("many.docx", write_docx(REPORT))


def test_entities_are_not_multiplied() -> None:
    lol = '<!DOCTYPE l [<!ENTITY a "' + "ha" * 50 + '">' + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    ) + "]>"  # fmt: skip
    try:
        found = loaded("lol.docx", write_docx([("", "&i;")], declaration=lol))
    except LoadError:
        return
    assert len(found.text) < 10_000


def test_a_sheet_with_one_cell_at_its_far_end_does_not_fill_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.active["XFD40000"] = "far"
    out = io.BytesIO()
    book.save(out)
    monkeypatch.setattr(askive.rag.load.tables.cells, "MAX_CELLS", 30_000)
    with pytest.raises(LoadError, match="more than 30,000 cells"):
        loaded("far.xlsx", out.getvalue())


def test_too_large_files_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "large.txt"
    path.write_text("Some text here.")
    monkeypatch.setattr(askive.rag.load, "MAX_TEXT_CHARS", 10)
    with pytest.raises(LoadError, match="15 characters, more than 10"):
        load_path(path)
    with path.open("wb") as file:
        file.truncate(askive.rag.load.MAX_FILE_BYTES + 1)
    with pytest.raises(LoadError, match="at most 256 MB"):
        load_path(path)


def test_nothing_of_a_file_reaches_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def refuse(*_arguments: object, **_named: object) -> None:
        raise AssertionError("a loader opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    outside = '<!DOCTYPE d SYSTEM "http://192.0.2.1/d.dtd">'
    picture = '<p>Text.<img src="http://192.0.2.1/i.png"/></p><link href="http://192.0.2.1/s.css"/>'
    for name, data in {
        "x.docx": write_docx(REPORT, declaration=outside),
        "x.pptx": write_pptx(),
        "x.xlsx": GOOD[".xlsx"],
        "x.epub": write_epub([picture], ""),
        "x.html": picture.encode(),
    }.items():
        try:
            assert "192.0.2.1" not in loaded(name, data).text
        except LoadError as error:
            assert "damaged" in error.message
