"""The register of all places in the data folder that may hold text of documents. Removal goes through it.

It does not list leftovers of killed processes, which `askive.rag.privacy.leftovers` finds, nor files that a user wrote
outside the data folder (exports, reports, `--out`). Weights, settings, compiled models (`models`, `cache/reader`,
`cache/wheels`) and the judges' agreement figures (`eval/judges`) have no text of documents.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal

from askive.rag.collections.by_name import list_collections
from askive.rag.collections.in_milvus import remove_from_milvus, uses_milvus
from askive.rag.collections.path import collection_path
from askive.rag.collections.swap import delete_set_aside, set_aside
from askive.rag.config import Config
from askive.rag.load import LOADERS
from askive.rag.load.several.parts import file_of
from askive.rag.privacy.erasure import erase_removed
from askive.rag.privacy.quotes import (
    count_answers,
    count_audit,
    count_copies,
    count_gold,
    count_notes,
    count_runs,
    delete_answers,
    delete_audit,
    delete_copies,
    delete_gold,
    delete_notes,
    delete_runs,
)
from askive.rag.privacy.removal import Removal, Removed
from askive.rag.store.archive import STORE_NAME
from askive.rag.store.database_file import open_read_only
from askive.rag.summary.kept import count_kept, delete_kept


@dataclass(frozen=True, slots=True)
class Place:
    """A place that may hold text of documents.

    holds: the parts of a document. where: path in the data folder. kind: "quote" was created by a user and is deleted
    only on request; "copy" was derived from the documents; "own" belongs to the collection. count: number of items
    there that belong to a removal. delete: deletes them; False when something is left.
    """

    name: str
    holds: str
    where: str
    kind: Literal["quote", "copy", "own"]
    count: Callable[[Config, Removal], int]
    delete: Callable[[Config, Removal], bool | None]


def quotes_of(config: Config, removal: Removal) -> dict[str, int]:
    """The number of items that quote the documents, by place; only places of kind "quote" and numbers above 0."""
    counts = {place.name: place.count(config, removal) for place in PLACES if place.kind == "quote"}
    return {name: n for name, n in counts.items() if n}


def delete_elsewhere(config: Config, removal: Removal, *, with_quotes: bool) -> None:
    """Delete copies, and quotes on request, of documents that have been removed from the collection or replaced."""
    for place in PLACES:
        if place.kind == "copy" or (place.kind == "quote" and with_quotes):
            place.delete(config, removal)


def delete_everywhere(config: Config, removal: Removal, *, with_quotes: bool) -> Removed:
    """Delete from all places, in the order of the register. with_quotes: also from those of kind "quote".

    After a crash, `askive.rag.privacy.leftovers.sweep` finds removed text again, or it is still in the
    collection.
    """
    quotes = quotes_of(config, removal)
    done = {
        place.name: place.delete(config, removal) is not False
        for place in PLACES
        if with_quotes or place.kind != "quote"
    }
    return Removed(
        uris=sorted(removal.uris),
        states_cleared=done[_STATES],
        erased=done[_REMAINS],
        deleted=quotes if with_quotes else {},
        kept={} if with_quotes else quotes,
    )


def uploads_folder(config: Config) -> Path:
    """The folder of uploaded files, with a subfolder for each store."""
    # Absolute, like the documents' uris.
    return config.home.absolute() / "uploads"


def incoming_folder(config: Config) -> Path:
    """The folder of incomplete uploads, and of replaced files until the new ones are indexed."""
    return uploads_folder(config) / ".incoming"


def former_upload(incoming: Path, target: Path) -> Path:
    """The path of the former version while an upload replaces `target`; it survives a move of the data folder."""
    below_uploads = os.path.relpath(target, incoming.parent)
    return incoming / f"{sha256(os.fsencode(below_uploads)).hexdigest()[:32]}.former"


def other_collections(config: Config, name: str) -> frozenset[str]:
    """The names of all other collections."""
    return frozenset(list_collections(config)) - {name}


def _indexes(config: Config, removal: Removal) -> list[Path]:
    """Indexes of evaluation suites that have one of the documents."""
    paths = []
    for path in (config.home / "eval" / "indexes").glob(f"*/{STORE_NAME}"):
        with (
            contextlib.suppress(sqlite3.Error),
            contextlib.closing(open_read_only(path)) as db,
        ):
            query = "SELECT 1 FROM documents WHERE uri IN (SELECT value FROM json_each(?)) LIMIT 1"
            if db.execute(query, (json.dumps(sorted(removal.all_uris)),)).fetchone():
                paths.append(path.parent)
    return paths


def _delete_indexes(config: Config, removal: Removal) -> None:
    for folder in _indexes(config, removal):
        shutil.rmtree(folder, ignore_errors=True)


def _remove(config: Config, removal: Removal) -> None:
    if removal.archive is not None:
        from askive.rag.ingest.pipeline import remove_documents

        remove_documents(removal.archive, sorted(removal.uris))
        return
    if uses_milvus(config):
        remove_from_milvus(config, removal.collection)
    else:
        set_aside(config, removal.collection)


def _count_states(config: Config, _removal: Removal) -> int:
    from askive.models.registry import kept_states

    return kept_states(config.models_dir).stats().n_disk


def _clear_states(config: Config, _removal: Removal) -> bool:
    from askive.models.registry import clear_states

    return clear_states(config.models_dir)


def _uploads(config: Config, removal: Removal) -> list[Path]:
    root = uploads_folder(config)
    # A file of several documents has the text of each.
    files = {Path(file_of(uri, LOADERS)) for uri in removal.uris}
    paths = {path for path in files if path.is_relative_to(root) and ".." not in path.parts}
    if removal.archive is None and removal.store_id:
        paths |= {path for path in (root / removal.store_id).rglob("*") if path.is_file()}
    return sorted(path for path in paths if path.is_file())


def _delete_uploads(config: Config, removal: Removal) -> None:
    for path in _uploads(config, removal):
        delete_upload(config, path)


def delete_upload(config: Config, path: Path) -> None:
    """Delete an uploaded file, and folders that are then empty."""
    root = uploads_folder(config)
    path.unlink(missing_ok=True)
    for folder in path.parents:
        if folder == root or any(folder.iterdir()):
            break
        folder.rmdir()


def _count_summaries(config: Config, removal: Removal) -> int:
    return count_kept(collection_path(config, removal.collection))


def _delete_summaries(config: Config, removal: Removal) -> bool:
    return delete_kept(collection_path(config, removal.collection))


def _erase(config: Config, removal: Removal) -> bool:
    if removal.archive is not None:
        return erase_removed(config, removal.archive)
    if uses_milvus(config):
        return True
    delete_set_aside(config, removal.collection)
    return True


_STATES, _REMAINS = "attention states", "remains"

PLACES = (
    Place(
        "answers in conversations",
        "quotes, and answers made from it",
        "chat/conversations.sqlite3",
        "quote",
        count_answers,
        delete_answers,
    ),
    Place(
        "notes in the notebook",
        "quotes, and answers made from it",
        "chat/notebook.sqlite3",
        "quote",
        count_notes,
        delete_notes,
    ),
    Place("gold questions", "quotes", "gold/*/queries.jsonl", "quote", count_gold, delete_gold),
    Place("copies in gold suites", "the text", "gold/*/corpus.jsonl", "quote", count_copies, delete_copies),
    Place(
        "entries of the audit log",
        "questions and answers, if the server writes them",
        "server/audit.jsonl",
        "quote",
        count_audit,
        delete_audit,
    ),
    Place("evaluation runs", "quotes", "eval/runs, eval/trust", "quote", count_runs, delete_runs),
    Place(
        "evaluation indexes",
        "the text, its words and vectors",
        "eval/indexes",
        "copy",
        lambda config, removal: len(_indexes(config, removal)),
        _delete_indexes,
    ),
    Place(
        "summaries",
        "quotes, and sentences made from it",
        "collections/NAME/summaries",
        "own",
        _count_summaries,
        _delete_summaries,
    ),
    Place(
        "collection",
        "the text, its words and vectors",
        "collections/NAME",
        "own",
        lambda _config, removal: len(removal.uris),
        _remove,
    ),
    Place(_STATES, "prompts, as attention states", "cache/states", "own", _count_states, _clear_states),
    Place(
        "uploads",
        "the file",
        "uploads/STORE_ID",
        "own",
        lambda config, removal: len(_uploads(config, removal)),
        _delete_uploads,
    ),
    Place(
        _REMAINS,
        "bytes of removed rows, old vector files, a copy from before a migration, a collection being deleted",
        "collections/NAME/store.sqlite3*, collections/.NAME.deleted",
        "own",
        lambda _config, removal: len(removal.uris),
        _erase,
    ),
)
"""In order of deletion: first what can only be found while the collection exists, last the collection itself."""
