"""One writer at a time in a collection: threads and processes."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from askive.models.fakes import HashEmbedder
from askive.rag.collections.by_name import (
    create_collection,
    has_collection,
    index_seeds,
    list_collections,
    open_collection,
    rebuild_collection,
    rename_collection,
    write_collection,
)
from askive.rag.collections.lock import lock_collections, lock_path
from askive.rag.collections.path import collection_path
from askive.rag.config import Config, PassageConfig
from askive.rag.errors import CollectionBusy, CollectionNotFound, StoreError, UsageError
from askive.rag.ingest.pipeline import ingest_paths
from askive.rag.privacy.deletion import remove_collection
from askive.rag.privacy.leftovers import sweep
from askive.rag.store.archive import Archive
from askive.rag.store.database_file import connect
from askive.rag.store.sqlite import SqliteStore

pytestmark = pytest.mark.usefixtures("parsed_here")

HOLDER = """
import sys
from pathlib import Path
from askive.rag.collections.by_name import write_collection
from askive.rag.config import Config
from askive.rag.ingest.pipeline import ingest_paths

def wait(*_):
    print("indexing", flush=True)
    sys.stdin.readline()

with write_collection(Config(home=Path(sys.argv[1]), embedder="hash"), "town", create=True) as archive:
    report = ingest_paths(archive, [Path(sys.argv[2])], progress=wait)
print("added", report.n_added, flush=True)
"""


@pytest.fixture
def config(home: Path) -> Config:
    return Config(home=home, embedder="hash", generator="scripted", lock_wait_s=0.2)


def indexing(config: Config, documents: Path) -> subprocess.Popen[str]:
    """Another process in the middle of indexing into `town`; it goes on for every line that it is sent."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(config.home), str(documents)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "indexing\n"
    return process


def test_no_change_gets_in_while_another_process_indexes(config: Config, documents: Path) -> None:
    process = indexing(config, documents)
    lines: list[str] = []
    changes: list[Callable[[], object]] = [
        lambda: remove_collection(config, "town", notify=lines.append),
        lambda: rename_collection(config, "town", "city"),
        lambda: rename_collection(config, "other", "town"),
        lambda: create_collection(config, "town"),
        lambda: write_collection(config, "town").__enter__(),
        lambda: rebuild_collection(config, "town").__enter__(),
    ]
    create_collection(config, "other")
    for change in changes:
        with pytest.raises(CollectionBusy, match="'town'") as caught:
            change()
        assert caught.value.exit_code == 1
        assert caught.value.remedy
    assert len(lines) == 1
    assert "'town'" in lines[0]
    with open_collection(config, "town") as archive:
        assert archive.counts().n_documents >= 1, "readers are not kept out"
    out, _ = process.communicate("\n" * len(list(documents.iterdir())), timeout=60)
    assert out.endswith("added 3\n")
    rename_collection(config, "town", "city")
    assert list_collections(config) == ["city", "other"]
    with open_collection(config, "city") as archive:
        assert archive.counts().n_documents == 3
        assert archive.store.check() == []


def test_the_lock_of_a_killed_process_is_free(config: Config, documents: Path) -> None:
    process = indexing(config, documents)
    process.kill()
    process.communicate()
    assert remove_collection(config, "town").states_cleared
    assert list_collections(config) == []


def test_a_waiting_writer_goes_on_when_the_lock_is_free(config: Config, documents: Path) -> None:
    patient = config.model_copy(update={"lock_wait_s": 60.0})
    process = indexing(config, documents)

    def go_on(_line: str) -> None:
        assert process.stdin is not None
        process.stdin.write("\n" * 3)
        process.stdin.flush()

    remove_collection(patient, "town", notify=go_on)
    out, _ = process.communicate(timeout=60)
    assert out.endswith("added 3\n"), "the run that held the lock was not disturbed"
    assert not has_collection(config, "town")


def test_threads_exclude_each_other_and_a_thread_may_lock_again(config: Config) -> None:
    seen: list[str] = []

    def try_it() -> None:
        try:
            with lock_collections(config, "town", wait_s=0):
                seen.append("in")
        except CollectionBusy:
            seen.append("busy")

    def in_a_thread() -> None:
        thread = threading.Thread(target=try_it)
        thread.start()
        thread.join(30)

    with lock_collections(config, "town"):
        with lock_collections(config, "town", "other"):
            in_a_thread()
        in_a_thread()
    in_a_thread()
    assert seen == ["busy", "busy", "in"]


