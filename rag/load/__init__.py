"""Bytes -> Document: one module per media type.

Do not parse files of unknown origin in the caller's process: see `askive.rag.ingest.parser_pool`.
"""

from __future__ import annotations

import mimetypes
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from askive.rag.errors import AskiveError, EmptyFile, LoadError
from askive.rag.load.byline import find_byline
from askive.rag.load.files import printable, read_bytes
from askive.rag.load.html import load_html
from askive.rag.load.limits import (
    MAX_FILE_BYTES,
    MAX_METADATA_CHARS,
    MAX_TEXT_CHARS,
    MAX_TITLE_CHARS,
    unreadable,
)
from askive.rag.load.mail.messages import load_eml, load_mbox
from askive.rag.load.mail.outlook import load_msg
from askive.rag.load.markdown import load_markdown
from askive.rag.load.markup.asciidoc import load_asciidoc
from askive.rag.load.markup.latex import load_latex
from askive.rag.load.markup.mhtml import load_mhtml
from askive.rag.load.markup.xml import load_xml
from askive.rag.load.not_read import damaged_characters, with_not_read
from askive.rag.load.office import load_docx, load_epub, load_pptx
from askive.rag.load.pdf.document import load_pdf
from askive.rag.load.plain import load_plain, load_rst, load_source
from askive.rag.load.prose.opendocument import load_odp, load_odt
from askive.rag.load.prose.rtf import load_rtf
from askive.rag.load.recognition.pictures import load_picture
from askive.rag.load.recognition.tesseract import PICTURE_ENDINGS, can_recognise
from askive.rag.load.several.archive import load_zip
from askive.rag.load.structured.captions import load_captions
from askive.rag.load.structured.content_lines import load_content_lines
from askive.rag.load.structured.json_records import load_json
from askive.rag.load.structured.notebook import load_notebook
from askive.rag.load.tables.delimited import load_csv
from askive.rag.load.tables.opendocument import load_ods
from askive.rag.load.tables.row_marks import marking_rows, unmarked
from askive.rag.load.tables.workbook import load_xlsx
from askive.rag.text.words import storable
from askive.rag.types import Document

__all__ = [
    "LOADERS",
    "MAX_FILE_BYTES",
    "MAX_TEXT_CHARS",
    "Loader",
    "complete_document",
    "load_bytes",
    "load_path",
    "loader_of",
    "printable",
    "read_bytes",
    "sha256",
    "storable_document",
]

SOURCE_ENDINGS = tuple(
    f".{ending}"
    for ending in """log org py js ts jsx tsx java c h cpp hpp cs go rs rb php swift kt scala r jl lua pl sh
    ps1 bat sql css toml ini cfg conf yaml yml""".split()
)
"""Extensions of logs, markup without a loader of its own, code and settings: read as they stand."""
_NO_AUTHORS = frozenset(
    ("openpyxl", "xlsxwriter", "python-docx", "python-pptx", "apache poi", "libreoffice", "calibre", "pandoc",
     "microsoft office user", "windows user", "user", "owner", "author", "admin", "administrator", "root", "unknown",
     "unknown author", "anonymous", "(anonymous)", "n/a")
)  # fmt: skip
"""What programs and installations of them write as the author of a file, in lower case."""
Loader = Callable[[bytes, str], Document]

_TYPES = mimetypes.MimeTypes()
"""Without the tables of the system, so that every machine reads the same."""
for _media_type, _ending in (
    ("text/calendar", ".ics"),
    ("text/vcard", ".vcf"),
    ("text/markdown", ".md"),
    ("text/rtf", ".rtf"),
    ("application/rtf", ".rtf"),
    ("application/xml", ".xml"),
    ("application/mbox", ".mbox"),
    ("application/epub+zip", ".epub"),
    ("application/x-zip-compressed", ".zip"),
    ("application/vnd.ms-outlook", ".msg"),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx"),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"),
    ("application/vnd.openxmlformats-officedocument.presentationml.presentation", ".pptx"),
    ("application/vnd.oasis.opendocument.text", ".odt"),
    ("application/vnd.oasis.opendocument.spreadsheet", ".ods"),
    ("application/vnd.oasis.opendocument.presentation", ".odp"),
):
    _TYPES.add_type(_media_type, _ending)

