"""Delete a collection, or some of its documents, from every place of the register."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import closing

from askive.rag.collections.by_name import open_store, require_collection
from askive.rag.collections.lock import Notify, lock_collections
from askive.rag.collections.path import collection_path as collection_path
from askive.rag.config import Config
from askive.rag.errors import StoreError
from askive.rag.privacy.removal import Removal, Removed
from askive.rag.store.archive import Archive
from askive.rag.store.protocols import CollectionStore


def remove_collection(
    config: Config, name: str, *, with_quotes: bool = False, notify: Notify | None = None
) -> Removed:
    """Delete a collection from every place of `askive.rag.privacy.register`.

    with_quotes: also conversations, gold questions and evaluation runs that quote it. notify: as in
    `write_collection`. Raises CollectionNotFound, CollectionBusy.
    """
    from askive.rag.privacy.register import delete_everywhere

    with lock_collections(config, name, notify=notify):
        return delete_everywhere(config, removal_of_collection(config, name), with_quotes=with_quotes)


def removal_of_collection(config: Config, name: str) -> Removal:
    """The removal of a whole collection, which may be damaged. Raises CollectionNotFound."""
    from askive.rag.privacy.register import other_collections
    from askive.rag.privacy.removal import Removal

    require_collection(config, name)
    store_id, uris, former = "", frozenset[str](), frozenset[str]()
    try:
        with closing(open_store(config, name)) as store:
            store_id, uris = store.store_id, frozenset(store.known_sha256())
            former = _former(store, uris)
    except StoreError:
        # A store that cannot be read can still be deleted; `sweep` finds its uploads, which then have no owner.
        pass
    return Removal(name, store_id, uris, other_collections(config, name), former=former)


def remove_from_collection(
    config: Config, archive: Archive, uris: Sequence[str], *, with_quotes: bool = False
) -> Removed:
    """Remove documents from every place of `askive.rag.privacy.register`; files outside the data folder stay.

    uris: as in `askive.rag.ingest.pipeline.remove_documents`. with_quotes: as in `remove_collection`.
    Raises UsageError for an argument that matches no document; nothing is removed then.
    """
    from askive.rag.privacy.register import delete_everywhere

    removal = removal_of_documents(config, archive, uris)
    try:
        return delete_everywhere(config, removal, with_quotes=with_quotes)
    except BaseException:
        # The documents may be gone from the store after an error, and then a second removal would not match them.
        from askive.models.registry import clear_states

        clear_states(config.models_dir)
        raise


def removal_of_documents(config: Config, archive: Archive, uris: Sequence[str]) -> Removal:
    """The removal of documents from an open collection. Raises UsageError for an argument that matches no document."""
    from askive.rag.ingest.pipeline import resolve_uris

    return removal_in(config, archive, resolve_uris(archive, uris), archive.folder.name)


def removal_in(config: Config, archive: Archive, uris: Iterable[str], name: str) -> Removal:
    """The removal of documents that may be gone from the collection already. name: of the collection."""
    from askive.rag.privacy.register import other_collections
    from askive.rag.privacy.removal import Removal

    named = frozenset(uris)
    return Removal(
        name,
        archive.store.store_id,
        named,
        other_collections(config, name),
        archive,
        _former(archive.store, named),
    )


def _former(store: CollectionStore, uris: Collection[str]) -> frozenset[str]:
    """The paths that these documents were moved from."""
    return frozenset(old for uri, olds in store.former_uris().items() if uri in uris for old in olds)
