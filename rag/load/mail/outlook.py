"""Outlook messages (.msg), read by python-oxmsg and then like any other mail."""

from __future__ import annotations

import contextlib
import email.utils
from email.message import EmailMessage
from pathlib import PurePath
from typing import Any

from askive.rag.errors import LoadError
from askive.rag.load.limits import damaged
from askive.rag.load.mail.headers import plain
from askive.rag.load.mail.messages import message_document
from askive.rag.load.mail.parts import ReadAttachment
from askive.rag.load.not_read import with_not_read
from askive.rag.load.prose.rtf import rtf_text
from askive.rag.types import Document

_COMPRESSED_RTF = 0x1009
_MESSAGE_ID, _IN_REPLY_TO = 0x1035, 0x1042
_MAX_HEADER_CHARS = 4_000


def load_msg(data: bytes, uri: str, read: ReadAttachment) -> Document:
    """All bodies and attachments, as `load_eml`. Raises LoadError when it is not an Outlook message."""
    from olefile import isOleFile
    from oxmsg import Message

    if not isOleFile(data=data):
        raise LoadError(f"{uri} is not an Outlook message", remedy="give it the extension of its real type")
    try:
        source = Message.load(data)
        message, unread = _converted(source)
    except (MemoryError, RecursionError):
        raise
    except Exception as error:
        raise damaged(uri, error) from error
    document = message_document(message, data, uri, PurePath(uri).stem, read)
    return with_not_read(document, unread)


def _converted(source: Any) -> tuple[EmailMessage, list[str]]:
    """The same message as an internet mail, and what of it was left out."""
    message = EmailMessage()
    properties = source.properties
    recipients = ", ".join(
        email.utils.formataddr((str(person.name or ""), str(person.email_address or "")))
        for person in source.recipients
    )
    values = {
        "From": source.sender,
        "To": source.message_headers.get("To") or recipients,
        "Cc": source.message_headers.get("Cc"),
        "Subject": source.subject,
        "Date": source.message_headers.get("Date")
        or (email.utils.format_datetime(source.sent_date) if source.sent_date else None),
        "Message-ID": properties.str_prop_value(_MESSAGE_ID),
        "In-Reply-To": properties.str_prop_value(_IN_REPLY_TO),
    }
    for name, value in values.items():
        if shown := " ".join(plain(str(value or "")).split())[:_MAX_HEADER_CHARS]:
            # Addresses that are none are kept as they are.
            with contextlib.suppress(Exception):
                message[name] = shown
    text, page = plain(source.body or ""), plain(source.html_body or "")
    if not text.strip() and not page.strip():
        text = _formatted(properties.binary_prop_value(_COMPRESSED_RTF))
    message.set_content(text)
    if page.strip():
        message.add_alternative(page, subtype="html")
    unread: list[str] = []
    for attachment in source.attachments:
        name = plain(attachment.file_name or "attachment")
        content = attachment.file_bytes
        if content is None:
            unread.append(f"attachment {name} is a message or an object inside this one")
            continue
        main, _, sub = (attachment.mime_type or "application/octet-stream").partition("/")
        if main in ("text", "multipart", "message") or not sub:
            # Its bytes stay as they are; the name tells the type.
            main, sub = "application", "octet-stream"
        message.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return message, unread


def _formatted(compressed: bytes | None) -> str:
    """The text of a body that is only there in compressed RTF."""
    if not compressed:
        return ""
    from compressed_rtf import decompress

    return plain(rtf_text(decompress(compressed).decode("latin-1")))
