"""Digests, atomic writes, and checks of free disk space."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import threading
from pathlib import Path

from askive.models.errors import DiskSpaceError

_BLOCK = 1 << 20
_SPARE = 64 << 20


def sha256_of(path: Path, *, start: int = 0, size: int | None = None) -> str:
    """Hex digest of a file, or of its `size` bytes from `start`; a shorter file gives another digest."""
    digest = hashlib.sha256()
    left = size
    with path.open("rb") as stream:
        stream.seek(start)
        while left is None or left > 0:
            block = stream.read(_BLOCK if left is None else min(_BLOCK, left))
            if not block:
                break
            digest.update(block)
            left = None if left is None else left - len(block)
    return digest.hexdigest()


def write_atomically(path: Path, text: str) -> None:
    """Replace a file: it has its old or its new content, never a part, even after a crash of the machine."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.new")
    try:
        with fresh.open("w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_file(path: Path) -> None:
    """Wait until the file's bytes are on the disk."""
    # Read access is enough, and a linked file may be read-only; only Windows needs a writable file.
    with path.open("rb+" if os.name == "nt" else "rb") as stream:
        os.fsync(stream.fileno())


def sync_folder(folder: Path) -> None:
    """Wait until the folder's entries are on the disk (where the platform supports it)."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def size_of(folder: Path) -> int:
    """Bytes in a folder, which other processes may be changing."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += Path(parent, name).lstat().st_size
    return total


def require_room(folder: Path, n_bytes: int, what: str) -> None:
    """Raises DiskSpaceError unless `n_bytes` (and a little more) fit beside `folder`."""
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(existing).free
    if free < n_bytes + _SPARE:
        raise DiskSpaceError(
            f"{what} needs {_readable(n_bytes + _SPARE)} of disk in {folder}, but {_readable(free)} are free",
            remedy="free some space, or set ASKIVE_HOME to a folder on a larger disk",
        )


class Digests:
    """A cache of file digests in a small JSON file. A file with its old size and time counts as unchanged.

    When the cache cannot be written, digests are computed again next time.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def known(self, key: str) -> str | None:
        """The last digest stored under `key`, even if the file has changed or is gone."""
        value = self._load().get(key, {}).get("sha256")
        return value if isinstance(value, str) else None

    def fresh(self, key: str, file: Path) -> str | None:
        """The digest stored under `key` if the file has not changed since, else None."""
        kept = self._load().get(key, {})
        stat = file.stat()
        if (kept.get("size"), kept.get("mtime_ns")) != (stat.st_size, stat.st_mtime_ns):
            return None
        value = kept.get("sha256")
        return value if isinstance(value, str) else None

    def keep(self, key: str, file: Path, sha256: str) -> None:
        """Store the digest of the file in its current state."""
        stat = file.stat()
        content = self._load()
        content[key] = {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns, "sha256": sha256}
        self._write(content)

    def drop(self, key: str) -> None:
        """Mark the digest as stale, so that the file is hashed again; `known` still returns it."""
        content = self._load()
        if key in content:
            content[key]["mtime_ns"] = -1
            self._write(content)

    def _load(self) -> dict[str, dict[str, object]]:
        try:
            content = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}

    def _write(self, content: dict[str, dict[str, object]]) -> None:
        try:
            write_atomically(self._path, json.dumps(content, indent=1))
        except OSError:
            return


def _readable(n_bytes: int) -> str:
    return f"{n_bytes / 1e9:.1f} GB" if n_bytes >= 1e9 else f"{n_bytes / 1e6:.0f} MB"
