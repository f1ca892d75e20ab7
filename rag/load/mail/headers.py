"""The headers of a mail message, also malformed ones and those with raw bytes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from askive.rag.load.decoding import likely_encoding, unicode_encoding
from askive.rag.text.dates import partial_date

if TYPE_CHECKING:
    from email.message import EmailMessage

_SHOWN = ("From", "To", "Cc", "Date")
_MAX_PARSED_CHARS = 4_000
_MAX_HEADER_CHARS = 20_000
"""Longer headers are cut."""
_MAX_ADDRESSES = 100
_MAX_ADDRESS_CHARS = 200


def parse_message(data: bytes) -> EmailMessage:
    """The message in these bytes; any bytes are one. data: in an encoding that extends ASCII, see `as_utf_8`."""
    import email
    import email.policy

    return email.message_from_bytes(data, policy=email.policy.default)


def as_utf_8(data: bytes) -> bytes:
    """The bytes of a mail that was saved as UTF-16, UTF-32 or with a byte order mark, as UTF-8 without one."""
    encoding = unicode_encoding(data)
    return data if encoding is None else data.decode(encoding, errors="replace").encode("utf-8")


def is_mail(message: EmailMessage) -> bool:
    """Whether the message has a header that every mail has."""
    return any(_raw(message, name) for name in ("From", "Subject", "Date"))


def header(message: EmailMessage, name: str) -> str:
    """The header's text on one line; empty when the message has none."""
    raw = _raw(message, name)
    if not raw.isascii():
        raw = _from_bytes(message, raw)
        return plain(" ".join(_decoded(raw).split()))
    try:
        # The library's parser needs quadratic time in a header's length, and recurses for each bracket.
        value = str(message[name] or "") if len(raw) <= _MAX_PARSED_CHARS else _decoded(raw)
    except Exception:
        # The library raises various exceptions for malformed headers; the body may be intact.
        value = _decoded(raw)
    return plain(" ".join(value.split()))


def headed(message: EmailMessage) -> str:
    """Sender, recipients and date, one on a line."""
    return "\n".join(f"{name}: {value}" for name in _SHOWN if (value := header(message, name)))


def day(message: EmailMessage) -> str | None:
    """The day on which the message was sent; None if unknown."""
    date = header(message, "Date")
    return partial_date(date) if date else None


def addresses(messages: Iterable[EmailMessage], name: str) -> list[str]:
    """The different addresses in a header of the messages, such as `Ann Lee <ann@example.org>`, in their order."""
    from email.utils import getaddresses

    found: dict[str, None] = {}
    for message in messages:
        value = header(message, name)
        if not value:
            continue
        pairs: list[tuple[str, str]] = []
        # The library needs quadratic time for long lists, and recurses for each bracket.
        with contextlib.suppress(Exception):
            pairs = getaddresses([value]) if len(value) <= _MAX_PARSED_CHARS else []
        shown = [f"{who} <{address}>" if who else address for who, address in pairs if address]
        found |= dict.fromkeys(text[:_MAX_ADDRESS_CHARS] for text in shown or [value])
        if len(found) >= _MAX_ADDRESSES:
            break
    return list(found)[:_MAX_ADDRESSES]


def identifier(message: EmailMessage, name: str) -> str:
    """The id in `Message-ID` or `In-Reply-To`, without the brackets; empty when there is none."""
    value = header(message, name)[:_MAX_ADDRESS_CHARS]
    return value.split(">")[0].split("<")[-1].strip()


def plain(text: str) -> str:
    """Remove what a store cannot hold and page breaks; line ends become `\\n`."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").replace("\f", "\n")
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace") if not text.isascii() else text


def _raw(message: EmailMessage, name: str) -> str:
    headers = (str(value) for key, value in message.raw_items() if key.lower() == name.lower())
    return next(headers, "")[:_MAX_HEADER_CHARS]


def _from_bytes(message: EmailMessage, raw: str) -> str:
    """A header with raw bytes, which the library keeps as surrogates, in the encoding that fits best."""
    data = raw.encode("utf-8", "surrogateescape")
    parts = [part for part in message.walk() if not part.is_multipart()][:1]
    named = next((charset for part in parts if (charset := part.get_content_charset())), "utf-8")
    # A header is too short for a guess by itself.
    payloads = [part.get_payload(decode=True) for part in parts]
    sample = b"\n".join([data, *(payload for payload in payloads if isinstance(payload, bytes))])
    for encoding in ("utf-8", named, likely_encoding(sample) or "cp1252"):
        with contextlib.suppress(LookupError, ValueError):
            return data.decode(encoding)
    return data.decode("utf-8", "replace")


def _decoded(raw: str) -> str:
    """The header's encoded words as text, without parsing its structure."""
    from email.header import decode_header, make_header

    try:
        return str(make_header(decode_header(raw)))
    except Exception:
        return raw
