"""The files of a store's documents: stamps, former paths, and the account of files that were not read."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from askive.rag.store.sqlite import STAMP, SqliteStore

Reason = Literal["failed", "empty", "unsupported", "ignored", "hidden", "link", "unlistable", "missing"]
"""Why a file is not in the collection as it is: it could not be read; it has no text; its type is not supported; rules
ignore it; it is hidden; it is a link that was not followed; it is a folder that cannot be listed; it is gone, but its
document was kept."""
_LAST_RUN = "last_run"


@dataclass(frozen=True, slots=True)
class Unread:
    """A file or folder that was not read. remedy: empty where nothing is wrong."""

    uri: str
    reason: Reason
    message: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class LastRun:
    """The numbers of the last complete indexing. at: UTC, ISO 8601. paths: what was indexed, absolute."""

    at: str
    paths: list[str]
    n_added: int
    n_changed: int
    n_moved: int
    n_unchanged: int
    n_deleted: int


def stamps(store: SqliteStore) -> dict[str, str]:
    """Stamps of the files at their last reading, by uri; documents without a file have none."""
    return dict(store.select("SELECT uri, stamp FROM files"))


def restamp(store: SqliteStore, new: Mapping[str, str]) -> None:
    """Record new stamps for unchanged files, in one transaction."""
    with store.transaction() as db:
        db.executemany(STAMP, [(stamp, uri) for uri, stamp in new.items()])


def move(store: SqliteStore, uri: str, new_uri: str, stamp: str) -> bool:
    """Give a document another uri, and remember the old one; returns False when there is no such document.

    Ids, passages and vectors stay. A document at the new uri is an error of the caller: sqlite3.IntegrityError.
    """
    with store.transaction() as db:
        db.execute("INSERT INTO former_uris SELECT uri, doc_id FROM documents WHERE uri = ?", (uri,))
        if not db.execute("UPDATE documents SET uri = ? WHERE uri = ?", (new_uri, uri)).rowcount:
            return False
        db.execute(
            "DELETE FROM former_uris WHERE uri = ?1 AND doc_id = (SELECT doc_id FROM documents WHERE uri = ?1)",
            (new_uri,),
        )
        db.execute(STAMP, (stamp, new_uri))
        store.bump()
    return True


def former_uris(store: SqliteStore) -> dict[str, list[str]]:
    """The paths that documents were moved from, by their current uri."""
    former: dict[str, list[str]] = {}
    for uri, old in store.select(
        "SELECT d.uri, f.uri FROM former_uris f JOIN documents d USING (doc_id) ORDER BY 2"
    ):
        former.setdefault(uri, []).append(old)
    return former


def keep_former_uris(store: SqliteStore, former: Mapping[str, Iterable[str]]) -> None:
    """Record former paths by current uri, as `former_uris` returns them; unknown uris are skipped."""
    rows = [(old, uri) for uri, olds in former.items() for old in olds]
    with store.transaction() as db:
        db.executemany(
            "INSERT OR IGNORE INTO former_uris SELECT ?, doc_id FROM documents WHERE uri = ?", rows
        )


def record_run(store: SqliteStore, run: LastRun, unread: Iterable[Unread]) -> None:
    """Replace what is known of unread files at and below the paths of the run."""
    with store.transaction() as db:
        for path in run.paths:
            below = f"{path.rstrip(os.sep)}{os.sep}"
            db.execute("DELETE FROM unread WHERE uri = ? OR substr(uri, 1, ?) = ?", (path, len(below), below))
        db.executemany(
            "INSERT OR REPLACE INTO unread VALUES (?, ?, ?, ?)",
            ((each.uri, each.reason, each.message, each.remedy) for each in unread),
        )
        db.execute(
            "INSERT OR REPLACE INTO meta VALUES (?, ?)",
            (_LAST_RUN, json.dumps(asdict(run), ensure_ascii=False)),
        )


def last_run(store: SqliteStore) -> LastRun | None:
    """The last complete indexing of files; None when there was none."""
    rows = store.select("SELECT value FROM meta WHERE key = ?", (_LAST_RUN,))
    return LastRun(**json.loads(rows[0][0])) if rows else None


def unread(store: SqliteStore, reasons: Sequence[Reason] = ()) -> list[Unread]:
    """Files that were not read, by uri; reasons: only these, all when empty."""
    condition = "WHERE reason IN (SELECT value FROM json_each(?))" if reasons else ""
    values = (json.dumps(list(reasons)),) if reasons else ()
    return [
        Unread(*row)
        for row in store.select(
            f"SELECT uri, reason, message, remedy FROM unread {condition} ORDER BY uri", values
        )
    ]


def forget_unread(store: SqliteStore, uris: Sequence[str]) -> None:
    """Delete the records of these files."""
    with store.transaction() as db:
        db.executemany("DELETE FROM unread WHERE uri = ?", [(uri,) for uri in uris])


def duplicates(store: SqliteStore) -> list[tuple[str, ...]]:
    """The uris of documents that were read from the same bytes, in groups of at least two, sorted."""
    rows = store.select(
        "SELECT sha256, uri FROM documents WHERE sha256 IN"
        " (SELECT sha256 FROM documents GROUP BY sha256 HAVING count(*) > 1) ORDER BY sha256, uri"
    )
    groups: dict[str, list[str]] = {}
    for digest, uri in rows:
        groups.setdefault(digest, []).append(uri)
    return sorted(map(tuple, groups.values()))


def rebase(store: SqliteStore, folder: str, new_folder: str) -> None:
    """Replace the folder at the beginning of all uris below it."""
    below, new = f"{folder.rstrip(os.sep)}{os.sep}", f"{new_folder.rstrip(os.sep)}{os.sep}"
    if below != new:
        with store.transaction() as db:
            db.execute(
                "UPDATE documents SET uri = ?1 || substr(uri, length(?2) + 1) WHERE substr(uri, 1, length(?2)) = ?2",
                (new, below),
            )
            store.bump()
