"""The text of a mail message: all its text parts, the messages that it forwards and its attachments."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from askive.rag.errors import LoadError
from askive.rag.load.decoding import decode, likely_encoding
from askive.rag.load.html import visible_text_of
from askive.rag.load.mail.headers import addresses, headed, header, plain
from askive.rag.load.mail.quoted import with_history_apart
from askive.rag.load.not_read import not_read
from askive.rag.load.sections import literal, nested, section
from askive.rag.text.words import words

if TYPE_CHECKING:
    from email.message import EmailMessage

    from askive.rag.types import Document

_MAX_DEPTH = 20
"""Messages in messages that are read."""
_MAX_QUOTATIONS = 100
_SAME_SHARE = 0.8
"""A text with this share of another's words says the same."""

ReadAttachment = Callable[[bytes, str, str], "Document | None"]
"""Called with the bytes, the name and the media type; None when it is of an unsupported type. Raises LoadError."""


@dataclass(slots=True)
class _Found:
    """What was found in a message.

    body: paragraphs of the message itself. sections: the forwarded messages and attachments, each under a heading.
    not_read: the attachments that were not read, with the reason. read: reads an attachment.
    """

    read: ReadAttachment
    level: int
    depth: int
    body: list[str] = field(default_factory=list)
    sections: list[str] = field(default_factory=list)
    not_read: list[str] = field(default_factory=list)

    def joined(self) -> str:
        """Body and sections as one text."""
        return "\n\n".join(text for text in (*self.body, *self.sections) if text)


def message_text(
    message: EmailMessage, read: ReadAttachment, level: int, depth: int = 0
) -> tuple[str, list[str]]:
    """The message with its main headers as Markdown, and what of it was not read.

    level: of the headings of its attachments. depth: number of messages around this one.
    """
    found = _Found(read, level, depth)
    found.body.append(headed(message))
    sender = next(iter(addresses([message], "From")), "").partition("<")[0].strip()
    found.body.append(with_history_apart("\n\n".join(_texts(message, found)), level, sender))
    return found.joined(), found.not_read


def _texts(part: EmailMessage, found: _Found) -> list[str]:
    """The texts of a part and those in it; attachments are added to `found`."""
    try:
        return _texts_of_type(part, found)
    except (MemoryError, RecursionError):
        raise
    except Exception:
        # The library raises various exceptions for malformed headers: take what is readable.
        payload = part.get_payload(decode=True)
        return [literal(plain(payload.decode("utf-8", "replace")))] if isinstance(payload, bytes) else []


def _texts_of_type(part: EmailMessage, found: _Found) -> list[str]:
    kind, subtype = part.get_content_type(), part.get_content_subtype()
    if part.is_multipart():
        parts: list[Any] = [child for child in part.get_payload() if hasattr(child, "get_content_type")]
        if kind == "message/rfc822":
            for message in parts:
                _add_message(message, found)
            return []
        if part.get_content_maintype() == "message":
            # The fields of a report on delivery.
            return [literal(_fields(child)) for child in parts]
        if subtype == "alternative":
            return _different(["\n\n".join(_texts(child, found)) for child in parts])
        # The second part of a signed message is the signature.
        return [
            text for child in parts[: 1 if subtype == "signed" else None] for text in _texts(child, found)
        ]
    name = _file_name(part)
    if part.get_content_maintype() == "multipart":
        # Its boundaries are missing.
        return [literal(_decoded(part).strip())]
    if part.get_content_disposition() != "attachment" and not name:
        if kind == "text/html":
            return [literal(_visible_text(_decoded(part)))]
        if kind == "text/plain":
            return [literal(_decoded(part).strip())]
    _add_attachment(part, name, found)
    return []


