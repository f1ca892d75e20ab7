"""What the fetchers (wheels, hub, url, file) are given, and how they report what they do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from askive.models.files import require_room, size_of
from askive.models.weights.catalog import ModelEntry, Source

Progress = Callable[[int, int, str], None]
"""Called with bytes done, bytes in all, and what is being done; may come from another thread."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """One source being tried for one model.

    staging: this source's own folder, kept when it fails, so that the next try goes on from there.
    progress: where to report.
    """

    entry: ModelEntry
    source: Source
    staging: Path
    progress: Progress

    @property
    def files(self) -> Path:
        """The folder that becomes the model's folder."""
        return self.staging / "files"

    @property
    def pull_again(self) -> str:
        """The command that tries once more, for remedies."""
        return f"askive models pull {self.entry.id}"

    def report(self, done: int, label: str = "", total: int | None = None) -> None:
        """`done` bytes of `total` (the catalog's size) are there."""
        self.progress(done, max(total or self.entry.size, done), label or self.entry.id)

    def require_room(self, n_bytes: int) -> None:
        """Raises DiskSpaceError when `n_bytes` more do not fit."""
        require_room(self.staging, n_bytes, f"pulling {self.entry.id}")


@contextmanager
def growth(transfer: Transfer, folder: Path, done: int, at_most: int, label: str = "") -> Iterator[None]:
    """While the body runs, report `done` plus what has appeared in `folder` (up to `at_most` bytes)."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.2):
            transfer.report(done + min(size_of(folder), at_most), label)

    watcher = threading.Thread(target=watch, name="askive-growth", daemon=True)
    transfer.report(done, label)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
