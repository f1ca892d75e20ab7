"""Sound files with damage: flipped bytes, cuts, and pieces of one another."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable

from tests.torture.specimens import SOUND

_ZIPPED = frozenset({"docx", "pptx", "xlsx", "epub"})
_TOKENS = (
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"0xffffffffffffffff", b"1e999", b"-1", b"99999999999", b"<![CDATA[", b"&#x0;",
    b"{{{", b"<<", b">>", b"From: ", b"\r\n\r\n", b"--", b"\x1b[2J", "\u202e".encode(), b"\xed\xa0\x80", b"]]>", b"%s%n", b"---\n",
)  # fmt: skip


def mutant(ending: str, chance: random.Random) -> bytes:
    """One damaged file. Of archives the members are damaged too, and packed again, so that parsers see them."""
    data = SOUND[ending]()
    if ending in _ZIPPED and chance.random() < 0.7:
        return _inside(data, chance)
    return _damage(data, chance)


def _damage(data: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.choice((1, 1, 2, 4))):
        data = chance.choice(_WAYS)(data, chance)
    return data


def _inside(data: bytes, chance: random.Random) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as sound, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        members = sound.namelist()
        struck = set(chance.sample(members, min(len(members), chance.choice((1, 1, 2, 3)))))
        for name in members:
            if name in struck and chance.random() < 0.1:
                continue
            content = sound.read(name)
            made.writestr(name, _damage(content, chance) if name in struck else content)
    return out.getvalue()


def _flip(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 3, 10, 50))):
        if changed:
            changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _hole(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data) + 1)
    return data[:start] + data[start + chance.choice((1, 10, 100, 1000)) :]


def _repeat(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data) + 1)
    piece = data[start : start + chance.choice((1, 20, 200))]
    return data[:start] + piece * chance.choice((2, 10, 200)) + data[start:]


def _token(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice(_TOKENS) * chance.choice((1, 1, 5, 100)) + data[at:]


def _splice(data: bytes, chance: random.Random) -> bytes:
    other = SOUND[chance.choice(sorted(SOUND))]()
    return data[: chance.randrange(len(data) + 1)] + other[chance.randrange(len(other) + 1) :]


_WAYS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _flip,
    _flip,
    _cut,
    _hole,
    _repeat,
    _token,
    _splice,
)
