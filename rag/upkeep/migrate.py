"""Copy a collection between the data folder and Milvus, document by document, without embedding anything again.

A run that was interrupted is continued by the next one: what is the same in both stores is left as it is. So a second
run after changes copies only these. At the end both stores are compared in full.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Protocol

import numpy as np

from askive.rag.collections.by_name import (
    collection_path,
    has_collection,
    list_collections,
    open_store,
    require_collection,
)
from askive.rag.collections.in_milvus import open_milvus_store, uses_milvus
from askive.rag.collections.lock import Notify, lock_collections
from askive.rag.config import Config
from askive.rag.errors import ConfigError, StoreError, UsageError
from askive.rag.store.archive import STORE_NAME
from askive.rag.store.milvus.address import SCHEME, parse_address
from askive.rag.store.protocols import CollectionStore
from askive.rag.store.sqlite import SqliteStore
from askive.rag.types import Document, Passage, Source

Progress = Callable[[str, str, int, int], None]
"""Called with the collection, "copying" or "comparing", and the numbers of documents done and of all."""


class Target(CollectionStore, Protocol):
    """A store that knows where it was migrated from."""

    @property
    def origin(self) -> str:
        """Store id of the collection that it was migrated from; empty if it was not."""
        ...

    def set_origin(self, store_id: str) -> None:
        """Record it."""
        ...


@dataclass(frozen=True, slots=True)
class Migrated:
    """A collection that is the same in both stores now. n_unchanged: documents that were there already."""

    name: str
    n_copied: int
    n_unchanged: int
    n_removed: int
    n_passages: int


def migrate(
    config: Config,
    to: str,
    names: Sequence[str] = (),
    *,
    progress: Progress = lambda _name, _step, _done, _total: None,
    notify: Notify | None = None,
) -> Iterator[Migrated]:
    """Copy these collections, or all, from the store of the settings to another one; the first one stays as it is.

    to: as the setting `store`. notify: as in `write_collection`. The settings do not change.
    Raises UsageError when both are the same, or the target has another collection of that name; CollectionNotFound;
    StoreError, also when the copy is not the same at the end.
    """
    source_config, target_config = config, _config_for(config, to)
    if _shown(source_config) == _shown(target_config):
        raise UsageError(
            f"the collections are in {_shown(source_config)} already", remedy="name another store with --to"
        )
    for name in names:
        require_collection(source_config, name)
    for name in names or list_collections(source_config):
        with (
            lock_collections(config, name, notify=notify),
            closing(open_store(source_config, name)) as source,
            _target(target_config, name, source.store_id) as target,
        ):
            yield _copied(name, source, target, progress)


def _config_for(config: Config, to: str) -> Config:
    if to.startswith(SCHEME):
        parse_address(to, config.home)
    elif to != "sqlite":
        raise ConfigError(f"{to!r} is no store", remedy="write sqlite, or milvus:http://HOST:19530")
    return config.model_copy(update={"store": to})


def _shown(config: Config) -> str:
    return (
        parse_address(config.store, config.home).shown if uses_milvus(config) else f"{config.collections_dir}"
    )


@contextmanager
def _target(config: Config, name: str, source_id: str) -> Iterator[Target]:
    """The collection to copy to, made if there is none."""
    exists = has_collection(config, name)
    opened: Target = (
        open_milvus_store(config, name, create=True)
        if uses_milvus(config)
        else SqliteStore(collection_path(config, name) / STORE_NAME)
    )
    with closing(opened) as store:
        if exists and store.origin != source_id and store.counts().n_documents:
            raise UsageError(
                f"there is another collection {name!r} in {_shown(config)}, which is not a copy of this one",
                remedy=f"rename this one first: `askive collections rename {name} NEW`",
            )
        if store.origin != source_id:
            store.set_origin(source_id)
        yield store


def _copied(name: str, source: CollectionStore, target: Target, progress: Progress) -> Migrated:
    fingerprint = source.fingerprint()
    if fingerprint is not None:
        target.set_fingerprint(fingerprint)
    sources, known = source.sources(), target.known_sha256()
    stamps, former = source.stamps(), source.former_uris()
    uris = {one.uri for one in sources}
    gone = [uri for uri in known if uri not in uris]
    n_copied = 0
    for done, one in enumerate(sources):
        progress(name, "copying", done, len(sources))
        document, passages, vectors = _whole(source, one)
        if one.uri not in known or not _is_same(target, document, passages, vectors):
            plain = [replace(passage, passage_id=0, doc_id=0) for passage in passages]
            target.put(replace(document, doc_id=0), plain, vectors, stamps.get(one.uri, ""))
            n_copied += 1
    # What was removed from the source since an earlier run.
    target.delete(gone)
    target.keep_former_uris(former)
    target.restamp(stamps)
    if run := source.last_run():
        target.record_run(run, source.unread())
    if target.unerased:
        target.erase()
    _compare(name, source, sources, target, progress)
    counts = target.counts()
    return Migrated(name, n_copied, len(sources) - n_copied, len(gone), counts.n_passages)


def _whole(store: CollectionStore, source: Source) -> tuple[Document, list[Passage], np.ndarray]:
    """A document, its passages, and their vectors, shape (n, dimension)."""
    document, passages = store.document(source.doc_id), store.passages_of(source.doc_id)
    rows = store.vectors([passage.passage_id for passage in passages])
    missing = [passage for passage in passages if passage.passage_id not in rows]
    if missing:
        raise StoreError(
            f"{source.uri} has {len(missing)} passages without a vector",
            remedy="run `askive check --repair`, then migrate again",
        )
    vectors = [rows[passage.passage_id] for passage in passages]
    return document, passages, np.stack(vectors) if vectors else np.zeros((0, 0), dtype=np.float32)


def _is_same(
    target: CollectionStore, document: Document, passages: list[Passage], vectors: np.ndarray
) -> bool:
    copy = target.document_by_uri(document.uri)
    if copy is None or replace(copy, doc_id=document.doc_id) != document:
        return False
    copied = target.passages_of(copy.doc_id)
    if [_content(passage) for passage in copied] != [_content(passage) for passage in passages]:
        return False
    rows = target.vectors([passage.passage_id for passage in copied])
    return len(rows) == len(vectors) and all(
        np.array_equal(rows[passage.passage_id], vector)
        for passage, vector in zip(copied, vectors, strict=True)
    )


def _content(passage: Passage) -> tuple[object, ...]:
    text = sha256(passage.text.encode()).hexdigest()
    return text, passage.start, passage.end, passage.heading, passage.page, passage.rows


def _compare(
    name: str, source: CollectionStore, sources: Sequence[Source], target: Target, progress: Progress
) -> None:
    """Raises StoreError unless every text, offset and vector is the same, and the target is consistent."""
    wrong = target.check()
    if source.counts() != target.counts():
        wrong.append(f"{source.counts()} there, {target.counts()} here")
    for done, one in enumerate(sources):
        progress(name, "comparing", done, len(sources))
        if not _is_same(target, *_whole(source, one)):
            wrong.append(f"{one.uri} is not the same")
    if source.former_uris() != target.former_uris():
        wrong.append("the former paths of documents are not the same")
    if wrong:
        raise StoreError(
            f"the copy of {name!r} is not the same: {'; '.join(wrong[:5])}",
            remedy="run `askive migrate` again; it continues where it is",
        )
    progress(name, "comparing", len(sources), len(sources))
