"""Decoding of text files."""

from __future__ import annotations

from askive.rag.errors import LoadError

_NOT_TEXT = (
    b"%PDF-",
    b"PK\x03\x04",
    b"\x1f\x8b\x08",
    b"\xd0\xcf\x11\xe0",
)
"""Magic bytes of PDF, zip, gzip and old Office files."""
_PICTURE = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8")
"""Magic bytes of PNG, JPEG and GIF."""


def decode(data: bytes, uri: str) -> str:
    """UTF-8 (with or without BOM), UTF-16 with BOM, else the most likely encoding; line ends become `\\n`.

    Raises LoadError for binary files.
    """
    if data.startswith(_PICTURE):
        raise LoadError(
            f"{uri} is a picture, despite its name",
            remedy="leave it out, or recognise the text in it and index that",
        )
    if data.startswith(_NOT_TEXT):
        raise LoadError(
            f"{uri} is not a text file, despite its name", remedy="give it the extension of its real type"
        )
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = data.decode("utf-16", errors="replace")
    else:
        if b"\0" in data[:8192]:
            raise LoadError(
                f"{uri} is a binary file, not text", remedy="give it the extension of its real type"
            )
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = _guess(data, uri)
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")


def _guess(data: bytes, uri: str) -> str:
    from charset_normalizer import from_bytes

    matches = from_bytes(data)
    best = matches.best()
    if best is None:
        raise LoadError(f"{uri} has an unknown text encoding", remedy="save it as UTF-8")
    # Western European text fits many code pages equally well; take the most common one.
    if any("cp1252" in (m.encoding, *m.could_be_from_charset) and m.chaos <= best.chaos for m in matches):
        return data.decode("cp1252", errors="replace")
    return str(best)
