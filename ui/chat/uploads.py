"""Uploads into a collection: written to temporary files, and moved to their place when complete."""

from __future__ import annotations

import filecmp
import os
import re
import shutil
import unicodedata
import uuid
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path, PurePosixPath
from threading import BoundedSemaphore
from typing import BinaryIO

from askive.rag.errors import UsageError
from askive.rag.privacy.register import former_upload
from askive.ui.chat.http.bodies import MAX_UPLOAD_BYTES, require_size
from askive.ui.chat.http.failures import TooManyRequests

MAX_AT_ONCE = 8
_MAX_PART_BYTES = 255
_MAX_NAME_BYTES = 1024
_SEPARATORS = ("Cc", "Cs", "Zl", "Zp")
_DIRECTION_MARKS = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def file_parts(name: str) -> tuple[str, ...]:
    """The folders and the file of an upload's name, such as `letters/1912/may.txt`.

    Raises UsageError for a name that is empty, leads out of its folder, is hidden, is too long for a disk, or has line
    breaks, other control characters or marks that turn the direction of writing.
    """
    parts = PurePosixPath(name.replace("\\", "/")).parts
    shown = repr(name if len(name) <= 80 else f"{name[:79]}…")
    why = ""
    if not name:
        raise UsageError("'' cannot name a file: it is empty", remedy="give it a name")
    if not parts or any(part in ("..", "/") or ":" in part for part in parts):
        why = "it points to another folder or contains a colon"
    elif any(unicodedata.category(letter) in _SEPARATORS or letter in _DIRECTION_MARKS for letter in name):
        why = "it contains a line break or another control character"
    elif any(part.startswith(".") for part in parts):
        why = "names that start with a dot are hidden"
    elif any(len(part.encode()) > _MAX_PART_BYTES for part in parts) or len(name.encode()) > _MAX_NAME_BYTES:
        why = f"a name may have {_MAX_PART_BYTES} bytes, with its folders {_MAX_NAME_BYTES}"
    if why:
        raise UsageError(f"{shown} cannot name a file: {why}", remedy="rename it")
    return parts


@dataclass(slots=True)
class Upload:
    """A file that is being received. target: the path it will have. temporary: the path it is written to."""

    target: Path
    temporary: Path
    _file: BinaryIO
    _slots: BoundedSemaphore
    _limit: int
    _n_bytes: int = 0
    _is_open: bool = True
    _before: Path | None = None

    def write(self, block: bytes) -> None:
        """Append a block. Raises BodyTooLarge above the size limit."""
        self._n_bytes += len(block)
        require_size(self._n_bytes, self._limit)
        self._file.write(block)

    def place(self, *, replace: bool = False) -> Path | None:
        """Move the upload to its target. Returns the copy of a replaced file, which is kept until `discard`, or None.

        replace: whether it may take the place of another file of that name. Otherwise the target gets a number, as in
        `may (2).txt`, and both files are kept; a file with the same bytes is no other file.
        Raises UsageError when a folder has that name, or a file the name of one of its folders; OSError.
        """
        self._file.flush()
        try:
            self.target.parent.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise UsageError(
                f"{self.target.name}: a file has the name of one of its folders",
                remedy="rename the folder, or take the file out of the collection first",
            ) from error
        if self.target.is_dir():
            raise UsageError(
                f"{self.target.name}: a folder has this name",
                remedy="rename the file, or take what is in the folder out of the collection first",
            )
        if not replace:
            self.target = _free_path(self.target, self.temporary)
        before = None
        if self.target.exists():
            before = former_upload(self.temporary.parent, self.target)
            before.unlink(missing_ok=True)
            try:
                os.link(self.target, before)
            except OSError:
                shutil.copy2(self.target, before)
        self._before = before
        self.temporary.replace(self.target)
        return before

    def discard(self) -> None:
        """Delete the temporary files and free the slot for another upload; safe to call twice."""
        if not self._is_open:
            return
        self._is_open = False
        try:
            with suppress(OSError):
                self._file.close()
            for path in (self.temporary, self._before):
                if path is not None:
                    with suppress(OSError):
                        path.unlink(missing_ok=True)
        finally:
            self._slots.release()


def _free_path(target: Path, arrived: Path) -> Path:
    """The first of `may.txt`, `may (2).txt`, ... that is free or holds the same bytes as the file that arrived."""
    for n in count(2):
        if not target.exists() or (target.is_file() and filecmp.cmp(target, arrived, shallow=False)):
            return target
        ending = f" ({n}){target.suffix}"
        stem = re.sub(r" \(\d+\)$", "", target.stem).encode()[: _MAX_PART_BYTES - len(ending.encode())]
        target = target.with_name(stem.decode(errors="ignore") + ending)
    raise AssertionError("count() is endless")


class Incoming:
    """The folder of unfinished uploads."""

    def __init__(self, folder: Path, max_bytes: int = MAX_UPLOAD_BYTES) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._slots = BoundedSemaphore(MAX_AT_ONCE)

    def clear(self) -> None:
        """Delete leftovers of killed processes, but not the uploads of another chat.

        A file that was being replaced is not removed here: `askive.rag.privacy.leftovers.sweep` puts it back.
        """
        if not self._folder.is_dir():
            return
        for path in self._folder.glob("*.part"):
            with suppress(OSError):
                with path.open("rb") as file:
                    is_free = _locked(file)
                if is_free:
                    path.unlink(missing_ok=True)

    def open(self, target: Path) -> Upload:
        """Begin an upload. Raises TooManyRequests when there are MAX_AT_ONCE already."""
        if not self._slots.acquire(blocking=False):
            raise TooManyRequests(
                f"{MAX_AT_ONCE} files are being added already", remedy="add this one when they have finished"
            )
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            temporary = self._folder / f"{uuid.uuid4().hex}.part"
            file = temporary.open("xb")
            _locked(file)
            return Upload(target, temporary, file, self._slots, self._max_bytes)
        except BaseException:
            self._slots.release()
            raise


def _locked(file: BinaryIO) -> bool:
    """Lock the file until it is closed. Returns whether that succeeded."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
