"""Files built to harm who reads them: bombs, deep nesting, cycles, huge heads, links and devices."""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from tests.torture.specimens import docx_of, epub_of, pdf_of, stream, xlsx, zip_of

SECRET_OUTSIDE = "outsidevaultpassage7"
"""In the file that links lead to; it must not be indexed."""
_ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
) + "]>"  # fmt: skip
_OUTSIDE = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'


def build(folder: Path, outside: Path) -> list[str]:
    """Write all of them into a folder; their names. outside: a folder that links lead to."""
    folder.mkdir(parents=True, exist_ok=True)
    outside.mkdir(parents=True, exist_ok=True)
    (outside / "vault.txt").write_text(f"The vault is {SECRET_OUTSIDE}.\n")
    for name, data in _files():
        (folder / name).write_bytes(data)
    os.mkfifo(folder / "pipe.txt")
    os.mkfifo(folder / "pipe.pdf")
    links = {
        "zero.txt": "/dev/zero", "random.pdf": "/dev/urandom", "passwd.txt": "/etc/passwd", "mem.csv": "/proc/self/mem",
        "kmsg.txt": "/proc/kmsg", "environ.md": "/proc/self/environ", "vault.txt": str(outside / "vault.txt"),
        "loop.txt": "loop.txt", "nowhere.txt": "/nowhere/at/all.txt", "up": "..", "vaults": str(outside),
    }  # fmt: skip
    for name, target in links.items():
        (folder / name).symlink_to(target)
    return sorted(path.name for path in folder.iterdir())


def _files() -> Iterator[tuple[str, bytes]]:
    yield from _pdfs()
    yield from _office()
    yield from _text()
    yield from _mail()