LOADERS: dict[str, Loader] = {
    ".txt": load_plain,
    ".text": load_plain,
    ".md": load_markdown,
    ".markdown": load_markdown,
    ".html": load_html,
    ".htm": load_html,
    ".xhtml": load_html,
    ".pdf": load_pdf,
    ".docx": load_docx,
    ".pptx": load_pptx,
    ".xlsx": load_xlsx,
    ".ods": load_ods,
    ".epub": load_epub,
    ".csv": load_csv,
    ".tsv": load_csv,
    ".eml": lambda data, uri: load_eml(data, uri, load_attachment),
    ".msg": lambda data, uri: load_msg(data, uri, load_attachment),
    ".mbox": lambda data, uri: load_mbox(data, uri, load_attachment),
    ".zip": lambda data, uri: load_zip(data, uri, load_attachment),
    ".vtt": load_captions,
    ".srt": load_captions,
    ".json": load_json,
    ".jsonl": load_json,
    ".ndjson": load_json,
    ".canvas": load_json,
    ".ipynb": load_notebook,
    ".ics": load_content_lines,
    ".vcf": load_content_lines,
    ".rst": load_rst,
    ".adoc": load_asciidoc,
    ".asciidoc": load_asciidoc,
    ".tex": load_latex,
    ".latex": load_latex,
    ".xml": load_xml,
    ".mhtml": load_mhtml,
    ".mht": load_mhtml,
    ".rtf": load_rtf,
    ".odt": load_odt,
    ".odp": load_odp,
    **dict.fromkeys(SOURCE_ENDINGS, load_source),
    **dict.fromkeys(PICTURE_ENDINGS, load_picture),
}
"""Loaders by file extension; each takes the bytes and the uri."""


def load_path(path: Path, uri: str | None = None) -> Document:
    """The file as a document; `uri` defaults to the absolute path. Raises LoadError as the functions below do."""
    loader = loader_of(path)
    target = Path(os.path.realpath(path)) if path.is_symlink() else path
    return load_bytes(read_bytes(target), uri or str(path.absolute()), loader)


def loader_of(path: Path) -> Loader:
    """The loader for a file's extension. Raises LoadError when there is none."""
    loader = LOADERS.get(path.suffix.lower())
    if loader is None:
        raise LoadError(
            f"{path} is of an unsupported type ({path.suffix or 'no extension'})",
            remedy=f"supported: {' '.join(sorted(LOADERS))}",
        )
    return loader


def load_bytes(data: bytes, uri: str, loader: Loader) -> Document:
    """The bytes as a document.

    Raises EmptyFile when they contain no text; LoadError when they contain more than MAX_TEXT_CHARS, and for any
    other exception of a loader, since it concerns only this file.
    """
    if not data:
        raise EmptyFile(f"{uri} is empty", remedy="add text to it, or leave it out")
    try:
        with marking_rows():
            document = loader(data, uri)
        return complete_document(document, uri)
    except AskiveError:
        raise
    except Exception as error:
        raise unreadable(uri, error) from error


def load_attachment(data: bytes, name: str, media_type: str) -> Document | None:
    """A file in another one, as a document: its loader follows from its name, else from its media type.

    None when it is of an unsupported type; all text is supported. Raises LoadError as `load_bytes` does.
    """
    endings = [Path(name).suffix.lower(), *_TYPES.guess_all_extensions(media_type)]
    # A picture in a mail is one of its attachments only where its text can be recognised.
    unread = () if can_recognise() else PICTURE_ENDINGS
    loader = next((LOADERS[ending] for ending in endings if ending in LOADERS and ending not in unread), None)
    if loader is None and media_type.startswith("text/"):
        loader = load_plain
    return None if loader is None else load_bytes(data, name, loader)


def complete_document(document: Document, uri: str) -> Document:
    """The document with publisher and date from its text, and the rows of its tables.

    Raises EmptyFile, and LoadError for what exceeds a limit.
    """
    text, rows = unmarked(document.text)
    if rows:
        document = replace(document, text=text, title=unmarked(document.title)[0], rows=rows)
    if not document.text.strip():
        raise EmptyFile(f"{uri} holds no text", remedy="add text to it, or leave it out")
    if len(document.text) > MAX_TEXT_CHARS:
        raise LoadError(
            f"{uri} holds {len(document.text):,} characters, more than {MAX_TEXT_CHARS:,}",
            remedy="split it into smaller files",
        )
    n_metadata = sum(len(name) + sum(map(len, value)) for name, value in document.metadata.items())
    if n_metadata > MAX_METADATA_CHARS:
        raise LoadError(
            f"{uri} has fields of {n_metadata:,} characters, more than {MAX_METADATA_CHARS:,}",
            remedy="shorten its metadata",
        )
    document = _without_default_author(storable_document(document))
    document = with_not_read(document, damaged_characters(document.text))
    is_own = document.title != Path(uri).stem
    byline = find_byline(document.title, document.text, is_own=is_own)
    publisher = document.publisher or byline.publisher
    return replace(
        document,
        title=document.title[:MAX_TITLE_CHARS],
        published=document.published or byline.published,
        publisher=publisher[:MAX_TITLE_CHARS] if publisher else None,
    )


def _without_default_author(document: Document) -> Document:
    """The document without an author that a program writes by itself."""
    author = document.metadata.get("author")
    if isinstance(author, str) and author.strip().lower() in _NO_AUTHORS:
        return replace(document, metadata={k: v for k, v in document.metadata.items() if k != "author"})
    return document


def storable_document(document: Document) -> Document:
    """The document with U+FFFD for what SQLite or UTF-8 cannot hold, except in the uri; offsets stay valid."""
    return replace(
        document,
        title=storable(document.title),
        text=storable(document.text),
        publisher=None if document.publisher is None else storable(document.publisher),
        metadata={
            storable(name): storable(value) if isinstance(value, str) else [storable(item) for item in value]
            for name, value in document.metadata.items()
        },
    )
