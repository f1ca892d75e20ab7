"""A sound file of every format, made by code."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from email.message import EmailMessage

from tests.rag.load import written
from tests.rag.load.ole_writer import write_msg

FACTS = (
    "The harbour received 412 ships.",
    "The storm closed the bridge for 3 days.",
    "Ida Falk built the tower in 1871.",
)
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_RELATED = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def zip_of(members: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def txt() -> bytes:
    """Plain text."""
    return ("A report\n\n" + "\n\n".join(f"{fact} It was said again." for fact in FACTS)).encode()


def md() -> bytes:
    """Markdown with front matter."""
    body = "\n\n".join(f"## Part {n}\n\n{fact}" for n, fact in enumerate(FACTS))
    return f"---\ntitle: A report\npublished: 2016-01-25\ntags: [a, b]\n---\n# Report\n\n{body}\n\n| a | b |\n|--|--|\n| 1 | 2 |\n".encode()


def html() -> bytes:
    """A page with a table."""
    body = "".join(f"<h2>Part {n}</h2><p>{fact}</p>" for n, fact in enumerate(FACTS))
    table = "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>"
    return f"<!doctype html><html><head><meta charset='utf-8'><title>A report</title></head><body>{body}{table}</body></html>".encode()


def pdf_of(objects: list[bytes], trailer: str = "") -> bytes:
    """A PDF of these objects, numbered from 1; the first is the catalog."""
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    at = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += f"trailer << /Size {len(objects) + 1} /Root 1 0 R {trailer} >>\nstartxref\n{at}\n%%EOF\n".encode()
    return bytes(out)


def stream(data: bytes, more: str = "") -> bytes:
    """A stream object."""
    return f"<< /Length {len(data)} {more} >>\nstream\n".encode() + data + b"\nendstream"


def pdf() -> bytes:
    """Two pages of text."""
    pages: list[bytes] = []
    for fact in FACTS[:2]:
        shown = stream(f"BT /F1 12 Tf 50 700 Td ({fact}) Tj 0 -20 Td (It was said again.) Tj ET".encode())
        page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R /Resources << /Font << /F1 3 0 R >> >> >>"
        pages += [page % (5 + len(pages)), shown]
    return pdf_of([
        b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Count 2 /Kids [4 0 R 6 0 R] >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>", *pages,
    ])  # fmt: skip


def docx_of(body: str, declaration: str = "") -> bytes:
    """A Word file with this body."""
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    return zip_of({
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="{main}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_RELATED}"><Relationship Id="r1" Target="word/document.xml" Type="{_OFFICE}/officeDocument"/></Relationships>',
        "word/document.xml": f'{declaration}<w:document xmlns:w="{_W}"><w:body>{body}</w:body></w:document>',
    })  # fmt: skip


def docx() -> bytes:
    """Three paragraphs."""
    return docx_of("".join(f"<w:p><w:r><w:t>{fact}</w:t></w:r></w:p>" for fact in FACTS))


def pptx() -> bytes:
    """Two slides."""
    from pptx import Presentation

    deck = Presentation()
    for n, fact in enumerate(FACTS[:2]):
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = f"Part {n}"
        slide.placeholders[1].text = fact
    out = io.BytesIO()
    deck.save(out)
    return out.getvalue()


def xlsx() -> bytes:
    """One sheet."""
    from openpyxl import Workbook

    book = Workbook()
    for row in (["Ship", "Captain", "Built"], ["Aurora", "Rosa Lind", 1998], ["Baltic", "Tom Ekberg", 2001]):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def ods() -> bytes:
    """One sheet."""
    cells = "".join(f"<t:table-cell><x:p>{text}</x:p></t:table-cell>" for text in ("Aurora", *FACTS))
    return zip_of({
        "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
        "content.xml": '<d xmlns:t="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:x="urn:oasis:names:tc:opendocument:xmlns:text:1.0">'
        f'<t:table t:name="Ships"><t:table-row>{cells}</t:table-row></t:table></d>',
    })  # fmt: skip


def epub_of(chapter: str, declaration: str = "") -> bytes:
    """A book of one chapter."""
    return zip_of({
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0"><rootfiles>'
        '<rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>',
        "book.opf": f'{declaration}<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        "<dc:title>A book</dc:title></metadata><manifest><item id='c' href='c.xhtml' media-type='application/xhtml+xml'/></manifest>"
        "<spine><itemref idref='c'/></spine></package>",
        "c.xhtml": f'<html xmlns="http://www.w3.org/1999/xhtml"><head><title>One</title></head><body>{chapter}</body></html>',
    })  # fmt: skip


def epub() -> bytes:
    """One chapter of three paragraphs."""
    return epub_of("".join(f"<p>{fact}</p>" for fact in FACTS))


def csv() -> bytes:
    """A table."""
    return ("number,note\n" + "".join(f'{n},"{fact}"\n' for n, fact in enumerate(FACTS))).encode()


def eml() -> bytes:
    """A mail with an alternative and an attachment."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Ann Lee <ann@example.org>", "tom@example.org", "The report"
    mail["Date"] = "Mon, 25 Jan 2016 10:00:00 +0000"
    mail.set_content("\n".join(FACTS))
    mail.add_alternative(html().decode(), subtype="html")
    mail.add_attachment(csv(), maintype="text", subtype="csv", filename="table.csv")
    return mail.as_bytes()


