"""Bytes -> text."""

from __future__ import annotations

from rag.errors import LoadError


def decode(data: bytes, uri: str) -> str:
    """UTF-8 (with or without mark), UTF-16 with mark, else the best guess; line ends become `\\n`.

    Raises LoadError for binary files.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = data.decode("utf-16", errors="replace")
    else:
        if b"\0" in data[:8192]:
            raise LoadError(f"{uri} is a binary file, not text", remedy="remove it or give it its own ending")
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = _guess(data, uri)
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")


def _guess(data: bytes, uri: str) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(data).best()
    if best is None:
        raise LoadError(f"{uri} is in no known text encoding", remedy="save it as UTF-8")
    return str(best)
