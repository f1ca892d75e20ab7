"""The register of every place in the data folder where text of a document may lie. Removal walks it.

Two kinds of text are not in it: what a killed process left half done, which `askive.rag.privacy.leftovers` finds, and
files that
somebody wrote outside the data folder (exports, reports, `--out`). Weights, settings, compiled models
(`models`, `cache/reader`, `cache/wheels`) and the judges' agreements (`eval/judges`) hold no text of documents.
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
from askive.rag.collections.swap import delete_set_aside, set_aside
from askive.rag.config import Config
from askive.rag.privacy.erasure import erase_removed
from askive.rag.privacy.quotes import (
    count_answers,
    count_copies,
    count_gold,
    count_runs,
    delete_answers,
    delete_copies,
    delete_gold,
    delete_runs,
)
from askive.rag.privacy.removal import Removal, Removed
from askive.rag.store.archive import STORE_NAME
from askive.rag.store.database_file import open_read_only


@dataclass(frozen=True, slots=True)
class Place:
    """A place where text of documents may lie.

    holds: what of a document. where: below the data folder. kind: "quote" is somebody's work, deleted only on request;
    "copy" was derived from the documents elsewhere; "own" is the collection's. count: how many things of a removal are
    there. delete: deletes them; False when something of them is left.
    """

    name: str
    holds: str
    where: str
    kind: Literal["quote", "copy", "own"]
    count: Callable[[Config, Removal], int]
    delete: Callable[[Config, Removal], bool | None]


def quotes_of(config: Config, removal: Removal) -> dict[str, int]:
    """How many things that are deleted only on request quote the documents, by place; only those above 0."""
    found = {place.name: place.count(config, removal) for place in PLACES if place.kind == "quote"}
    return {name: n for name, n in found.items() if n}


def delete_elsewhere(config: Config, removal: Removal, *, with_quotes: bool) -> None:
    """Delete copies, and quotes if wanted, of documents that are removed or replaced in the collection already."""
    for place in PLACES:
        if place.kind == "copy" or (place.kind == "quote" and with_quotes):
            place.delete(config, removal)


def delete_everywhere(config: Config, removal: Removal, *, with_quotes: bool) -> Removed:
    """Walk the register in its order. with_quotes: delete also what is deleted only on request.

    After a kill, what was removed is found again by `askive.rag.privacy.leftovers.sweep`, or is still in the
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
    """Where the chat keeps uploaded files, in a folder for each store."""
    # Absolute, as the documents' uris are.
    return config.home.absolute() / "uploads"


def incoming_folder(config: Config) -> Path:
    """Where the chat keeps uploads on their way, and the files they replace until they are indexed."""
    return uploads_folder(config) / ".incoming"


def former_upload(incoming: Path, target: Path) -> Path:
    """Where the file at `target` is kept while an upload replaces it; also after a move of the data folder."""
    below_uploads = os.path.relpath(target, incoming.parent)
    return incoming / f"{sha256(os.fsencode(below_uploads)).hexdigest()[:32]}.former"


def other_collections(config: Config, name: str) -> frozenset[str]:
    """Names of the collections but one."""
    return frozenset(list_collections(config)) - {name}


def _indexes(config: Config, removal: Removal) -> list[Path]:
    """Indexes of evaluation suites that hold one of the documents."""
    found = []
    for path in (config.home / "eval" / "indexes").glob(f"*/{STORE_NAME}"):
        with (
            contextlib.suppress(sqlite3.Error),
            contextlib.closing(open_read_only(path)) as db,
        ):
            query = "SELECT 1 FROM documents WHERE uri IN (SELECT value FROM json_each(?)) LIMIT 1"
            if db.execute(query, (json.dumps(sorted(removal.uris)),)).fetchone():
                found.append(path.parent)
    return found


def _delete_indexes(config: Config, removal: Removal) -> None:
    for folder in _indexes(config, removal):
        shutil.rmtree(folder, ignore_errors=True)


def _remove(config: Config, removal: Removal) -> None:
    if removal.archive is not None:
        from askive.rag.ingest.pipeline import remove_documents

        remove_documents(removal.archive, sorted(removal.uris))
        return
    set_aside(config, removal.collection)


def _count_states(config: Config, _removal: Removal) -> int:
    from askive.models.registry import kept_states

    return kept_states(config.models_dir).stats().n_disk


def _clear_states(config: Config, _removal: Removal) -> bool:
    from askive.models.registry import clear_states

    return clear_states(config.models_dir)


def _uploads(config: Config, removal: Removal) -> list[Path]:
    root = uploads_folder(config)
    found = {path for path in map(Path, removal.uris) if path.is_relative_to(root) and ".." not in path.parts}
    if removal.archive is None and removal.store_id:
        found |= {path for path in (root / removal.store_id).rglob("*") if path.is_file()}
    return sorted(path for path in found if path.is_file())


def _delete_uploads(config: Config, removal: Removal) -> None:
    for path in _uploads(config, removal):
        delete_upload(config, path)


def delete_upload(config: Config, path: Path) -> None:
    """Delete an uploaded file, with folders that are empty then."""
    root = uploads_folder(config)
    path.unlink(missing_ok=True)
    for folder in path.parents:
        if folder == root or any(folder.iterdir()):
            break
        folder.rmdir()


def _erase(config: Config, removal: Removal) -> bool:
    if removal.archive is not None:
        return erase_removed(config, removal.archive)
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
    Place("gold questions", "quotes", "gold/*/queries.jsonl", "quote", count_gold, delete_gold),
    Place("copies in gold suites", "the text", "gold/*/corpus.jsonl", "quote", count_copies, delete_copies),
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
        "collection",
        "the text, its words and vectors",
        "collections/NAME",
        "own",
        lambda _config, removal: len(removal.uris),
        _remove,
    ),
    Place(
        _STATES, "what the model has read, as numbers", "cache/states", "own", _count_states, _clear_states
    ),
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
        "bytes of removed rows, old vector files, a collection being deleted",
        "collections/NAME/store.sqlite3*, collections/.NAME.deleted",
        "own",
        lambda _config, removal: len(removal.uris),
        _erase,
    ),
)
"""In the order of deletion: first what can only be found while the collection exists, last what remains."""
