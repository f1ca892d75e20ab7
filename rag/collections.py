"""Collections by name: which one is meant, what is there, open it."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rag.archive import STORE_NAME, Archive
from rag.config import SEEDS_COLLECTION, Config
from rag.embedder import open_embedder
from rag.errors import CollectionNotFound, StoreError, UsageError
from rag.seeds import seed_paths

if TYPE_CHECKING:
    from rag.ingest import IngestReport, Progress
    from rag.removal import Removal, Removed

DEFAULT_COLLECTION = "default"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def collection_path(config: Config, name: str) -> Path:
    """The folder of a collection. Raises UsageError for a name that cannot be one."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot name a collection",
            remedy="use letters, digits, dots, dashes and underscores, at most 64",
        )
    return config.collections_dir / name


def list_collections(config: Config) -> list[str]:
    """Names of the collections that are there, sorted."""
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
            remedy=f"name one, for example --collection {others[0]}",
        )
    return others[0] if others else SEEDS_COLLECTION


def open_collection(
    config: Config, name: str, *, create: bool = False, folder: Path | None = None
) -> Archive:
    """folder: where it is, if not in its usual place.

    Raises CollectionNotFound, ModelNotFound, FingerprintMismatch, StoreError.
    """
    path = folder or collection_path(config, name)
    return Archive.open(path, open_embedder(config), config.passages, create=create)


@contextmanager
def rebuilt_collection(config: Config, name: str) -> Iterator[Archive]:
    """A new, empty archive that takes the collection's place when the block ends well, and not before."""
    path = collection_path(config, name)
    fresh = config.collections_dir / f".{name}.{os.getpid()}.rebuilding"
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        with open_collection(config, name, folder=fresh, create=True) as archive:
            yield archive
        shutil.rmtree(path, ignore_errors=True)
        fresh.rename(path)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def index_seeds(config: Config, *, progress: Progress | None = None) -> IngestReport:
    """Bring the collection of the default corpus in step with it."""
    from rag.ingest import ingest_paths

    with open_collection(config, SEEDS_COLLECTION, create=True) as archive:
        return ingest_paths(archive, seed_paths(), progress=progress)


def has_collection(config: Config, name: str) -> bool:
    """Whether it is there."""
    return (collection_path(config, name) / STORE_NAME).is_file()


def remove_collection(config: Config, name: str, *, with_quotes: bool = False) -> Removed:
    """Delete a collection for good, from every place of `rag.data_register`.

    with_quotes: also conversations, gold questions and evaluation runs that quote it. Raises CollectionNotFound.
    """
    from rag.data_register import delete_everywhere

    return delete_everywhere(config, removal_of_collection(config, name), with_quotes=with_quotes)


def removal_of_collection(config: Config, name: str) -> Removal:
    """The removal of a whole collection, also of a damaged one. Raises CollectionNotFound."""
    from rag.data_register import other_collections
    from rag.removal import Removal
    from rag.store import SqliteStore

    if not has_collection(config, name):
        raise CollectionNotFound(
            f"there is no collection {name!r}", remedy="`askive collections` lists those that are there"
        )
    store_id, uris = "", frozenset[str]()
    try:
        with closing(SqliteStore(collection_path(config, name) / STORE_NAME)) as store:
            store_id, uris = store.store_id, frozenset(store.known_sha256())
    except StoreError:
        # What cannot be read can still be deleted; its uploads are found by their owner's absence.
        pass
    return Removal(name, store_id, uris, other_collections(config, name))


def remove_from_collection(
    config: Config, archive: Archive, uris: Sequence[str], *, with_quotes: bool = False
) -> Removed:
    """Remove documents for good, from every place of `rag.data_register`; files outside the data folder stay.

    uris: as in `rag.ingest.remove_documents`. with_quotes: as in `remove_collection`.
    Raises UsageError for what means no document; nothing is removed then.
    """
    from rag.data_register import delete_everywhere

    removal = removal_of_documents(config, archive, uris)
    try:
        return delete_everywhere(config, removal, with_quotes=with_quotes)
    except BaseException:
        # They may be gone from the store all the same, and then nobody can ask for it again.
        from models.registry import clear_states

        clear_states(config.models_dir)
        raise


def removal_of_documents(config: Config, archive: Archive, uris: Sequence[str]) -> Removal:
    """The removal of documents from an opened collection. Raises UsageError for what means no document."""
    from rag.ingest import documents_meant

    return removal_in(config, archive, documents_meant(archive, uris), archive.folder.name)


def removal_in(config: Config, archive: Archive, uris: Iterable[str], name: str) -> Removal:
    """The removal of documents that need not be in the collection any more. name: of the collection."""
    from rag.data_register import other_collections
    from rag.removal import Removal

    return Removal(name, archive.store.store_id, frozenset(uris), other_collections(config, name), archive)
