"""Checksums at the end of a saved vector index, because FAISS reads a corrupted file without an error."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

HEAD_BYTES = 8 * 2**20
"""Size of the part that is always checked; in inverted lists: header, centroids and list sizes."""
SUMMED_UP_TO = 256 * 2**20
"""Largest file, in bytes, that is checked in full on loading (about 0.1 s); `askive doctor` checks larger ones."""

_FOOTER = struct.Struct("<8sQQII")
_MAGIC = {"flat": b"askflat1", "ivf": b"askivf02"}
_BLOCK = 2**20


def seal(path: Path, kind: str, number: int = 0) -> None:
    """Append the checksums to a new index file. kind: `flat` or `ivf`. number: stored with them."""
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        head, whole = _sums(path, size, number, whole=True)
        file.write(_FOOTER.pack(_MAGIC[kind], number, size, head, whole))


def sealed_number(path: Path, kind: str, *, whole: bool | None = None) -> int | None:
    """The stored number; None when the file is missing, truncated, corrupted or of another kind.

    whole: check all bytes; None: only if the file is small enough to be read at every start.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _FOOTER.size))
            magic, number, body, head, summed = _FOOTER.unpack(file.read())
        if magic != _MAGIC[kind] or size != body + _FOOTER.size:
            return None
        whole = size <= SUMMED_UP_TO if whole is None else whole
        sums = _sums(path, body, number, whole=whole)
    except (OSError, struct.error):
        return None
    return int(number) if sums == (head, summed if whole else 0) else None


def is_whole(path: Path) -> bool:
    """Whether every byte of a saved index, flat or inverted, is unchanged."""
    return any(sealed_number(path, kind, whole=True) is not None for kind in _MAGIC)


def _sums(path: Path, size: int, number: int, *, whole: bool) -> tuple[int, int]:
    """CRC-32 of number and head, and of number and all `size` bytes (0 unless `whole`)."""
    at = 0
    head = summed = zlib.crc32(number.to_bytes(8, "little"))
    with path.open("rb") as file:
        while at < (size if whole else min(size, HEAD_BYTES)):
            block = file.read(min(_BLOCK, size - at))
            if not block:
                break
            at += len(block)
            summed = zlib.crc32(block, summed)
            if at <= HEAD_BYTES:
                head = summed
    return head, summed if whole else 0
