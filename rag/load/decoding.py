"""Decoding of text files."""

from __future__ import annotations

import codecs
import unicodedata

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
_MARKS = (
    # UTF-32 first: its little-endian mark begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
_UNMARKED = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
_SAMPLE_BYTES = 8192
# Categories of code points that texts do not contain: control, surrogate, private use, unassigned.
_NOT_IN_TEXT = frozenset(("Cc", "Cs", "Co", "Cn"))
_LAYOUT = frozenset("\t\n\r\f\x85")
_MAX_DAMAGE = 0.1
"""A text with at most this many invalid sequences for each valid one beyond ASCII is damaged UTF-8."""

_MAX_NULS = 0.2
"""Of the characters; in UTF-16 every second byte of a Latin text is a NUL."""
_MIN_PLAIN = 0.8
"""Of the characters other than NULs, letters, digits, blanks and common marks."""


def decode(data: bytes, uri: str) -> str:
    """Any Unicode encoding, with or without BOM, else the most likely encoding; line ends become `\\n`.

    What is invalid becomes U+FFFD. Raises LoadError for binary files.
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
    encoding = unicode_encoding(data)
    if encoding is None and b"\0" in data[:_SAMPLE_BYTES]:
        raise LoadError(f"{uri} is a binary file, not text", remedy="give it the extension of its real type")
    encoding = encoding or likely_encoding(data)
    if encoding is None:
        raise LoadError(f"{uri} has an unknown text encoding", remedy="save it as UTF-8")
    text = data.decode(encoding, errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")


def unicode_encoding(data: bytes) -> str | None:
    """The encoding that a byte order mark names, or of a text with NULs: UTF-16, UTF-32, or UTF-8 with a few.

    None when it is none of these.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark) and (encoding != "utf-32" or _is_valid(data[: _SAMPLE_BYTES + 4], encoding)):
            return encoding
    sample = data[:_SAMPLE_BYTES]
    if b"\0" not in sample:
        return None
    if _is_utf_8_with_nuls(sample):
        # Read as UTF-16 it would be Chinese letters.
        return "utf-8"
    # With the bytes of each character swapped, a blank and a Latin letter are no ASCII.
    n_ascii = {encoding: _n_ascii(sample, encoding) for encoding in _UNMARKED}
    best = max(_UNMARKED, key=lambda encoding: n_ascii[encoding])
    return best if n_ascii[best] else None


def likely_encoding(data: bytes) -> str | None:
    """UTF-8, also when a few sequences are damaged, else the encoding that fits best; None when none does."""
    if _is_valid(data, "utf-8"):
        return "utf-8"
    text = data.decode("utf-8", errors="replace")
    n_damaged = text.count("\ufffd")
    n_valid = len(text) - len(text.encode("ascii", errors="ignore")) - n_damaged
    return "utf-8" if n_damaged <= _MAX_DAMAGE * n_valid else _guess(data)


def is_utf_8(data: bytes) -> bool:
    """Whether the bytes are a text in UTF-8."""
    return _is_valid(data, "utf-8")


def _is_valid(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _is_utf_8_with_nuls(sample: bytes) -> bool:
    """Whether the sample is a text in UTF-8 with NULs here and there, such as at the end of a field."""
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return False
    n_nuls = text.count("\0")
    n_plain = sum(char.isalnum() or char in " \t\r\n.,;:" for char in text)
    # Other control characters stand in programs and in data.
    has_control = any(unicodedata.category(char) == "Cc" for char in {*text} - _LAYOUT - {"\0"})
    return (
        not has_control and n_nuls <= _MAX_NULS * len(text) and n_plain >= _MIN_PLAIN * (len(text) - n_nuls)
    )


def _n_ascii(sample: bytes, encoding: str) -> int:
    """How many ASCII characters the sample has in this encoding; 0 when it is no text in it."""
    width = 4 if "32" in encoding else 2
    try:
        # A cut between two halves of a character is no error.
        text = codecs.getincrementaldecoder(encoding)().decode(sample[: len(sample) // width * width])
    except UnicodeDecodeError:
        return 0
    if any(unicodedata.category(char) in _NOT_IN_TEXT and char not in _LAYOUT for char in text):
        return 0
    return sum(char.isascii() for char in text)


def _guess(data: bytes) -> str | None:
    from charset_normalizer import from_bytes

    matches = from_bytes(data)
    best = matches.best()
    if best is None:
        return None
    # Western European text fits many code pages equally well; take the most common one.
    if any("cp1252" in (m.encoding, *m.could_be_from_charset) and m.chaos <= best.chaos for m in matches):
        return "cp1252"
    return str(best.encoding)
