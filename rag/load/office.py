"""Word, PowerPoint and EPUB files, turned to Markdown by markitdown's converters.

The converters are called directly: markitdown's front door would guess types with a model of its own, look for
plugins and fetch addresses. Nothing here reaches the network.
"""

from __future__ import annotations

import io
import re
import warnings
from pathlib import PurePath
from typing import Any

from askive.rag.errors import LoadError
from askive.rag.load.byline import find_byline
from askive.rag.load.zip_limits import check_zip, core_properties
from askive.rag.text.dates import partial_date
from askive.rag.text.headings import first_heading
from askive.rag.types import PAGE_BREAK, Document

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
EPUB = "application/epub+zip"
# Lengths are bounded, so that a line of openings without an end takes no square of its length.
_IMAGE = re.compile(r"!\[(?P<alt>[^\]\n]{0,2000}+)\]\([^)\n]{0,4000}+\)")
_SLIDE = re.compile(r"<!-- Slide number: \d+ -->")
_SLIDE_COMMENT = re.compile(r"<!--\s{0,9}Slide number:")
# "**Title:** The Harbour", "**Authors:** Ada Lind": a line for each field of the metadata.
_EPUB_FIELD = re.compile(r"\*\*(Title|Authors|Language|Publisher|Date|Description|Identifier):\*\* (.*)")
_NO_TITLES = frozenset({"powerpoint presentation", "word document", "untitled"})


def load_docx(data: bytes, uri: str) -> Document:
    """Text, headings, lists and tables as Markdown. Raises LoadError for what is no .docx file or is damaged."""
    check_zip(data, uri, "word/document.xml")
    return _document(data, uri, _markdown(data, uri, "DocxConverter"), DOCX, core_properties(data))


def load_pptx(data: bytes, uri: str) -> Document:
    """Each slide is a page; notes belong to their slide. Raises LoadError as `load_docx`."""
    check_zip(data, uri, "ppt/presentation.xml")
    slides = _SLIDE.split(_markdown(data, uri, "PptxConverter"))
    text = f"\n{PAGE_BREAK}\n".join(slide.strip() for slide in (slides[1:] if len(slides) > 1 else slides))
    return _document(data, uri, text, PPTX, core_properties(data))


def load_epub(data: bytes, uri: str) -> Document:
    """The chapters in reading order; title, author, publisher and date from the book. Raises LoadError."""
    check_zip(data, uri, "META-INF/container.xml")
    head, _, text = _markdown(data, uri, "EpubConverter").partition("\n\n")
    told = {name.lower(): value.strip() for name, value in _EPUB_FIELD.findall(head)}
    known = {
        "title": told.get("title", ""),
        "author": told.get("authors", ""),
        "publisher": told.get("publisher", ""),
        "published": partial_date(told.get("date")) or "",
    }
    return _document(data, uri, text, EPUB, {name: value for name, value in known.items() if value})


def _markdown(data: bytes, uri: str, converter_name: str) -> str:
    # The package warns of optional tools that it would use for sound; none is needed here.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from markitdown import StreamInfo, converters

        converter: Any = getattr(converters, converter_name)()
        info = StreamInfo(extension=PurePath(uri).suffix.lower())
        try:
            text = str(converter.convert(io.BytesIO(data), info).markdown)
        except (MemoryError, RecursionError):
            raise
        except Exception as error:
            # Whatever its parsers raise on damaged bytes is about this one file.
            reason = " ".join(str(error).split())[:200]
            raise LoadError(
                f"{uri} is damaged: {type(error).__name__}: {reason}",
                remedy="open it in the program that made it and save it again",
            ) from error
    return _plain(_without_comments(_IMAGE.sub(lambda image: image["alt"], text)))


def _without_comments(text: str) -> str:
    """Comments go, but for those that number slides; one that does not end is text."""
    kept: list[str] = []
    at = 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        # What numbers slides stays, up to where another comment may begin.
        stays = start + 4 if _SLIDE_COMMENT.match(text, start) else start
        kept.append(text[at:stays])
        at = stays if stays > start else end + 3
    return "".join([*kept, text[at:]])


def _plain(text: str) -> str:
    """Without what a store cannot hold, and without page breaks of the file's own."""
    return (
        re.sub(r"[\ud800-\udfff]", "\ufffd", text)
        .replace("\0", "")
        .replace("\v", "\n")
        .replace(PAGE_BREAK, "\n")
    )


def _document(data: bytes, uri: str, text: str, media_type: str, told: dict[str, str]) -> Document:
    from askive.rag.load.digest import sha256

    title = _plain(told.get("title", ""))
    if not title.strip() or title.lower() in _NO_TITLES:
        title = first_heading(text) or PurePath(uri).stem
    return Document(
        uri=uri,
        title=title,
        text=text,
        media_type=media_type,
        sha256=sha256(data),
        published=find_byline(title, text).published or told.get("published"),
        publisher=told.get("publisher"),
        metadata={"author": _plain(told["author"])} if told.get("author") else {},
    )
