"""Captions of a recording (.vtt, .srt): each sentence or turn with its time and its speaker."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import NamedTuple

from askive.rag.load.decoding import decode
from askive.rag.load.plain import load_plain
from askive.rag.types import Document

MEDIA_TYPE = "text/vtt"
_MAX_TURN_CHARS = 400
"""Captions without punctuation are joined up to this length."""
# "00:00:01.000 --> 00:00:04.000", "01:02,500 --> 01:04,000 align:start".
_TIMES = re.compile(r"^[ \t]*(?:(\d+):)?(\d\d?):(\d\d)[.,]\d{1,3}[ \t]*-->[^\n]*$", re.MULTILINE)
# The number or the name of the next caption, on the last line before its times.
_NAME = re.compile(r"(?:\A|\n)[^\n]*\n?\Z")
# "<v Maria>", "<v.loud Maria Lind>".
_VOICE = re.compile(r"<v(?:\.[^ >]{0,100})?[ \t]+([^>]{1,200})>")
# "</v>", "<i>", "<00:00:02.000>", "<c.yellow>".
_TAG = re.compile(r"</?[a-zA-Z0-9][^<>]{0,200}>|</>")
# "ends here." and 'ends here!"'.
_END = re.compile(r"[.!?…][\"'”’»)\]]*$")


class _Turn(NamedTuple):
    time: str
    speaker: str
    text: str


def load_captions(data: bytes, uri: str) -> Document:
    """A paragraph for each turn, `[00:00:01] Maria: We move the launch.`; a file without times is plain text."""
    from askive.rag.load.digest import sha256

    raw = decode(data, uri)
    turns = [
        f"[{turn.time}] {f'{turn.speaker}: ' if turn.speaker else ''}{turn.text}"
        for turn in _joined(_captions(raw))
    ]
    if not turns:
        return load_plain(data, uri)
    title = PurePath(uri).stem
    return Document(uri=uri, title=title, text="\n\n".join(turns), media_type=MEDIA_TYPE, sha256=sha256(data))


def _captions(raw: str) -> Iterator[_Turn]:
    """The captions in order, one for each voice."""
    times = list(_TIMES.finditer(raw))
    for n, match in enumerate(times):
        # The caption ends at a blank line; without one, before the name of the next.
        until = times[n + 1].start() if n + 1 < len(times) else len(raw)
        shown, blank, _ = raw[match.end() : until].lstrip(" \t").removeprefix("\n").partition("\n\n")
        if not blank and n + 1 < len(times):
            shown = _NAME.sub("", shown.rstrip("\n"))
        hours, minutes, seconds = match.groups()
        time = f"{int(hours or 0):02}:{int(minutes):02}:{seconds}"
        before, *voices = _VOICE.split(shown)
        for speaker, text in (("", before), *zip(voices[::2], voices[1::2], strict=True)):
            if plain := " ".join(html.unescape(_TAG.sub("", text)).split()):
                yield _Turn(time, " ".join(html.unescape(speaker).split()), plain)


def _joined(captions: Iterator[_Turn]) -> Iterator[_Turn]:
    """Captions that continue a sentence of the same speaker are joined; one that repeats the last is left out."""
    open_turn: _Turn | None = None
    last = ""
    for caption in captions:
        if caption.text == last:
            continue
        last = caption.text
        if (
            open_turn is not None
            and caption.speaker == open_turn.speaker
            and not _END.search(open_turn.text)
            and len(open_turn.text) + len(caption.text) < _MAX_TURN_CHARS
        ):
            open_turn = open_turn._replace(text=f"{open_turn.text} {caption.text}")
            continue
        if open_turn is not None:
            yield open_turn
        open_turn = caption
    if open_turn is not None:
        yield open_turn
