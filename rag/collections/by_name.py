"""Collections by name: choose, list, open and create them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from askive.rag.collections.in_milvus import (
    has_milvus_collection,
    milvus_names,
    open_milvus_archive,
    open_milvus_store,
    rebuild_in_milvus,
    rename_in_milvus,
    uses_milvus,
)
from askive.rag.collections.lock import Notify, lock_collections
from askive.rag.collections.path import collection_path as collection_path
from askive.rag.collections.swap import (
    building_path,
    discard_leftovers,
    recover_collection,
    recover_collections,
    rename_folder,
    swap_in,
    unfinished_renewal,
)
from askive.rag.config import SEEDS_COLLECTION, Config
from askive.rag.errors import AskiveError, CollectionNotFound, StoreError, UsageError
from askive.rag.factory import open_embedder
from askive.rag.seeds import seed_paths
from askive.rag.store.archive import STORE_NAME, Archive
from askive.rag.store.database_file import migration_copies
from askive.rag.store.protocols import CollectionStore
from askive.rag.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from askive.models.protocols import Embedder
    from askive.rag.ingest.pipeline import Progress
    from askive.rag.ingest.plan import Withheld
    from askive.rag.ingest.report import IngestReport

DEFAULT_COLLECTION = "default"


def list_collections(config: Config) -> list[str]:
    """Names of the existing collections, sorted."""
    if uses_milvus(config):
        return milvus_names(config)
    return list_local_collections(config)


def list_local_collections(config: Config) -> list[str]:
    """Names of the collections in the data folder, sorted, whatever the setting `store`.

    Interrupted swaps are finished first.
    """
    recover_collections(config)
    return sorted(path.parent.name for path in config.collections_dir.glob(f"[!.]*/{STORE_NAME}"))


def choose_collection(config: Config) -> str:
    """The default collection.

    The configured one; else `default`; else the only one besides the seeds; else the seeds.
    Raises UsageError when there are several candidates.
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
    """An existing collection. folder: its path, if it is not at the usual place.

    Raises CollectionNotFound, ModelNotFound, FingerprintMismatch, StoreError.
    """
    if folder is None:
        return open_archive(config, name, open_embedder(config), create=create)
    return Archive.open(folder, open_embedder(config), config.passages, create=create)


def open_archive(config: Config, name: str, embedder: Embedder, *, create: bool = False) -> Archive:
    """As `open_collection`, with an embedder that is loaded already."""
    if uses_milvus(config):
        return open_milvus_archive(config, name, embedder, create=create)
    recover_collection(config, name)
    return Archive.open(collection_path(config, name), embedder, config.passages, create=create)


@contextmanager
def write_collection(
    config: Config, name: str, *, create: bool = False, notify: Notify | None = None
) -> Iterator[Archive]:
    """Open a collection for changes, and lock out other writers until the block ends.

    notify: called when there is a wait for another writer. Raises CollectionBusy; StoreError when a program that
    ignores the lock removed or replaced the collection in the meantime; and errors of `open_collection`.
    """
    path = collection_path(config, name)
    with lock_collections(config, name, notify=notify):
        if not uses_milvus(config):
            discard_leftovers(config, name)
        with open_collection(config, name, create=create) as archive:
            yield archive
            for path in migration_copies(archive.folder):
                path.unlink(missing_ok=True)
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
    renewal: str = "",
) -> Iterator[Archive]:
    """A new, empty archive that replaces the collection when the block ends without an error.

    Other writers are locked out. states_cleared: called after a collection was replaced, with whether all cached states
    were deleted. renewal: of the store that is filled; then what an interrupted block has filled is continued, unless
    the disk failed. notify, errors: as `write_collection`.
    """
    with lock_collections(config, name, notify=notify):
        if uses_milvus(config):
            with rebuild_in_milvus(config, name, open_embedder(config), states_cleared) as archive:
                yield archive
            return
        fresh = building_path(config, name)
        recover_collection(config, name)
        if not renewal or unfinished_renewal(fresh) != renewal:
            discard_leftovers(config, name)
        try:
            with open_collection(config, name, folder=fresh, create=True) as archive:
                yield archive
        except BaseException as error:
            if not renewal or isinstance(error, (StoreError, OSError)):
                shutil.rmtree(fresh, ignore_errors=True)
            raise
        cleared = swap_in(config, name)
        if cleared is not None:
            states_cleared(cleared)


