"""Kept attention states: a bounded cache in memory and on disk, least recently used out first.

A file is `magic, sha256 of the rest, key, state`. It is written beside its name and renamed, and read back whole: a
file that is cut, changed or of another key is removed and counts as absent. A disk that fails or is full is not
asked again by this process; the memory goes on. Processes share the folder without a lock: a state is the same
whoever wrote it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

_MAGIC = b"ASKIVEKV1\n"
_SUFFIX = ".kv"
_STALE_S = 3600.0
_MB = 1 << 20
_MOST_MEMORY, _MOST_DISK = 512 * _MB, 2048 * _MB
_SPARE_DISK = 512 * _MB


@dataclass(frozen=True, slots=True)
class CacheStats:
    """What a cache holds. Bytes and numbers of states in memory and on disk, their bounds, and this process's luck.

    folder: None when nothing is kept on disk. disk_failed: why the disk is no longer used; empty when it is.
    """

    folder: Path | None
    n_memory: int
    memory_bytes: int
    memory_limit: int
    n_disk: int
    disk_bytes: int
    disk_limit: int
    n_hits: int
    n_misses: int
    n_damaged: int
    disk_failed: str = ""


def default_limits(folder: Path | None) -> tuple[int, int]:
    """Bytes for memory (a tenth of what is free, at most 512 MB) and disk (a twentieth of it, at most 2 GB)."""
    import psutil

    memory = min(_MOST_MEMORY, int(psutil.virtual_memory().available) // 10)
    if folder is None:
        return memory, 0
    there = next((path for path in (folder, *folder.absolute().parents) if path.is_dir()), None)
    free = shutil.disk_usage(there).free if there else 0
    return memory, max(0, min(_MOST_DISK, (free - _SPARE_DISK) // 20))


class StateCache:
    """States by key (hex sha256). folder: None keeps nothing on disk. Limits in bytes; None takes the defaults."""

    def __init__(
        self, folder: Path | None = None, memory_limit: int | None = None, disk_limit: int | None = None
    ) -> None:
        memory, disk = default_limits(folder)
        self.folder = folder
        self._memory_limit = memory if memory_limit is None else memory_limit
        self._disk_limit = disk if disk_limit is None else disk_limit
        self._lock = Lock()
        self._memory: OrderedDict[str, bytes] = OrderedDict()
        self._memory_bytes = 0
        self._n_hits = self._n_misses = self._n_damaged = 0
        self._disk_failed = ""

    def __contains__(self, key: str) -> bool:
        with self._lock:
            return key in self._memory or (self._on_disk() and self._path(key).is_file())

    def get(self, key: str) -> bytes | None:
        """The state, or None; a damaged file is removed."""
        with self._lock:
            state = self._memory.get(key)
            if state is not None:
                self._memory.move_to_end(key)
            elif self._on_disk():
                state = self._load(key)
                if state is not None:
                    self._hold(key, state)
            self._n_hits += state is not None
            self._n_misses += state is None
            return state

    def put(self, key: str, state: bytes) -> None:
        """Keep a state, and drop the least recently used ones that no longer fit. Never raises for the disk."""
        with self._lock:
            self._hold(key, state)
            if self._on_disk() and len(state) <= self._disk_limit:
                try:
                    self._store(key, state)
                except OSError as error:
                    self._disk_failed = str(error)

    def clear(self) -> int:
        """Forget all, on disk too; the bytes that were on disk."""
        with self._lock:
            self._memory.clear()
            self._memory_bytes = 0
            freed = 0
            for path, size, _ in self._files():
                with contextlib.suppress(OSError):
                    path.unlink()
                    freed += size
            self._sweep(older_than_s=0.0)
            return freed

    def stats(self) -> CacheStats:
        """What is held now."""
        with self._lock:
            files = self._files()
            return CacheStats(
                folder=self.folder,
                n_memory=len(self._memory),
                memory_bytes=self._memory_bytes,
                memory_limit=self._memory_limit,
                n_disk=len(files),
                disk_bytes=sum(size for _, size, _ in files),
                disk_limit=self._disk_limit,
                n_hits=self._n_hits,
                n_misses=self._n_misses,
                n_damaged=self._n_damaged,
                disk_failed=self._disk_failed,
            )

    def _on_disk(self) -> bool:
        return self.folder is not None and self._disk_limit > 0 and not self._disk_failed

    def _path(self, key: str) -> Path:
        assert self.folder is not None
        return self.folder / f"{key}{_SUFFIX}"

    def _hold(self, key: str, state: bytes) -> None:
        self._memory_bytes -= len(self._memory.pop(key, b""))
        if len(state) > self._memory_limit:
            return
        self._memory[key] = state
        self._memory_bytes += len(state)
        while self._memory_bytes > self._memory_limit:
            _, dropped = self._memory.popitem(last=False)
            self._memory_bytes -= len(dropped)

    def _load(self, key: str) -> bytes | None:
        path = self._path(key)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            self._disk_failed = str(error)
            return None
        body = memoryview(content)[len(_MAGIC) + 32 :]
        told, name = content[len(_MAGIC) : len(_MAGIC) + 32], key.encode()
        if (
            not content.startswith(_MAGIC)
            or hashlib.sha256(body).digest() != told
            or bytes(body[: len(name)]) != name
        ):
            self._n_damaged += 1
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return bytes(body[len(name) :])

    def _store(self, key: str, state: bytes) -> None:
        assert self.folder is not None
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self._path(key)
        if path.is_file():
            os.utime(path)
            return
        self._make_room(len(state))
        fresh = path.with_suffix(f".{os.getpid()}-{id(self):x}.new")
        digest = hashlib.sha256(key.encode())
        digest.update(state)
        try:
            with fresh.open("wb") as stream:
                stream.write(_MAGIC + digest.digest() + key.encode())
                stream.write(state)
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)

    def _make_room(self, n_bytes: int) -> None:
        self._sweep(older_than_s=_STALE_S)
        files = sorted(self._files(), key=lambda file: file[2])
        held = sum(size for _, size, _ in files)
        for path, size, _ in files:
            if held + n_bytes <= self._disk_limit:
                return
            # Another process may have dropped it first.
            path.unlink(missing_ok=True)
            held -= size

    def _sweep(self, older_than_s: float) -> None:
        """Remove what killed processes left half written."""
        for path in self.folder.glob("*.new") if self.folder else ():
            with contextlib.suppress(OSError):
                if time.time() - path.lstat().st_mtime >= older_than_s:
                    path.unlink()

    def _files(self) -> list[tuple[Path, int, float]]:
        found = []
        for path in self.folder.glob(f"*{_SUFFIX}") if self.folder else ():
            with contextlib.suppress(OSError):
                stat = path.stat()
                found.append((path, stat.st_size, stat.st_mtime))
        return found
