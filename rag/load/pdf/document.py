"""PDF: the embedded text, page by page."""

from __future__ import annotations

import datetime
import re
import threading
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any, NamedTuple

from askive.rag.errors import LoadError
from askive.rag.load.byline import find_byline
from askive.rag.load.limits import MAX_TEXT_CHARS
from askive.rag.load.not_read import with_not_read
from askive.rag.load.pdf.annotations import annotation_texts
from askive.rag.load.pdf.footnotes import with_footnotes, without_footnotes
from askive.rag.load.pdf.headings import Bookmark, Line, bookmarks, sized_lines, with_headings
from askive.rag.load.pdf.lines import rebuild_paragraphs
from askive.rag.load.recognition.pictures import MAX_PIXELS, with_confidence
from askive.rag.load.recognition.tesseract import DPI, Recognised, can_recognise, recognise
from askive.rag.load.sections import literal
from askive.rag.load.tables.ruled import page_text
from askive.rag.types import FILE_DATE, PAGE_BREAK, Document

PDFIUM_LOCK = threading.Lock()
"""Held during every use of pypdfium2, here and in page rendering: PDFium is not thread-safe."""

MAX_PAGES = 20_000
_PASSWORD = 4  # FPDF_ERR_PASSWORD
_MAX_TITLE_CHARS = 150
# "(anonymous)", "Untitled1", "Document 2", "Slide 1", "PowerPoint Presentation", "report-final.docx".
_MADE_BY_PROGRAM = re.compile(
    r"\(.*\)|untitled.*|document ?\d*|slide ?1|powerpoint presentation"
    r"|.*\.(?:docx?|pptx?|xlsx?|pdf|tex|dvi|indd|qxd|rtf|html?)",
    re.IGNORECASE,
)
# "D:20160304101500", "201603", "2016".
_PDF_DATE = re.compile(r"(?:D:)?(\d{4})(?:(\d\d)(?:(\d\d))?)?")


def load_pdf(data: bytes, uri: str) -> Document:
    """Text of all pages, joined by form feeds; title and author from the metadata.

    `published` is the date at the start of the text; the creation date of the file is metadata. Raises LoadError for a
    file that is not a PDF, is damaged, is protected by a password, or has only scanned images.
    """
    from askive.rag.load.digest import sha256

    if b"%PDF-" not in data[:1024]:
        raise LoadError(
            f"{uri} is not a PDF, despite its name", remedy="give it the extension of its real type"
        )
    pages, meta, contents = _read(data, uri)
    if not any(page.text.strip() or page.annotations for page in pages):
        raise LoadError(
            f"{uri} has {len(pages)} pages of scanned pictures and no text",
            remedy="install tesseract and index it again, or recognise its text with ocrmypdf",
        )
    bodies = without_footnotes([page.text for page in pages], [page.lines for page in pages])
    rebuilt = with_footnotes(
        rebuild_paragraphs([body.text for body in bodies]),
        [[" ".join(" ".join(rebuild_paragraphs([note])).split()) for note in body.notes] for body in bodies],
    )
    headed = with_headings(rebuilt, [page.lines for page in pages], contents)
    text = f"\n{PAGE_BREAK}\n".join(
        "\n\n".join(text for text in (text, *map(literal, page.annotations)) if text)
        for text, page in zip(headed, pages, strict=True)
    )
    shown = [
        "\n\n".join(text for text in (text, *page.annotations) if text)
        for text, page in zip(rebuilt, pages, strict=True)
    ]
    title = _title(meta.get("Title", ""), shown, uri)
    author = " ".join(_plain(meta.get("Author", "")).split())
    fields = {
        "author": "" if _MADE_BY_PROGRAM.fullmatch(author) else author,
        FILE_DATE: pdf_date(meta.get("CreationDate", "")) or "",
    }
    document = Document(
        uri=uri,
        title=title,
        text=text,
        media_type="application/pdf",
        sha256=sha256(data),
        published=find_byline(title, text, is_own=title != PurePath(uri).stem).published,
        metadata={name: value for name, value in fields.items() if value},
    )
    recognised = {n: page.recognised for n, page in enumerate(pages, start=1) if page.recognised is not None}
    return with_not_read(with_confidence(document, recognised, len(pages)), _without_text(pages))


class _Page(NamedTuple):
    """The raw text of a page, and that of its form fields and notes. is_blank: nothing is drawn on it.

    recognised: what was recognised on a page without text. lines: with their sizes.
    """

    text: str
    annotations: list[str]
    is_blank: bool
    recognised: Recognised | None = None
    lines: Sequence[Line] = ()


