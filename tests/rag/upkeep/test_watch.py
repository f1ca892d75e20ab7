"""Watching: what changes in a folder is in the collection soon after, in one run for each burst."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Thread

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from askive.models.busy import mark_busy
from askive.models.fakes import HashEmbedder
from askive.rag.collections.lock import lock_collections
from askive.rag.config import Config, PassageConfig
from askive.rag.errors import AskiveError, CollectionBusy, UsageError
from askive.rag.indexing import Indexed, index_paths
from askive.rag.ingest.pipeline import ingest_paths
from askive.rag.store.archive import STORE_NAME, Archive
from askive.rag.store.sqlite import SqliteStore
from askive.rag.upkeep.watch import on_network, watch_paths
from tests.rag.ingest.inline_pool import POOL, InlinePool
from tests.rag.ingest.test_pipeline import STEP, assert_same_archive, change

Until = Callable[[Callable[[], bool]], None]


@pytest.fixture
def config(home: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setattr(POOL, InlinePool)
    monkeypatch.setattr("askive.rag.upkeep.watch._LOOK_MS", 100)
    return Config(home=home, embedder="hash", generator="scripted")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "papers"
    made.mkdir()
    (made / "a.txt").write_text("The ferry left.")
    return made


class Watching:
    """A watch in a thread. runs: what it reports."""

    def __init__(self, config: Config, folder: Path, poll: bool | None, *, prune: bool = False) -> None:
        self.runs: SimpleQueue[Indexed | AskiveError] = SimpleQueue()
        self.config = config
        self._stop = Event()
        self._thread = Thread(
            target=watch_paths, args=(config, "one", [folder]),
            kwargs={"indexed": self.runs.put, "failed": self.runs.put, "stop": self._stop, "poll": poll, "settle_ms": 50,
                    "prune": prune},
        )  # fmt: skip
        self._thread.start()

    def until(self, condition: Callable[[dict[str, str]], bool]) -> None:
        """Wait until the collection's digests by uri meet a condition."""
        for _ in range(300):
            with closing(SqliteStore(self.config.collections_dir / "one" / STORE_NAME)) as store:
                if condition(store.known_sha256()):
                    return
            try:
                self.runs.get(timeout=0.1)
            except Empty:
                continue
        raise AssertionError("the collection did not change as expected")

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(30)
        assert not self._thread.is_alive()


@pytest.fixture(params=[False, True], ids=["events", "polling"])
def watching(request: pytest.FixtureRequest, config: Config, folder: Path) -> Iterator[Watching]:
    watching = Watching(config, folder, request.param)
    first = watching.runs.get(timeout=60)
    assert isinstance(first, Indexed)
    assert first.report.n_added == 1
    yield watching
    watching.stop()


def test_changes_end_as_an_index_from_scratch(
    watching: Watching, config: Config, folder: Path, tmp_path: Path
) -> None:
    for n in range(3):
        # As an editor does: write beside, then rename.
        (folder / "b.tmp").write_text(f"Version {n} of the bridge.")
        (folder / "b.tmp").replace(folder / "b.txt")
    (folder / "in").mkdir()
    watching.until(lambda known: str(folder / "b.txt") in known)
    (folder / "a.txt").rename(folder / "in" / "a.txt")
    watching.until(lambda known: str(folder / "in" / "a.txt") in known and len(known) == 2)
    shutil.rmtree(folder / "in")
    (folder / "c.md").write_text("# New\n\nNew text.")
    watching.until(lambda known: {Path(uri).name for uri in known} == {"b.txt", "c.md"})
    watching.stop()
    index_paths(config, "one", [folder])
    with (
        Archive.open(config.collections_dir / "one", HashEmbedder(), PassageConfig()) as kept,
        Archive.open(tmp_path / "fresh", HashEmbedder(), PassageConfig()) as fresh,
    ):
        ingest_paths(fresh, [folder])
        assert_same_archive(kept, fresh)


@settings(max_examples=8)
@given(st.lists(STEP, min_size=2, max_size=10))
def test_any_changes_end_as_an_index_from_scratch(steps: list[tuple[str, str, str]]) -> None:
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(POOL, InlinePool)
        patch.setattr("askive.rag.upkeep.watch._LOOK_MS", 100)
        documents = Path(name) / "documents"
        documents.mkdir()
        config = Config(home=Path(name) / "home", embedder="hash", generator="scripted")
        watching = Watching(config, documents, None, prune=True)
        try:
            assert isinstance(watching.runs.get(timeout=60), Indexed)
            for step, file, more in steps:
                if step == "index":
                    # A burst settles here, and the next one begins during its run.
                    time.sleep(0.2)
                elif not (step in ("move", "copy") and Path(file).suffix != Path(more).suffix):
                    change(documents, step, file, more)
            with Archive.open(Path(name) / "fresh", HashEmbedder(), PassageConfig()) as fresh:
                assume(not ingest_paths(fresh, [documents]).failures)
                watching.until(lambda known: known == fresh.store.known_sha256())
                watching.stop()
                kept_at = config.collections_dir / "one"
                with Archive.open(kept_at, HashEmbedder(), PassageConfig()) as kept:
                    assert_same_archive(kept, fresh)
        finally:
            watching.stop()


def test_a_folder_that_goes_and_comes_back_is_watched_again(config: Config, folder: Path) -> None:
    for n in range(4):
        (folder / f"{n}.txt").write_text(f"Mill {n} grinds.")
    watching = Watching(config, folder, False)
    watching.until(lambda known: len(known) == 5)
    folder.rename(folder.with_name("unmounted"))
    # Its documents stay: the disk may come back.
    while not (isinstance(run := watching.runs.get(timeout=60), Indexed) and run.report.withheld):
        pass
    folder.with_name("unmounted").rename(folder)
    (folder / "new.txt").write_text("A new text.")
    watching.until(lambda known: len(known) == 6)
    watching.stop()


def test_a_run_that_fails_is_told_and_repeated(
    config: Config, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("askive.rag.upkeep.watch._RETRY_S", 0.0)
    busy = config.model_copy(update={"lock_wait_s": 0.0})
    with lock_collections(config, "one"):
        watching = Watching(busy, folder, None)
        assert isinstance(watching.runs.get(timeout=60), CollectionBusy)
    watching.until(lambda known: len(known) == 1)
    watching.stop()


def test_texts_are_embedded_when_no_question_is_answered(config: Config, folder: Path) -> None:
    with mark_busy(config.home):
        watching = Watching(config, folder, None)
        with pytest.raises(Empty):
            watching.runs.get(timeout=0.6)
    assert isinstance(watching.runs.get(timeout=60), Indexed)
    watching.stop()


def test_a_missing_path_and_a_local_disk(config: Config, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        watch_paths(config, "one", [tmp_path / "none"], indexed=print, failed=print, stop=Event())
    assert not on_network(tmp_path)
