"""The store: one transaction a document, and nothing half done whatever happens."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from askive.models.fakes import HashEmbedder
from askive.models.protocols import Vectors
from askive.rag.config import PassageConfig
from askive.rag.errors import FingerprintMismatch, StoreError
from askive.rag.ingest.pipeline import ingest_paths
from askive.rag.store.archive import STORE_NAME, Archive
from askive.rag.store.fts5 import Fts5Index
from askive.rag.store.sqlite import Counts, Fingerprint, SqliteStore
from askive.rag.store.vector_cache import VectorCache
from askive.rag.types import Document, Passage
from tests.rag.archives import sqlite_of

DIMENSION = 4
MADE = Fingerprint("hash", "hash-4", DIMENSION, "{}")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "collection" / STORE_NAME)
    yield opened
    opened.close()


def document(uri: str = "a", text: str = "One. Two.") -> Document:
    return Document(
        uri, f"Title of {uri}", text, "text/plain", f"sha of {text}", "2016-01", "Reuters", {"place": ["Paris"], "x": "é"}
    )  # fmt: skip


def passages_of(text: str) -> list[Passage]:
    ends = [i + 1 for i, c in enumerate(text) if c == "."]
    starts = [0, *(end + 1 for end in ends[:-1])]
    return [Passage(text[s:e], s, e, "Part", None) for s, e in zip(starts, ends, strict=True)]


def vectors_of(n: int, seed: int = 0) -> Vectors:
    vectors: Vectors = np.random.default_rng(seed).normal(size=(n, DIMENSION)).astype(np.float32)
    return vectors


def put(store: SqliteStore, uri: str = "a", text: str = "One. Two.") -> tuple[int, list[int]]:
    passages = passages_of(text)
    return store.put(document(uri, text), passages, vectors_of(len(passages)))


def test_a_document_comes_back_as_it_was_put(store: SqliteStore) -> None:
    text = "Grüße 😀. 你好 e\u0301. Ende."
    doc_id, ids = put(store, "a", text)
    held = store.document(doc_id)
    assert held == store.document_by_uri("a")
    assert (held.title, held.text, held.media_type) == ("Title of a", text, "text/plain")
    assert (held.published, held.publisher, held.metadata) == (
        "2016-01",
        "Reuters",
        {"place": ["Paris"], "x": "é"},
    )
    passages = store.passages(ids)
    assert [passages[i][0].text for i in ids] == [p.text for p in passages_of(text)]
    assert all(text[p.start : p.end] == p.text for p, _ in passages.values())
    assert {source.uri for _, source in passages.values()} == {"a"}
    assert [p.passage_id for p in store.passages_of(doc_id)] == ids
    np.testing.assert_array_equal(np.stack([store.vectors(ids)[i] for i in ids]), vectors_of(3))
    assert store.counts() == Counts(1, 3)
    assert store.known_sha256() == {"a": f"sha of {text}"}
    assert store.check() == []


def test_a_document_at_the_same_uri_is_replaced(store: SqliteStore) -> None:
    put(store, "other")
    first_doc, first_ids = put(store, "a", "Old text. Older.")
    second_doc, second_ids = put(store, "a", "New words.")
    assert second_doc > first_doc
    assert min(second_ids) > max(first_ids), "ids are never used again"
    assert store.passages(first_ids) == {}
    assert store.vectors(first_ids) == {}
    assert Fts5Index(store).search_expression('"old"', 9) == []
    assert [i for i, _ in Fts5Index(store).search_expression('"words"', 9)] == second_ids
    assert store.counts() == Counts(2, 3)
    with pytest.raises(StoreError, match=f"no document {first_doc}"):
        store.document(first_doc)
    assert store.check() == []


def test_ids_are_not_reused_after_the_last_is_deleted(store: SqliteStore) -> None:
    _, ids = put(store)
    assert store.delete(["a"]) == ids
    _, newer = put(store)
    assert min(newer) > max(ids)


def test_generation_grows_with_every_change_and_only_then(store: SqliteStore) -> None:
    seen = [store.generation]
    for change in (
        lambda: put(store, "a"),
        lambda: put(store, "a", "Changed."),
        lambda: store.put(document("empty", "# "), [], vectors_of(0)),
        lambda: store.delete(["a"]),
        lambda: store.delete(["empty"]),
    ):
        change()
        assert store.generation > seen[-1]
        seen.append(store.generation)
    store.delete(["never there"])
    store.delete([])
    assert store.counts() == Counts(0, 0)
    assert store.generation == seen[-1]


def test_a_put_that_fails_changes_nothing(store: SqliteStore) -> None:
    _, ids = put(store, "a", "Old text.")
    before = store.generation
    with pytest.raises(ValueError, match="zip"):
        store.put(document("a", "New. Text."), passages_of("New. Text."), vectors_of(1))
    assert list(store.passages(ids)) == ids
    assert store.generation == before
    assert [i for i, _ in Fts5Index(store).search_expression('"old"', 9)] == ids
    assert store.check() == []
    put(store, "a", "New. Text.")


def test_many_ids_at_once(store: SqliteStore) -> None:
    text = "A b. " * 1300
    _, ids = put(store, "a", text.strip())
    assert len(store.passages(ids)) == len(store.vectors([*ids, 10**9])) == 1300
    assert sum(len(found) for found, _ in store.embeddings(batch=500)) == 1300


def test_fingerprints(store: SqliteStore) -> None:
    assert store.fingerprint() is None
    store.set_fingerprint(MADE)
    other = Fingerprint("minilm", "x", 8, "{}")
    store.set_fingerprint(other)
    assert store.fingerprint() == other, "nothing is held yet"
    put(store)
    store.set_fingerprint(other)
    with pytest.raises(FingerprintMismatch, match="made with minilm"):
        store.set_fingerprint(MADE)
    assert store.fingerprint() == other


def test_what_is_stored_is_there_after_opening_again(tmp_path: Path) -> None:
    path = tmp_path / STORE_NAME
    first = SqliteStore(path)
    put(first)
    store_id, generation = first.store_id, first.generation
    first.close()
    first.close()
    second = SqliteStore(path)
    assert (second.store_id, second.generation, second.counts()) == (store_id, generation, Counts(1, 2))
    second.close()


def test_several_threads(store: SqliteStore) -> None:
    errors: list[BaseException] = []

    def work(name: str) -> None:
        try:
            for n in range(8):
                put(store, f"{name}-{n}", f"Text {n}. More.")
                store.counts()
                Fts5Index(store).search_expression('"text"', 5)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert store.counts() == Counts(24, 48)
    assert store.check() == []


@pytest.mark.parametrize(
    "content", [b"this is no database, only words\n" * 100, b"SQLite format 3\0" + b"\xff" * 4096]
)
def test_a_file_that_is_no_store_is_an_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / STORE_NAME
    path.write_bytes(content)
    with pytest.raises(StoreError) as caught:
        SqliteStore(path)
    assert str(path) in caught.value.message
    assert "askive index" in caught.value.remedy
    assert path.read_bytes() == content


def test_another_program_s_database_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / STORE_NAME
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE recipes (name TEXT)")
    other.close()
    with pytest.raises(StoreError):
        SqliteStore(path)


def test_a_newer_format_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / STORE_NAME
    SqliteStore(path).close()
    with sqlite3.connect(path) as other:
        other.execute("UPDATE meta SET value = '99' WHERE key = 'format'")
    other.close()
    with pytest.raises(StoreError, match="format 99"):
        SqliteStore(path)


def test_damaged_pages_are_a_store_error_whatever_is_read(tmp_path: Path) -> None:
    path = tmp_path / STORE_NAME
    store = SqliteStore(path)
    for n in range(40):
        put(store, f"d{n}", "Some words to fill pages with. " * 60)
    store.close()
    data = bytearray(path.read_bytes())
    for at in range(4096 * 3, len(data), 4096):
        data[at : at + 4096] = b"\xa5" * (min(len(data), at + 4096) - at)
    path.write_bytes(data)
    try:
        damaged = SqliteStore(path)
    except StoreError:
        return
    failures = 0
    for read in (
        damaged.counts,
        damaged.check,
        damaged.sources,
        damaged.known_sha256,
        lambda: Fts5Index(damaged).search_expression('"words"', 5),
        lambda: list(damaged.embeddings()),
        lambda: damaged.passages([1, 2, 3]),
        lambda: damaged.vectors([1]),
        lambda: damaged.document_by_uri("d1"),
        lambda: damaged.delete(["d1"]),
        lambda: damaged.put(document("new"), passages_of("One. Two."), vectors_of(2)),
    ):
        try:
            found = read()
            failures += bool(read == damaged.check and found)
        except StoreError as error:
            assert error.remedy
            failures += 1
    assert failures
    damaged.close()


def test_a_store_in_use_elsewhere_is_not_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("askive.rag.store.sqlite.BUSY_TIMEOUT_S", 0.2)
    path = tmp_path / STORE_NAME
    SqliteStore(path).close()
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    holder.execute("UPDATE meta SET value = value")
    try:
        with pytest.raises(StoreError, match="locked") as caught:
            SqliteStore(path)
        assert "remove" not in caught.value.remedy, "a remedy must not destroy what is only busy"
    finally:
        holder.close()


INGEST = """
import os, signal, sys
from pathlib import Path
from askive.models.fakes import HashEmbedder
from askive.rag.store.archive import Archive
from askive.rag.config import PassageConfig
from askive.rag.ingest.pipeline import ingest_paths

