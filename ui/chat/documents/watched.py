"""Folders of this machine that a collection follows while the chat runs."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock, Thread

from askive.models.errors import AskiveError
from askive.models.files import write_atomically
from askive.rag.config import Config
from askive.rag.errors import CollectionNotFound, UsageError
from askive.rag.indexing import Indexed, losses_text, prune_command
from askive.rag.ingest.plan import missing_path_error
from askive.rag.upkeep.watch import SETTLE_MS, follow_changes
from askive.ui.chat.http.payloads import View
from askive.ui.chat.library import Library
from askive.ui.chat.scheduler import TurnCancelled
from askive.ui.failures import log_line, reported

_JOIN_S = 10.0


@dataclass(slots=True, eq=False)
class _Watch:
    """A folder that is watched. n_changes: runs after which the collection was not as before."""

    collection: str
    folder: Path
    stop: Event = field(default_factory=Event)
    thread: Thread | None = None
    is_indexing: bool = True
    is_paused: bool = False
    done: int = 0
    total: int | None = None
    n_changes: int = 0
    message: str = ""
    remedy: str = ""

    def view(self) -> View:
        """The JSON form. state: `watching`, `indexing`, `paused` (a question is answered), `gone` or `failed`."""
        state = "watching"
        if not self.folder.is_dir():
            state = "gone"
        elif self.is_indexing:
            state = "paused" if self.is_paused else "indexing"
        elif self.message:
            state = "failed"
        return {
            "folder": str(self.folder),
            "state": state,
            "done": self.done,
            "total": self.total,
            "n_changes": self.n_changes,
            "message": self.message,
            "remedy": self.remedy,
        }


class WatchedFolders:
    """Watches folders, each in a thread, and keeps a list of them in a file. Thread-safe."""

    def __init__(self, library: Library, config: Config, settle_ms: int = SETTLE_MS) -> None:
        """settle_ms: a burst of changes is over when nothing has changed for so long."""
        self._library = library
        self._config = config
        self._settle_ms = settle_ms
        self._path = config.home / "chat" / "watched.json"
        self._lock = Lock()
        self._watches = [_Watch(collection, folder) for collection, folder in _read(self._path)]

    def start(self) -> None:
        """Watch the folders of the list, which an earlier chat has kept."""
        with self._lock:
            for watch in self._watches:
                self._begin(watch)

    def of(self, collection: str) -> list[View]:
        """The folders of a collection, as `_Watch.view`."""
        with self._lock:
            return [watch.view() for watch in self._watches if watch.collection == collection]

    def add(self, collection: str, typed: str) -> None:
        """Watch a folder. Raises UsageError for what is not the full path of a folder that can be read."""
        folder = checked_folder(typed, self._config.home)
        with self._lock:
            own = [watch for watch in self._watches if watch.collection == collection]
            for watch in own:
                if folder.is_relative_to(watch.folder):
                    where = "" if folder == watch.folder else f"; it is in {watch.folder}"
                    raise UsageError(f"{folder} is watched already{where}", remedy="name another folder")
            inner = [watch for watch in own if watch.folder.is_relative_to(folder)]
            added = _Watch(collection, folder)
            self._watches = [watch for watch in self._watches if watch not in inner] + [added]
            self._write()
            self._begin(added)
        _end(inner)

    def remove(self, collection: str, folder: str) -> None:
        """Stop watching a folder; its documents stay. Raises UsageError for one that is not watched."""
        if not self._drop(lambda watch: watch.collection == collection and str(watch.folder) == folder):
            raise UsageError(f"{folder} is not watched", remedy="reload the page")

    def change(self, collection: str, change: Callable[[], None], new_name: str | None) -> None:
        """Rename or delete a collection while none of its folders is watched.

        new_name: the collection whose folders they are afterwards; None for none. If `change` fails, nothing changes.
        """
        with self._lock:
            own = [watch for watch in self._watches if watch.collection == collection]
        _end(own)
        name: str | None = collection
        try:
            change()
            name = new_name
        finally:
            with self._lock:
                again = [_Watch(name, watch.folder) for watch in own] if name else []
                self._watches = [watch for watch in self._watches if watch not in own] + again
                if own:
                    self._write()
                for watch in again:
                    self._begin(watch)

    def close(self) -> None:
        """Stop watching; the list stays."""
        with self._lock:
            watches = list(self._watches)
        _end(watches)

    def _drop(self, is_meant: Callable[[_Watch], bool]) -> bool:
        with self._lock:
            ended = [watch for watch in self._watches if is_meant(watch)]
            self._watches = [watch for watch in self._watches if watch not in ended]
            if ended:
                self._write()
        _end(ended)
        return bool(ended)

    def _write(self) -> None:
        rows = [{"collection": watch.collection, "folder": str(watch.folder)} for watch in self._watches]
        write_atomically(self._path, json.dumps(rows, indent=1))

    def _begin(self, watch: _Watch) -> None:
        watch.thread = Thread(target=self._follow, args=(watch,), name=f"watch-{watch.folder}", daemon=True)
        watch.thread.start()

    def _follow(self, watch: _Watch) -> None:
        def failed(error: AskiveError) -> None:
            watch.message, watch.remedy = error.message, error.remedy
            if isinstance(error, CollectionNotFound):
                # Deleted by another program: a new collection of that name is not meant to have its folders.
                watch.stop.set()
                self._drop(lambda other: other is watch)

        try:
            follow_changes(
                self._config.home, [watch.folder], lambda: self._index(watch), failed=failed, stop=watch.stop,
                settle_ms=self._settle_ms,
            )  # fmt: skip
        except TurnCancelled:
            return
        except Exception as error:  # The page must get every error.
            failed(reported(error, "watching a folder"))

    def _index(self, watch: _Watch) -> None:
        if not watch.folder.is_dir():
            watch.is_indexing = False
            return

        def progress(n_done: int, total: int | None, _uri: str) -> None:
            watch.done, watch.total = n_done, total

        def paused(is_paused: bool) -> None:
            watch.is_paused = is_paused

        watch.is_indexing, watch.done, watch.total = True, 0, None
        try:
            indexed = self._library.index_folder(watch.collection, watch.folder, progress, paused, watch.stop)
        finally:
            watch.is_indexing = watch.is_paused = False
        watch.message, watch.remedy = self._withheld(watch.collection, indexed)
        report = indexed.report
        watch.n_changes += bool(
            report.n_written or report.moved or report.n_deleted or report.failures or report.empty
        )

    def _withheld(self, collection: str, indexed: Indexed) -> tuple[str, str]:
        """What to say when most of a folder is gone, and the command that removes its documents too."""
        for withheld in indexed.report.withheld:
            command = prune_command(self._config, collection, withheld.folder)
            return f"{losses_text(withheld)} They were kept", f"mount the disk, or run `{command}`"
        return "", ""


def checked_folder(typed: str, home: Path) -> Path:
    """The folder that a user typed. home: the data folder.

    Raises UsageError for a relative path, for what is no folder or cannot be read, the root of a disk, and the data
    folder.
    """
    name = typed.strip()
    example = "type it from the root on, such as /home/ada/documents"
    if not name:
        raise UsageError("the path is empty", remedy=example)
    try:
        path = Path(name).expanduser()
    except RuntimeError:
        path = Path(name)
    if "\0" in name or not path.is_absolute():
        raise UsageError(f"{name!r} is not a full path", remedy=example)
    folder = Path(os.path.abspath(path))  # noqa: PTH100
    if not folder.exists():
        raise missing_path_error(folder)
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder", remedy="name the folder that it is in, or add the file")
    if folder == folder.parent:
        raise UsageError(f"{folder} is a whole disk", remedy="name a folder on it")
    if folder.resolve().is_relative_to(home.resolve()):
        raise UsageError(f"{folder} is in Askive's own data folder", remedy="name another folder")
    if not os.access(folder, os.R_OK | os.X_OK):
        raise UsageError(f"{folder} cannot be read", remedy="change its permissions, or name another folder")
    return folder


def _end(watches: list[_Watch]) -> None:
    for watch in watches:
        watch.stop.set()
    for watch in watches:
        if watch.thread is not None and watch.thread is not threading.current_thread():
            watch.thread.join(_JOIN_S)


def _read(path: Path) -> Iterator[tuple[str, Path]]:
    """The kept list; one that cannot be read counts as empty and is logged."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        for row in rows:
            yield str(row["collection"]), Path(row["folder"])
    except FileNotFoundError:
        return
    except (OSError, ValueError, KeyError, TypeError) as error:
        log_line(f"the list of watched folders cannot be read: {type(error).__name__}")
