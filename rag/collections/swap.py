"""Replace a collection by a new one, or delete one, so that after a crash either the old or the new one is complete.

Next to `NAME` there may be `.NAME.rebuilding` (under construction), `.NAME.replaced` (the old one) and
`.NAME.deleted`. The old one is set aside only when the new one is complete and synced to disk. So if `NAME` is missing
and `.NAME.replaced` exists, a swap was interrupted, and `.NAME.rebuilding`, if it exists, is complete.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from askive.models.files import sync_file, sync_folder
from askive.rag.collections.lock import Notify, lock_collections
from askive.rag.config import Config
from askive.rag.errors import AskiveError, StoreError
from askive.rag.store.archive import STORE_NAME
from askive.rag.store.database_file import read_meta
from askive.rag.store.files import RENEWAL

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


def building_path(config: Config, name: str) -> Path:
    """The folder in which a new collection is built."""
    return config.collections_dir / f".{name}.rebuilding"


def swap_in(config: Config, name: str) -> bool | None:
    """Replace a collection by the one in `building_path` and delete the old one. Requires the lock.

    All cached attention states are deleted with the old one: returns whether none is left; None when there was no old
    one. Where the system can exchange two names, the collection exists at every moment. Raises StoreError on a disk
    error; then either the old one or the new one is in place.
    """
    with _disk_errors(config, name):
        return _swap_in(config, name)


def _swap_in(config: Config, name: str) -> bool | None:
    fresh, place, aside = building_path(config, name), config.collections_dir / name, _aside(config, name)
    for path in fresh.iterdir():
        sync_file(path)
    sync_folder(fresh)
    shutil.rmtree(aside, ignore_errors=True)
    if not place.exists():
        fresh.rename(place)
    elif _exchange(fresh, place):
        fresh.rename(aside)
    else:
        place.rename(aside)
        fresh.rename(place)
    sync_folder(config.collections_dir)
    return _delete_former(config, aside) if aside.exists() else None


def _delete_former(config: Config, folder: Path) -> bool:
    """Delete the replaced collection and the states derived from it; returns whether no state is left."""
    from askive.models.registry import clear_states

    # States first: the folder shows the next start that they are still to be deleted.
    cleared = clear_states(config.models_dir)
    shutil.rmtree(folder, ignore_errors=True)
    return cleared


def deleted_path(config: Config, name: str) -> Path:
    """The folder of a collection while it is being deleted."""
    return config.collections_dir / f".{name}.deleted"


def set_aside(config: Config, name: str) -> None:
    """Move a collection to `deleted_path`, and delete remains of interrupted swaps. Requires the lock.

    So a partly deleted collection is never opened. Raises StoreError on a disk error.
    """
    # Before the collection is moved: otherwise a recovery would put the old state in its place.
    discard_leftovers(config, name)
    deleted = deleted_path(config, name)
    with _disk_errors(config, name):
        if deleted.exists():
            shutil.rmtree(deleted)
        (config.collections_dir / name).rename(deleted)
        sync_folder(config.collections_dir)


def delete_set_aside(config: Config, name: str) -> None:
    """Delete what `set_aside` moved. Requires the lock. Raises StoreError on a disk error."""
    with _disk_errors(config, name):
        shutil.rmtree(deleted_path(config, name))


def renewal_of(store_id: str, generation: int) -> str:
    """How a renewal begins that is made from this state of a store; its settings follow."""
    return f"{store_id}:{generation}:"


def unfinished_renewal(folder: Path) -> str:
    """What the collection in a folder is to be filled with (`SqliteStore.renewal`); empty for all others."""
    return read_meta(folder / STORE_NAME).get(RENEWAL, "")


def rename_folder(config: Config, name: str, new_name: str) -> None:
    """Rename a collection's folder. Requires both locks. Raises StoreError on a disk error."""
    with _disk_errors(config, name):
        (config.collections_dir / name).rename(config.collections_dir / new_name)
        sync_folder(config.collections_dir)


def discard_leftovers(config: Config, name: str) -> None:
    """Delete remains of interrupted rebuilds of a collection, after a recovery. Requires the lock.

    `askive.rag.privacy.leftovers.sweep` finishes interrupted deletions. Raises StoreError on a disk error.
    """
    from askive.models.registry import clear_states

    recover_collection(config, name)
    for state in ("rebuilding", "replaced"):
        leftover = config.collections_dir / f".{name}.{state}"
        if leftover.exists():
            # After an interrupted exchange, `rebuilding` is the old collection.
            clear_states(config.models_dir)
            with _disk_errors(config, name):
                shutil.rmtree(leftover)


def recover_collections(config: Config) -> None:
    """Finish all swaps that a crash interrupted. Cheap; skips collections that another process has locked."""
    for aside in config.collections_dir.glob(".*.replaced"):
        # One broken collection must not break the listing; opening it reports the error.
        with suppress(AskiveError):
            recover_collection(config, aside.name[1 : -len(".replaced")], wait_s=0)


def recover_collection(
    config: Config, name: str, *, wait_s: float | None = None, notify: Notify | None = None
) -> None:
    """Finish an interrupted swap of this collection, or restore the old one; nothing if there was none.

    wait_s, notify, errors: as `lock_collections`.
    """
    if not _is_interrupted(config, name):
        return
    with lock_collections(config, name, wait_s=wait_s, notify=notify):
        # Checked again: the previous holder of the lock may have finished the swap.
        if not _is_interrupted(config, name):
            return
        fresh, place, aside = building_path(config, name), config.collections_dir / name, _aside(config, name)
        with _disk_errors(config, name):
            (fresh if (fresh / STORE_NAME).is_file() else aside).rename(place)
            sync_folder(config.collections_dir)
        if aside.exists():
            _delete_former(config, aside)


@contextmanager
def _disk_errors(config: Config, name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        raise StoreError(
            f"the folder of the collection {name!r} cannot be changed: {error.strerror or error}{where}",
            remedy=f"check the permissions and the disk of {config.collections_dir}, then run the command again",
        ) from error


def _is_interrupted(config: Config, name: str) -> bool:
    return _aside(config, name).is_dir() and not (config.collections_dir / name).exists()


def _aside(config: Config, name: str) -> Path:
    return config.collections_dir / f".{name}.replaced"


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two names atomically; False if the system or the file system cannot."""
    if sys.platform != "linux":
        return False
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    result: int = rename(
        _AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), ctypes.c_uint(_RENAME_EXCHANGE)
    )
    return result == 0
