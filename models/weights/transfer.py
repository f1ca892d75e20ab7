"""The input of the fetchers (wheels, hub, url, file), and their progress reports."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from askive.models.files import require_room, size_of
from askive.models.weights.catalog import ModelEntry, Source

Progress = Callable[[int, int, str], None]
"""Called with the bytes done, the total bytes and a label, possibly from another thread."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """The download of one model from one source.

    staging: the folder of this source, kept after a failure so that the next try continues.
    progress: receives the reports.
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
        """The command that tries again, for remedies."""
        return f"askive models pull {self.entry.id}"

    def report(self, done: int, label: str = "", total: int | None = None) -> None:
        """Report `done` bytes of `total` (by default the size in the catalog)."""
        self.progress(done, max(total or self.entry.size, done), label or self.entry.id)

    def require_room(self, n_bytes: int) -> None:
        """Raises DiskSpaceError when there is no room for `n_bytes` more."""
        require_room(self.staging, n_bytes, f"pulling {self.entry.id}")


@contextmanager
def growth(transfer: Transfer, folder: Path, done: int, max_bytes: int, label: str = "") -> Iterator[None]:
    """While the body runs, report `done` plus the bytes in `folder` (up to `max_bytes`)."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.2):
            transfer.report(done + min(size_of(folder), max_bytes), label)

    watcher = threading.Thread(target=watch, name="askive-growth", daemon=True)
    transfer.report(done, label)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
