"""The text of a document, in pages if it has them, and pictures of the pages of a PDF."""

from __future__ import annotations

import hashlib
import io
import re
from pathlib import Path
from typing import Any

from askive.rag.errors import UsageError
from askive.rag.load.pdf.document import PDFIUM_LOCK
from askive.rag.store.archive import Archive
from askive.rag.types import PAGE_BREAK, Document
from askive.ui.chat.documents.listing import original_path
from askive.ui.chat.http.payloads import View
from askive.ui.chat.rendering import to_safe_html

_PDF = "application/pdf"
_MARKDOWN = "text/markdown"
_IMAGE_WIDTH = 1100
_GRID = 100_000
"""Resolution of positions on a page."""
_MAX_RENDERED_CHARS = 500_000
MARK_BEGIN, MARK_END = "\ue000", "\ue001"
"""Stand around the cited words in rendered text; private characters, which mean nothing to Markdown."""
# "## ", "- ", "> ", "12. ", "| ": what makes a line a heading, an item, a quotation, a row
_BLOCK_SIGNS = re.compile(r"[ \t]*(?:(?:[#>|*+-]+|\d+[.)])[ \t]+|\|)*")


def document_view(archive: Archive, uri: str) -> View:
    """The text in sections: one for each page, or one for all of it.

    A section is `{"page", "start", "text"}`, where `document.text[start:start + len(text)] == text`.
    Raises UsageError when the document is not there any more.
    """
    document = _document(archive, uri)
    return {
        "uri": document.uri,
        "title": document.title,
        "publisher": document.publisher,
        "published": document.published,
        "media_type": document.media_type,
        "has_pictures": _original(document) is not None,
        "is_markdown": document.media_type == _MARKDOWN and len(document.text) <= _MAX_RENDERED_CHARS,
        "has_original": original_path(document.uri) is not None,
        "sections": [
            {"page": page, "start": start, "text": document.text[start:end]}
            for page, start, end in pages_of(document)
        ],
    }


def original_file(archive: Archive, uri: str) -> Path:
    """The file of a document. Raises UsageError when the document or its file is not there any more."""
    path = original_path(_document(archive, uri).uri)
    if path is None:
        raise UsageError("the original file no longer exists", remedy="read its text instead")
    return path


def rendered_view(archive: Archive, uri: str, start: int, end: int) -> View:
    """A Markdown document as safe HTML, with MARK_BEGIN and MARK_END around the characters from start to end.

    Raises UsageError when the document is not there any more.
    """
    text = _document(archive, uri).text
    text = text.translate({ord(MARK_BEGIN): None, ord(MARK_END): None})
    if start < end:
        # A mark in front of the signs of a block would hide them from the parser.
        is_line_start = start == 0 or text[start - 1] == "\n"
        signs = _BLOCK_SIGNS.match(text, start) if is_line_start else None
        first = min(signs.end(), end) if signs else start
        last = max(first, start + len(text[start:end].rstrip("| \t\n")))
        text = f"{text[:first]}{MARK_BEGIN}{text[first:last]}{MARK_END}{text[last:]}"
    return {"html": to_safe_html(text)}


def pages_of(document: Document) -> list[tuple[int | None, int, int]]:
    """(page, start, end) in the order of the document; page is None if it has no pages."""
    if PAGE_BREAK not in document.text and document.media_type != _PDF:
        return [(None, 0, len(document.text))]
    found: list[tuple[int | None, int, int]] = []
    start = 0
    for page, text in enumerate(document.text.split(PAGE_BREAK), start=1):
        found.append((page, start, start + len(text)))
        start += len(text) + len(PAGE_BREAK)
    return found


def page_picture(archive: Archive, uri: str, page: int) -> bytes:
    """A page of a PDF as PNG.

    Raises UsageError when there is no such page, or the file was deleted or changed since it was indexed.
    """
    import pypdfium2

    path = _original(_document(archive, uri))
    if path is None:
        raise UsageError("the original file no longer exists", remedy="read the text instead")
    with PDFIUM_LOCK, pypdfium2.PdfDocument(path) as pdf:
        if not 1 <= page <= len(pdf):
            raise UsageError(f"{path.name} has no page {page}", remedy=f"it has {len(pdf)}")
        sheet = pdf[page - 1]
        image = sheet.render(scale=_IMAGE_WIDTH / max(sheet.get_width(), 1.0)).to_pil()
        file = io.BytesIO()
        image.save(file, "PNG")
        return file.getvalue()


def marked_boxes(archive: Archive, uri: str, page: int, quote: str) -> list[dict[str, float]]:
    """The position of a quote on a page of a PDF: boxes as fractions of the page's width and height.

    Empty when the words are not found on the page as they were read.
    """
    import pypdfium2

    path = _original(_document(archive, uri))
    if path is None:
        return []
    with PDFIUM_LOCK, pypdfium2.PdfDocument(path) as pdf:
        if not 1 <= page <= len(pdf):
            return []
        sheet = pdf[page - 1]
        text = sheet.get_textpage()
        start, count = _find(text, quote)
        return [
            _box(sheet, text.get_rect(index))
            for index in range(text.count_rects(start, count) if count else 0)
        ]


def _box(sheet: Any, rect: tuple[float, float, float, float]) -> dict[str, float]:
    """A rectangle of a page (left, bottom, right, top in points) on its picture, which may be rotated and cropped."""
    from ctypes import c_int

    import pypdfium2.raw

    corners = []
    for x, y in ((rect[0], rect[1]), (rect[2], rect[3])):
        across, down = c_int(), c_int()
        pypdfium2.raw.FPDF_PageToDevice(sheet.raw, 0, 0, _GRID, _GRID, 0, x, y, across, down)
        corners.append((across.value / _GRID, down.value / _GRID))
    (x1, y1), (x2, y2) = corners
    return {"left": min(x1, x2), "top": min(y1, y2), "width": abs(x2 - x1), "height": abs(y2 - y1)}


def _find(text: Any, quote: str) -> tuple[int, int]:
    """(index, count) of the quote among the page's characters, ignoring white space and hyphens."""
    shown = text.get_text_range()
    places = [i for i, letter in enumerate(shown) if letter.isalnum()]
    wanted = "".join(letter for letter in quote if letter.isalnum())
    at = "".join(shown[i] for i in places).find(wanted) if wanted else -1
    if at < 0:
        return 0, 0
    first, last = places[at], places[at + len(wanted) - 1]
    return first, last - first + 1


def _document(archive: Archive, uri: str) -> Document:
    document = archive.document_by_uri(uri)
    if document is None:
        raise UsageError("this document is no longer in the collection", remedy="the quote is shown above")
    return document


def _original(document: Document) -> Path | None:
    """The path of the indexed PDF, if it still exists unchanged."""
    if document.media_type != _PDF:
        return None
    path = Path(document.uri)
    if not path.is_absolute() or not path.is_file():
        return None
    with path.open("rb") as file:
        same = hashlib.file_digest(file, "sha256").hexdigest() == document.sha256
    return path if same else None