def _without_text(pages: Sequence[_Page]) -> list[str]:
    """A note with the numbers of the pages on which something is drawn, but no text: "pages 2, 5-7 of 9"."""
    numbers = [
        number
        for number, page in enumerate(pages, start=1)
        if not (page.text.strip() or page.annotations or page.is_blank)
    ]
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    shown = ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs)
    if not numbers:
        return []
    subject, verb = ("page", "has") if len(numbers) == 1 else ("pages", "have")
    return [f"{subject} {shown} of {len(pages)} {verb} no text"]


def _read(data: bytes, uri: str) -> tuple[list[_Page], dict[str, str], list[Bookmark]]:
    """Raw text of each page, the metadata and the table of contents.

    The lock is released between pages, so that others can render.
    """
    pdf = _opened(data, uri)
    try:
        if len(pdf) > MAX_PAGES:
            raise LoadError(
                f"{uri} has {len(pdf):,} pages, more than {MAX_PAGES:,}", remedy="split it into parts"
            )
        pages: list[_Page] = []
        n_chars = 0
        for number in range(len(pdf)):
            with PDFIUM_LOCK:
                pages.append(_page(pdf, number, uri))
            n_chars += len(pages[-1].text) + sum(map(len, pages[-1].annotations))
            # A small file can repeat a text without limit.
            if n_chars > MAX_TEXT_CHARS:
                raise LoadError(
                    f"{uri} holds more than {MAX_TEXT_CHARS:,} characters", remedy="split it into parts"
                )
        with PDFIUM_LOCK:
            return pages, dict(pdf.get_metadata_dict()), bookmarks(pdf)
    finally:
        with PDFIUM_LOCK:
            pdf.close()


def _opened(data: bytes, uri: str) -> Any:
    import pypdfium2

    try:
        with PDFIUM_LOCK:
            pdf = pypdfium2.PdfDocument(data)
            pdf.init_forms()
            return pdf
    except pypdfium2.PdfiumError as error:
        if error.err_code == _PASSWORD:
            raise LoadError(
                f"{uri} is locked with a password",
                remedy="save it without a password, for example with qpdf --decrypt",
            ) from error
        raise LoadError(f"{uri} is damaged: {error}", remedy="download or export it again") from error


def _page(pdf: Any, number: int, uri: str) -> _Page:
    import pypdfium2
    import pypdfium2.raw as raw

    try:
        page = pdf[number]
        try:
            text_page = page.get_textpage()
            try:
                text = page_text(page, text_page, uri)
                annotations = annotation_texts(pdf, page, text_page)
                is_blank = not raw.FPDFPage_CountObjects(page)
                found = None if text.strip() or is_blank else _recognised(page)
                lines = sized_lines(text_page, text)
                return _Page(found.text if found else text, annotations, is_blank, found, lines)
            finally:
                text_page.close()
        finally:
            page.close()
    except pypdfium2.PdfiumError as error:
        raise LoadError(
            f"{uri} is damaged at page {number + 1}: {error}", remedy="download or export it again"
        ) from error


def _recognised(page: Any) -> Recognised | None:
    if not can_recognise():
        return None
    width, height = page.get_size()
    scale = min(DPI / 72, (MAX_PIXELS / max(width * height, 1)) ** 0.5)
    return recognise(page.render(scale=scale, grayscale=True).to_pil())


def _title(metadata_title: str, pages: list[str], uri: str) -> str:
    title = (
        " ".join(_plain(metadata_title).split())
        .removeprefix("Microsoft Word - ")
        .removeprefix("Microsoft PowerPoint - ")
    )
    if title and not _MADE_BY_PROGRAM.fullmatch(title):
        return title[:_MAX_TITLE_CHARS]
    head, _, rest = next(page for page in pages if page.strip()).partition("\n\n")
    if (rest or len(pages) > 1) and len(head) <= _MAX_TITLE_CHARS and re.search(r"[^\W\d_]{3}", head):
        return head
    return PurePath(uri).stem


def _plain(value: str) -> str:
    return re.sub(r"[\x00-\x1f\ud800-\udfff]", " ", value)


def pdf_date(value: str) -> str | None:
    """`D:20160125120000Z` as `2016-01-25`; None for an invalid date, for the future, and before PDF existed."""
    match = _PDF_DATE.match(value)
    if match is None:
        return None
    year, month, day = (int(part) if part else None for part in match.groups())
    try:
        created = datetime.date(year or 0, month or 1, day or 1)
    except ValueError:
        return None
    if created.year < 1993 or created > datetime.date.today() + datetime.timedelta(days=1):
        return None
    return created.isoformat()[: 10 if day else 7 if month else 4]
