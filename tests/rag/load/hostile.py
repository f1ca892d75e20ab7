"""Files made to break a parser: small to write, endless, deep or quadratic to read.

`specimens(folder)` writes them, so that nothing of the kind need lie in the repository.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

Maker = Callable[[], bytes]
_MAKERS: dict[str, Maker] = {}
SLOW: set[str] = set()
"""Names of specimens that use up the time or the memory that a file may take, or nearly."""


def specimens(folder: Path, *, slow: bool = True) -> dict[str, Path]:
    """Write the specimens into the folder, which is made; paths by name. slow: also those of SLOW."""
    folder.mkdir(parents=True, exist_ok=True)
    written: dict[str, Path] = {}
    for name, make in _MAKERS.items():
        if slow or name not in SLOW:
            written[name] = folder / name
            written[name].write_bytes(make())
    return written


def _specimen(name: str, *, slow: bool = False) -> Callable[[Maker], Maker]:
    def keep(make: Maker) -> Maker:
        _MAKERS[name] = make
        if slow:
            SLOW.add(name)
        return make

    return keep


def _zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


# -- plain text and Markdown -------------------------------------------------------------------------------


@_specimen("dots.txt")
def _dots() -> bytes:
    return b"Read this" + b"." * 2_000_000 + b"x " + "。".encode() * 200_000 + b"x."


@_specimen("quotes-after-dots.txt")
def _quotes() -> bytes:
    return (b"." * 1000 + b'"' * 1000 + b"x") * 500


@_specimen("blanks-and-abbreviations.txt")
def _blanks() -> bytes:
    return b"Start. " + b" " * 200_000 + b"1 vs. 2 vs. 3 vs. " * 8_000


@_specimen("one-word.txt")
def _one_word() -> bytes:
    return b"a" * 5_000_000


@_specimen("blank-lines.txt")
def _blank_lines() -> bytes:
    return b"word" + b" \n\t" * 1_000_000 + b"word"


@_specimen("blank-head.txt")
def _blank_head() -> bytes:
    return b"\n \n- " * 160 + b"by x" + b"1 " * 200


@_specimen("many-paragraphs.txt")
def _many_paragraphs() -> bytes:
    return b"Tea.\n\n" * 50_000


@_specimen("half-utf16.txt")
def _half_utf16() -> bytes:
    return b"\xff\xfe" + b"\x00\xd8A\x00" * 100_000 + b"\x00"


@_specimen("unknown-encoding.txt")
def _unknown_encoding() -> bytes:
    return bytes(range(1, 256)) * 4000


@_specimen("heading-of-blanks.md")
def _heading_of_blanks() -> bytes:
    return b"# a" + b" " * 500_000 + b"b\n\nText.\n"


@_specimen("heading-of-hashes.md")
def _heading_of_hashes() -> bytes:
    return b"# a" + b" #" * 250_000 + b"b\n\nText.\n"


@_specimen("long-headings.md")
def _long_headings() -> bytes:
    return b"".join(b"%s %s\n\nText %d.\n\n" % (b"#" * (n % 6 + 1), b"long " * 10_000, n) for n in range(100))


@_specimen("headings-and-fences.md")
def _headings_and_fences() -> bytes:
    return b"# a\n\nText.\n\n```\ncode\n```\n\n" * 8_000


@_specimen("many-headings.md")
def _many_headings() -> bytes:
    return b"# a\nb\n" * 150_000


@_specimen("yaml-aliases.md")
def _yaml_aliases() -> bytes:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    return "\n".join(["---", *lines, "---", "Text."]).encode()


@_specimen("yaml-merges.md", slow=True)
def _yaml_merges() -> bytes:
    lines = ["a0: &a0 {k: v}"]
    lines += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 12)]
    return "\n".join(["---", *lines, "---", "Text."]).encode()


@_specimen("yaml-deep.md")
def _yaml_deep() -> bytes:
    return b"---\nx: " + b"[" * 20_000 + b"]" * 20_000 + b"\n---\nText.\n"


@_specimen("yaml-self.md")
def _yaml_self() -> bytes:
    return b"---\nx: &x [*x]\n---\nText.\n"


@_specimen("yaml-integer.md")
def _yaml_integer() -> bytes:
    return b"---\nx: 0x" + b"f" * 4_000 + b"\n---\nText.\n"


@_specimen("yaml-integer-key.md")
def _yaml_integer_key() -> bytes:
    return b"---\n? [0x" + b"f" * 4_000 + b"]\n: y\n---\nText.\n"


@_specimen("yaml-surrogates.md")
def _yaml_surrogates() -> bytes:
    return b'---\ntitle: "\\ud800"\n"\\udc00": ["\\ud800", "\\0"]\npublisher: "\\udfff"\n---\nText.\n'


@_specimen("yaml-date.md")
def _yaml_date() -> bytes:
    return b"---\npublished: " + b"1-" * 50_000 + b"\ndate: 9999-99-99\n---\nText.\n"


@_specimen("yaml-wide.md")
def _yaml_wide() -> bytes:
    return b"---\n" + b"".join(b"k%d: %s\n" % (n, b"v" * 100) for n in range(3_000)) + b"---\nText.\n"


# -- records, captions, calendars --------------------------------------------------------------------------


@_specimen("deep.json")
def _deep_json() -> bytes:
    return b'{"a":[' * 100_000


@_specimen("long-names.json")
def _long_names() -> bytes:
    # The path of names is repeated for each of the fields: 50 million characters.
    return b'[{"%s": {%s}}]' % (b"name" * 25_000, b",".join(b'"%d": 1' % n for n in range(500)))


@_specimen("voices.vtt")
def _voices() -> bytes:
    return b"WEBVTT\n\n00:00.000 --> 00:01.000\n" + b"<v." * 300_000 + b"\n" + b"<v A" * 300_000


@_specimen("folded.vcf")
def _folded() -> bytes:
    quoted = b"NOTE;ENCODING=QUOTED-PRINTABLE:" + b"QUOTED-PRINTABLE=\n" * 50_000
    return b"BEGIN:VCARD\nFN:Ann\n" + quoted + b'\nTEL;X="' + b'";"' * 100_000 + b"\nEND:VCARD\n"


@_specimen("underlined.rst")
def _underlined() -> bytes:
    return b"=" * 500_000 + b"\n" + b"=\n" * 200_000 + b"---\n---\n" * 50_000


# -- pages and tables --------------------------------------------------------------------------------------


@_specimen("blocks.html", slow=True)
def _blocks() -> bytes:
    return b"<p>a</p>" * 200_000


@_specimen("levels.html", slow=True)
def _levels() -> bytes:
    return b"<div>" * 100_000 + b"deep" + b"</div>" * 100_000


@_specimen("spans.html")
def _spans() -> bytes:
    return b"<p>" + b"<b><i>" * 5_000 + b"deep" + b"<pre>x" * 100


@_specimen("comments.html")
def _comments() -> bytes:
    return b"<p>Text</p>" + b"<!--" * 200_000


@_specimen("attributes.html")
def _attributes() -> bytes:
    return b"<p " + b"".join(b'a%d="x" ' % n for n in range(20_000)) + b">Text</p>"


@_specimen("title.html")
def _title() -> bytes:
    return b"<title>" + b"t" * 2_000_000 + b"</title><p>Text one.</p><p>Text two.</p>"


@_specimen("wide-heads.csv")
def _wide_heads() -> bytes:
    heads = b",".join(b"%s%d" % (b"head" * 100, n) for n in range(500))
    return heads + b"\n" + (b",".join([b"x"] * 500) + b"\n") * 1_000


@_specimen("million-rows.csv", slow=True)
def _million_rows() -> bytes:
    return b"name,value\n" + b"".join(b"row,%d\n" % n for n in range(1_000_000))


@_specimen("open-quote.csv")
def _open_quote() -> bytes:
    return b'a,b\n"' + b"x,y\n" * 500_000


@_specimen("commas.csv")
def _commas() -> bytes:
    return b"," * 6_000_000


_SHEET = (
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    b'<dimension ref="A1:XFD1048576"/><sheetData>%s</sheetData></worksheet>'
)


def _xlsx(sheet: bytes) -> bytes:
    types = (
        b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        b'<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        b'spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/'
        b'vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
    )
    office = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relations = (
        b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1"'
        b' Type="%s/%s" Target="%s"/></Relationships>'
    )
    return _zipped(
        {
            "[Content_Types].xml": types,
            "_rels/.rels": relations % (office, b"officeDocument", b"xl/workbook.xml"),
            "xl/workbook.xml": b'<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
            b' xmlns:r="%s"><sheets><sheet name="s" sheetId="1" r:id="r1"/></sheets></workbook>' % office,
            "xl/_rels/workbook.xml.rels": relations % (office, b"worksheet", b"worksheets/sheet1.xml"),
            "xl/worksheets/sheet1.xml": _SHEET % sheet,
        }
    )


def _cell(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


@_specimen("far-cell.xlsx", slow=True)
def _far_cell() -> bytes:
    rows = "".join(f'<row r="{n}">{_cell(f"XFD{n}", "x")}</row>' for n in range(1, 400))
    return _xlsx(f'{rows}<row r="1048576">{_cell("XFD1048576", "x")}</row>'.encode())


@_specimen("heads.xlsx")
def _heads() -> bytes:
    letters = [chr(ord("A") + n) for n in range(26)]
    heads = "".join(_cell(f"{letter}1", letter * 30_000) for letter in letters)
    rows = "".join(
        f'<row r="{n}">{"".join(_cell(f"{letter}{n}", "x") for letter in letters)}</row>'
        for n in range(2, 100)
    )
    return _xlsx(f'<row r="1">{heads}</row>{rows}'.encode())


@_specimen("repeated.ods")
def _repeated() -> bytes:
    table = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
    cell = '<t:table-cell t:number-columns-repeated="99999999"><x:p>x</x:p></t:table-cell>'
    rows = f'<t:table-row t:number-rows-repeated="99999999">{cell}</t:table-row>' * 100
    text = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
    return _zipped(
        {"content.xml": f'<d xmlns:t="{table}" xmlns:x="{text}"><t:table>{rows}</t:table></d>'.encode()}
    )


# -- Office files and books --------------------------------------------------------------------------------

_WORD = b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>%s</w:body></w:document>'


def _docx(body: bytes) -> bytes:
    types = (
        b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/word/'
        b'document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main'
        b'+xml"/></Types>'
    )
    relations = (
        b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1"'
        b' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"'
        b' Target="word/document.xml"/></Relationships>'
    )
    return _zipped(
        {"[Content_Types].xml": types, "_rels/.rels": relations, "word/document.xml": _WORD % body}
    )


@_specimen("deep-tables.docx")
def _deep_tables() -> bytes:
    opened, closed = b"<w:tbl><w:tr><w:tc>", b"</w:tc></w:tr></w:tbl>"
    return _docx(opened * 2_000 + b"<w:p><w:r><w:t>deep</w:t></w:r></w:p>" + closed * 2_000)


@_specimen("paragraphs.docx", slow=True)
def _paragraphs() -> bytes:
    return _docx(b"".join(b"<w:p><w:r><w:t>word %d</w:t></w:r></w:p>" % n for n in range(100_000)))


@_specimen("bomb.docx")
def _bomb() -> bytes:
    return _docx(b"<w:p><w:r><w:t>" + b" " * 60_000_000 + b"</w:t></w:r></w:p>")


@_specimen("entities.docx")
def _entities() -> bytes:
    entities = b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 12))
    head = b'<!DOCTYPE x [<!ENTITY a0 "x">' + entities + b"]>"
    return _zipped(
        {
            "[Content_Types].xml": b"<Types/>",
            "word/document.xml": head + _WORD % b"<w:p><w:r><w:t>&a11;</w:t></w:r></w:p>",
        }
    )


@_specimen("images.epub")
def _images() -> bytes:
    page = (
        b"<html><body><p>" + b"![" * 30_000 + b"![a](" * 20_000 + b"&lt;!--" * 20_000 + b"</p></body></html>"
    )
    return _zipped(
        {
            "META-INF/container.xml": b'<container><rootfiles><rootfile full-path="c.opf"/></rootfiles></container>',
            "c.opf": b"<package><metadata><title>t</title></metadata><manifest>"
            b'<item id="p" href="p.xhtml"/></manifest><spine><itemref idref="p"/></spine></package>',
            "p.xhtml": page,
        }
    )


@_specimen("members.epub")
def _members() -> bytes:
    return _zipped({"META-INF/container.xml": b"<container/>"} | {f"{n}": b"" for n in range(21_000)})


# -- PDF ---------------------------------------------------------------------------------------------------


def _pdf(objects: list[bytes]) -> bytes:
    data = b"%PDF-1.7\n"
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    n = len(objects) + 1
    return data + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        n, table, n, len(data),
    )  # fmt: skip


def _stream(fields: bytes, data: bytes) -> bytes:
    return b"<<%s/Length %d>>\nstream\n%s\nendstream" % (fields, len(data), data)


_CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"
_PAGES = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
_FONT = b"/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>"


@_specimen("self-form.pdf", slow=True)
def _self_form() -> bytes:
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<<%s/XObject<</X 5 0 R>>>>" % _FONT
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>>>"
    text = b"BT /F 9 Tf (again) Tj ET /X Do /X Do"
    return _pdf([_CATALOG, _PAGES, page, _stream(b"", b"/X Do"), _stream(form, text)])


@_specimen("flate.pdf", slow=True)
def _flate() -> bytes:
    data = zlib.compress(zlib.compress(b"BT (x) Tj ET " * 30_000_000, 9), 9)
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R/Resources<<%s>>>>" % _FONT
    return _pdf([_CATALOG, _PAGES, page, _stream(b"/Filter[/FlateDecode/FlateDecode]", data)])


@_specimen("circle.pdf")
def _circle() -> bytes:
    return _pdf([_CATALOG, b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2000000>>"])


@_specimen("cut.pdf")
def _cut() -> bytes:
    return b"%PDF-1.7\n" + b"1 0 obj<</A" * 50_000


@_specimen("arrays.pdf")
def _arrays() -> bytes:
    return _pdf([b"<</Type/Catalog/Pages 2 0 R/A %s>>" % (b"[" * 50_000), _PAGES])


# -- mail --------------------------------------------------------------------------------------------------


@_specimen("long-subject.eml")
def _long_subject() -> bytes:
    return b"From: a@b.c\nSubject: " + b"=?utf-8?q?x?= " * 40_000 + b"\n\nText.\n"


@_specimen("quoted-sender.eml")
def _quoted_sender() -> bytes:
    return b"Subject: s\nFrom: " + b'"' * 100_000 + b"\n\nText.\n"


@_specimen("nested-sender.eml")
def _nested_sender() -> bytes:
    return b"Subject: s\nFrom: " + b"(" * 3_000 + b"\n\nText.\n"


@_specimen("many-receivers.eml")
def _many_receivers() -> bytes:
    return b"Subject: s\nTo: " + b", ".join(b"p%d@example.org" % n for n in range(20_000)) + b"\n\nText.\n"


@_specimen("nested-parts.eml")
def _nested_parts() -> bytes:
    opened = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(3_000)
    )
    return b"Subject: s\n" + opened + b"Content-Type: text/plain\n\nText.\n"


@_specimen("nested-messages.eml")
def _nested_messages() -> bytes:
    return b"Subject: s\n" + b"Content-Type: message/rfc822\n\n" * 3_000 + b"Subject: t\n\nText.\n"


@_specimen("many-headers.eml")
def _many_headers() -> bytes:
    return b"Subject: s\n" + b"".join(b"X-%d: y\n" % n for n in range(100_000)) + b"\nText.\n"


@_specimen("charset.eml")
def _charset() -> bytes:
    return b"Subject: =?idna?b?%s?=\nContent-Type: text/plain; charset=idna\n\nText.\n" % (b"QUFB" * 1_000)


@_specimen("many-messages.mbox", slow=True)
def _many_messages() -> bytes:
    return b"From a\nSubject: s\n\nText.\n\n" * 30_000


@_specimen("separators.mbox")
def _separators() -> bytes:
    return b"From a\n" + b"\n\nFrom " * 20_000


# -- markup, word processors, archives ---------------------------------------------------------------------


@_specimen("groups.rtf")
def _groups() -> bytes:
    return b"{\\rtf1 " + b"{" * 200_000 + b"Text." + b"\\'e9\\u8364?" * 20_000


@_specimen("deep.xml")
def _deep_xml() -> bytes:
    return b"<a>" * 200 + b"<b>Text.</b><c/>" * 20_000 + b"</a>" * 200


@_specimen("entities.xml")
def _xml_entities() -> bytes:
    levels = b"".join(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10) for n in range(1, 12))
    return b'<!DOCTYPE a [<!ENTITY e0 "text">' + levels + b"]><a>Text. &e11;</a>"


@_specimen("borders.adoc")
def _borders() -> bytes:
    return b"".join(b"-" * n + b"\n|" + b"=" * n + b"\n" for n in range(3, 1_500)) + b"Text.\n"


@_specimen("braces.tex")
def _braces() -> bytes:
    return b"\\title{" + b"{" * 50_000 + b"\\section{" * 20_000 + b"Text."


@_specimen("lists.odt")
def _lists() -> bytes:
    spaces = b'xmlns:o="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:t="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    lists = b"<t:list><t:list-item><t:p>x</t:p>" * 200 + b"</t:list-item></t:list>" * 200
    return _zipped({"content.xml": b"<o:d " + spaces + b"><o:body>" + lists + b"</o:body></o:d>"})


@_specimen("in-each-other.zip")
def _in_each_other() -> bytes:
    inner = _zipped({"a.txt": b"Text."})
    for n in range(20):
        inner = _zipped({"b.zip": inner, f"{n}.txt": b"Text."})
    return inner


@_specimen("zeros.zip")
def _zeros() -> bytes:
    return _zipped({f"{n}.txt": b"0" * 2**24 for n in range(8)})


@_specimen("names.zip")
def _names() -> bytes:
    return _zipped(
        dict.fromkeys(("../../etc/a.txt", "/b.txt", "C:\\c.txt", "d\x1b[2J.txt", "e#1.txt"), b"Text.")
    )


@_specimen("sectors.msg")
def _sectors() -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16 + bytes(range(256)) * 400


@_specimen("titles.txt")
def _titles() -> bytes:
    return (b"A line that may be a title\n\n" * 20_000) + (b"Dear Ann,\n4 March 2016\n" * 20_000)
