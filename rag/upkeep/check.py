"""Check collections as `askive doctor` does, and repair what can be repaired without loss."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from askive.rag.collections.by_name import (
    list_collections,
    open_local_store,
    require_collection,
    with_stored_embedder,
    write_collection,
)
from askive.rag.collections.in_milvus import require_local
from askive.rag.collections.lock import Notify, lock_collections
from askive.rag.collections.path import collection_path
from askive.rag.collections.swap import recover_collections
from askive.rag.config import Config
from askive.rag.doctor.collections import examine_collections
from askive.rag.doctor.files import Finding
from askive.rag.errors import AskiveError
from askive.rag.indexing import index_paths
from askive.rag.ingest.pipeline import Progress
from askive.rag.passage_context import context_of
from askive.rag.privacy.leftovers import sweep
from askive.rag.store.archive import STORE_NAME
from askive.rag.store.database_file import open_read_only
from askive.rag.store.schema import FULL_TEXT


@dataclass(frozen=True, slots=True)
class Checked:
    """A collection after a check. problem: empty when it is sound. repaired: what was done, in words."""

    name: str
    problem: str
    remedy: str
    repaired: tuple[str, ...] = ()


def check_collections(
    config: Config,
    names: Sequence[str] = (),
    *,
    repair: bool = False,
    progress: Progress | None = None,
    notify: Notify | None = None,
) -> Iterator[Checked]:
    """Check these collections, or all, in full: store, passages, vectors, full-text index, vector index.

    repair: also delete leftovers of killed processes, and repair in this order, until the collection is sound: the
    vector index and the full-text index are made again from the store; the collection is made again from its files, if
    all of them are there. Text is never lost: where files are missing the collection stays as it is.
    progress, notify: as in `index_paths`. Raises CollectionNotFound for a name.
    """
    require_local(config, "a check")
    recover_collections(config)
    if repair:
        sweep(config)
    for name in names:
        require_collection(config, name)
    for name in names or list_collections(config):
        found = _problems(config, name)
        done: list[str] = []
        for what, fix in _REPAIRS if repair else ():
            if not found:
                break
            try:
                if fix(config, name, progress, notify):
                    done.append(what)
                    found = _problems(config, name)
            except (AskiveError, sqlite3.Error, OSError, ValueError) as error:
                done.append(f"not {what}: {error}")
        problem = "; ".join(finding.message for finding in found)
        remedy = "" if not problem else _remedy(name, repair)
        yield Checked(name, problem, remedy, tuple(done))


def _remedy(name: str, is_repaired: bool) -> str:
    if not is_repaired:
        return f"askive check --repair -c {name}"
    return (
        "restore it from a backup with `askive restore FILE --replace`, or index the files that are left:"
        f" `askive index PATH --collection {name} --rebuild`"
    )


def _problems(config: Config, name: str) -> list[Finding]:
    # A vector index that is only missing is built by the next question.
    return [
        finding
        for finding in examine_collections(config, full=True, names=[name])
        if finding.severity == "error"
    ]


def _make_vector_index(config: Config, name: str, _progress: Progress | None, notify: Notify | None) -> bool:
    config = with_stored_embedder(config, name)
    with write_collection(config, name, notify=notify) as archive:
        for path in archive.folder.glob("dense-*"):
            path.unlink()
        archive.dense_cache.save()
    return True


def _make_full_text_index(
    config: Config, name: str, _progress: Progress | None, notify: Notify | None
) -> bool:
    with (
        lock_collections(config, name, notify=notify),
        closing(open_local_store(config, name)) as store,
        store.transaction() as db,
    ):
        db.execute("DROP TABLE passages_fts")
        db.execute(FULL_TEXT)
        for source in store.sources():
            db.executemany(
                "INSERT INTO passages_fts (rowid, text, context) VALUES (?, ?, ?)",
                (
                    (passage.passage_id, passage.text, context_of(source, passage))
                    for passage in store.passages_of(source.doc_id)
                ),
            )
        store.bump()
    return True


def _index_again(config: Config, name: str, progress: Progress | None, notify: Notify | None) -> bool:
    """False when some of the files are not there, or the list of documents cannot be read."""
    config = with_stored_embedder(config, name)
    try:
        with closing(open_read_only(collection_path(config, name) / STORE_NAME)) as db:
            uris = [str(uri) for (uri,) in db.execute("SELECT uri FROM documents NOT INDEXED")]
    except sqlite3.Error:
        return False
    paths = [Path(uri) for uri in uris]
    if not paths or not all(path.is_file() for path in paths):
        return False
    index_paths(config, name, paths, rebuild=True, progress=progress, notify=notify)
    return True


_Repair = Callable[[Config, str, Progress | None, Notify | None], bool]
_REPAIRS: tuple[tuple[str, _Repair], ...] = (
    ("made the vector index again from the stored embeddings", _make_vector_index),
    ("made the full-text index again from the stored text", _make_full_text_index),
    ("indexed all its files again", _index_again),
)
