"""What converters of Word files leave out: headers, footers, notes, comments, text boxes, moved text."""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Iterator
from typing import Any

from askive.rag.load.sections import literal, section

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_BODY = "word/document.xml"
_BODY_RELATIONS = "word/_rels/document.xml.rels"
_PICTURES = "word/media/"
_NOTES = {f"{_W}footnoteReference": "footnotes", f"{_W}endnoteReference": "endnotes"}
# Deleted text, the former place of moved text, and the copy of a text box for old programs.
_UNREAD = frozenset((f"{_W}del", f"{_W}moveFrom", f"{_MC}Fallback"))
# Elements that the converter does not know, with text in them: moved text, fields, custom markup.
_UNKNOWN = (f"{_W}moveTo", f"{_W}fldSimple", f"{_W}customXml", f"{_W}dir", f"{_W}bdo")


class DocxParts:
    """A Word file, its body simplified for the converter, and the texts outside its body.

    body: the same file with plain runs: formatting splits words and drops blanks when it becomes Markdown. References
    to notes are `[1]`. sections: headers and footers, notes and comments as Markdown, each text once.
    """

    def __init__(self, data: bytes) -> None:
        self.body = data
        self.sections = ""
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            body = _parsed(archive, _BODY)
            if body is None:
                return
            parts = _related(archive)
            notes = _simplify(body)
            self.body = _with_body(archive, body)
        read = {
            "Headers and footers": dict.fromkeys(_page_edges(parts)),
            "Notes": dict.fromkeys(_notes(parts, notes)),
            "Comments": dict.fromkeys(_comments(parts)),
        }
        self.sections = "\n\n".join(
            section(title, literal(("\n" if title != "Headers and footers" else "\n\n").join(texts)), 1)
            for title, texts in read.items()
            if texts
        )


def _parsed(archive: zipfile.ZipFile, name: str) -> Any:
    """The root of a part; None when there is none, it is damaged, or defines entities, as no Word file does."""
    from lxml import etree

    try:
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        root = etree.fromstring(archive.read(name), parser)
    except (KeyError, etree.XMLSyntaxError):
        return None
    return None if root.getroottree().docinfo.doctype else root


def _related(archive: zipfile.ZipFile) -> dict[str, list[Any]]:
    """The parts that belong to the body, by the last word of their type, such as `header`."""
    parts: dict[str, list[Any]] = {}
    relations = _parsed(archive, _BODY_RELATIONS)
    for relation in () if relations is None else relations.iter(_RELATION):
        kind = str(relation.get("Type", "")).rpartition("/")[2]
        if kind in ("header", "footer", "footnotes", "endnotes", "comments"):
            name = posixpath.normpath(posixpath.join("/word", relation.get("Target", ""))).lstrip("/")
            part = _parsed(archive, name)
            if part is not None:
                parts.setdefault(kind, []).append(part)
    return parts


def _simplify(body: Any) -> list[tuple[str, str]]:
    """Change the body in place; returns the kind and id of each note to which it refers, in order."""
    from lxml import etree

    for element in list(body.iter(f"{_MC}AlternateContent")):
        choice = element.find(f"{_MC}Choice")
        if choice is not None and next(choice.iter(f"{_W}txbxContent"), None) is not None:
            _replace(element, list(choice))
    for box in list(body.iter(f"{_W}txbxContent")):
        drawing = next(box.iterancestors(f"{_W}drawing"), None)
        if drawing is not None:
            # As in older files, in which the converter reads text boxes.
            etree.SubElement(drawing.getparent(), f"{_W}pict").append(box)
    for element in list(body.iter(*_UNKNOWN)):
        _replace(element, list(element))
    for run in body.iter(f"{_W}r"):
        for properties in run.findall(f"{_W}rPr"):
            run.remove(properties)
    for line_break in body.iter(f"{_W}cr"):
        line_break.tag = f"{_W}br"
    notes: list[tuple[str, str]] = []
    for reference in list(body.iter(*_NOTES)):
        notes.append((_NOTES[reference.tag], reference.get(f"{_W}id", "")))
        mark = etree.Element(f"{_W}t")
        mark.text = f"[{len(notes)}]"
        _replace(reference, [mark])
    return notes


def _replace(element: Any, others: list[Any]) -> None:
    parent = element.getparent()
    at = parent.index(element)
    parent[at : at + 1] = others


def _with_body(archive: zipfile.ZipFile, body: Any) -> bytes:
    from lxml import etree

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as copy:
        for member in archive.infolist():
            if member.filename == _BODY:
                copy.writestr(_BODY, etree.tostring(body, xml_declaration=True, encoding="UTF-8"))
            else:
                is_picture = member.filename.startswith(_PICTURES)
                copy.writestr(member.filename, b"" if is_picture else archive.read(member))
    return out.getvalue()


def _page_edges(parts: dict[str, list[Any]]) -> Iterator[str]:
    """The texts of headers and footers, except those that are only a page number."""
    for kind in ("header", "footer"):
        for part in parts.get(kind, ()):
            text = "\n".join(_paragraphs(part))
            if any(char.isalpha() for char in text):
                yield text


def _notes(parts: dict[str, list[Any]], references: list[tuple[str, str]]) -> Iterator[str]:
    texts = {
        (kind, note.get(f"{_W}id", "")): " ".join(_paragraphs(note))
        for kind in ("footnotes", "endnotes")
        for part in parts.get(kind, ())
        for note in part
    }
    for number, reference in enumerate(references, start=1):
        if text := texts.get(reference):
            yield f"- [{number}] {text}"


def _comments(parts: dict[str, list[Any]]) -> Iterator[str]:
    for part in parts.get("comments", ()):
        for comment in part.iter(f"{_W}comment"):
            if text := " ".join(_paragraphs(comment)):
                author = " ".join(comment.get(f"{_W}author", "").split())
                yield f"- {author}: {text}" if author else f"- {text}"


def _paragraphs(part: Any) -> Iterator[str]:
    """The paragraphs in a part that have text, each on one line."""
    for paragraph in part.iter(f"{_W}p"):
        if any(ancestor.tag in _UNREAD for ancestor in paragraph.iterancestors()):
            continue
        if text := " ".join("".join(_pieces(paragraph)).split()):
            yield text


def _pieces(element: Any) -> Iterator[str]:
    """The text of a paragraph, without that of paragraphs in it, which are those of text boxes."""
    for child in element:
        if child.tag == f"{_W}t":
            yield child.text or ""
        elif child.tag in (f"{_W}tab", f"{_W}br", f"{_W}cr"):
            yield " "
        elif child.tag == f"{_W}noBreakHyphen":
            yield "-"
        elif child.tag not in _UNREAD and child.tag != f"{_W}p":
            yield from _pieces(child)
