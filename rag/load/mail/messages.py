"""Mail: a single message (.eml) or a mailbox (.mbox), as Markdown with a section for each attachment and message."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

from askive.rag.errors import LoadError
from askive.rag.load.mail.headers import (
    addresses,
    as_utf_8,
    day,
    header,
    identifier,
    is_mail,
    parse_message,
)
from askive.rag.load.mail.parts import ReadAttachment, message_text
from askive.rag.load.not_read import with_not_read
from askive.rag.load.sections import section
from askive.rag.load.several.parts import part_uri
from askive.rag.types import Document

if TYPE_CHECKING:
    from email.message import EmailMessage

EML = "message/rfc822"
MBOX = "application/mbox"
# "From ada@example.org Fri Mar  4 10:15:00 2016": at the start of the file or after an empty line, and above headers of
# which one is From, Subject or Date. A line "From next week the heating runs" in a message has none below it.
BETWEEN = re.compile(
    rb"(?:\A|\r?\n\r?\n)From [^\r\n]*\r?\n"
    rb"(?=(?:[!-9;-~]+:[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*+)*?(?:From|Subject|Date):)",
    re.IGNORECASE,
)
# ">From the landlord", as a mailbox writes a line "From the landlord" of a message; ">>From" for ">From".
_QUOTED_FROM = re.compile(rb"^>(?=>*From )", re.MULTILINE)


def load_eml(data: bytes, uri: str, read: ReadAttachment) -> Document:
    """All text parts, forwarded messages and attachments of the message.

    The metadata has `author`, `to`, `cc`, `message_id` and `in_reply_to`. Raises LoadError when the bytes are not a
    message.
    """
    message = parse_message(as_utf_8(data))
    if not is_mail(message):
        raise LoadError(f"{uri} is not a mail message", remedy="give it the extension of its real type")
    return message_document(message, data, uri, PurePath(uri).stem, read)


def message_document(
    message: EmailMessage, data: bytes, uri: str, title: str, read: ReadAttachment
) -> Document:
    """A message as a document. data: its bytes. title: for a message without a subject."""
    from askive.rag.load.digest import sha256

    text, not_read = message_text(message, read, level=1)
    ids = {"message_id": identifier(message, "Message-ID"), "in_reply_to": identifier(message, "In-Reply-To")}
    document = Document(
        uri=uri,
        title=header(message, "Subject") or title,
        text=text,
        media_type=EML,
        sha256=sha256(data),
        published=day(message),
        metadata=_people([message]) | {name: value for name, value in ids.items() if value},
    )
    return with_not_read(document, not_read)


def load_mbox(data: bytes, uri: str, read: ReadAttachment) -> Document:
    """All messages, each a section with its subject. Raises LoadError when the file is not a mailbox."""
    from askive.rag.load.digest import sha256

    messages = [parse_message(raw) for raw in _messages(data, uri)]
    sections: list[str] = []
    not_read: list[str] = []
    for message in messages:
        text, of_message = message_text(message, read, level=2)
        subject = header(message, "Subject")
        sections.append(section(subject or "No subject", text, 1))
        not_read += (f"{subject or 'No subject'}: {part}" for part in of_message)
    document = Document(
        uri=uri,
        title=PurePath(uri).stem,
        text="\n\n".join(sections),
        media_type=MBOX,
        sha256=sha256(data),
        metadata=_people(messages),
    )
    return with_not_read(document, not_read)


def load_messages(data: bytes, uri: str, read: ReadAttachment) -> list[Document]:
    """The messages of a mailbox, each a document. Raises LoadError when the file is not a mailbox."""
    return [
        message_document(
            parse_message(raw), raw, part_uri(uri, n), f"Message {n} of {PurePath(uri).name}", read
        )
        for n, raw in enumerate(_messages(data, uri), start=1)
    ]


def _messages(data: bytes, uri: str) -> list[bytes]:
    before, *raw = BETWEEN.split(as_utf_8(data))
    if before.strip() or not raw:
        raise LoadError(f"{uri} is not a mailbox", remedy="give it the extension of its real type")
    # As it was before another message followed it.
    return [_QUOTED_FROM.sub(b"", part).rstrip(b"\r\n") + b"\n" for part in raw]


def _people(messages: Sequence[EmailMessage]) -> dict[str, str | list[str]]:
    """Senders and recipients; the only sender of all messages is a string."""
    fields = {
        field: addresses(messages, name) for field, name in (("author", "From"), ("to", "To"), ("cc", "Cc"))
    }
    return {
        field: found[0] if field == "author" and len(found) == 1 else found
        for field, found in fields.items()
        if found
    }