def _pdfs() -> Iterator[tuple[str, bytes]]:
    catalog, pages = b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>"
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /XObject << /X 5 0 R >> >> >>"
    for mb in (50, 400):
        bomb = zlib.compress(b"(a) Tj " * (mb * 2**20 // 7))
        yield (
            f"flate-{mb}mb.pdf",
            pdf_of([catalog, pages, page, stream(bomb, "/Filter /FlateDecode"), b"null"]),
        )
        twice = zlib.compress(bomb, 9)
        yield (
            f"flate2-{mb}mb.pdf",
            pdf_of([catalog, pages, page, stream(twice, "/Filter [/FlateDecode /FlateDecode]"), b"null"]),
        )
    form = "/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X {} 0 R /Y {} 0 R >> >>"
    own = stream(b"/X Do", form.format(5, 5))
    yield "form-of-itself.pdf", pdf_of([catalog, pages, page, stream(b"/X Do"), own])
    tower = [stream(b"/X Do /Y Do " * 10, form.format(n + 6, n + 6)) for n in range(12)]
    yield (
        "form-tower.pdf",
        pdf_of([catalog, pages, page, stream(b"/X Do"), *tower, stream(b"", form.format(5, 5))]),
    )
    yield "pages-cycle.pdf", pdf_of([catalog, b"<< /Type /Pages /Count 9 /Kids [2 0 R 2 0 R] >>"])
    yield (
        "pages-count.pdf",
        pdf_of([catalog, b"<< /Type /Pages /Count 2147483647 /Kids [3 0 R] >>", page, stream(b""), b"null"]),
    )
    yield "arrays.pdf", pdf_of([catalog, b"[" * 100_000 + b"]" * 100_000])
    yield "dictionaries.pdf", pdf_of([catalog, b"<< /A " * 50_000 + b">>" * 50_000])
    box = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 1e30 -1e30] /Contents 4 0 R >>"
    yield "huge-page.pdf", pdf_of([catalog, pages, box, stream(b"BT (a) Tj ET")])
    yield (
        "length.pdf",
        pdf_of([catalog, pages, page, b"<< /Length 99999999999 >>\nstream\nabc\nendstream", b"null"]),
    )
    yield "previous-cycle.pdf", pdf_of([catalog, pages, page, stream(b""), b"null"], "/Prev 9")
    many = b" ".join(b"3 0 R" for _ in range(50_000))
    yield (
        "pages-same.pdf",
        pdf_of(
            [
                catalog,
                b"<< /Type /Pages /Count 50000 /Kids [" + many + b"] >>",
                page,
                stream(b"BT (a) Tj ET"),
                b"null",
            ]
        ),
    )
    yield "header.pdf", b"%PDF-1.7\n"
    yield "zeros.pdf", b"%PDF-1.7\n" + bytes(5_000_000)


def _office() -> Iterator[tuple[str, bytes]]:
    paragraph = "<w:p><w:r><w:t>a</w:t></w:r></w:p>"
    yield "paragraphs.docx", docx_of(paragraph * 300_000)
    yield "bomb.docx", docx_of("<w:p><w:r><w:t>" + "a" * 300_000_000 + "</w:t></w:r></w:p>")
    yield "entities.docx", docx_of("<w:p><w:r><w:t>&j;</w:t></w:r></w:p>", _ENTITIES)
    yield "outside.docx", docx_of("<w:p><w:r><w:t>&e;</w:t></w:r></w:p>", _OUTSIDE)
    for depth in (1_000, 100_000):
        table = "<w:tbl><w:tr><w:tc>" * depth + paragraph + "</w:tc></w:tr></w:tbl>" * depth
        yield f"tables-{depth}.docx", docx_of(table)
        yield f"deep-{depth}.docx", docx_of("<w:p>" * depth + "</w:p>" * depth)
    yield "entities.epub", epub_of("<p>&j;</p>", _ENTITIES)
    yield "deep.epub", epub_of("<div>" * 100_000 + "a" + "</div>" * 100_000)
    yield "blocks.epub", epub_of("<p>a</p>" * 200_000)
    yield "bomb.epub", epub_of(f"<p>{'a' * 300_000_000}</p>")
    yield "container.epub", zip_of({"META-INF/container.xml": _ENTITIES + "<container>&j;</container>"})
    for ending in ("docx", "xlsx", "pptx", "epub"):
        yield f"empty.{ending}", zip_of({})
        yield f"members.{ending}", zip_of({f"word/{n}.xml": "" for n in range(30_000)}, zipfile.ZIP_STORED)
        yield (
            f"paths.{ending}",
            zip_of(
                {
                    "../../../../tmp/torture-escape": "x",
                    "/etc/torture-escape": "x",
                    "word/document.xml": "<a/>",
                }
            ),
        )
        yield (
            f"zeros.{ending}",
            zip_of({"[Content_Types].xml": bytes(200_000_000), "word/document.xml": b"<a/>"}),
        )
        inner = zip_of({"a": bytes(10_000_000)})
        yield (
            f"nested.{ending}",
            zip_of({"xl/workbook.xml": inner, "word/document.xml": inner, "ppt/presentation.xml": inner}),
        )
        yield f"not-zipped.{ending}", b"PK\x03\x04" + bytes(1000)
        yield (
            f"encrypted.{ending}",
            _mark_encrypted(zip_of({"word/document.xml": "<a/>", "xl/workbook.xml": "<a/>"})),
        )
    yield (
        "wide.xlsx",
        _sheet('<row r="1">' + '<c r="A1" t="inlineStr"><is><t>a</t></is></c>' * 500_000 + "</row>"),
    )
    yield (
        "rows.xlsx",
        _sheet("".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in range(1, 1_000_000))),
    )
    yield "far-cell.xlsx", _sheet('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
    yield (
        "merged.xlsx",
        _sheet(
            '<row r="1"><c r="A1"><v>1</v></c></row>',
            '<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>',
        ),
    )


def _text() -> Iterator[tuple[str, bytes]]:
    yield "hex.md", b"---\nx: 0x" + b"f" * 20_000 + b"\n---\nText.\n"
    yield "hex-long.md", b"---\nx: 0x" + b"f" * 2_000_000 + b"\n---\nText.\n"
    yield "int.md", b"---\nx: " + b"9" * 100_000 + b"\n---\nText.\n"
    yield "sexagesimal.md", b"---\nx: 1" + b":59" * 50_000 + b"\n---\nText.\n"
    aliases = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(9)
    )  # fmt: skip
    yield "aliases.md", f"---\n{aliases}---\nText.\n".encode()
    yield "alias-of-itself.md", b"---\na: &a [*a]\nb: &b {c: *b}\n---\nText.\n"
    yield "deep.md", b"---\nx: " + b"[" * 50_000 + b"]" * 50_000 + b"\n---\nText.\n"
    yield "quotes.md", b">" * 50_000 + b" a\n"
    yield "lists.md", b"".join(b" " * (2 * n) + b"- a\n" for n in range(1500))
    yield "brackets.md", b"[" * 100_000 + b"a" + b"](" * 100_000
    yield "stars.md", b"*a_ " * 200_000
    yield "date.md", b"---\ndate: 99999-99-99\npublished: 2016-13-45T99:99\n---\nText.\n"
    yield "blocks.html", b"<p>a</p>" * 200_000
    yield "deep.html", b"<div>" * 100_000 + b"a" + b"</div>" * 100_000
    yield "tables.html", b"<table><tr><td>" * 20_000 + b"a"
    yield "spans.html", b"<table><tr><td colspan=100000000 rowspan=100000000>a</td></tr></table>"
    yield "attributes.html", b"<p " + b" ".join(b"a%d=b" % n for n in range(200_000)) + b">a</p>"
    yield "unclosed.html", b"<b><i><a href=x>" * 50_000
    yield "scripts.html", b"<script>" + b"a" * 5_000_000
    yield "comment.html", b"<!--" * 200_000
    yield "title.html", b"<title>" + b"a" * 10_000_000 + b"</title><p>b"
    yield (
        "wide.csv",
        b",".join(b"head%d" % n for n in range(100_000)) + b"\n" + b",".join(b"1" for _ in range(100_000)),
    )
    yield "rows.csv", b"a,b\n" + b"1,2\n" * 1_000_000
    yield "long-cell.csv", b'a,b\n1,"' + b"x" * 20_000_000
    yield "quotes.csv", b'"' * 1_000_001
    yield "nul.csv", b"a,b\n1,\x00\n"
    yield "word.txt", b"a" * 20_000_000
    yield "sentence.txt", b"word " * 4_000_000
    yield "dots.txt", b". " * 2_000_000
    yield "newlines.txt", b"\n" * 20_000_000 + b"a"
    yield "combining.txt", b"a" + "\u0301".encode() * 2_000_000
    yield "nul.txt", bytes(1_000_000)
    yield "escapes.txt", b"\x1b]0;title\x07\x1b[2J\x1b[31m" * 1000 + b"Text."
    yield "utf16.txt", b"\xff\xfe" + b"\x00\xd8" * 500_000
    yield "binary.txt", bytes(range(256)) * 20_000