def mbox() -> bytes:
    """Two mails."""
    return b"".join(b"From ann@example.org Mon Jan 25 10:00:00 2016\n" + eml() + b"\n\n" for _ in range(2))


def vtt() -> bytes:
    """A caption for each fact."""
    return (
        "WEBVTT\n\n"
        + "\n\n".join(f"00:0{n}.000 --> 00:0{n}.900\n<v Ann>{fact}</v>" for n, fact in enumerate(FACTS))
    ).encode()


def json() -> bytes:
    """A list of records."""
    return (
        b'[{"author": "Ann", "text": "'
        + b'"}, {"author": "Tom", "text": "'.join(fact.encode() for fact in FACTS)
        + b'"}]'
    )


def ipynb() -> bytes:
    """A notebook of two cells."""
    code = '{"cell_type": "code", "source": "print(1)", "outputs": [{"output_type": "stream", "text": "1"}]}'
    return f'{{"cells": [{{"cell_type": "markdown", "source": "# Report\\n\\n{" ".join(FACTS)}"}}, {code}]}}'.encode()


def ics() -> bytes:
    """An event for each fact."""
    events = "".join(
        f"BEGIN:VEVENT\nDTSTART:20160125T100000Z\nSUMMARY:{fact}\nEND:VEVENT\n" for fact in FACTS
    )
    return f"BEGIN:VCALENDAR\n{events}END:VCALENDAR\n".encode()


def rst() -> bytes:
    """Titles and text."""
    return "\n\n".join(f"Part {n}\n------\n\n{fact}" for n, fact in enumerate(FACTS)).encode()


def archive() -> bytes:
    """A ZIP archive with a text, a mailbox and an archive."""
    return zip_of({"a/report.txt": txt(), "all.mbox": mbox(), "inner.zip": zip_of({"page.html": html()})})


SOUND: dict[str, Callable[[], bytes]] = {
    "txt": txt, "md": md, "html": html, "pdf": pdf, "docx": docx, "pptx": pptx, "xlsx": xlsx, "ods": ods, "epub": epub,
    "csv": csv, "eml": eml, "mbox": mbox, "vtt": vtt, "json": json, "ipynb": ipynb, "ics": ics, "rst": rst,
    "zip": archive, "rtf": lambda: written.RTF, "odt": lambda: written.ODT, "odp": lambda: written.ODP,
    "mhtml": lambda: written.MHTML, "xml": written.XML.encode, "adoc": written.ASCIIDOC.encode,
    "tex": written.LATEX.encode,
    "msg": lambda: write_msg({0x1A: "IPM.Note", 0x37: "The report", 0x1000: " ".join(FACTS)}, {"table.csv": csv()}),
}  # fmt: skip
"""By file ending."""
