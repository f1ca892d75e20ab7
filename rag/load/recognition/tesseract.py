"""Tesseract, a program that recognises text in pictures (OCR). It is used where it is installed."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

PICTURE_ENDINGS = (".png", ".jpg", ".jpeg", ".tif", ".tiff")
"""Files that are read only where text can be recognised."""
SCANNED_ENDINGS = (*PICTURE_ENDINGS, ".pdf", ".zip", ".eml", ".msg", ".mbox")
"""Files whose text depends on whether text can be recognised: in them, or in files in them."""
DPI = 300
"""Resolution of a page for recognition, as Tesseract's manual advises."""
_PAGE_SECONDS = 60.0
MAX_SECONDS = 1_800.0
"""For one file; further pages are not recognised."""
UNCERTAIN = 60
"""A page with less mean confidence, in percent, is turned, and reported if that does not help."""
_TURNS = (180, 90, 270)
"""Degrees."""
_PR_SET_PDEATHSIG = 1
_COLUMNS = "level page_num block_num par_num line_num word_num left top width height conf text".split()


@dataclass(frozen=True, slots=True)
class Recognised:
    """The text of a picture, a line for each of its lines and a blank line between blocks.

    confidence: mean of the words, in percent; 0 without words.
    """

    text: str
    confidence: int


@dataclass(slots=True)
class _Recogniser:
    program: str
    deadline: float


_current: ContextVar[_Recogniser | None] = ContextVar("recogniser", default=None)


def find_tesseract() -> str:
    """The path of the program; empty when it is not installed."""
    from shutil import which

    return which("tesseract") or ""


@contextmanager
def use_tesseract(program: str) -> Iterator[None]:
    """Recognise text with this program in the block, for MAX_SECONDS. program: a path; empty for no recognition."""
    token = _current.set(_Recogniser(program, time.monotonic() + MAX_SECONDS) if program else None)
    try:
        yield
    finally:
        _current.reset(token)


def can_recognise() -> bool:
    """Whether text can be recognised here and now."""
    recogniser = _current.get()
    return recogniser is not None and time.monotonic() < recogniser.deadline


def recognise(picture: Any) -> Recognised | None:
    """The text of a picture of pillow, which may lie on its side or upside down.

    None when it cannot be recognised, or takes too long.
    """
    # Without colours, which Tesseract removes anyway.
    grey = picture.convert("L")
    best = _recognise(grey)
    if best is None or best.confidence >= UNCERTAIN:
        return best
    for degrees in _TURNS:
        turned = _recognise(grey.rotate(degrees, expand=True))
        if turned is not None and _weight(turned) > _weight(best):
            best = turned
            if best.confidence >= UNCERTAIN:
                break
    return best


def _weight(page: Recognised) -> int:
    """One word that looks right is less than a page of them."""
    return page.confidence * len(page.text.split())


def _recognise(grey: Any) -> Recognised | None:
    recogniser = _current.get()
    if recogniser is None or not can_recognise():
        return None
    import io
    import subprocess

    data = io.BytesIO()
    # A form that needs no compression.
    grey.save(data, "PPM")
    try:
        done = subprocess.run(
            [recogniser.program, "stdin", "stdout", "--dpi", str(DPI), "tsv"],
            input=data.getvalue(),
            capture_output=True,
            timeout=min(_PAGE_SECONDS, recogniser.deadline - time.monotonic()),
            # One thread: the threads of several processes slow each other down.
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return _parsed(done.stdout.decode("utf-8", "replace"))


def _end_with_parent() -> None:
    import ctypes
    import signal

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _parsed(table: str) -> Recognised:
    """The words in the program's table, one row for each."""
    lines: list[str] = []
    confidences: list[float] = []
    last = block = ("", "")
    for row in table.split("\n")[1:]:
        cells = dict(zip(_COLUMNS, row.split("\t"), strict=False))
        word = cells.get("text", "").strip()
        if not word or cells["conf"] == "-1":
            continue
        confidences.append(float(cells["conf"]))
        line = (cells["block_num"] + " " + cells["par_num"], cells["line_num"])
        if line == last:
            lines[-1] += f" {word}"
        else:
            lines += ["", word] if lines and line[0] != block[0] else [word]
        last = block = line
    mean = round(sum(confidences) / len(confidences)) if confidences else 0
    return Recognised("\n".join(lines), mean)
