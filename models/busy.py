"""A mark that the models are answering, for other processes that can wait with work of their own."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event

_NAME = ".answering.lock"
_POLL_S = 0.2


@contextlib.contextmanager
def mark_busy(home: Path) -> Iterator[None]:
    """Hold a shared lock on a file in the data folder; the system releases it when the process ends.

    Does nothing where the file cannot be locked: the mark only makes answers faster.
    """
    descriptor = _locked(home, is_shared=True, create=home.is_dir())
    try:
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def is_busy(home: Path) -> bool:
    """Whether a process answers with the models of this data folder."""
    if not (home / _NAME).exists():
        return False
    descriptor = _locked(home, is_shared=False, create=False)
    if descriptor is None:
        return True
    os.close(descriptor)
    return False


def wait_while_busy(home: Path, limit_s: float, stop: Event) -> None:
    """Wait while a process answers: at most `limit_s` seconds, and not once `stop` is set."""
    deadline = time.monotonic() + limit_s
    while is_busy(home) and time.monotonic() < deadline and not stop.wait(_POLL_S):
        pass


def _locked(home: Path, *, is_shared: bool, create: bool) -> int | None:
    """A descriptor of the locked file; None when it is locked otherwise or cannot be locked."""
    try:
        import fcntl
    except ImportError:
        # Windows.
        return None
    descriptor = None
    try:
        descriptor = os.open(home / _NAME, os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT if create else 0), 0o600)
        fcntl.flock(descriptor, (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError:
        if descriptor is not None:
            os.close(descriptor)
        return None
    return descriptor
