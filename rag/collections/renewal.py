"""Embed a collection again after another embedder or splitter was set, while the former one answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, replace

from askive.models.embedders.cached import CachedEmbedder
from askive.models.protocols import Embedder
from askive.rag.collections.by_name import (
    has_collection,
    open_archive,
    open_local_store,
    rebuild_collection,
    with_stored_embedder,
)
from askive.rag.collections.in_milvus import uses_milvus
from askive.rag.collections.lock import Notify, lock_collections
from askive.rag.collections.swap import renewal_of
from askive.rag.config import Config
from askive.rag.errors import AskiveError, FingerprintMismatch, StoreError
from askive.rag.factory import open_embedder
from askive.rag.ingest.pipeline import Progress, ingest_documents
from askive.rag.load.tables.row_marks import joined_rows
from askive.rag.store.archive import Archive
from askive.rag.store.schema import Fingerprint
from askive.rag.store.sqlite import SqliteStore
from askive.rag.types import Document


@dataclass(frozen=True, slots=True)
class Renewed:
    """A collection that was embedded again. former: the embedder before."""

    former: str
    embedder: str
    n_documents: int
    n_passages: int


def read_collection(config: Config, name: str, embedder: Embedder | None = None) -> Archive:
    """A collection for reading, with the embedder that it was made with where another one is set since.

    embedder: the configured one, if it is loaded already. Raises CollectionNotFound, ModelNotFound, StoreError;
    FingerprintMismatch when the former embedder is not here.
    """
    try:
        return open_archive(config, name, embedder or open_embedder(config))
    except FingerprintMismatch:
        former = with_stored_embedder(config, name)
        if former.embedder == config.embedder:
            raise
        with suppress(AskiveError):
            return open_archive(former, name, open_embedder(former))
        raise


def renew_collection(
    config: Config,
    name: str,
    *,
    wrap: Callable[[Embedder], Embedder] = lambda embedder: embedder,
    progress: Progress | None = None,
    notify: Notify | None = None,
    states_cleared: Callable[[bool], object] = lambda _cleared: None,
) -> Renewed | None:
    """Make a collection again from its own texts if its embedder or splitter is not the configured one.

    Until the new one is complete, the former one stays in place; no file is read. After an interruption, the next call
    continues it if the collection and the settings are the same. None when nothing is to be done.
    wrap: makes the embedder that is used of the configured one. states_cleared, notify, errors: as in
    `rebuild_collection`.
    """
    if uses_milvus(config) or not has_collection(config, name):
        return None
    embedder = open_embedder(config)
    # Where another process is writing, the store cannot always be opened: then only the lock can be waited for.
    with suppress(StoreError):
        if _outdated(config, name, embedder) is None:
            return None
    with lock_collections(config, name, notify=notify):
        # Checked again: the previous holder of the lock may have embedded it.
        if (stored := _outdated(config, name, embedder)) is None:
            return None
        if notify is not None:
            notify(_announcement(name, stored, embedder))
        with closing(open_local_store(config, name)) as former:
            renewal = renewal_of(former.store_id, former.generation) + _settings(config, embedder)
        with rebuild_collection(
            config, name, notify=notify, states_cleared=states_cleared, renewal=renewal
        ) as fresh:
            fresh.embedder = CachedEmbedder(wrap(fresh.embedder))
            with closing(open_local_store(config, name)) as former:
                _fill(fresh, former, renewal, name, progress, notify)
            counts = fresh.counts()
    return Renewed(stored.embedder_id, embedder.model_id, counts.n_documents, counts.n_passages)


def _outdated(config: Config, name: str, embedder: Embedder) -> Fingerprint | None:
    """How the collection was made, if not as it would be now; None for an empty one."""
    with closing(open_local_store(config, name)) as store:
        stored = store.fingerprint()
        if stored is None or not store.counts().n_passages or _is_current(stored, config, embedder):
            return None
        return stored


def _fill(
    fresh: Archive,
    former: SqliteStore,
    renewal: str,
    name: str,
    progress: Progress | None,
    notify: Notify | None,
) -> None:
    """Embed the documents that an interrupted run has left."""
    store = fresh.store
    if not isinstance(store, SqliteStore):
        raise StoreError(f"the collection {name!r} is not in the data folder", remedy="run the command again")
    if store.renewal != renewal:
        store.succeed(former.store_id, former.generation, renewal)
    done, digests = store.known_sha256(), former.known_sha256()
    if done and notify is not None:
        notify(f"{name}: {len(done):,} of {len(digests):,} documents were embedded before the interruption")
    left = [uri for uri in digests if uri not in done]
    ingest_documents(fresh, _documents(former, left), progress=_counted(progress, len(done), len(digests)))
    store.restamp(former.stamps())
    store.keep_former_uris(former.former_uris())
    if run := former.last_run():
        store.record_run(run, former.unread())
    store.complete_renewal()


def _is_current(stored: Fingerprint, config: Config, embedder: Embedder) -> bool:
    settings = json.loads(stored.passages)
    return stored.embedder_digest == embedder.digest and settings == config.passages.model_dump()


def _announcement(name: str, stored: Fingerprint, embedder: Embedder) -> str:
    former = stored.embedder_id
    why = (
        f"it was embedded with {former}, and the embedder is {embedder.model_id} now"
        if stored.embedder_digest != embedder.digest
        else "the settings of its passages have changed"
    )
    return f"{name}: embedding all documents again, because {why}; until then the former collection answers"


def _documents(store: SqliteStore, uris: list[str]) -> Iterator[Document]:
    for uri in uris:
        document = store.document_by_uri(uri)
        if document is not None:
            rows = [passage.rows for passage in store.passages_of(document.doc_id)]
            yield replace(document, rows=joined_rows(document.text, rows)) if any(rows) else document


def _settings(config: Config, embedder: Embedder) -> str:
    return json.dumps([embedder.digest, config.passages.model_dump()], sort_keys=True)


def _counted(progress: Progress | None, n_before: int, total: int) -> Progress | None:
    """The progress with the number of all documents, which come one by one after those of an earlier run."""
    if progress is None:
        return None
    return lambda done, _total, uri: progress(n_before + done, total, uri)
