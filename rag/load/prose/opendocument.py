"""Texts and presentations of OpenDocument: headings, lists, tables, notes, comments, headers and footers."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from askive.rag.load.limits import unreadable
from askive.rag.load.sections import MAX_LEVEL, literal, section
from askive.rag.load.tables.cells import OpenCells
from askive.rag.load.tables.lines import table_lines
from askive.rag.load.tables.opendocument import row_cells, times_repeated
from askive.rag.load.zip_limits import check_zip
from askive.rag.text.dates import partial_date
from askive.rag.text.headings import first_heading
from askive.rag.types import FILE_DATE, PAGE_BREAK, Document

ODT = "application/vnd.oasis.opendocument.text"
ODP = "application/vnd.oasis.opendocument.presentation"
_NAMESPACE = "urn:oasis:names:tc:opendocument:xmlns:{}:1.0"
_TEXT, _TABLE, _OFFICE, _DRAW, _STYLE, _PRESENTATION = (
    f"{{{_NAMESPACE.format(name)}}}"
    for name in ("text", "table", "office", "drawing", "style", "presentation")
)
_SVG = f"{{{_NAMESPACE.format('svg-compatible')}}}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_BLANKS = re.compile(r"[ \t]{2,}")
# Deleted text, generated lists of headings, and the second form of a text with its reading.
_UNREAD = frozenset(
    (f"{_TEXT}tracked-changes", f"{_TEXT}table-of-content", f"{_TEXT}ruby-text", f"{_OFFICE}forms")
)


@dataclass(slots=True)
class _Found:
    """What stands outside the paragraphs. boxes: blocks of text boxes in the paragraph that is being read."""

    uri: str
    notes: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    boxes: list[str] = field(default_factory=list)


def load_odt(data: bytes, uri: str) -> Document:
    """The body, then headers and footers, notes and comments as sections.

    Tracked changes are read as accepted. Raises LoadError when it is not an .odt file or damaged.
    """
    return _load(data, uri, ODT)


def load_odp(data: bytes, uri: str) -> Document:
    """Each slide is a page, with its notes. Raises LoadError as `load_odt`."""
    return _load(data, uri, ODP)


def _load(data: bytes, uri: str, media_type: str) -> Document:
    from lxml import etree

    from askive.rag.load.digest import sha256

    check_zip(data, uri, "content.xml")
    try:
        content, styles, meta = (_part(data, name) for name in ("content.xml", "styles.xml", "meta.xml"))
    except (zipfile.BadZipFile, etree.XMLSyntaxError) as error:
        raise unreadable(uri, error) from error
    found = _Found(uri)
    body = content.find(f"{_OFFICE}body") if content is not None else None
    pages = [] if body is None else list(body.iter(f"{_DRAW}page"))
    if pages:
        text = f"\n{PAGE_BREAK}\n".join("\n\n".join(_blocks(page, found)) for page in pages)
    else:
        text = "\n\n".join(_blocks(body, found)) if body is not None else ""
    edges = [] if styles is None else list(_page_edges(styles, found))
    others = {"Headers and footers": edges, "Notes": found.notes, "Comments": found.comments}
    sections = [section(name, "\n".join(dict.fromkeys(texts)), 1) for name, texts in others.items() if texts]
    title, metadata = ("", {}) if meta is None else _properties(meta)
    return Document(
        uri=uri,
        title=title or first_heading(text) or PurePath(uri).stem,
        text="\n\n".join(part for part in (text, *sections) if part),
        media_type=media_type,
        sha256=sha256(data),
        metadata=metadata,
    )


def _part(data: bytes, name: str) -> Any:
    """The root of a part; None when there is none."""
    from lxml import etree

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if name not in archive.NameToInfo:
            return None
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        return etree.fromstring(archive.read(name), parser)


def _properties(meta: Any) -> tuple[str, dict[str, str | list[str]]]:
    """The title, and author and date of the file as metadata."""
    title, author, date = (
        " ".join((next(meta.iter(f"{_DC}{name}"), meta).text or "").split())
        for name in ("title", "creator", "date")
    )
    fields = {"author": author, FILE_DATE: partial_date(date) or ""}
    return title, {name: value for name, value in fields.items() if value}


def _page_edges(styles: Any, found: _Found) -> Iterator[str]:
    """The texts of headers and footers, except those that are only a page number."""
    kinds = ("header", "footer", "header-left", "footer-left", "header-first", "footer-first")
    for edge in styles.iter(*(f"{_STYLE}{kind}" for kind in kinds)):
        text = "\n".join(_blocks(edge, found))
        if any(char.isalpha() for char in text):
            yield text


def _blocks(element: Any, found: _Found, indent: str = "") -> Iterator[str]:
    """The paragraphs, headings, list items and tables in an element, in order."""
    for child in element:
        if child.tag == f"{_TEXT}h":
            level = child.get(f"{_TEXT}outline-level", "1")
            title = " ".join(_inline(child, found).split())
            n_marks = min(max(int(level), 1), MAX_LEVEL) if level.isdecimal() and len(level) < 4 else 1
            yield from (
                block for block in (f"{'#' * n_marks} {title}" if title else "", *_taken(found)) if block
            )
        elif child.tag == f"{_TEXT}p":
            text = literal(_BLANKS.sub(" ", _inline(child, found)).strip())
            yield from (block for block in (f"{indent}{text}" if text else "", *_taken(found)) if block)
        elif child.tag == f"{_TEXT}list":
            for item in child.iterchildren(f"{_TEXT}list-item", f"{_TEXT}list-header"):
                yield from _item(item, found, indent)
        elif child.tag == f"{_TABLE}table":
            if lines := _table(child, found):
                yield lines
        elif child.get(f"{_PRESENTATION}class") == "title":
            title = " ".join(" ".join(_blocks(child, found)).split())
            yield from [f"# {title}"] if title else []
        elif child.tag == f"{_PRESENTATION}notes":
            yield from (f"Notes: {block}" for block in _blocks(child, found))
        elif child.tag in (f"{_SVG}title", f"{_SVG}desc"):
            # What a picture or a chart shows, for those who cannot see it.
            yield from [literal(said)] if (said := " ".join((child.text or "").split())) else []
        elif isinstance(child.tag, str) and child.tag not in _UNREAD:
            yield from _blocks(child, found, indent)


def _item(item: Any, found: _Found, indent: str) -> Iterator[str]:
    for n, block in enumerate(_blocks(item, found)):
        yield f"{indent}- {block}" if not n and not block.startswith("- ") else f"{indent}  {block}"


def _taken(found: _Found) -> list[str]:
    boxes, found.boxes = found.boxes, []
    return boxes


def _table(table: Any, found: _Found) -> str:
    open_cells = OpenCells(found.uri)
    rows = []
    for row in table.iter(f"{_TABLE}table-row"):
        cells, n_cells = row_cells(row)
        rows += [
            open_cells.complete(cells, n_cells) for _ in range(times_repeated(row, "rows") if cells else 1)
        ]
    return table_lines(rows, found.uri)


def _inline(element: Any, found: _Found) -> str:
    """The text of a paragraph; notes, comments and text boxes in it are added to `found`."""
    pieces = [element.text or ""]
    for child in element:
        if child.tag == f"{_TEXT}s":
            pieces.append(" ")
        elif child.tag == f"{_TEXT}tab":
            pieces.append("\t")
        elif child.tag == f"{_TEXT}line-break":
            pieces.append("\n")
        elif child.tag == f"{_TEXT}note":
            body = " ".join(_inline(p, found) for p in child.iter(f"{_TEXT}p"))
            found.notes.append(f"- [{len(found.notes) + 1}] {' '.join(body.split())}")
            pieces.append(f"[{len(found.notes)}]")
        elif child.tag == f"{_OFFICE}annotation":
            author = " ".join((child.findtext(f"{_DC}creator") or "").split())
            said = " ".join(" ".join(_inline(p, found) for p in child.iter(f"{_TEXT}p")).split())
            found.comments.append(f"- {author}: {said}" if author else f"- {said}")
        elif child.tag == f"{_DRAW}frame":
            found.boxes += _blocks(child, found)
        elif isinstance(child.tag, str) and child.tag not in _UNREAD:
            pieces.append(_inline(child, found))
        pieces.append(child.tail or "")
    return "".join(pieces)