def _mail() -> Iterator[tuple[str, bytes]]:
    head = b"From: a@example.org\nSubject: b\nMIME-Version: 1.0\n"
    yield "parts.eml", head + b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(3000)
    )  # fmt: skip
    yield "messages.eml", head + b"Content-Type: message/rfc822\n\n" * 2000 + b"a"
    yield "subject.eml", b"Subject: " + b"=?utf-8?q?a?= " * 200_000 + b"\n\na"
    yield "from.eml", b"From: " + b'"' * 100_000 + b"\n\na"
    yield "from-nested.eml", b"From: " + b"(" * 20_000 + b"\n\na"
    yield "addresses.eml", b"To: " + b"a@example.org, " * 100_000 + b"\n\na"
    yield "heads.eml", b"".join(b"X-%d: a\n" % n for n in range(300_000)) + b"\na"
    yield "base64.eml", head + b"Content-Transfer-Encoding: base64\n\n" + b"QUFB" * 5_000_000
    yield "charset.eml", head + b"Content-Type: text/plain; charset=" + b"x" * 100_000 + b"\n\na"
    yield "codec.eml", head + b"Content-Type: text/plain; charset=zlib_codec\n\na"
    yield "date.eml", head + b"Date: " + b"9" * 10_000 + b"\n\na"
    yield "boundaries.mbox", b"From a Mon Jan 25 10:00:00 2016\n\na\n\n" * 200_000
    yield "one-line.mbox", b"From " + b"a" * 10_000_000


def _sheet(rows: str, after: str = "") -> bytes:
    import io

    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(xlsx())) as sound,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name in sound.namelist():
            data = sound.read(name)
            if name == "xl/worksheets/sheet1.xml":
                space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
                data = f'<worksheet xmlns="{space}"><sheetData>{rows}</sheetData>{after}</worksheet>'.encode()
            archive.writestr(name, data)
    return made.getvalue()


def _mark_encrypted(data: bytes) -> bytes:
    """With the flag of a password in every local and central header."""
    changed = bytearray(data)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = changed.find(mark)
        while at >= 0:
            changed[at + offset] |= 1
            at = changed.find(mark, at + 4)
    return bytes(changed)
