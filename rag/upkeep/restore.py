"""Put what a backup holds back into the data folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from askive.rag.collections.by_name import has_collection, list_collections, open_store
from askive.rag.collections.in_milvus import require_local
from askive.rag.collections.lock import Notify, lock_collections
from askive.rag.collections.swap import building_path, discard_leftovers, swap_in
from askive.rag.config import Config
from askive.rag.errors import AskiveError, StoreError, UsageError
from askive.rag.privacy.leftovers import sweep, uploads_lock
from askive.rag.privacy.register import uploads_folder
from askive.rag.store.archive import STORE_NAME
from askive.rag.store.sqlite import SqliteStore
from askive.rag.upkeep.backup import Backup, Progress


@dataclass(frozen=True, slots=True)
class Restored:
    """collections: numbers of documents by name. n_files: other files written. kept: those that were there already."""

    collections: dict[str, int]
    n_files: int
    kept: list[str]


def restore(
    config: Config,
    source: Path,
    names: Sequence[str] = (),
    *,
    replace: bool = False,
    progress: Progress = lambda _done, _total: None,
    notify: Notify | None = None,
) -> Restored:
    """Restore collections from a backup, each as a whole; the whole file is checked before anything changes.

    names: only these collections; when empty all, with conversations, notes, gold questions and settings.
    replace: also where there is something already; otherwise an existing collection is an error, and other existing
    files are kept.
    Raises UsageError for a file that is not a sound backup and for a name that is not in it or exists; CollectionBusy,
    StoreError.
    """
    require_local(config, "a restore")
    with Backup(source, progress) as backup:
        held: dict[str, int] = backup.manifest["collections"]
        chosen = list(names) or list(held)
        for name in chosen:
            if name not in held:
                raise UsageError(
                    f"the backup has no collection {name!r}; it has: {', '.join(held) or 'none'}",
                    remedy="choose one of them",
                )
            if not replace and has_collection(config, name):
                raise UsageError(
                    f"there is a collection {name!r} already",
                    remedy=f"add --replace to replace it with that of {source}",
                )
        with _uploads_held(config):
            for name in chosen:
                _restore_collection(config, backup, name, notify)
        n_files, kept = 0, []
        for file in () if names else [n for n in backup.manifest["files"] if not n.startswith(_OWN)]:
            target = config.home / file
            if target.exists() and not replace:
                kept.append(file)
                continue
            for journal in ("-wal", "-shm"):
                target.with_name(f"{target.name}{journal}").unlink(missing_ok=True)
            backup.extract(file, target)
            n_files += 1
    sweep(config)
    return Restored({name: held[name] for name in chosen}, n_files, kept)


_OWN = ("collections/", "uploads/")


def _restore_collection(config: Config, backup: Backup, name: str, notify: Notify | None) -> None:
    with lock_collections(config, name, notify=notify):
        discard_leftovers(config, name)
        fresh = building_path(config, name)
        try:
            backup.extract(f"collections/{name}/{STORE_NAME}", fresh / STORE_NAME)
            with closing(SqliteStore(fresh / STORE_NAME, create=False)) as store:
                if problems := store.check():
                    raise StoreError(
                        f"the collection {name!r} of the backup is damaged: {'; '.join(problems[:3])}",
                        remedy="use another backup; nothing was changed",
                    )
                _require_unused(config, name, store.store_id)
                store.rebase(backup.manifest["uploads"], str(uploads_folder(config)))
                for file in backup.names(f"uploads/{store.store_id}/"):
                    backup.extract(file, config.home.absolute() / file)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise
        swap_in(config, name)


def _require_unused(config: Config, name: str, store_id: str) -> None:
    """Raises UsageError when another collection is the same one under a new name: they would share their uploads."""
    for other in list_collections(config):
        if other != name and _store_id(config, other) == store_id:
            raise UsageError(
                f"the collection {name!r} of the backup is here under the name {other!r}",
                remedy=f"rename it with `askive collections rename {other} NEW`, or keep it as it is",
            )


def _store_id(config: Config, name: str) -> str | None:
    """The id of a collection's store; None when it cannot be read."""
    try:
        with closing(open_store(config, name)) as store:
            return store.store_id
    except AskiveError:
        return None


@contextmanager
def _uploads_held(config: Config) -> Iterator[None]:
    """Hold the lock of uploads: without their collection, files look like leftovers to other processes."""
    from filelock import FileLock, Timeout

    uploads_folder(config).mkdir(parents=True, exist_ok=True)
    lock = FileLock(uploads_lock(config), timeout=0)
    # If a chat holds it, they are protected too.
    with suppress(Timeout):
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