folder, documents, kill_at = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
seen = 0

def count(statement):
    global seen
    seen += 1
    if seen == kill_at:
        os.kill(os.getpid(), signal.SIGKILL)

with Archive.open(folder, HashEmbedder(256), PassageConfig()) as archive:
    archive.store._db.set_trace_callback(count)
    ingest_paths(archive, [documents])
print(seen)
"""


def ingest_in_a_process(folder: Path, documents: Path, kill_at: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", INGEST, str(folder), str(documents), str(kill_at)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def state(folder: Path) -> dict[str, list[str]]:
    """Every document's passages, after all that can be checked was found sound."""
    with Archive.open(folder, HashEmbedder(256), PassageConfig()) as archive:
        assert archive.store.check() == []
        assert len(archive.dense) == archive.counts().n_passages
        held = {
            Path(source.uri).name: [p.text for p in archive.store.passages_of(source.doc_id)]
            for source in archive.store.sources()
        }
        cache = VectorCache(sqlite_of(archive), folder, 256)
        query = archive.embed_query("ships")
        assert cache.current().search(query, 50) == cache._build(len(archive.dense)).search(query, 50)
        return held


def test_killed_anywhere_the_store_shows_the_old_state_or_the_new_one(
    tmp_path: Path, documents: Path
) -> None:
    folder = tmp_path / "collection"
    assert ingest_in_a_process(folder, documents, 0).returncode == 0
    old = state(folder)
    for name in ("bridge.txt", "fair.html"):
        path = documents / name
        path.write_text(path.read_text(encoding="utf-8").replace("bridge", "dam").replace("fair", "market"))
    (documents / "new.txt").write_text("A new document came. It has two sentences.")
    (documents / "harbour.md").unlink()
    whole = tmp_path / "whole"
    n_statements = int(ingest_in_a_process(whole, documents, 0).stdout)
    new = state(whole)
    assert n_statements > 20
    states: list[dict[str, list[str]]] = []
    for kill_at in sorted({3, 9, 15, 21, 24, 27, 33, 39, 45, 54, 63}):
        killed = ingest_in_a_process(folder, documents, kill_at)
        states.append(state(folder))
        for name in {*old, *new}:
            assert states[-1].get(name) in (old.get(name), new.get(name)), f"{name}, killed at {kill_at}"
        if killed.returncode == 0:
            break
        assert killed.returncode == -signal.SIGKILL
    ingest_in_a_process(folder, documents, 0)
    assert state(folder) == new
    assert len({str(s) for s in states}) > 1, "the kills fell into different steps"


