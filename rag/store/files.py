"""The files of a store's documents: stamps, former paths, and the account of files that were not read."""

from __future__ import annotations

import json
import os
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from typing import Any, Literal

Reason = Literal["failed", "empty", "unsupported", "ignored", "hidden", "link", "unlistable", "missing"]
"""Why a file is not in the collection as it is: it could not be read; it has no text; its type is not supported; rules
ignore it; it is hidden; it is a link that was not followed; it is a folder that cannot be listed; it is gone, but its
document was kept."""
_LAST_RUN = "last_run"
_ORIGIN = "origin"
RENEWAL = "renewal"
"""Key of `SqliteFiles.renewal`."""


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


STAMP = "INSERT OR REPLACE INTO files SELECT uri, ? FROM documents WHERE uri = ?"
"""Records the stamp of a file, unless another process has removed its document in the meantime."""


class SqliteFiles(ABC):
    """What a SqliteStore keeps of files, in tables of its own. Implements FileRecords."""

    @abstractmethod
    def select(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """The rows of an SQL query."""

    @abstractmethod
    def transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        """A transaction for changes."""

    @abstractmethod
    def bump(self) -> None:
        """Increase the generation."""

    def stamps(self) -> dict[str, str]:
        """Stamps of the files at their last reading, by uri; documents without a file have none."""
        return dict(self.select("SELECT uri, stamp FROM files"))

    def restamp(self, new: Mapping[str, str]) -> None:
        """Record new stamps for unchanged files, in one transaction."""
        with self.transaction() as db:
            db.executemany(STAMP, [(stamp, uri) for uri, stamp in new.items()])

    def move(self, uri: str, new_uri: str, stamp: str) -> bool:
        """Give a document another uri, and remember the old one; returns False when there is no such document.

        Ids, passages and vectors stay. A document at the new uri is an error of the caller: sqlite3.IntegrityError.
        """
        with self.transaction() as db:
            db.execute("INSERT INTO former_uris SELECT uri, doc_id FROM documents WHERE uri = ?", (uri,))
            if not db.execute("UPDATE documents SET uri = ? WHERE uri = ?", (new_uri, uri)).rowcount:
                return False
            db.execute(
                "DELETE FROM former_uris WHERE uri = ?1 AND doc_id = (SELECT doc_id FROM documents WHERE uri = ?1)",
                (new_uri,),
            )
            db.execute(STAMP, (stamp, new_uri))
            self.bump()
        return True

    def former_uris(self, uri: str | None = None) -> dict[str, list[str]]:
        """The paths that documents were moved from, by their current uri. uri: only of this document."""
        condition, values = ("", ()) if uri is None else ("WHERE d.uri = ?", (uri,))
        rows = self.select(
            f"SELECT d.uri, f.uri FROM documents d JOIN former_uris f USING (doc_id) {condition} ORDER BY 2",
            values,
        )
        former: dict[str, list[str]] = {}
        for current, old in rows:
            former.setdefault(current, []).append(old)
        return former

    def keep_former_uris(self, former: Mapping[str, Iterable[str]]) -> None:
        """Record former paths by current uri, as `former_uris` returns them; unknown uris are skipped."""
        rows = [(old, uri) for uri, olds in former.items() for old in olds]
        with self.transaction() as db:
            db.executemany(
                "INSERT OR IGNORE INTO former_uris SELECT ?, doc_id FROM documents WHERE uri = ?", rows
            )

    def record_run(self, run: LastRun, unread: Iterable[Unread]) -> None:
        """Replace what is known of unread files at and below the paths of the run."""
        with self.transaction() as db:
            for path in run.paths:
                below = f"{path.rstrip(os.sep)}{os.sep}"
                db.execute(
                    "DELETE FROM unread WHERE uri = ? OR substr(uri, 1, ?) = ?", (path, len(below), below)
                )
            db.executemany(
                "INSERT OR REPLACE INTO unread VALUES (?, ?, ?, ?)",
                ((each.uri, each.reason, each.message, each.remedy) for each in unread),
            )
            db.execute(
                "INSERT OR REPLACE INTO meta VALUES (?, ?)",
                (_LAST_RUN, json.dumps(asdict(run), ensure_ascii=False)),
            )

    def last_run(self) -> LastRun | None:
        """The last complete indexing of files; None when there was none."""
        rows = self.select("SELECT value FROM meta WHERE key = ?", (_LAST_RUN,))
        return LastRun(**json.loads(rows[0][0])) if rows else None

    def unread(self, reasons: Sequence[Reason] = ()) -> list[Unread]:
        """Files that were not read, by uri; reasons: only these, all when empty."""
        condition = "WHERE reason IN (SELECT value FROM json_each(?))" if reasons else ""
        values = (json.dumps(list(reasons)),) if reasons else ()
        return [
            Unread(*row)
            for row in self.select(
                f"SELECT uri, reason, message, remedy FROM unread {condition} ORDER BY uri", values
            )
        ]

    def forget_unread(self, uris: Sequence[str]) -> None:
        """Delete the records of these files."""
        with self.transaction() as db:
            db.executemany("DELETE FROM unread WHERE uri = ?", [(uri,) for uri in uris])

    def duplicates(self) -> list[tuple[str, ...]]:
        """The uris of documents that were read from the same bytes, in groups of at least two, sorted."""
        rows = self.select(
            "SELECT sha256, uri FROM documents WHERE sha256 IN"
            " (SELECT sha256 FROM documents GROUP BY sha256 HAVING count(*) > 1) ORDER BY sha256, uri"
        )
        groups: dict[str, list[str]] = {}
        for digest, uri in rows:
            groups.setdefault(digest, []).append(uri)
        return sorted(map(tuple, groups.values()))

    def rebase(self, folder: str, new_folder: str) -> None:
        """Replace the folder at the beginning of all uris below it."""
        below, new = f"{folder.rstrip(os.sep)}{os.sep}", f"{new_folder.rstrip(os.sep)}{os.sep}"
        if below != new:
            with self.transaction() as db:
                db.execute(
                    "UPDATE documents SET uri = ?1 || substr(uri, length(?2) + 1)"
                    " WHERE substr(uri, 1, length(?2)) = ?2",
                    (new, below),
                )
                self.bump()

    def succeed(self, store_id: str, generation: int, renewal: str) -> None:
        """Continue as another store with this id, which keeps its uploads, from its generation on.

        renewal: as the property, not empty.
        """
        with self.transaction() as db:
            db.executemany(
                "INSERT OR REPLACE INTO meta VALUES (?, ?)",
                [("store_id", store_id), ("generation", str(generation + 1)), (RENEWAL, renewal)],
            )

    @property
    def renewal(self) -> str:
        """What it is to be filled with, and how, until it is complete; then empty."""
        rows = self.select("SELECT value FROM meta WHERE key = ?", (RENEWAL,))
        return str(rows[0][0]) if rows else ""

    def complete_renewal(self) -> None:
        """It has all that it succeeds to."""
        with self.transaction() as db:
            db.execute("DELETE FROM meta WHERE key = ?", (RENEWAL,))

    @property
    def origin(self) -> str:
        """The store id of the collection that this one was migrated from; empty if it was not."""
        rows = self.select("SELECT value FROM meta WHERE key = ?", (_ORIGIN,))
        return str(rows[0][0]) if rows else ""

    def set_origin(self, store_id: str) -> None:
        """Record what this collection is migrated from."""
        with self.transaction() as db:
            db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_ORIGIN, store_id))

    def passage_extents(self) -> list[tuple[int, int, int, int]]:
        """(doc_id, number of passages, last page or 0, end of the last passage) of each document with passages."""
        return self.select(
            'SELECT doc_id, count(*), coalesce(max(page), 0), max("end") FROM passages GROUP BY doc_id'
        )
