"""Mail: a single message (.eml) or a mailbox (.mbox)."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import TYPE_CHECKING

from askive.rag.errors import LoadError
from askive.rag.load.html import visible_text
from askive.rag.text.dates import partial_date
from askive.rag.types import Document

if TYPE_CHECKING:
    from email.message import EmailMessage

EML = "message/rfc822"
MBOX = "application/mbox"
# "From ada@example.org Fri Mar  4 10:15:00 2016": at the start of the file or after an empty line.
_BETWEEN = re.compile(rb"(?:\A|\r?\n\r?\n)From [^\r\n]*\r?\n")
_SHOWN = ("From", "To", "Cc", "Date")
_MAX_PARSED_CHARS = 4_000
_MAX_HEADER_CHARS = 20_000
"""Longer headers are cut."""


def load_eml(data: bytes, uri: str) -> Document:
    """Subject, sender, recipients, date and text of the message; attachments are not read.

    Raises LoadError when the bytes are not a message.
    """
    from askive.rag.load.digest import sha256

    message = _message(data)
    if not any(_raw(message, name) for name in ("From", "Subject", "Date")):
        raise LoadError(f"{uri} is not a mail message", remedy="give it the extension of its real type")
    sender = _header(message, "From")
    return Document(
        uri=uri,
        title=_header(message, "Subject") or PurePath(uri).stem,
        text=_text(message),
        media_type=EML,
        sha256=sha256(data),
        published=_day(message),
        metadata={"author": sender} if sender else {},
    )


def load_mbox(data: bytes, uri: str) -> Document:
    """All messages, each a section with its subject. Raises LoadError when the file is not a mailbox."""
    from askive.rag.load.digest import sha256

    before, *raw = _BETWEEN.split(data)
    if before.strip() or not raw:
        raise LoadError(f"{uri} is not a mailbox", remedy="give it the extension of its real type")
    messages = [_message(part) for part in raw]
    sections = [
        f"# {_header(message, 'Subject') or 'No subject'}\n\n{_text(message)}" for message in messages
    ]
    return Document(
        uri=uri,
        title=PurePath(uri).stem,
        text="\n\n".join(sections),
        media_type=MBOX,
        sha256=sha256(data),
    )


def _message(data: bytes) -> EmailMessage:
    import email
    import email.policy

    return email.message_from_bytes(data, policy=email.policy.default)


def _header(message: EmailMessage, name: str) -> str:
    raw = _raw(message, name)
    try:
        # The library's parser needs quadratic time in a header's length, and recurses for each bracket.
        value = str(message[name] or "") if len(raw) <= _MAX_PARSED_CHARS else _decoded(raw)
    except Exception:
        # The library raises various exceptions for malformed headers; the body may be intact.
        value = _decoded(raw)
    return _plain(" ".join(value.split()))


def _raw(message: EmailMessage, name: str) -> str:
    headers = (str(value) for key, value in message.raw_items() if key.lower() == name.lower())
    return next(headers, "")[:_MAX_HEADER_CHARS]


def _decoded(raw: str) -> str:
    """The header's encoded words as text, without parsing its structure."""
    from email.header import decode_header, make_header

    try:
        return str(make_header(decode_header(raw)))
    except Exception:
        return raw


def _day(message: EmailMessage) -> str | None:
    date = _header(message, "Date")
    return partial_date(date) if date else None


def _text(message: EmailMessage) -> str:
    heads = [f"{name}: {value}" for name in _SHOWN if (value := _header(message, name))]
    return "\n".join(heads) + "\n\n" + _body(message)


def _body(message: EmailMessage) -> str:
    try:
        part = message.get_body(("plain", "html"))
        content = part.get_content() if part is not None else ""
    except Exception:
        # For unknown encodings and malformed parts: decode what is readable.
        payload = message.get_payload(decode=True)
        part, content = None, payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    text = str(content)
    if part is not None and part.get_content_subtype() == "html":
        text = visible_text(text)
    return _plain(text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _plain(text: str) -> str:
    return re.sub(r"[\ud800-\udfff]", "\ufffd", text).replace("\0", "").replace("\f", "\n")
