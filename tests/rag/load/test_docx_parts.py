"""Word files: what lies outside the plain text of the body is read, once each."""

from __future__ import annotations

import io
import zipfile

import pytest

from askive.rag.load import LOADERS, load_bytes
from askive.rag.types import Document

NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    ' xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
    ' xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
    ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:v="urn:schemas-microsoft-com:vml"'
)
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def text(value: str) -> str:
    return f'<w:t xml:space="preserve">{value}</w:t>'


def run(value: str, formatting: str = "") -> str:
    return f"<w:r><w:rPr>{formatting}</w:rPr>{text(value)}</w:r>"


def paragraph(*runs: str) -> str:
    return f"<w:p>{''.join(runs)}</w:p>"


def docx(body: str, **parts: str) -> bytes:
    """A Word file; parts: the content of its other parts by the name of their type and a number, such as `header1`."""
    relations = "".join(
        f'<Relationship Id="r{n}" Target="{name}.xml" Type="{OFFICE}/{name.rstrip("0123456789")}"/>'
        for n, name in enumerate(parts)
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r" Target="word/document.xml"'
            f' Type="{OFFICE}/officeDocument"/></Relationships>',
        )
        archive.writestr(
            "word/_rels/document.xml.rels",
            f'<Relationships xmlns="{PACKAGE}/relationships">{relations}</Relationships>',
        )
        archive.writestr(
            "word/document.xml", f"<w:document {NAMESPACES}><w:body>{body}</w:body></w:document>"
        )
        for name, content in parts.items():
            archive.writestr(f"word/{name}.xml", f"<w:{name} {NAMESPACES}>{content}</w:{name}>")
    return out.getvalue()


def loaded(data: bytes) -> Document:
    return load_bytes(data, "/files/contract.docx", LOADERS[".docx"])


@pytest.mark.parametrize("mark", ["<w:b/>", "<w:i/>", "<w:u w:val='single'/>", "<w:strike/>"])
def test_formatted_runs_with_blanks_of_their_own(mark: str) -> None:
    body = paragraph(
        run("The notice period is"), run(" six weeks ", mark), run("for gra"), run("de B2", mark), run(".")
    )
    assert loaded(docx(body)).text == "The notice period is six weeks for grade B2."
    body = paragraph(
        run("It is"), run(" ", mark), run("six"), f"<w:r><w:rPr>{mark}</w:rPr><w:tab/></w:r>", run("weeks.")
    )
    assert loaded(docx(body)).text == "It is six weeks."


def test_headers_and_footers_once_each() -> None:
    header = f"<w:tbl><w:tr><w:tc>{paragraph(run('Contract no. HB-2291'))}</w:tc></w:tr></w:tbl>"
    footer = paragraph(run("Version 4 of 12 May 2024"))
    number = paragraph('<w:fldSimple w:instr="PAGE">', run("1"), "</w:fldSimple>")
    found = loaded(
        docx(paragraph(run("The rent.")), header1=header, header2=header, footer1=footer, footer2=number)
    )
    assert (
        found.text == "The rent.\n\n# Headers and footers\n\nContract no. HB-2291\n\nVersion 4 of 12 May 2024"
    )
    assert found.title == "contract", "the heading is not the document's own"


def test_notes_and_comments_once_each() -> None:
    def note(number: int, value: str) -> str:
        return f'<w:footnote w:id="{number}">{paragraph(run(value))}</w:footnote>'

    comment = paragraph(run("It must be "), f"<w:del>{run('fixed')}</w:del>", run("index-linked."))
    found = loaded(
        docx(
            paragraph(
                run("The rent is 900 euros."), '<w:r><w:footnoteReference w:id="2"/></w:r>',
                run(" It is due monthly."), '<w:r><w:endnoteReference w:id="2"/></w:r>',
                '<w:r><w:commentReference w:id="0"/></w:r>',
            ),
            footnotes=note(-1, "") + note(2, "Without heating."),
            endnotes=note(2, "On the first working day.").replace("footnote", "endnote"),
            comments=f'<w:comment w:id="0" w:author="R. Lee">{comment}</w:comment>',
        )
    )  # fmt: skip
    assert found.text == (
        "The rent is 900 euros.[1] It is due monthly.[2]\n\n# Notes\n\n- [1] Without heating.\n"
        "- [2] On the first working day.\n\n# Comments\n\n- R. Lee: It must be index-linked."
    )


def box(value: str) -> str:
    inner = f"<w:txbxContent>{paragraph(run(value))}</w:txbxContent>"
    return f"<w:drawing><wp:anchor><a:graphic><a:graphicData><wps:wsp><wps:txbx>{inner}</wps:txbx></wps:wsp></a:graphicData></a:graphic></wp:anchor></w:drawing>"


def old_box(value: str) -> str:
    inner = f"<w:txbxContent>{paragraph(run(value))}</w:txbxContent>"
    return f"<w:pict><v:shape><v:textbox>{inner}</v:textbox></v:shape></w:pict>"


@pytest.mark.parametrize(
    "boxes",
    [
        "<mc:AlternateContent><mc:Choice>{new}</mc:Choice><mc:Fallback>{old}</mc:Fallback></mc:AlternateContent>",
        "<mc:AlternateContent><mc:Choice>{new}</mc:Choice></mc:AlternateContent>",
        "{new}",
        "{old}",
    ],
    ids=["both", "new in an alternative", "new", "old"],
)
def test_a_text_box_once(boxes: str) -> None:
    shown = boxes.format(new=box("Call 7714."), old=old_box("Call 7714."))
    assert loaded(docx(paragraph(run("In an emergency: "), f"<w:r>{shown}</w:r>"))).text.split("\n\n") == [
        "In an emergency:",
        "Call 7714.",
    ]


def test_tracked_changes_as_accepted() -> None:
    body = paragraph(
        run("The rent is "), f"<w:del>{run('800').replace('w:t', 'w:delText')}</w:del>", f"<w:ins>{run('900')}</w:ins>",
        run(" euros"), f"<w:moveFrom>{run(' a year')}</w:moveFrom>", f"<w:moveTo>{run(' a month')}</w:moveTo>",
        '<w:fldSimple w:instr="DOCPROPERTY x">', run(" from May."), "</w:fldSimple>",
    )  # fmt: skip
    assert loaded(docx(body)).text == "The rent is 900 euros a month from May."


def test_a_line_break_does_not_join_words() -> None:
    assert (
        loaded(docx(paragraph(run("Hall 1"), "<w:r><w:cr/></w:r>", run("Hall 2")))).text.split()
        == "Hall 1 Hall 2".split()
    )
