"""A rebuild or a deletion that is killed at any step leaves the old collection or the new one, whole."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from askive.rag.collections.by_name import (
    list_collections,
    open_collection,
    rebuild_collection,
    rename_collection,
    write_collection,
)
from askive.rag.config import Config
from askive.rag.errors import StoreError
from askive.rag.ingest.pipeline import ingest_paths
from askive.rag.privacy.deletion import remove_collection
from askive.rag.privacy.leftovers import sweep

pytestmark = pytest.mark.usefixtures("parsed_here")

ROOT = Path(__file__).parents[3]

# One process that forks a child for each step, since starting one takes long. Before the step with its number a child
# kills itself; the first that comes to its end is the last.
KILLED = """
import os, shutil, signal, sys
from pathlib import Path
import askive.rag.ingest.pipeline, askive.rag.collections.swap
from tests.rag.ingest.inline_pool import InlinePool
from askive.models.fakes import HashEmbedder
from askive.rag.collections.by_name import rebuild_collection
from askive.rag.privacy.deletion import remove_collection
from askive.rag.config import Config

askive.rag.ingest.pipeline.ParserPool = InlinePool
home, documents, action, can_exchange = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4] == "exchange"

def count(at):
    left = at
    def step(function):
        def counted(*arguments, **options):
            nonlocal left
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1
            return function(*arguments, **options)
        return counted
    for name in ("rename", "fsync", "unlink", "rmdir"):
        setattr(os, name, step(getattr(os, name)))
    askive.rag.collections.swap._exchange = step(askive.rag.collections.swap._exchange) if can_exchange else lambda *_: False

def child(at):
    config = Config(home=home.with_name(f"killed-{at}"), embedder="hash")
    if action == "delete":
        count(at)
        remove_collection(config, "town")
        return
    with rebuild_collection(config, "town") as archive:
        askive.rag.ingest.pipeline.ingest_paths(archive, [documents / "fair.html"])
        archive.close()
        count(at)

for at in range(100):
    shutil.copytree(home, home.with_name(f"killed-{at}"))
    pid = os.fork()
    if not pid:
        child(at)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    if status == 0:
        break
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, status
print(at)
"""


@pytest.fixture
def config(home: Path) -> Config:
    return Config(home=home, embedder="hash", generator="scripted", lock_wait_s=5)


@pytest.fixture
def indexed(config: Config, documents: Path) -> Config:
    with write_collection(config, "town", create=True) as archive:
        ingest_paths(archive, [documents])
    return config


def kill_at_every_step(config: Config, documents: Path, action: str, exchange: str) -> list[Config]:
    shown = subprocess.run(
        [sys.executable, "-c", KILLED, str(config.home), str(documents), action, exchange],
        capture_output=True, text=True, check=False, timeout=300, cwd=ROOT,
    )  # fmt: skip
    assert shown.returncode == 0, shown.stderr
    n_steps = int(shown.stdout)
    return [
        config.model_copy(update={"home": config.home.with_name(f"killed-{at}")}) for at in range(n_steps + 1)
    ]


def names_in(config: Config) -> set[str]:
    return {path.name for path in config.collections_dir.iterdir() if not path.name.endswith(".lock")}


@pytest.mark.parametrize("exchange", ["exchange", "renames"])
def test_a_rebuild_killed_at_any_step(indexed: Config, documents: Path, exchange: str) -> None:
    killed = kill_at_every_step(indexed, documents, "rebuild", exchange)
    assert len(killed) > 8
    found = []
    for config in killed:
        assert list_collections(config) == ["town"]
        with open_collection(config, "town") as archive:
            found.append(archive.counts().n_documents)
            assert archive.store.check() == []
        with write_collection(config, "town") as archive:
            assert not ingest_paths(archive, [documents]).failures
            assert archive.counts().n_documents == 3
        assert names_in(config) == {"town"}, "the next change leaves nothing of it"
    assert found == sorted(found, reverse=True), "once the new one is there it stays"
    assert set(found) == {3, 1}


def test_a_deletion_killed_at_any_step(indexed: Config, documents: Path) -> None:
    killed = kill_at_every_step(indexed, documents, "delete", "exchange")
    assert len(killed) > 3
    there = []
    for config in killed:
        there.append(list_collections(config))
        if there[-1]:
            with open_collection(config, "town") as archive:
                assert archive.counts().n_documents == 3
                assert archive.store.check() == []
        sweep(config)
        with write_collection(config, "town", create=True):
            pass
        assert names_in(config) == {"town"}
    assert there == sorted(there, reverse=True)
    assert there[-1] == []


@pytest.mark.parametrize("is_complete", [True, False])
def test_an_interrupted_swap_is_finished_or_undone(
    indexed: Config, documents: Path, is_complete: bool
) -> None:
    folder = indexed.collections_dir
    if is_complete:
        with write_collection(indexed, "fresh", create=True) as archive:
            ingest_paths(archive, [documents / "fair.html"])
        (folder / "fresh").rename(folder / ".town.rebuilding")
    (folder / "town").rename(folder / ".town.replaced")
    with open_collection(indexed, "town") as archive:
        assert archive.counts().n_documents == (1 if is_complete else 3)
    assert names_in(indexed) == {"town"}


def test_a_former_state_is_not_recovered_after_a_deletion(indexed: Config) -> None:
    shutil.copytree(indexed.collections_dir / "town", indexed.collections_dir / ".town.replaced")
    remove_collection(indexed, "town")
    assert list_collections(indexed) == []
    assert names_in(indexed) == set()


def test_a_rebuild_that_fails_leaves_the_old_one(indexed: Config, documents: Path) -> None:
    def fail() -> None:
        with rebuild_collection(indexed, "town") as archive:
            ingest_paths(archive, [documents / "fair.html"])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    with open_collection(indexed, "town") as archive:
        assert archive.counts().n_documents == 3
    assert names_in(indexed) == {"town"}


def test_there_is_no_moment_without_a_collection(indexed: Config, documents: Path) -> None:
    place = indexed.collections_dir / "town" / "store.sqlite3"
    watcher = subprocess.Popen(
        [sys.executable, "-c", "import os, sys\nprint(flush=True)\nwhile os.path.exists(sys.argv[1]): pass", place],
        stdout=subprocess.PIPE,
    )  # fmt: skip
    assert watcher.stdout is not None
    watcher.stdout.readline()
    try:
        for _ in range(20):
            with rebuild_collection(indexed, "town"):
                pass
        assert watcher.poll() is None
    finally:
        watcher.kill()
        watcher.communicate()


def test_a_disk_that_refuses_is_told_and_the_collection_stays(
    indexed: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "town")

    monkeypatch.setattr("os.rename", refuse)
    with pytest.raises(StoreError, match="cannot be changed: Permission denied"):
        remove_collection(indexed, "town")
    with pytest.raises(StoreError, match="cannot be changed: Permission denied"):
        rename_collection(indexed, "town", "city")
    with open_collection(indexed, "town") as archive:
        assert archive.counts().n_documents == 3