def rebuild_losses(config: Config, name: str, paths: Sequence[Path]) -> list[Withheld]:
    """Documents that a rebuild from these paths would lose, as `askive.rag.ingest.plan.Plan.withheld`.

    Empty when there is no collection or its store cannot be read. Raises UsageError for a path that does not exist.
    """
    from askive.rag.ingest.plan import plan_paths

    try:
        with closing(open_store(config, name)) as store:
            known = store.known_sha256()
    except (CollectionNotFound, StoreError):
        return []
    return plan_paths(paths, known).withheld


def create_collection(config: Config, name: str, *, notify: Notify | None = None) -> None:
    """Create an empty collection. Raises UsageError when it exists or the name is invalid; CollectionBusy."""
    with lock_collections(config, name, notify=notify):
        _require_free(config, name)
        with write_collection(config, name, create=True):
            pass


def rename_collection(config: Config, name: str, new_name: str, *, notify: Notify | None = None) -> None:
    """Rename a collection. Raises UsageError for a name taken or invalid; CollectionNotFound, CollectionBusy."""
    with lock_collections(config, name, new_name, notify=notify):
        require_collection(config, name)
        _require_free(config, new_name)
        if uses_milvus(config):
            rename_in_milvus(config, name, new_name)
            return
        discard_leftovers(config, name)
        discard_leftovers(config, new_name)
        rename_folder(config, name, new_name)


def index_seeds(
    config: Config, *, progress: Progress | None = None, notify: Notify | None = None
) -> IngestReport:
    """Update the collection of the default corpus; a new one appears only when it is complete."""
    from askive.rag.ingest.pipeline import ingest_paths

    with lock_collections(config, SEEDS_COLLECTION, notify=notify):
        exists = has_collection(config, SEEDS_COLLECTION)
        opened = (
            write_collection(config, SEEDS_COLLECTION)
            if exists
            else rebuild_collection(config, SEEDS_COLLECTION)
        )
        with opened as archive:
            return ingest_paths(archive, seed_paths(), progress=progress)


def has_collection(config: Config, name: str) -> bool:
    """Whether the collection exists."""
    if uses_milvus(config):
        return has_milvus_collection(config, name)
    recover_collection(config, name)
    return (collection_path(config, name) / STORE_NAME).is_file()


def open_store(config: Config, name: str) -> CollectionStore:
    """The store of a collection, without models; close it. Raises CollectionNotFound, StoreError, UsageError."""
    return open_milvus_store(config, name) if uses_milvus(config) else open_local_store(config, name)


def open_local_store(config: Config, name: str) -> SqliteStore:
    """The store of a collection in the data folder, whatever the setting `store`; otherwise as `open_store`."""
    return SqliteStore(collection_path(config, name) / STORE_NAME, create=False)


def collection_row(config: Config, name: str) -> dict[str, Any]:
    """`{"name", "documents", "passages", "embedder"}`; with `error` and without sizes if it cannot be read."""
    try:
        with closing(open_store(config, name)) as store:
            counts, made = store.counts(), store.fingerprint()
    except AskiveError as error:
        return {"name": name, "documents": None, "passages": None, "embedder": None, "error": error.as_dict()}
    return {
        "name": name,
        "documents": counts.n_documents,
        "passages": counts.n_passages,
        "embedder": made.embedder_id if made else None,
    }


def require_collection(config: Config, name: str) -> None:
    """Raises CollectionNotFound, with the existing names; UsageError for an invalid name."""
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


def with_stored_embedder(config: Config, name: str) -> Config:
    """The settings with the embedder of a collection; unchanged when none was stored, or it cannot be read."""
    try:
        with closing(open_store(config, name)) as store:
            fingerprint = store.fingerprint()
    except (CollectionNotFound, StoreError):
        return config
    return config.model_copy(update={"embedder": fingerprint.embedder_id}) if fingerprint else config


@dataclass(frozen=True, slots=True)
class KnownDocuments:
    """Documents of a collection. digests: by uri. former: the paths they were moved from, by uri."""

    digests: Mapping[str, str] = field(default_factory=dict)
    former: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def with_former(self, uris: Iterable[str]) -> set[str]:
        """These uris and the former paths of their documents."""
        return {each for uri in uris for each in (uri, *self.former.get(uri, ()))}


def known_documents(config: Config, name: str) -> KnownDocuments:
    """The documents of a collection; none when it is damaged."""
    try:
        with closing(open_store(config, name)) as store:
            return KnownDocuments(store.known_sha256(), store.former_uris())
    except (CollectionNotFound, StoreError):
        return KnownDocuments()