def test_two_processes_write_at_the_same_time(tmp_path: Path) -> None:
    folder = tmp_path / "collection"
    running = []
    for name in "ab":
        documents = tmp_path / name
        documents.mkdir()
        for n in range(15):
            (documents / f"{n}.txt").write_text(f"Document {n} of writer {name}. It is short.")
        running.append(
            subprocess.Popen(
                [sys.executable, "-c", INGEST, str(folder), str(documents), "0"],
                stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
            )
        )  # fmt: skip
    errors = [process.communicate(timeout=60)[1] for process in running]
    assert [process.returncode for process in running] == [0, 0], errors
    assert len(state(folder)) == 15, "the names are the same in both"
    with Archive.open(folder, HashEmbedder(256), PassageConfig()) as archive:
        assert archive.counts().n_documents == 30


def test_a_reader_sees_what_another_process_wrote(tmp_path: Path, documents: Path) -> None:
    folder = tmp_path / "collection"
    with Archive.open(folder, HashEmbedder(256), PassageConfig()) as reader:
        ingest_paths(reader, [documents])
        before = len(reader.dense)
        (documents / "new.txt").write_text("A new document came.")
        assert ingest_in_a_process(folder, documents, 0).returncode == 0
        assert len(reader.dense) == before + 1
        assert len(reader.lexical.search("new document", 5)) >= 1
