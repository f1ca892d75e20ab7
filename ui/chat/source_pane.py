"""The text of a document, in pages if it has them, and pictures of the pages of a PDF."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from askive.rag.errors import UsageError
from askive.rag.load.pdf.document import PDFIUM_LOCK
from askive.rag.store.archive import Archive
from askive.rag.types import PAGE_BREAK, Document
from askive.ui.chat.documents.listing import original_path
from askive.ui.chat.documents.pictures import is_shown, picture_of
from askive.ui.chat.http.payloads import View
from askive.ui.chat.rendering import MARK_BEGIN, MARK_END, to_safe_html

_PDF = "application/pdf"
_MARKDOWN = "text/markdown"
_IMAGE_WIDTH = 1100
_MAX_PLACES = 500
_GRID = 100_000
"""Resolution of positions on a page."""
_MAX_RENDERED_CHARS = 500_000
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


def rendered_view(archive: Archive, uri: str, start: int, end: int, collection: str = "") -> View:
    """A Markdown document as safe HTML, with MARK_BEGIN and MARK_END around the characters from start to end.

    collection: its name, for the addresses of pictures.
    Raises UsageError when the document is not there any more.
    """
    document = _document(archive, uri)
    text = document.text.translate({ord(MARK_BEGIN): None, ord(MARK_END): None})
    if start < end:
        # A mark in front of the signs of a block would hide them from the parser.
        is_line_start = start == 0 or text[start - 1] == "\n"
        signs = _BLOCK_SIGNS.match(text, start) if is_line_start else None
        first = min(signs.end(), end) if signs else start
        last = max(first, start + len(text[start:end].rstrip("| \t\n")))
        text = f"{text[:first]}{MARK_BEGIN}{text[first:last]}{MARK_END}{text[last:]}"

    def address(source: str) -> str:
        if not is_shown(document, source):
            return ""
        return f"/chat/source/embedded?{urlencode({'collection': collection, 'uri': uri, 'source': source})}"

    return {"html": to_safe_html(text, address)}


def embedded_picture(archive: Archive, uri: str, source: str) -> tuple[bytes, str]:
    """A picture that a document shows, and its media type. Raises UsageError for any other file."""
    return picture_of(_document(archive, uri), source)


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


def page_picture(archive: Archive, uri: str, page: int, zoom: int = 1) -> bytes:
    """A page of a PDF as PNG. zoom: times _IMAGE_WIDTH pixels wide.

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
        image = sheet.render(scale=zoom * _IMAGE_WIDTH / max(sheet.get_width(), 1.0)).to_pil()
        file = io.BytesIO()
        image.save(file, "PNG")
        return file.getvalue()


Box = dict[str, float]
"""A rectangle of a page: `left`, `top`, `width`, `height` as fractions of the page's width and height."""


def marked_boxes(archive: Archive, uri: str, page: int, quote: str) -> list[Box]:
    """The position of a quote on a page of a PDF; empty when the words are not found there as they were read."""
    return next(iter(found_boxes(archive, uri, page, quote, ignore_case=False)), [])


def found_boxes(
    archive: Archive, uri: str, page: int, text: str, *, ignore_case: bool = True
) -> list[list[Box]]:
    """Every place of a text on a page of a PDF, in order, whatever its white space and hyphens; at most _MAX_PLACES."""
    import pypdfium2

    path = _original(_document(archive, uri))
    if path is None:
        return []
    with PDFIUM_LOCK, pypdfium2.PdfDocument(path) as pdf:
        if not 1 <= page <= len(pdf):
            return []
        sheet = pdf[page - 1]
        shown = sheet.get_textpage()
        return [
            [_box(sheet, shown.get_rect(index)) for index in range(shown.count_rects(start, count))]
            for start, count in islice(_places(shown.get_text_range(), text, ignore_case), _MAX_PLACES)
        ]


def _box(sheet: Any, rect: tuple[float, float, float, float]) -> Box:
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


def _places(shown: str, text: str, ignore_case: bool) -> Iterator[tuple[int, int]]:
    """(index, count) of each place of the text among the page's characters, by letters and digits alone."""
    at = [index for index, letter in enumerate(shown) if letter.isalnum()]
    letters = "".join(shown[index] for index in at)
    wanted = "".join(letter for letter in text if letter.isalnum())
    if ignore_case:
        # Letter by letter, as some letters have two in lower case.
        letters, wanted = ("".join(letter.lower()[0] for letter in each) for each in (letters, wanted))
    begin = letters.find(wanted) if wanted else -1
    while begin >= 0:
        first, last = at[begin], at[begin + len(wanted) - 1]
        yield first, last - first + 1
        begin = letters.find(wanted, begin + len(wanted))


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
    state = path.stat()
    same = _sha256(path, state.st_ino, state.st_size, state.st_mtime_ns) == document.sha256
    return path if same else None


@lru_cache(maxsize=64)
def _sha256(path: Path, *_state: int) -> str:
    """The digest of a file, read again when its state has changed: each page that is turned asks for it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
