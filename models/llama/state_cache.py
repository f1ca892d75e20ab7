"""A bounded cache of attention states in memory and on disk. The least recently used states are evicted first.

A file is `magic, sha256 of the rest, key, state`. It is written under a temporary name and renamed. A file that is
truncated, changed or of another key is removed and counts as absent.
The modification time of a file is the time of its last use, to the minute.
When writing fails, the cache goes on in memory and tries the disk again after a minute; files can still be read.
Processes share the folder without a lock: equal keys have equal states, and a file that another process removed is
absent.
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
_STALE_S = 600.0
_TOUCH_S = 60.0
_PAUSE_S = 60.0
_MB = 1 << 20
_MAX_MEMORY, _MAX_DISK = 512 * _MB, 2048 * _MB
_SPARE_DISK = 512 * _MB


@dataclass(frozen=True, slots=True)
class CacheStats:
    """Contents of a cache: bytes and numbers of states in memory and on disk, their limits, hits and misses.

    folder: None when nothing is kept on disk. disk_failed: the last disk error; empty after a successful write.
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
    """Limits in bytes: a tenth of the free memory, at most 512 MB; a twentieth of the free disk, at most 2 GB.

    512 MB of the disk stay free; states that are already in the folder count as free space.
    """
    import psutil

    memory = min(_MAX_MEMORY, int(psutil.virtual_memory().available) // 10)
    if folder is None:
        return memory, 0
    try:
        there = next((path for path in (folder, *folder.absolute().parents) if path.is_dir()), None)
        free = shutil.disk_usage(there).free if there else 0
        held = sum(size for _, size, _ in _files(folder))
    except OSError:
        # A folder that cannot be listed counts as empty.
        return memory, 0
    return memory, max(0, min(_MAX_DISK, (free + held - _SPARE_DISK) // 20))


class StateCache:
    """States by key (hex sha256). folder: None keeps nothing on disk. Limits in bytes; None takes the defaults.

    States beyond the limit of the disk are removed at once, the least recently used first.
    """

    def __init__(
        self, folder: Path | None = None, memory_limit: int | None = None, disk_limit: int | None = None
    ) -> None:
        memory, disk = default_limits(folder)
        self.folder = folder
        self._memory_limit = memory if memory_limit is None else memory_limit
        self._disk_limit = 0 if folder is None else disk if disk_limit is None else disk_limit
        self._lock = Lock()
        self._memory: OrderedDict[str, bytes] = OrderedDict()
        self._memory_bytes = 0
        self._n_hits = self._n_misses = self._n_damaged = 0
        self._disk_failed = ""
        self._write_after = 0.0
        with contextlib.suppress(OSError):
            self._make_room(0)

    def __contains__(self, key: str) -> bool:
        """Whether the state is there; counts as a use."""
        with self._lock:
            on_disk = self._touch(key)
            return on_disk or key in self._memory

    def get(self, key: str) -> bytes | None:
        """The state, or None; a damaged file is removed."""
        with self._lock:
            state = self._memory.get(key)
            if state is not None:
                self._memory.move_to_end(key)
                self._touch(key)
            elif self._disk_limit and (state := self._load(key)) is not None:
                self._hold(key, state)
            self._n_hits += state is not None
            self._n_misses += state is None
            return state

    def put(self, key: str, state: bytes) -> None:
        """Keep a state and evict the least recently used ones that no longer fit. Disk errors are not raised."""
        with self._lock:
            self._hold(key, state)
            if len(state) > self._disk_limit or self._touch(key) or time.monotonic() < self._write_after:
                return
            try:
                self._store(key, state)
                self._disk_failed = ""
            except FileNotFoundError:
                # Another process has just cleared the folder; do not restore what it deleted.
                pass
            except OSError as error:
                self._disk_failed = str(error)
                self._write_after = time.monotonic() + _PAUSE_S

    def drop(self, key: str) -> None:
        """Delete one state, on disk too."""
        with self._lock:
            self._memory_bytes -= len(self._memory.pop(key, b""))
            if self.folder is not None:
                with contextlib.suppress(OSError):
                    self._path(key).unlink()

    def clear(self) -> int:
        """Delete all states, on disk too. Returns the bytes freed on disk."""
        with self._lock:
            self._memory.clear()
            self._memory_bytes = 0
            freed = 0
            for path, size, _ in _files(self.folder):
                with contextlib.suppress(OSError):
                    path.unlink()
                    freed += size
            self._sweep()
            return freed

    def stats(self) -> CacheStats:
        """The current contents."""
        with self._lock:
            files = _files(self.folder)
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

    def _touch(self, key: str) -> bool:
        """Whether the file is there; sets its time of last use."""
        if not self._disk_limit:
            return False
        path = self._path(key)
        try:
            if abs(time.time() - path.stat().st_mtime) >= _TOUCH_S:
                os.utime(path)
        except PermissionError:
            # Another user's file: it can be read, but is evicted earlier.
            return True
        except OSError:
            return False
        return True

    def _load(self, key: str) -> bytes | None:
        path = self._path(key)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            self._disk_failed = str(error)
            return None
        body = _body_of(content, key)
        if body is None:
            self._n_damaged += 1
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        self._touch(key)
        return body

    def _store(self, key: str, state: bytes) -> None:
        assert self.folder is not None
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self._path(key)
        digest = hashlib.sha256(key.encode())
        digest.update(state)
        head = _MAGIC + digest.digest() + key.encode()
        self._make_room(len(head) + len(state))
        fresh = path.with_suffix(f".{os.getpid()}-{id(self):x}.new")
        try:
            with fresh.open("wb") as stream:
                stream.write(head)
                stream.write(state)
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)

    def _make_room(self, n_bytes: int) -> None:
        self._sweep()
        files = sorted(_files(self.folder), key=lambda file: file[2])
        held = sum(size for _, size, _ in files)
        for path, size, _ in files:
            if held + n_bytes <= self._disk_limit:
                return
            with contextlib.suppress(OSError):
                # Another process may have removed it first.
                path.unlink(missing_ok=True)
                held -= size

    def _sweep(self) -> None:
        """Remove partial files of killed processes, but not those that are being written."""
        for path in _paths(self.folder, ".new"):
            with contextlib.suppress(OSError):
                if time.time() - path.lstat().st_mtime >= _STALE_S or not _is_written_to(path):
                    path.unlink()


def damaged_states(folder: Path) -> list[Path]:
    """The truncated or changed files in a folder of states. Removes nothing."""
    found = []
    for path, _, _ in _files(folder):
        with contextlib.suppress(FileNotFoundError):
            if _body_of(path.read_bytes(), path.stem) is None:
                found.append(path)
    return sorted(found)


def _body_of(content: bytes, key: str) -> bytes | None:
    """The state in a file; None when it is damaged or has another key."""
    body = memoryview(content)[len(_MAGIC) + 32 :]
    digest, name = content[len(_MAGIC) : len(_MAGIC) + 32], key.encode()
    is_whole = content.startswith(_MAGIC) and hashlib.sha256(body).digest() == digest
    return bytes(body[len(name) :]) if is_whole and bytes(body[: len(name)]) == name else None


def _is_written_to(path: Path) -> bool:
    """Whether the process in a file name `KEY.PID-NUMBER.new` is running; True when the name has no process id."""
    import psutil

    pid = path.name.split(".")[1].partition("-")[0]
    try:
        return bool(psutil.pid_exists(int(pid)))
    except (ValueError, OverflowError):
        return True


def _paths(folder: Path | None, suffix: str) -> list[Path]:
    # The folder may be removed while it is listed.
    with contextlib.suppress(FileNotFoundError):
        return list(folder.glob(f"*{suffix}")) if folder else []
    return []


def _files(folder: Path | None) -> list[tuple[Path, int, float]]:
    found = []
    for path in _paths(folder, _SUFFIX):
        with contextlib.suppress(OSError):
            stat = path.stat()
            found.append((path, stat.st_size, stat.st_mtime))
    return found
