"""Text of documents outside their collection: conversations, notes, gold questions, evaluation runs, the audit log.

Users created these, so they are deleted only on request. The document's uri, stored with every quote, identifies
its source.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from askive.models.files import write_atomically
from askive.rag.config import Config
from askive.rag.privacy.removal import Removal

_MENTIONS = "mentions"
_QUERIES, _CORPUS = "queries.jsonl", "corpus.jsonl"


def conversations_path(config: Config) -> Path:
    """The file with the chat's conversations."""
    return config.home / "chat" / "conversations.sqlite3"


def notebook_path(config: Config) -> Path:
    """The file with the notes that were pinned in the chat."""
    return config.home / "chat" / "notebook.sqlite3"


def gold_folder(config: Config, collection: str) -> Path:
    """The folder of the chat's gold questions about a collection, with a copy of its documents."""
    return config.home / "gold" / collection


def uris_in(value: Any, key: str = "") -> Iterator[str]:
    """The uris of all sources in a JSON value."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from uris_in(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from uris_in(inner, key)
    elif isinstance(value, str) and key in ("uri", "doc", "sources"):
        yield value


def count_answers(config: Config, removal: Removal) -> int:
    """The number of answers in conversations that are based on the removed documents."""
    with _conversations(config, removal) as db:
        if db is None:
            return 0
        query = f"SELECT count(*) FROM turns WHERE {_MENTIONS}(asked, answer)"
        return int(db.execute(query).fetchone()[0])


def delete_answers(config: Config, removal: Removal) -> None:
    """Delete these answers with their questions, and conversations that are then empty; overwrite their bytes."""
    with _conversations(config, removal) as db:
        if db is None:
            return
        db.execute("BEGIN IMMEDIATE")
        touched = [
            row[0]
            for row in db.execute(
                f"SELECT DISTINCT conversation_id FROM turns WHERE {_MENTIONS}(asked, answer)"
            )
        ]
        db.execute(f"DELETE FROM turns WHERE {_MENTIONS}(asked, answer)")
        for conversation_id in touched:
            db.execute(
                "DELETE FROM conversations WHERE conversation_id = ?1"
                " AND NOT EXISTS (SELECT 1 FROM turns WHERE conversation_id = ?1)",
                (conversation_id,),
            )
            db.executemany(
                "DELETE FROM numbers WHERE conversation_id = ? AND uri = ?",
                [(conversation_id, uri) for uri in removal.all_uris],
            )
        db.execute("COMMIT")
        _overwrite_deleted(db)


def _overwrite_deleted(db: sqlite3.Connection) -> None:
    # The removal must not fail because another process is reading.
    with contextlib.suppress(sqlite3.OperationalError):
        db.execute("VACUUM")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextlib.contextmanager
def _conversations(config: Config, removal: Removal) -> Iterator[sqlite3.Connection | None]:
    path = conversations_path(config)
    if not path.is_file():
        yield None
        return

    def mentions(asked: str, answer: str | None) -> bool:
        collection = str(json.loads(asked).get("collection"))
        # A question may name documents that its answer does not quote.
        named = uris_in([json.loads(asked), json.loads(answer or "null")])
        return removal.concerns(collection, named)

    with contextlib.closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as db:
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA secure_delete = ON")
        db.create_function(_MENTIONS, 2, mentions)
        yield db


def count_notes(config: Config, removal: Removal) -> int:
    """The number of notes that quote the removed documents."""
    with _notebook(config) as db:
        return len(_notes(db, removal)) if db else 0


def delete_notes(config: Config, removal: Removal) -> None:
    """Delete these notes and overwrite their bytes."""
    with _notebook(config) as db:
        if db is None:
            return
        db.executemany("DELETE FROM notes WHERE note_id = ?", [(note_id,) for note_id in _notes(db, removal)])
        _overwrite_deleted(db)


def _notes(db: sqlite3.Connection, removal: Removal) -> list[int]:
    rows = db.execute("SELECT note_id, collection, content FROM notes")
    return [row[0] for row in rows if removal.concerns(row[1], uris_in(json.loads(row[2])))]


@contextlib.contextmanager
def _notebook(config: Config) -> Iterator[sqlite3.Connection | None]:
    path = notebook_path(config)
    if not path.is_file():
        yield None
        return
    with contextlib.closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as db:
        db.execute("PRAGMA secure_delete = ON")
        yield db


def count_gold(config: Config, removal: Removal) -> int:
    """The number of gold questions that quote removed documents, in suites saved by the chat."""
    return sum(len(_lines_of(suite / _QUERIES, suite.name, removal)) for suite in _suites(config))


def count_copies(config: Config, removal: Removal) -> int:
    """The number of copies of removed documents in these suites."""
    return sum(len(_lines_of(suite / _CORPUS, suite.name, removal)) for suite in _suites(config))


def delete_gold(config: Config, removal: Removal) -> None:
    """Delete these questions."""
    _delete_lines(config, removal, _QUERIES)


def delete_copies(config: Config, removal: Removal) -> None:
    """Delete these copies, and suites that have no documents left."""
    _delete_lines(config, removal, _CORPUS)
    for suite in _suites(config):
        if not _lines(suite / _CORPUS):
            shutil.rmtree(suite, ignore_errors=True)


def _delete_lines(config: Config, removal: Removal, name: str) -> None:
    for suite in _suites(config):
        path = suite / name
        if removed := _lines_of(path, suite.name, removal):
            write_atomically(path, "".join(f"{line}\n" for line in _lines(path) if line not in removed))


def _suites(config: Config) -> list[Path]:
    return [path.parent for path in (config.home / "gold").glob("*/suite.toml")]


def _lines(path: Path) -> list[str]:
    # Not `splitlines`: texts may contain other line separators.
    return [line for line in path.read_text(encoding="utf-8").split("\n") if line] if path.is_file() else []


def _lines_of(path: Path, collection: str, removal: Removal) -> set[str]:
    return {line for line in _lines(path) if removal.concerns(collection, _uris_of(json.loads(line)))}


def _uris_of(record: dict[str, Any]) -> Iterator[str]:
    yield str(record.get("_id"))
    yield from uris_in(record)


def count_runs(config: Config, removal: Removal) -> int:
    """The number of evaluation runs in the data folder that quote one of the documents."""
    return len(_runs(config, removal))


def delete_runs(config: Config, removal: Removal) -> None:
    """Delete these runs, and with runs of `eval trust` all generations, which do not name documents."""
    for folder in _runs(config, removal):
        shutil.rmtree(folder, ignore_errors=True)
        if folder.parent.name == "trust":
            for path in folder.parent.glob("said-*.jsonl"):
                path.unlink(missing_ok=True)


def _runs(config: Config, removal: Removal) -> list[Path]:
    return [
        path.parent
        for path in (config.home / "eval").glob("*/*/rows.jsonl")
        if any(not removal.all_uris.isdisjoint(uris_in(row)) for row in _rows(path))
    ]


def _rows(path: Path) -> Iterator[Any]:
    for line in _lines(path):
        # A killed run may end with an incomplete row.
        with contextlib.suppress(ValueError):
            yield json.loads(line)


def audit_path(config: Config) -> Path:
    """The audit log of the server."""
    return config.home / "server" / "audit.jsonl"


@contextlib.contextmanager
def lock_audit(config: Config) -> Iterator[None]:
    """Hold the lock of the audit log, for an entry or a change."""
    from filelock import FileLock

    with FileLock(audit_path(config).with_name(".audit.lock")):
        yield


def count_audit(config: Config, removal: Removal) -> int:
    """The number of entries in the audit log with text of removed documents."""
    return sum(_quotes(line, removal) for line in _lines(audit_path(config)))


def delete_audit(config: Config, removal: Removal) -> None:
    """Delete questions and answers from these entries; who asked and when stays."""
    path = audit_path(config)
    if not path.is_file():
        return
    with lock_audit(config):
        lines = _lines(path)
        kept = [_without_texts(line) if _quotes(line, removal) else line for line in lines]
        if kept != lines:
            write_atomically(path, "".join(f"{line}\n" for line in kept))


def _quotes(line: str, removal: Removal) -> bool:
    try:
        entry = json.loads(line)
    except ValueError:
        # The last line of a killed server.
        return False
    return "sources" in entry and removal.concerns(str(entry.get("collection")), uris_in(entry))


def _without_texts(line: str) -> str:
    texts = ("question", "answer", "sources")
    entry = {name: value for name, value in json.loads(line).items() if name not in texts}
    return json.dumps(entry, ensure_ascii=False)
