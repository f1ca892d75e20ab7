"""Word, PowerPoint and EPUB files, converted to Markdown by markitdown.

The converters are called directly: markitdown's main class would guess types with a model, load plugins and fetch
URLs. Nothing here uses the network.
"""

from __future__ import annotations

import io
import re
import warnings
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from askive.rag.errors import LoadError
from askive.rag.load.byline import find_byline
from askive.rag.load.docx_parts import DocxParts
from askive.rag.load.limits import damaged
from askive.rag.load.prose.epub_chapters import ChaptersWithTitles
from askive.rag.load.tables.office_tables import TablesAsLines, slide_table_lines
from askive.rag.load.tables.pipe_table import with_table_lines
from askive.rag.load.zip_limits import check_zip, core_properties
from askive.rag.text.dates import partial_date
from askive.rag.text.headings import first_heading
from askive.rag.types import FILE_DATE, PAGE_BREAK, Document

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
EPUB = "application/epub+zip"
# Bounded repetition: otherwise many unclosed brackets in a line take quadratic time.
# "![A crane](crane.png)".
_IMAGE = re.compile(r"!\[(?P<alt>[^\]\n]{0,2000}+)\]\([^)\n]{0,4000}+\)")
# "<!-- Slide number: 3 -->".
_SLIDE = re.compile(r"<!-- Slide number: \d+ -->")
_SLIDE_COMMENT = re.compile(r"<!--\s{0,9}Slide number:")
# "**Title:** The Harbour", "**Authors:** Ada Lind": one line per metadata field.
_EPUB_FIELD = re.compile(r"\*\*(Title|Authors|Language|Publisher|Date|Description|Identifier):\*\* (.*)")
_NO_TITLES = frozenset({"powerpoint presentation", "word document", "untitled"})


def load_docx(data: bytes, uri: str) -> Document:
    """Text, headings, lists and tables as Markdown; then headers and footers, notes and comments, as sections.

    Tracked changes are read as accepted. Raises LoadError when it is not a .docx file or damaged.
    """
    check_zip(data, uri, "word/document.xml")
    parts = DocxParts(data)
    document = _document(data, uri, _markdown(parts.body, uri, "DocxConverter"), DOCX, core_properties(data))
    return replace(document, text=f"{document.text}\n\n{_plain(parts.sections)}".strip())


def load_pptx(data: bytes, uri: str) -> Document:
    """Each slide is a page, with its notes. Raises LoadError as `load_docx`."""
    check_zip(data, uri, "ppt/presentation.xml")
    slides = _SLIDE.split(_markdown(data, uri, "PptxConverter"))
    text = f"\n{PAGE_BREAK}\n".join(slide.strip() for slide in (slides[1:] if len(slides) > 1 else slides))
    return _document(data, uri, text, PPTX, core_properties(data))


def load_epub(data: bytes, uri: str) -> Document:
    """The chapters in reading order, under their titles; title, author, publisher and date from the metadata.

    Raises LoadError as `load_docx`.
    """
    check_zip(data, uri, "META-INF/container.xml")
    head, _, text = _markdown(data, uri, "EpubConverter").partition("\n\n")
    fields = {name.lower(): value.strip() for name, value in _EPUB_FIELD.findall(head)}
    known = {
        "title": fields.get("title", ""),
        "author": fields.get("authors", ""),
        "publisher": fields.get("publisher", ""),
        "published": partial_date(fields.get("date")) or "",
    }
    return _document(data, uri, text, EPUB, {name: value for name, value in known.items() if value})


def _markdown(data: bytes, uri: str, converter_name: str) -> str:
    # The package warns about missing optional tools for audio, which are not used here.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from markitdown import StreamInfo, converters

        converter: Any = getattr(converters, converter_name)()
        html_converter: Any = TablesAsLines(converters.HtmlConverter(), uri)
        if converter_name == "EpubConverter":
            html_converter = ChaptersWithTitles(html_converter, data)
        converter._html_converter = html_converter
        converter._convert_table_to_markdown = lambda table, **_: f"{slide_table_lines(table, uri)}\n"
        info = StreamInfo(extension=PurePath(uri).suffix.lower())
        try:
            result = converter.convert(
                io.BytesIO(data), info, escape_asterisks=False, escape_underscores=False
            )
            # The values of a chart become a table of Markdown.
            text = with_table_lines(str(result.markdown), uri)
        except (LoadError, MemoryError, RecursionError):
            raise
        except Exception as error:
            raise damaged(uri, error) from error
    return _plain(_without_comments(_IMAGE.sub(lambda image: image["alt"], text)))


def _without_comments(text: str) -> str:
    """Remove comments except slide numbers; an unclosed comment is text."""
    parts: list[str] = []
    at = 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        # A slide number stays, up to the start of the next comment.
        stays = start + 4 if _SLIDE_COMMENT.match(text, start) else start
        parts.append(text[at:stays])
        at = stays if stays > start else end + 3
    return "".join([*parts, text[at:]])


def _plain(text: str) -> str:
    """Remove what a store cannot hold, and page breaks that the file contains itself."""
    return (
        re.sub(r"[\ud800-\udfff]", "\ufffd", text)
        .replace("\0", "")
        .replace("\v", "\n")
        .replace(PAGE_BREAK, "\n")
    )


def _document(data: bytes, uri: str, text: str, media_type: str, fields: dict[str, str]) -> Document:
    from askive.rag.load.digest import sha256

    title = _plain(fields.get("title", ""))
    if not title.strip() or title.lower() in _NO_TITLES:
        title = first_heading(text) or PurePath(uri).stem
    return Document(
        uri=uri,
        title=title,
        text=text,
        media_type=media_type,
        sha256=sha256(data),
        published=find_byline(title, text, is_own=title != PurePath(uri).stem).published
        or fields.get("published"),
        publisher=fields.get("publisher"),
        metadata={name: _plain(fields[name]) for name in ("author", FILE_DATE) if fields.get(name)},
    )