def test_a_lock_file_goes_with_its_collection(config: Config) -> None:
    create_collection(config, "town")
    assert list_collections(config) == ["town"]
    assert lock_path(config, "town").stat().st_size == 0
    with lock_collections(config, "town"):
        remove_collection(config, "town")
        assert lock_path(config, "town").is_file(), "the outer block still holds it"
    assert list(config.collections_dir.iterdir()) == [], "its name would stay"


@pytest.mark.parametrize("state", ["rebuilding", "replaced", "deleted"])
def test_the_lock_file_of_a_leftover_stays(config: Config, state: str) -> None:
    with lock_collections(config, "town"):
        (config.collections_dir / f".town.{state}").mkdir()
    assert lock_path(config, "town").is_file()


def test_a_sweep_leaves_no_lock_file(config: Config) -> None:
    (config.collections_dir / ".town.deleted").mkdir(parents=True)
    sweep(config)
    assert list(config.collections_dir.iterdir()) == []


TAKING_TURNS = """
import os, sys
from pathlib import Path
from askive.rag.collections.lock import lock_collections
from askive.rag.config import Config

config, mark = Config(home=Path(sys.argv[1]), embedder="hash", lock_wait_s=60), sys.argv[2]
for _ in range(40):
    with lock_collections(config, "town"):
        os.close(os.open(mark, os.O_CREAT | os.O_EXCL))
        os.unlink(mark)
"""


def test_a_lock_file_that_is_unlinked_lets_no_two_in(config: Config, tmp_path: Path) -> None:
    """There is no collection: each of three processes unlinks the lock file again and again while others wait for it."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", TAKING_TURNS, str(config.home), str(tmp_path / "mark")],
            stderr=subprocess.PIPE, text=True,
        )
        for _ in range(3)
    ]  # fmt: skip
    for process in processes:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    assert not lock_path(config, "town").exists()


@pytest.mark.parametrize("name", ["../x", "", "a/b"])
def test_a_lock_stays_in_its_folder(config: Config, name: str) -> None:
    with pytest.raises(UsageError, match="cannot name a collection"), lock_collections(config, name):
        pytest.fail("locked")


def test_a_collection_that_vanishes_under_its_writer_is_no_success(config: Config, documents: Path) -> None:
    # As by a program that takes no lock.
    def index_and_lose() -> None:
        with write_collection(config, "town", create=True) as archive:
            ingest_paths(archive, [documents])
            collection_path(config, "town").rename(config.home / "elsewhere")

    with pytest.raises(StoreError, match="removed or replaced"):
        index_and_lose()


def test_opening_never_makes_a_collection_that_is_not_to_be_made(config: Config) -> None:
    path = collection_path(config, "town")
    with pytest.raises(CollectionNotFound, match="town"):
        SqliteStore(path / "store.sqlite3", create=False)
    assert not path.exists()


def test_a_collection_swapped_in_while_it_is_opened_is_opened_whole(
    config: Config, documents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with write_collection(config, "town", create=True) as archive:
        former = archive.store.store_id
    n_calls = []

    def connect_late(path: Path, timeout_s: float, *, create: bool) -> object:
        db = connect(path, timeout_s, create=create)
        n_calls.append(1)
        if len(n_calls) == 1:
            monkeypatch.setattr("askive.rag.store.sqlite.connect", connect)
            with rebuild_collection(config, "town") as fresh:
                ingest_paths(fresh, [documents])
        return db

    monkeypatch.setattr("askive.rag.store.sqlite.connect", connect_late)
    with open_collection(config, "town") as archive:
        assert archive.store.store_id != former
        assert archive.store.is_in_place()
        assert archive.counts().n_documents == 3


def test_a_reader_of_a_replaced_collection_reads_the_former_one_and_writes_nothing(
    config: Config, documents: Path
) -> None:
    with write_collection(config, "town", create=True) as archive:
        ingest_paths(archive, [documents])
    with open_collection(config, "town") as reader:
        assert reader.counts().n_documents == 3
        with rebuild_collection(config, "town") as fresh:
            ingest_paths(fresh, [documents / "fair.html"])
        kept = {path.name for path in collection_path(config, "town").glob("dense-*")}
        assert (reader.counts().n_documents, len(reader.dense)) == (3, reader.counts().n_passages)
        assert not reader.store.is_in_place()
        assert {path.name for path in collection_path(config, "town").glob("dense-*")} == kept
    with Archive.open(collection_path(config, "town"), HashEmbedder(), PassageConfig()) as archive:
        assert archive.counts().n_documents == 1
        assert archive.store.check() == []


def test_new_seeds_appear_whole(config: Config) -> None:
    seen = []
    index_seeds(config, progress=lambda *_: seen.append(has_collection(config, "seeds")))
    assert set(seen) == {False}
    with open_collection(config, "seeds") as archive:
        assert archive.counts().n_documents == 10
