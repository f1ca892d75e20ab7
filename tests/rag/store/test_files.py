"""The files of documents: moves, the account of what was not read, and stores of earlier formats."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from askive.rag.store.files import LastRun, Unread
from askive.rag.store.schema import FORMAT
from askive.rag.store.sqlite import SqliteStore
from askive.rag.types import TableRows
from tests.rag.archives import archive_of, document, sqlite_of


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """Two documents at `/d/a` and `/d/b`, with stamps."""
    with archive_of(
        tmp_path / "c", [document("Ships came.", uri="/d/a"), document("Bread.", uri="/d/b")]
    ) as archive:
        archive.store.restamp({"/d/a": "1", "/d/b": "2", "/d/none": "3"})
        yield sqlite_of(archive)


def test_a_move_keeps_ids_and_remembers_the_way(store: SqliteStore) -> None:
    before = store.document_by_uri("/d/a")
    assert before is not None
    generation = store.generation
    assert store.move("/d/a", "/e/a", "9")
    assert not store.move("/d/a", "/f/a", "9")
    assert store.move("/e/a", "/f/a", "10")
    after = store.document_by_uri("/f/a")
    assert after is not None
    assert (after.doc_id, after.text) == (before.doc_id, before.text)
    assert store.generation > generation
    assert store.stamps() == {"/f/a": "10", "/d/b": "2"}
    assert store.former_uris() == {"/f/a": ["/d/a", "/e/a"]}
    # Back where it was: a document is not its own former place.
    store.move("/f/a", "/d/a", "11")
    assert store.former_uris() == {"/d/a": ["/e/a", "/f/a"]}
    store.delete(["/d/a"])
    assert store.former_uris() == {}
    assert store.check() == []


def test_a_run_replaces_the_account_of_its_own_paths_only(store: SqliteStore) -> None:
    first = LastRun("2026-01-01T00:00:00+00:00", ["/d"], 2, 0, 0, 0, 0)
    store.record_run(
        first,
        [Unread("/d/x.png", "unsupported"), Unread("/d/y.txt", "failed", "it is empty", "fill it")],
    )
    store.record_run(
        LastRun("2026-01-02T00:00:00+00:00", ["/dd"], 0, 0, 0, 0, 0), [Unread("/dd/.z", "hidden")]
    )
    assert [each.uri for each in store.unread()] == ["/d/x.png", "/d/y.txt", "/dd/.z"]
    assert store.unread(("failed",)) == [Unread("/d/y.txt", "failed", "it is empty", "fill it")]
    second = LastRun("2026-01-03T00:00:00+00:00", ["/d"], 0, 0, 1, 1, 0)
    generation = store.generation
    store.record_run(second, [])
    assert [each.uri for each in store.unread()] == ["/dd/.z"]
    assert store.last_run() == second
    assert store.generation == generation, "the vector index stays valid"


def test_duplicates_and_another_data_folder(store: SqliteStore) -> None:
    assert store.duplicates() == [("/d/a", "/d/b")], "the digests of both are the same"
    store.rebase("/d", "/new/d")
    assert set(store.known_sha256()) == {"/new/d/a", "/new/d/b"}
    assert store.stamps() == {"/new/d/a": "1", "/new/d/b": "2"}


def test_a_store_of_the_last_format_gets_the_rows_of_tables(tmp_path: Path) -> None:
    archive_of(tmp_path, [document("Ships came.", uri="/d/a")]).close()
    with closing(sqlite3.connect(tmp_path / "store.sqlite3")) as db:
        db.execute("ALTER TABLE passages DROP COLUMN rows")
        db.execute("UPDATE meta SET value = '3' WHERE key = 'format'")
        db.commit()
    with closing(SqliteStore(tmp_path / "store.sqlite3")) as store:
        (passage,) = store.passages_of(1)
        rows = (TableRows(0, 5, 0, 14),)
        store.put(
            document("Ships came.", uri="/d/a"), [replace(passage, rows=rows)], np.ones((1, 4), np.float32)
        )
        (kept,) = store.passages_of(2)
        assert (kept.rows, store.passages([kept.passage_id])[kept.passage_id][0].rows) == (rows, rows)


@pytest.mark.parametrize("has_files", [True, False])
def test_a_store_of_the_former_format_is_copied_and_migrated(tmp_path: Path, has_files: bool) -> None:
    folder = tmp_path / "c"
    archive_of(folder, [document("Ships came.", uri="/d/a")]).close()
    path = folder / "store.sqlite3"
    with closing(sqlite3.connect(path)) as db:
        db.executescript(
            "DROP TABLE files; DROP TABLE former_uris; DROP TABLE unread; ALTER TABLE passages DROP COLUMN rows;"
        )
        if has_files:
            db.executescript(
                "CREATE TABLE files (uri TEXT PRIMARY KEY REFERENCES documents (uri) ON DELETE CASCADE,"
                " stamp TEXT NOT NULL) WITHOUT ROWID; INSERT INTO files VALUES ('/d/a', '7');"
            )
        db.execute("UPDATE meta SET value = '2' WHERE key = 'format'")
        db.commit()
    with closing(SqliteStore(path)) as store:
        assert store.stamps() == ({"/d/a": "7"} if has_files else {})
        assert store.move("/d/a", "/d/b", "8")
        assert store.check() == []
        assert store.select("SELECT value FROM meta WHERE key = 'format'") == [(str(FORMAT),)]
    with closing(sqlite3.connect(folder / "store.sqlite3.format-2")) as db:
        assert db.execute("SELECT value FROM meta WHERE key = 'format'").fetchone() == ("2",)
        assert db.execute("SELECT uri FROM documents").fetchall() == [("/d/a",)]
