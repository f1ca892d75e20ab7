"""Pictures (.png, .jpeg, .tiff): their text, where it can be recognised; each frame of a TIFF is a page."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from pathlib import PurePath

from askive.rag.errors import EmptyFile, LoadError
from askive.rag.load.limits import unreadable
from askive.rag.load.not_read import with_not_read
from askive.rag.load.recognition.tesseract import UNCERTAIN, Recognised, can_recognise, recognise
from askive.rag.types import PAGE_BREAK, Document

OCR = "ocr"
"""Metadata field: how certain the recognised text of each page is, such as `page 2: 91%`."""
MAX_PIXELS = 100_000_000
MAX_PAGES = 1_000
_MIN_SIDE = 20
"""Smaller pictures, such as icons, have no text."""


def load_picture(data: bytes, uri: str) -> Document:
    """The recognised text. Raises EmptyFile when there is none, LoadError when Tesseract is missing."""
    from PIL import Image, ImageSequence, UnidentifiedImageError
    from PIL.ImageOps import exif_transpose

    from askive.rag.load.digest import sha256

    if not can_recognise():
        raise LoadError(
            f"{uri} is a picture, and its text cannot be recognised",
            remedy="install tesseract, and set ocr = auto",
        )
    pages: list[Recognised | None] = []
    n_frames = 0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "TIFF")) as picture:
                n_frames = getattr(picture, "n_frames", 1)
                for frame in ImageSequence.Iterator(picture):
                    if frame.width * frame.height > MAX_PIXELS:
                        raise LoadError(
                            f"{uri} has {frame.width:,} x {frame.height:,} pixels, more than {MAX_PIXELS:,}",
                            remedy="reduce its size",
                        )
                    is_icon = min(frame.size) < _MIN_SIDE
                    pages.append(Recognised("", 0) if is_icon else recognise(exif_transpose(frame)))
                    if len(pages) >= MAX_PAGES:
                        break
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        raise unreadable(uri, error) from error
    text = f"\n{PAGE_BREAK}\n".join("" if page is None else page.text for page in pages)
    if not text.strip():
        raise EmptyFile(f"{uri} has no text that can be recognised", remedy="leave it out")
    document = Document(
        uri=uri,
        title=PurePath(uri).stem,
        text=text,
        media_type=f"image/{PurePath(uri).suffix.lower().lstrip('.')}",
        sha256=sha256(data),
    )
    document = with_confidence(document, dict(enumerate(pages, start=1)), n_frames)
    return with_not_read(document, _further(len(pages), n_frames))


def _further(n_read: int, n_frames: int) -> list[str]:
    """A note about the frames that were not read."""
    if n_frames <= n_read:
        return []
    pages = f"page {n_frames:,}" if n_frames == n_read + 1 else f"pages {n_read + 1:,}-{n_frames:,}"
    return [f"{pages} of {n_frames:,} not read: at most {MAX_PAGES:,} are"]


def with_confidence(document: Document, pages: Mapping[int, Recognised | None], n_pages: int) -> Document:
    """The document with the confidence of its recognised pages, and notes about those that are uncertain or failed."""
    shown = [f"page {n}: {page.confidence}%" for n, page in pages.items() if page is not None and page.text]
    notes = [
        f"page {n} of {n_pages} could not be recognised"
        if page is None
        else f"page {n} of {n_pages} is recognised with little confidence ({page.confidence}%)"
        for n, page in pages.items()
        if page is None or (page.text and page.confidence < UNCERTAIN)
    ]
    if shown:
        document.metadata[OCR] = shown
    return with_not_read(document, notes)
