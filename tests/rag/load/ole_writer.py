"""Writes compound files of OLE, and Outlook messages in them, so that tests need no files of others."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Union

_SECTOR = 512
_MIN_STREAM = 4096
"""Smaller streams would be kept in another place; these are filled up with blanks."""
_END, _FREE, _FAT, _NONE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD, 0xFFFFFFFF
Tree = Mapping[str, Union[bytes, "Tree"]]


def write_ole(tree: Tree) -> bytes:
    """A compound file: bytes are streams, mappings are storages."""
    entries: list[list[int | str]] = []
    chains: list[bytes] = []
    starts: list[int] = []

    def add(name: str, content: bytes | Tree, kind: int) -> int:
        number = len(entries)
        entries.append([name, kind, _NONE, _NONE, 0, 0])
        if isinstance(content, bytes):
            starts.append(number)
            chains.append(content)
            entries[number][5] = len(content)
            return number
        previous = _NONE
        for child in reversed(content):
            at = add(child, content[child], 2 if isinstance(content[child], bytes) else 1)
            entries[at][2] = previous
            previous = at
        entries[number][3] = previous
        return number

    add("Root Entry", tree, 5)
    sectors: list[bytes] = []
    fat: list[int] = []

    def place(data: bytes) -> int:
        first = len(sectors)
        for at in range(0, len(data), _SECTOR):
            sectors.append(data[at : at + _SECTOR].ljust(_SECTOR, b"\0"))
            fat.append(len(sectors))
        fat[-1] = _END
        return first

    for number, content in zip(starts, chains, strict=True):
        entries[number][4] = place(content)
    entries[0][4] = _END
    directory = b"".join(_entry(*entry) for entry in entries)  # type: ignore[arg-type]
    first_directory = place(directory)
    n_fat = 1
    while (len(sectors) + n_fat) * 4 > n_fat * _SECTOR:
        n_fat += 1
    fat_at = len(sectors)
    fat += [_FAT] * n_fat
    raw = struct.pack(f"<{len(fat)}I", *fat).ljust(n_fat * _SECTOR, b"\xff")
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16
    header += struct.pack(
        "<5H6x9I", 0x3E, 3, 0xFFFE, 9, 6, 0, n_fat, first_directory, 0, 4096, _END, 0, _END, 0
    )
    difat = [fat_at + n for n in range(n_fat)] + [_FREE] * (109 - n_fat)
    return header + struct.pack("<109I", *difat) + b"".join(sectors) + raw


def _entry(name: str, kind: int, right: int, child: int, start: int, size: int) -> bytes:
    raw = name.encode("utf-16-le") + b"\0\0"
    return raw.ljust(64, b"\0") + struct.pack(
        "<HBBIII16xI8x8xIQ", len(raw), kind, 1, _NONE, right, child, 0, start, size
    )


def text(value: str) -> bytes:
    """A text, filled up with blanks."""
    return value.ljust(_MIN_STREAM // 2).encode("utf-16-le")


def _properties(header: bytes, numbers: Mapping[int, int]) -> bytes:
    """The list of a storage's properties, with their types; filled up with one that says that texts are Unicode."""
    rows = [struct.pack("<HHIQ", kind, number, 6, 0) for number, kind in numbers.items()]
    unicode = struct.pack("<HHIQ", 3, 0x340D, 6, 0x40000)
    return header + b"".join(rows) + unicode * (_MIN_STREAM // 16)


def write_msg(fields: Mapping[int, str], attachments: Mapping[str, bytes] = {}, page: str = "") -> bytes:
    """An Outlook message. fields: texts by the number of their property. page: its body as HTML."""
    header = struct.pack("<8x4I8x", 0, len(attachments), 0, len(attachments))
    kinds = dict.fromkeys(fields, 0x1F) | ({0x1013: 0x102} if page else {})
    tree: dict[str, bytes | Tree] = {
        "__properties_version1.0": _properties(header, kinds),
        **{f"__substg1.0_{number:04X}001F": text(value) for number, value in fields.items()},
    }
    if page:
        tree["__substg1.0_10130102"] = page.encode("cp1252").ljust(_MIN_STREAM)
    for n, (name, content) in enumerate(attachments.items()):
        tree[f"__attach_version1.0_#{n:08X}"] = {
            "__properties_version1.0": _properties(b"\0" * 8, {0x3701: 0x102, 0x3707: 0x1F}),
            "__substg1.0_37010102": content.ljust(_MIN_STREAM),
            "__substg1.0_3707001F": text(name),
        }
    return write_ole(tree)
