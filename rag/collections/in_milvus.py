"""Collections in Milvus by name, where the setting `store` names one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from askive.models.protocols import Embedder
from askive.rag.collections.path import collection_path
from askive.rag.config import Config
from askive.rag.errors import CollectionNotFound, UsageError
from askive.rag.store.archive import Archive
from askive.rag.store.milvus.address import SCHEME, connect, parse_address
from askive.rag.store.milvus.indexes import MilvusFullText, MilvusVectors
from askive.rag.store.milvus.registry import Registry
from askive.rag.store.milvus.store import MilvusStore


def uses_milvus(config: Config) -> bool:
    """Whether collections are in Milvus, not in the data folder."""
    return config.store.startswith(SCHEME)


def require_local(config: Config, what: str) -> None:
    """Raises UsageError where collections are in Milvus. what: the command that needs them in the data folder."""
    if uses_milvus(config):
        shown = parse_address(config.store, config.home).shown
        raise UsageError(
            f"{what} works on collections in the data folder, and store = {shown!r}",
            remedy="use the tools of Milvus, or copy a collection to the data folder first:"
            " `askive migrate --to sqlite`",
        )


def open_registry(config: Config) -> Registry:
    """The registry of the configured Milvus. Raises ConfigError, UsageError, StoreError."""
    return connect(parse_address(config.store, config.home))


def milvus_names(config: Config) -> list[str]:
    """Names of the collections, sorted."""
    return [name for name in open_registry(config).names() if not name.startswith(".")]


def has_milvus_collection(config: Config, name: str) -> bool:
    """Whether the collection exists, readable or not. Raises UsageError for an invalid name."""
    return _checked(config, name) in open_registry(config).names()


def open_milvus_store(config: Config, name: str, *, create: bool = False) -> MilvusStore:
    """The store of a collection, without models; close it. Raises CollectionNotFound, StoreError, UsageError."""
    return MilvusStore.open(open_registry(config), _checked(config, name), create=create)


def open_milvus_archive(config: Config, name: str, embedder: Embedder, *, create: bool = False) -> Archive:
    """The collection. Raises CollectionNotFound, FingerprintMismatch, StoreError, UsageError."""
    return _archive(config, name, open_milvus_store(config, name, create=create), embedder)


def _archive(config: Config, name: str, store: MilvusStore, embedder: Embedder) -> Archive:
    full_text = MilvusFullText(store)
    # The folder does not exist: nothing of a collection that others change is kept on this machine.
    return Archive(
        config.home / "milvus" / name,
        store,
        embedder,
        config.passages,
        lexical=full_text,
        open_dense=lambda _dimension: MilvusVectors(store),
        hybrid=full_text,
    ).checked()


def _checked(config: Config, name: str) -> str:
    return collection_path(config, name).name


@contextmanager
def rebuild_in_milvus(
    config: Config, name: str, embedder: Embedder, states_cleared: Callable[[bool], object]
) -> Iterator[Archive]:
    """A new, empty archive that replaces the collection when the block ends without an error. Requires the lock.

    states_cleared: called after a collection was replaced, with whether all cached states were deleted.
    """
    registry, building = open_registry(config), f".{_checked(config, name)}.rebuilding"
    registry.forget(building)
    try:
        store = MilvusStore.open(registry, building, create=True)
        with _archive(config, name, store, embedder) as archive:
            yield archive
        built = registry.find(building)
        if built is None:
            raise CollectionNotFound(
                f"the new version of {name!r} was removed while it was built", remedy="run the command again"
            )
        replaced = name in registry.names()
        registry.save(name, built)
    finally:
        registry.forget(building)
        registry.sweep()
    if replaced:
        from askive.models.registry import clear_states

        states_cleared(clear_states(config.models_dir))


def rename_in_milvus(config: Config, name: str, new_name: str) -> None:
    """Rename a collection. Requires both locks. Raises StoreError."""
    registry = open_registry(config)
    state = registry.find(name)
    if state is not None:
        registry.save(_checked(config, new_name), state)
        registry.forget(name)


def remove_from_milvus(config: Config, name: str) -> None:
    """Delete a collection, so that from now on nobody finds it. Requires the lock. Raises StoreError."""
    registry = open_registry(config)
    registry.forget(_checked(config, name))
    registry.sweep()
