"""Pages saved with all their parts (.mhtml): the text of the page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePath

from askive.rag.errors import LoadError
from askive.rag.load.digest import sha256
from askive.rag.load.html import load_html
from askive.rag.load.mail.headers import header, parse_message
from askive.rag.types import Document

_PAGES = ("text/html", "application/xhtml+xml")


def load_mhtml(data: bytes, uri: str) -> Document:
    """The first page in the file, as `load_html`; its address is the metadata `url`. Raises LoadError without a page.

    The date of the headers is that of saving, so it is not the document's.
    """
    message = parse_message(data)
    page = next((part for part in message.walk() if part.get_content_type() in _PAGES), None)
    content = page.get_payload(decode=True) if page is not None else None
    if page is None or not isinstance(content, bytes):
        raise LoadError(f"{uri} has no saved page", remedy="give it the extension of its real type")
    charset = page.get_content_charset()
    document = load_html(content if charset is None else _as_utf_8(content, charset), uri)
    title = document.title
    if title == PurePath(uri).stem:
        title = header(message, "Subject") or title
    url = header(message, "Snapshot-Content-Location") or header(page, "Content-Location")
    metadata = {**document.metadata, **({"url": url} if url else {})}
    return replace(document, title=title, sha256=sha256(data), metadata=metadata)


def _as_utf_8(content: bytes, charset: str) -> bytes:
    try:
        return content.decode(charset).encode("utf-8-sig")
    except (LookupError, ValueError):
        return content
