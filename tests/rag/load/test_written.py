"""Texts of word processors, slides, books, saved pages, Outlook mail and markup: what is in them, and where."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from compressed_rtf import compress

from askive.rag.config import PassageConfig
from askive.rag.errors import LoadError
from askive.rag.ingest.splitting import chunk
from askive.rag.load import LOADERS, load_bytes
from askive.rag.load.not_read import not_read
from askive.rag.types import Document
from tests.rag.load.ole_writer import write_msg
from tests.rag.load.test_office import write_epub, zipped
from tests.rag.load.written import ASCIIDOC, LATEX, MHTML, ODP, ODT, RTF, XML, write_odf

OUTLOOK = {
    0x1A: "IPM.Note", 0x37: "The tug", 0x1000: "It costs 40,000 crowns.", 0x0C1A: "Ann Roy", 0x1035: "<1@x.org>",
    0x7D: "From: Ann Roy <ann@x.org>\r\nTo: Tom <tom@x.org>\r\nDate: Fri, 4 Mar 2016 10:15:00 +0000\r\n\r\n",
}  # fmt: skip
MSG = write_msg(
    OUTLOOK,
    {"fees.csv": b"Ship,Fee\nAurora,12\nBaltic,14\n", "tool.exe": b"MZ"},
    "<p>It costs 40,000 crowns.</p>",
)
NCX = '<ncx><navMap><navPoint><navLabel><text>The storm</text></navLabel><content src="c0.xhtml#a"/></navPoint></navMap></ncx>'
NAV = (
    '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"><body><nav epub:type="toc">'
    '<a href="c0.xhtml">The storm</a><a href="c1.xhtml">The calm</a></nav></body></html>'
)
CHAPTERS = ["<p><b>The storm</b></p><p>The mast broke.</p>", "<h2>Calm</h2><p>The sea slept.</p>"]


def book(name: str, toc: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(write_epub(CHAPTERS, "<dc:title>The voyage</dc:title>"))) as archive:
        return zipped({n: archive.read(n).decode() for n in archive.namelist()} | {f"book/{name}": toc})


def loaded(name: str, data: str | bytes) -> Document:
    raw = data.encode() if isinstance(data, str) else data
    return load_bytes(raw, f"/files/{name}", LOADERS[Path(name).suffix])


@pytest.mark.parametrize(
    ("name", "data", "head", "places"),
    [
        ("a.rtf", RTF, ("The lease", None, "Ann Roy"), [
            (None, "", "The café pays[1] 40 crowns."),
            (None, "", "# no heading"), (None, "", "| Ship: Aurora; Built: 1998"), (None, "", "| Ship: Baltic; Built: 2001"),
            (None, "", "It costs € 7, 😀."), (None, "Headers and footers", "- Secret"),
            (None, "Notes", "- [1] 1 The fête {once} rises."), (None, "Comments", "- Too much?"),
        ]),
        ("a.odt", ODT, ("Lease 7", None, "Ann Roy"), [
            (None, "The lease > Rent", "The tenant pays 40 crowns[1] a month."), (None, "The lease > Rent", "- Water"),
            (None, "The lease > Rent", "- cold"), (None, "The lease > Rent", "| Ship: Aurora; Built: 1998"),
            (None, "The lease > Rent", "In a box."), (None, "Headers and footers", "Confidential"),
            (None, "Notes", "- [1] Since May."), (None, "Comments", "- Ann: Too much?"),
        ]),
        ("a.odp", ODP, ("Ships", None, None), [
            (1, "Ships", "Aurora has 14 men."), (1, "Ships", "Notes: Speak slowly."), (2, "Fees", "None."),
            (3, "", "Chart of fees"), (3, "", "They fall to 12."),
        ]),
        ("ncx.epub", book("toc.ncx", NCX), ("The voyage", None, None), [
            (None, "The storm", "The mast broke."), (None, "The storm > Calm", "The sea slept."),
        ]),
        ("nav.epub", book("nav.xhtml", NAV), ("The voyage", None, None), [
            (None, "The storm", "The mast broke."), (None, "The storm > Calm", "The sea slept."),
        ]),
        ("a.msg", MSG, ("The tug", "2016-03-04", "Ann Roy <ann@x.org>"), [
            (None, "", "It costs 40,000 crowns."), (None, "Attachment: fees.csv", "| Ship: Aurora; Fee: 12"),
        ]),
        ("a.mhtml", MHTML, ("The quay", None, None), [(None, "", "The café on the quay is open.")]),
        ("a.xml", XML, ("Register of ships", None, None), [
            (None, "Register of ships", "| id: 7; name: Aurora; captain: Rosa Lind; captain.since: 1998"),
            (None, "Register of ships > Rules", "The quay is closed on Mondays."),
            (None, "Register of ships > Rules", "No fees are due."),
        ]),
        ("a.adoc", ASCIIDOC, ("Harbour manual", None, None), [
            (None, "Harbour manual > Lamps", "The lamp is red."), (None, "Harbour manual > Lamps", "# no heading"),
            (None, "Harbour manual > Lamps", "| Ship: Aurora; Built: 1998"),
        ]),
        ("a.tex", LATEX, ("The second tug", "2016-03-04", "Ann Roy"), [
            (None, "Costs", "The tug costs 40,000 crowns [roy], so $a^2 < b$."), (None, "Costs > Later", "From Hull."),
        ]),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 12 else "",
)  # fmt: skip
def test_text_and_its_places(
    name: str,
    data: bytes,
    head: tuple[str, str | None, str | None],
    places: list[tuple[int | None, str, str]],
) -> None:
    found = loaded(name, data)
    assert (found.title, found.published, found.metadata.get("author")) == head
    passages = chunk(found, PassageConfig())
    for page, heading, text in places:
        assert any((p.page, p.heading) == (page, heading) and text in p.text for p in passages), text
    for hidden in ("Deleted", "Writer", "Menu", "color", "a comment", "89504e47", "\ufffd"):
        assert hidden not in found.text
    assert all(found.text[p.start : p.end] == p.text for p in passages)


def test_outlook_mail_is_mail() -> None:
    found = loaded("a.msg", MSG)
    assert (found.metadata["to"], found.metadata["message_id"]) == (["Tom <tom@x.org>"], "1@x.org")
    assert found.text.count("40,000 crowns") == 1, "the page says the same as the text"
    assert not_read(found) == ["attachment tool.exe is of an unsupported type (application/octet-stream)"]
    formatted = compress(rb"{\rtf1\ansi It costs 7 crowns, caf\'e9.}")
    only_formatted = write_msg({0x1A: "IPM.Note", 0x37: "Fees"}, formatted=formatted)
    assert loaded("b.msg", only_formatted).text == "It costs 7 crowns, café."
    assert loaded("a.mhtml", MHTML).metadata == {"url": "https://example.org/quay"}


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.rtf", "text", "is not an RTF file"),
        ("a.msg", "text", "is not an Outlook message"),
        ("a.msg", MSG[:2000], "is damaged"),
        ("a.mhtml", "Subject: x\n\ntext", "has no saved page"),
        ("a.odt", zipped({"x": ""}), "has no content.xml"),
        ("a.odt", write_odf("<unclosed>"), "cannot be read"),
        ("a.xml", "<a><b></a>", "is not valid XML"),
        ("a.xml", "<a>" * 300 + "text" + "</a>" * 300, "Excessive depth"),
    ],
)
def test_what_is_damaged_is_named(name: str, data: str | bytes, message: str) -> None:
    with pytest.raises(LoadError, match=message) as caught:
        loaded(name, data)
    assert caught.value.remedy


LOTS = "<lot><title>Brass sextant</title><price>1450</price></lot><lot><title>Clock</title><price>90</price></lot>"


@pytest.mark.parametrize(
    ("xml", "title"),
    [
        (f"<auction>{LOTS}</auction>", "a"),
        (f"<auction>{LOTS}<title>Autumn auction</title></auction>", "Autumn auction"),
        (f"<rss><channel><title>Sales</title><item><title>A</title></item>{LOTS}</channel></rss>", "Sales"),
        ("<book><title>Sea</title><title>A story</title><chapter><title>One</title></chapter></book>", "Sea"),
    ],
)
def test_the_title_of_xml_is_not_that_of_one_of_its_records(xml: str, title: str) -> None:
    assert loaded("a.xml", xml).title == title


def test_entities_are_not_expanded() -> None:
    assert (
        loaded("a.xml", '<!DOCTYPE a [<!ENTITY x "y"><!ENTITY z "&x;&x;">]><a>See &z;</a>').text == "See &z;"
    )


NOTE = """---
tags: [harbour]
aliases: [the weir]
---
See [[Weir 5|the old weir]], [[Weir 5#Costs]], ![[Plan]] and [[#^a1]]. ^b2

> [!warning]- Wet floor
> Mind the [[step]].

| Ship | Place |
|---|---|
| Aurora | [[Quay 1\\|first]] |
| Baltic | [[Quay 2]] |

```sh
[[ -f x ]] && y
```
`[[ -f z ]]` #harbour
"""


def test_notes_of_a_vault() -> None:
    found = loaded("Weir 4.md", NOTE)
    assert (found.title, found.metadata) == ("Weir 4", {"tags": ["harbour"], "aliases": ["the weir"]})
    assert found.text.split("\n") == [
        "See the old weir, Weir 5 > Costs, Plan and a1.", "", "> Warning: Wet floor", "> Mind the step.", "",
        "| Ship: Aurora; Place: first", "| Ship: Baltic; Place: Quay 2", "",
        "```sh", "[[ -f x ]] && y", "```", "`[[ -f z ]]` #harbour",
    ]  # fmt: skip


def test_the_table_of_contents_is_the_one_that_the_book_names() -> None:
    other = NAV.replace("The storm", "Another book")
    with zipfile.ZipFile(io.BytesIO(book("nav.xhtml", NAV))) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    named = '<manifest><item id="toc" href="nav.xhtml" properties="nav"/>'
    files["book/content.opf"] = files["book/content.opf"].replace("<manifest>", named)
    found = loaded("voyage.epub", zipped({"book/a.xhtml": other} | files))
    assert found.text.startswith("# The storm") and "Another" not in found.text
    # What it names is missing: any other will do.
    del files["book/nav.xhtml"]
    assert loaded("voyage.epub", zipped(files | {"book/z.xhtml": NAV})).text.startswith("# The storm")
