"""Checks of the collections: store, full-text index, vectors and vector index. Read-only."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np

from askive.rag.collections.in_milvus import uses_milvus
from askive.rag.config import Config
from askive.rag.doctor.files import Finding, guarded
from askive.rag.doctor.in_milvus import examine_milvus
from askive.rag.passage_context import context_of
from askive.rag.store.archive import STORE_NAME
from askive.rag.store.database_file import open_read_only
from askive.rag.store.faiss_flat import FaissIndex
from askive.rag.store.index_checksum import is_whole
from askive.rag.store.schema import FORMAT, INVARIANTS, MIGRATED, Fingerprint
from askive.rag.store.sqlite_errors import format_failure, is_damage, rebuild_remedy, store_failure
from askive.rag.text.dates import days_of
from askive.rag.types import Passage, Source

_COPIED_UP_TO = 256 * 2**20
"""Largest store, in bytes, whose full-text index is always checked: the check needs a copy in memory."""
_UNIT = 1e-3


def examine_collections(
    config: Config, *, full: bool = False, names: Collection[str] = ()
) -> Iterator[Finding]:
    """One finding for each collection without problems, or one for each problem.

    full: also check the full-text index of stores above 256 MB. names: only these collections; all when empty.
    """
    stores = sorted(config.collections_dir.glob(f"[!.]*/{STORE_NAME}"))
    in_milvus = uses_milvus(config) and not names
    if in_milvus:
        yield from guarded("milvus", lambda: examine_milvus(config))
    if names:
        stores = [path for path in stores if path.parent.name in names]
    elif not stores and not in_milvus:
        yield Finding("collections", "ok", "none yet; `askive index PATH` creates one")
    for path in stores:
        name = f"collection {path.parent.name}"
        yield from guarded(name, partial(_collection, name, path, full))


def _collection(name: str, path: Path, full: bool) -> Iterator[Finding]:
    try:
        with closing(open_read_only(path)) as db:
            yield from _store(name, path, db, full)
    except (sqlite3.Error, OSError) as error:
        failure = store_failure(path, "read", error)
        remedy = rebuild_remedy(path.parent) if is_damage(error) else failure.remedy
        yield Finding(name, "error", failure.message, remedy)


def _store(name: str, path: Path, db: sqlite3.Connection, full: bool) -> Iterator[Finding]:
    problems = [str(row[0]) for row in db.execute("PRAGMA integrity_check(5)") if row[0] != "ok"]
    meta = dict(db.execute("SELECT key, value FROM meta").fetchall()) if not problems else {}
    version = meta.get("format", "")
    if not problems and version.isdecimal() and int(version) in MIGRATED:
        message = f"the store at {path.parent} has format {version}, an older one"
        yield Finding(name, "warning", message, "none needed: the next command that uses it migrates it")
        return
    if not problems and version != str(FORMAT):
        failure = format_failure(path, int(version) if version.isdecimal() else -1)
        yield Finding(name, "error", failure.message, failure.remedy)
        return
    checks: list[Callable[[], Iterator[str]]] = [
        partial(_invariants, db), partial(_meta, meta), partial(_documents, db), partial(_vectors, db, meta),
        partial(_full_text, db, path, full),
    ]  # fmt: skip
    for check in checks if not problems else ():
        try:
            problems += check()
        except (sqlite3.Error, ValueError, TypeError) as error:
            problems.append(str(error))
    if problems:
        message = f"the store at {path.parent} is damaged: {'; '.join(problems[:5])}"
        yield Finding(name, "error", message, rebuild_remedy(path.parent))
        return
    n_documents, n_passages = db.execute(
        "SELECT (SELECT count(*) FROM documents), (SELECT count(*) FROM passages)"
    ).fetchone()
    size = f"{n_documents} documents, {n_passages} passages"
    yield _index(name, path.parent, db, meta, size)


def _index(name: str, folder: Path, db: sqlite3.Connection, meta: dict[str, str], size: str) -> Finding:
    index = folder / f"dense-{meta['store_id'][:12]}-{meta['generation']}.faiss"
    (has_vectors,) = db.execute("SELECT EXISTS (SELECT 1 FROM embeddings)").fetchone()
    if has_vectors and not index.is_file():
        return Finding(
            name, "warning", f"{size}; its vector index is missing or older than the store",
            "none needed: the next question builds it from the stored embeddings",
        )  # fmt: skip
    if index.is_file() and not is_whole(index):
        return Finding(
            name, "error", f"{size}; its vector index {index} is damaged",
            f"`rm {index}`: the next question builds it again from the stored embeddings",
        )  # fmt: skip
    if n := _n_changed(index, db, meta):
        message = f"the store at {folder} is damaged: {n} vectors are not those of the vector index"
        return Finding(name, "error", message, rebuild_remedy(folder))
    return Finding(name, "ok", f"{size}; index up to date")


def _n_changed(path: Path, db: sqlite3.Connection, meta: dict[str, str]) -> int:
    """Number of stored vectors that differ from the exact index, which has a copy of each and a checksum."""
    dimension = int(json.loads(meta["fingerprint"])["dimension"]) if "fingerprint" in meta else 0
    index = FaissIndex.load(path, dimension) if dimension else None
    if index is None:
        return 0
    copies = dict(zip(index.ids.tolist(), index.vectors, strict=True))
    rows = db.execute("SELECT passage_id, vector FROM embeddings")
    return sum(i not in copies or copies[i].tobytes() != vector for i, vector in rows)


def _invariants(db: sqlite3.Connection) -> Iterator[str]:
    for what, query in INVARIANTS.items():
        (n,) = db.execute(query).fetchone()
        if n:
            yield f"{n} {what}"
    for table, n in db.execute(
        'SELECT "table", count(*) FROM pragma_foreign_key_check GROUP BY 1 ORDER BY 1'
    ).fetchall():
        yield f"{n} rows of {table} have no parent row"


def _meta(meta: dict[str, str]) -> Iterator[str]:
    for key in ("store_id", "generation"):
        if not meta.get(key):
            yield f"no {key}"
    if not meta.get("generation", "0").isdecimal():
        yield f"generation {meta['generation']!r} is not a number"
    if "fingerprint" in meta:
        Fingerprint(**json.loads(meta["fingerprint"]))


def _documents(db: sqlite3.Connection) -> Iterator[str]:
    """Checks metadata and dates, and compares the full-text rows with the text of the passages."""
    rows = db.execute(
        "SELECT doc_id, uri, title, media_type, published, publisher,"
        " sha256, metadata, published_first, published_last, text FROM documents"
    )
    for *columns, sha256, metadata, first, last, text in rows:
        source = Source(*columns)
        try:
            is_object = isinstance(json.loads(metadata), dict)
        except ValueError:
            is_object = False
        if not is_object:
            yield f"{source.uri}: its metadata is not a JSON object"
        if not sha256:
            yield f"{source.uri}: it has no digest"
        if tuple(days_of(source.published)) != (first, last):
            yield f"{source.uri}: its date {source.published!r} differs from its search index"
        passages = db.execute(
            'SELECT start, "end", heading, page, f.text, f.context'
            " FROM passages JOIN passages_fts f ON f.rowid = passage_id WHERE doc_id = ?",
            (source.doc_id,),
        )
        n = 0
        for start, end, heading, page, *indexed in passages:
            passage = Passage(text[start:end], start, end, heading, page)
            n += indexed != [passage.text, context_of(source, passage)]
        if n:
            yield f"{source.uri}: {n} passages differ from the full-text index"


def _vectors(db: sqlite3.Connection, meta: dict[str, str]) -> Iterator[str]:
    if "fingerprint" not in meta:
        return
    dimension = int(json.loads(meta["fingerprint"])["dimension"])
    n_wide = n_odd = 0
    rows = db.execute("SELECT vector FROM embeddings")
    while batch := rows.fetchmany(8192):
        blobs = [row[0] for row in batch if len(row[0]) == 4 * dimension]
        n_wide += len(batch) - len(blobs)
        with np.errstate(all="ignore"):
            # Damaged bytes may be signalling NaNs, for which numpy warns.
            rows_64 = (
                np.frombuffer(b"".join(blobs), dtype=np.float32).astype(np.float64).reshape(-1, dimension)
            )
        with np.errstate(all="ignore"):
            norms = np.linalg.norm(rows_64, axis=1)
        # The vector of a text without words may be zero.
        n_odd += sum(not (norm == 0 or math.isclose(norm, 1, abs_tol=_UNIT)) for norm in norms.tolist())
    if n_wide:
        yield f"{n_wide} vectors do not have {dimension} dimensions"
    if n_odd:
        yield f"{n_odd} vectors are not of unit length"


def _full_text(db: sqlite3.Connection, path: Path, full: bool) -> Iterator[str]:
    """The FTS5 integrity check is a write command, so it runs on a copy in memory."""
    if not full and path.stat().st_size > _COPIED_UP_TO:
        return
    with closing(sqlite3.connect(":memory:")) as copy:
        db.backup(copy)
        try:
            copy.execute("INSERT INTO passages_fts (passages_fts) VALUES ('integrity-check')")
        except sqlite3.DatabaseError as error:
            yield f"the full-text index: {error}"
