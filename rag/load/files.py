"""Read the bytes of a file that a user named or that is in a folder: regular files only, without a race."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from askive.rag.errors import LoadError
from askive.rag.load.limits import MAX_FILE_BYTES

_BLOCK_BYTES = 2**20
SYSTEM_FOLDERS = ("/proc", "/sys")
"""The kernel generates files here; they may be endless, and reading them can have side effects."""
_OPEN_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
"""Do not wait for a pipe in place of the file; do not follow a link."""


def read_bytes(path: Path) -> bytes:
    """All bytes of a regular file; a link is not followed.

    Raises LoadError when it is larger than MAX_FILE_BYTES, and as `open_file`.
    """
    with open_file(path, MAX_FILE_BYTES) as file:
        # With a limit: the file may grow endlessly. A later change gives another stamp.
        return file.read(os.fstat(file.fileno()).st_size)


def digest_of(path: Path) -> str:
    """SHA-256 of a file of any size. Raises LoadError as `open_file`."""
    digest = hashlib.sha256()
    with open_file(path) as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


@contextmanager
def open_file(path: Path, max_bytes: int | None = None) -> Iterator[BinaryIO]:
    """A regular file; a link is not followed.

    Raises LoadError when it cannot be read, is larger than `max_bytes`, is a pipe, a device or a link, or belongs to
    the running system.
    """
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError as error:
        raise LoadError(f"the name of {printable(path)} is not UTF-8", remedy="rename it") from error
    try:
        # Opening a device can have side effects. Check again after opening, since the file may have been replaced.
        _must_be_document(path, path.lstat(), max_bytes)
        with open(os.open(path, _OPEN_FLAGS), "rb") as file:
            _must_be_document(path, os.fstat(file.fileno()), max_bytes)
            yield file
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _no_file(path) from error
        raise LoadError(
            f"{path} cannot be read: {error.strerror}", remedy="check the file's permissions"
        ) from error


def printable(path: Path) -> str:
    """The path for messages; bytes of its name that are not UTF-8 are escaped."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def is_system_folder(path: str) -> bool:
    """Whether the real path is in one of SYSTEM_FOLDERS."""
    return path in SYSTEM_FOLDERS or path.startswith(tuple(f"{folder}/" for folder in SYSTEM_FOLDERS))


def _must_be_document(path: Path, status: os.stat_result, max_bytes: int | None) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise _no_file(path)
    if status.st_dev in _system_devices():
        raise LoadError(f"{path} shows the running system, not a document", remedy="name other folders")
    if max_bytes is not None and status.st_size > max_bytes:
        raise LoadError(
            f"{path} has {status.st_size / 2**20:,.0f} MB; at most {max_bytes // 2**20} MB are read of a file"
            " that is not read in pieces",
            remedy="split it into smaller files, or index text, logs, pages, JSON, CSV and mbox without --split none",
        )


def _no_file(path: Path) -> LoadError:
    return LoadError(f"{path} is not a file but a link, a pipe or a device", remedy="give files or folders")


@lru_cache(maxsize=1)
def _system_devices() -> frozenset[int]:
    root = os.stat("/").st_dev  # noqa: PTH116
    devices = {os.stat(name).st_dev for name in SYSTEM_FOLDERS if os.path.isdir(name)}  # noqa: PTH112, PTH116
    return frozenset(devices - {root})
