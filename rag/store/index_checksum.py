"""The checksum at the end of a saved vector index: FAISS reads a file with a flipped bit without complaint."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

HEAD_BYTES = 8 * 2**20
"""The part that is always checked: of inverted lists the header, the centroids and the sizes of the lists."""
SUMMED_UP_TO = 256 * 2**20
"""Bytes of a file that is summed whole when it is loaded (some 0.1 s); `askive doctor` sums larger ones."""

_FOOTER = struct.Struct("<8sQQII")
_MAGIC = {"flat": b"askflat1", "ivf": b"askivf02"}
_BLOCK = 2**20


def seal(path: Path, kind: str, number: int = 0) -> None:
    """Append the checksums to an index that was just written. kind: `flat` or `ivf`. number: kept with them."""
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        head, whole = _sums(path, size, number, whole=True)
        file.write(_FOOTER.pack(_MAGIC[kind], number, size, head, whole))


def sealed_number(path: Path, kind: str, *, whole: bool | None = None) -> int | None:
    """The number that was kept; None when the file is missing, cut, changed or of another kind.

    whole: sum all bytes; not set, those of a file that is not too large to be read at every start.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _FOOTER.size))
            magic, number, body, head, summed = _FOOTER.unpack(file.read())
        if magic != _MAGIC[kind] or size != body + _FOOTER.size:
            return None
        whole = size <= SUMMED_UP_TO if whole is None else whole
        found = _sums(path, body, number, whole=whole)
    except (OSError, struct.error):
        return None
    return int(number) if found == (head, summed if whole else 0) else None


def is_whole(path: Path) -> bool:
    """Whether every byte of a saved index, of either kind, is as it was written."""
    return any(sealed_number(path, kind, whole=True) is not None for kind in _MAGIC)


def _sums(path: Path, size: int, number: int, *, whole: bool) -> tuple[int, int]:
    """CRC-32 of the number and the head, and of the number and all `size` bytes (0 when not asked for)."""
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
