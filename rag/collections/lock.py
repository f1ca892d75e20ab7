"""The lock of a collection: one writer at a time, across processes and threads.

The lock file `collections/.NAME.lock` is empty and is deleted with its collection: the holder unlinks it just before it
releases the lock. A waiting writer that then locks the unlinked file sees that it has no links, and starts over
(filelock does that), so that two writers never hold locks of one name. Readers take no lock.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from askive.rag.collections.path import collection_path
from askive.rag.errors import CollectionBusy, StoreError

if TYPE_CHECKING:
    from filelock import FileLock

    from askive.rag.config import Config

Notify = Callable[[str], None]
"""Called with a message for the user when there is a wait for a lock."""

ASIDE = ("rebuilding", "replaced", "deleted", "copied")
"""States of a folder `.NAME.STATE` next to a collection: see `askive.rag.collections.swap`. `copied` has the copy for a
backup."""
_POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class _Lock:
    """A lock file and a lock for the threads of this process; both count how often the holder acquired them."""

    file: FileLock
    threads: threading.RLock = field(default_factory=threading.RLock)


_locks: dict[str, _Lock] = {}
_locks_guard = threading.Lock()


@contextmanager
def lock_collections(
    config: Config, *names: str, wait_s: float | None = None, notify: Notify | None = None
) -> Iterator[None]:
    """Hold the locks of these collections, which need not exist. Reentrant within a thread.

    wait_s: how long to wait, in seconds; None: `config.lock_wait_s`. Acquire it before the lock of the models, never
    after. Raises CollectionBusy when another holder keeps a lock longer, StoreError when a lock file cannot be created,
    UsageError for an invalid name.
    """
    wait_s = config.lock_wait_s if wait_s is None else wait_s
    with ExitStack() as locks:
        # In sorted order, so that two holders of the same locks cannot deadlock.
        for name in sorted(set(names)):
            locks.enter_context(_hold(lock_path(config, name), name, wait_s, notify))
        yield


def lock_path(config: Config, name: str) -> Path:
    """The lock file of a collection. Raises UsageError for an invalid name."""
    folder = collection_path(config, name)
    return folder.with_name(f".{folder.name}.lock")


@contextmanager
def _hold(path: Path, name: str, wait_s: float, notify: Notify | None) -> Iterator[None]:
    lock = _lock_at(path)
    deadline = time.monotonic() + wait_s
    if not _acquire(lock, path, 0):
        if wait_s > 0 and notify is not None:
            notify(f"Waiting up to {wait_s:.0f} s: another Askive is changing the collection {name!r}.")
        if not _acquire(lock, path, max(0.0, deadline - time.monotonic())):
            raise CollectionBusy(
                f"another Askive is changing the collection {name!r}; waited {wait_s:.0f} s",
                remedy="try again when it has finished, or wait longer with ASKIVE_LOCK_WAIT_S=3600",
            )
    try:
        yield
    finally:
        # An outer block of this thread still needs it.
        if lock.file.lock_counter == 1:
            discard_unused(path)
        lock.file.release()
        lock.threads.release()


def discard_unused(path: Path) -> None:
    """Unlink the lock file of a collection that does not exist any more; others stay.

    Call it only while holding the lock, just before releasing it.
    """
    folder, name = path.parent, path.name.removeprefix(".").removesuffix(".lock")
    entries = (name, *(f".{name}.{state}" for state in ASIDE))
    if path.name == f".{name}.lock" and not any((folder / entry).exists() for entry in entries):
        # Windows does not unlink an open file.
        with suppress(OSError):
            path.unlink()


def _acquire(lock: _Lock, path: Path, timeout_s: float) -> bool:
    from filelock import Timeout

    deadline = time.monotonic() + timeout_s
    if not lock.threads.acquire(timeout=timeout_s):
        return False
    try:
        # The thread that has the file lock only increments its count.
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.file.acquire(timeout=max(0.0, deadline - time.monotonic()), poll_interval=_POLL_S)
    except Timeout:
        lock.threads.release()
        return False
    except OSError as error:
        lock.threads.release()
        raise StoreError(
            f"the lock file {path} cannot be opened: {error.strerror or error}",
            remedy=f"check the permissions of {path.parent} and that its disk is writable",
        ) from error
    except BaseException:
        lock.threads.release()
        raise
    return True


def _lock_at(path: Path) -> _Lock:
    from filelock import FileLock

    key = str(path.absolute())
    with _locks_guard:
        if key not in _locks:
            # One instance for all threads, which the thread lock separates.
            _locks[key] = _Lock(FileLock(key, thread_local=False))
        return _locks[key]
