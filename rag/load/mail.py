"""Mail: one message (.eml) or a box of them (.mbox)."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import TYPE_CHECKING

from rag.dates import partial_date
from rag.errors import LoadError
from rag.load.html import visible_text
from rag.types import Document

if TYPE_CHECKING:
    from email.message import EmailMessage

EML = "message/rfc822"
MBOX = "application/mbox"
_BETWEEN = re.compile(rb"(?:\A|\r?\n\r?\n)From [^\r\n]*\r?\n")
_SHOWN = ("From", "To", "Cc", "Date")


def load_eml(data: bytes, uri: str) -> Document:
    """Subject, sender, receivers, date and the text of the message; attachments are not read.

    Raises LoadError when the bytes are no message.
    """
    from rag.load import sha256

    message = _message(data)
    if not any(message[name] for name in ("From", "Subject", "Date")):
        raise LoadError(f"{uri} is no mail message", remedy="give it the ending of what it is")
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
    """The messages one after the other, each a section with its subject. Raises LoadError for what is no mailbox."""
    from rag.load import sha256

    before, *raw = _BETWEEN.split(data)
    if before.strip() or not raw:
        raise LoadError(f"{uri} is no mailbox", remedy="give it the ending of what it is")
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
    try:
        value = str(message[name] or "")
    except Exception:
        # Broken headers make the library's parser raise all kinds of things; the body may still be good.
        return ""
    return _plain(" ".join(value.split()))


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
        # Unknown encodings and broken parts: what can be read as text is.
        payload = message.get_payload(decode=True)
        part, content = None, payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    text = str(content)
    if part is not None and part.get_content_subtype() == "html":
        text = visible_text(text)
    return _plain(text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _plain(text: str) -> str:
    return re.sub(r"[\ud800-\udfff]", "\ufffd", text).replace("\0", "").replace("\f", "\n")
