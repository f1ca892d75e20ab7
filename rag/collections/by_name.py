"""Collections by name: choose, list, open and create them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from askive.rag.collections.lock import Notify, lock_collections
from askive.rag.collections.path import collection_path as collection_path
from askive.rag.collections.swap import (
    building_path,
    discard_leftovers,
    recover_collection,
    recover_collections,
    rename_folder,
    swap_in,
)
from askive.rag.config import SEEDS_COLLECTION, Config
from askive.rag.errors import CollectionNotFound, StoreError, UsageError
from askive.rag.factory import open_embedder
from askive.rag.seeds import seed_paths
from askive.rag.store.archive import STORE_NAME, Archive

if TYPE_CHECKING:
    from askive.rag.ingest.pipeline import IngestReport, Progress
    from askive.rag.ingest.plan import Withheld

DEFAULT_COLLECTION = "default"


def list_collections(config: Config) -> list[str]:
    """Names of the collections that are there, sorted."""
    recover_collections(config)
    return sorted(path.parent.name for path in config.collections_dir.glob(f"[!.]*/{STORE_NAME}"))


def choose_collection(config: Config) -> str:
    """The collection to ask when none was named.

    The configured one; else `default`; else the only one besides the seeds; else the seeds.
    Raises UsageError when several could be meant.
    """
    if config.collection:
        return config.collection
    others = [name for name in list_collections(config) if name != SEEDS_COLLECTION]
    if DEFAULT_COLLECTION in others:
        return DEFAULT_COLLECTION
    if len(others) > 1:
        raise UsageError(
            f"which collection? There are {', '.join(others)}",
            remedy=f"choose one, for example --collection {others[0]}",
        )
    return others[0] if others else SEEDS_COLLECTION


def open_collection(
    config: Config, name: str, *, create: bool = False, folder: Path | None = None
) -> Archive:
    """folder: where it is, if not in its usual place.

    Raises CollectionNotFound, ModelNotFound, FingerprintMismatch, StoreError.
    """
    path = folder or collection_path(config, name)
    if folder is None:
        recover_collection(config, name)
    return Archive.open(path, open_embedder(config), config.passages, create=create)


@contextmanager
def write_collection(
    config: Config, name: str, *, create: bool = False, notify: Notify | None = None
) -> Iterator[Archive]:
    """Open a collection to change it, and keep other writers out until the block ends.

    notify: called when another writer is waited for. Raises CollectionBusy; StoreError when something that takes no
    lock removed or replaced the collection meanwhile; and as `open_collection`.
    """
    path = collection_path(config, name)
    with lock_collections(config, name, notify=notify):
        discard_leftovers(config, name)
        with open_collection(config, name, create=create) as archive:
            yield archive
            if not archive.store.is_in_place():
                raise StoreError(
                    f"the collection at {path} was removed or replaced during writing",
                    remedy="run the command again",
                )


@contextmanager
def rebuild_collection(
    config: Config,
    name: str,
    *,
    notify: Notify | None = None,
    states_cleared: Callable[[bool], object] = lambda _cleared: None,
) -> Iterator[Archive]:
    """A new, empty archive that takes the collection's place when the block ends well, and not before.

    Other writers are kept out. states_cleared: called when a former collection was replaced, with whether no kept state
    is left. notify, raises: as `write_collection`.
    """
    with lock_collections(config, name, notify=notify):
        discard_leftovers(config, name)
        fresh = building_path(config, name)
        try:
            with open_collection(config, name, folder=fresh, create=True) as archive:
                yield archive
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise
        cleared = swap_in(config, name)
        if cleared is not None:
            states_cleared(cleared)


def rebuild_losses(config: Config, name: str, paths: Sequence[Path]) -> list[Withheld]:
    """What a rebuild from these paths would lose of the folders among them, as `askive.rag.ingest.plan.Plan.withheld`.

    Empty when there is no collection or its store cannot be read. Raises UsageError for a path that does not exist.
    """
    from askive.rag.ingest.plan import plan_paths
    from askive.rag.store.sqlite import SqliteStore

    try:
        with closing(SqliteStore(collection_path(config, name) / STORE_NAME, create=False)) as store:
            known = store.known_sha256()
    except (CollectionNotFound, StoreError):
        return []
    return plan_paths(paths, known).withheld


def create_collection(config: Config, name: str, *, notify: Notify | None = None) -> None:
    """Make an empty collection. Raises UsageError when there is one, or the name cannot be one; CollectionBusy."""
    with lock_collections(config, name, notify=notify):
        _require_free(config, name)
        with write_collection(config, name, create=True):
            pass


def rename_collection(config: Config, name: str, new_name: str, *, notify: Notify | None = None) -> None:
    """Raises UsageError when the new name is taken or cannot be one; CollectionNotFound, CollectionBusy."""
    with lock_collections(config, name, new_name, notify=notify):
        require_collection(config, name)
        _require_free(config, new_name)
        discard_leftovers(config, name)
        discard_leftovers(config, new_name)
        rename_folder(config, name, new_name)


def index_seeds(
    config: Config, *, progress: Progress | None = None, notify: Notify | None = None
) -> IngestReport:
    """Bring the collection of the default corpus in step with it; a new one appears whole."""
    from askive.rag.ingest.pipeline import ingest_paths

    with lock_collections(config, SEEDS_COLLECTION, notify=notify):
        is_there = has_collection(config, SEEDS_COLLECTION)
        opened = (
            write_collection(config, SEEDS_COLLECTION)
            if is_there
            else rebuild_collection(config, SEEDS_COLLECTION)
        )
        with opened as archive:
            return ingest_paths(archive, seed_paths(), progress=progress)


def has_collection(config: Config, name: str) -> bool:
    """Whether it is there."""
    recover_collection(config, name)
    return (collection_path(config, name) / STORE_NAME).is_file()


def require_collection(config: Config, name: str) -> None:
    """Raises CollectionNotFound, with the names of those that are there; UsageError for a name that cannot be one."""
    if has_collection(config, name):
        return
    others = ", ".join(list_collections(config))
    create = f"create it with `askive index PATH --collection {name}`"
    raise CollectionNotFound(
        f"there is no collection {name!r}; there are: {others}"
        if others
        else f"there is no collection {name!r}",
        remedy=f"choose one of them, or {create}" if others else create,
    )


def _require_free(config: Config, name: str) -> None:
    if has_collection(config, name):
        raise UsageError(f"there is a collection {name!r} already", remedy="choose another name")


def stored_embedder(config: Config, name: str) -> str | None:
    """The id of the embedder that made a collection; None when nothing was ever stored, or it cannot be read."""
    from askive.rag.store.sqlite import SqliteStore

    try:
        with closing(SqliteStore(collection_path(config, name) / STORE_NAME, create=False)) as store:
            made = store.fingerprint()
    except (CollectionNotFound, StoreError):
        return None
    return made.embedder_id if made else None


def known_documents(config: Config, name: str) -> dict[str, str]:
    """Digests of a collection's documents by uri; empty when it is damaged."""
    from askive.rag.store.sqlite import SqliteStore

    try:
        with closing(SqliteStore(collection_path(config, name) / STORE_NAME)) as store:
            return store.known_sha256()
    except StoreError:
        return {}