def _visible_text(page: str) -> str:
    """The visible text of a page, with `>` before the lines of quotations."""
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(page, "lxml")
    quotations = soup.find_all("blockquote")
    # From the inside out. Nesting that no sender makes would take quadratic time.
    for quotation in reversed(quotations) if len(quotations) <= _MAX_QUOTATIONS else ():
        text = visible_text_of(quotation)
        lines = soup.new_tag("pre")
        lines.string = "\n".join(f"> {line}" for line in text.split("\n"))
        quotation.replace_with(lines)
    return visible_text_of(soup)


def _add_message(message: EmailMessage, found: _Found) -> None:
    title = f"Forwarded message: {header(message, 'Subject') or 'no subject'}"
    if found.depth >= _MAX_DEPTH:
        found.not_read.append(f"a message in more than {_MAX_DEPTH} others")
        return
    text, unread = message_text(message, found.read, found.level + 1, found.depth + 1)
    found.sections.append(section(title, text, found.level))
    found.not_read += unread


def _add_attachment(part: EmailMessage, name: str, found: _Found) -> None:
    kind = part.get_content_type()
    # With a byte order mark, so that no encoding that the text itself names is believed.
    is_text = part.get_content_maintype() == "text"
    data = _decoded(part).encode("utf-8-sig") if is_text else part.get_payload(decode=True)
    shown = f"attachment {name}" if name else f"an attachment of type {kind}"
    try:
        document = found.read(data if isinstance(data, bytes) else b"", shown, kind)
    except LoadError as error:
        found.not_read.append(error.message)
        return
    if document is None:
        # A picture in the text of a page, such as a logo, is no attachment.
        if not (part.get_content_maintype() == "image" and part["Content-ID"]):
            found.not_read.append(f"attachment {name or 'without a name'} is of an unsupported type ({kind})")
        return
    text = nested(document, found.level)
    found.sections.append(section(_title(name or kind, document), text, found.level))
    found.not_read += (f"{name or kind}: {part}" for part in not_read(document))


def _title(name: str, document: Document) -> str:
    """The heading of an attachment: its name, and its title if it has one that its text does not have."""
    is_of_name = document.title == PurePath(document.uri).stem
    shown = "" if is_of_name or document.title in document.text else f": {document.title}"
    return f"Attachment: {name}{shown}"


def _different(texts: Iterable[str]) -> list[str]:
    """The alternatives that say what no other says, the last first: senders put the richest last."""
    kept: list[tuple[str, frozenset[str]]] = []
    for text in texts:
        said = frozenset(words(text))
        if not any(_covers(other, said) for _, other in kept):
            kept = [(text, other) for text, other in kept if not _covers(said, other)]
            kept.append((text, said))
    return [text for text, _ in reversed(kept)]


def _covers(words_of_one: frozenset[str], words_of_other: frozenset[str]) -> bool:
    return len(words_of_one & words_of_other) >= _SAME_SHARE * len(words_of_other)


def _decoded(part: EmailMessage) -> str:
    """The text of a part in the encoding that it names, if that is possible, else in the likeliest one."""
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes) or not data:
        return ""
    named = part.get_content_charset() or ""
    # Of a mail that was saved again in UTF-8, parts still name the encoding they had before; and UTF-16 shows itself.
    if not named.startswith(("utf-16", "utf-32")) and (data.isascii() or likely_encoding(data) != "utf-8"):
        with contextlib.suppress(LookupError, ValueError):
            return plain(data.decode(named))
    try:
        return plain(decode(data, ""))
    except LoadError:
        return plain(data.decode("utf-8", errors="replace"))


def _file_name(part: EmailMessage) -> str:
    try:
        return PurePath(plain(part.get_filename() or "").replace("\\", "/")).name
    except Exception:
        # The library raises various exceptions for malformed headers.
        return ""


def _fields(part: EmailMessage) -> str:
    fields = "\n".join(f"{name}: {' '.join(str(value).split())}" for name, value in part.raw_items())
    text = part.get_payload()
    return plain(f"{fields}\n\n{text}" if isinstance(text, str) else fields).strip()
