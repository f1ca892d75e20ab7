"""What an indexing deletes beside the collection, from the command line and from Python alike."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

import askive
from askive.models import registry
from askive.models.llama.state_cache import StateCache
from askive.models.registry import clear_states, states_dir
from askive.rag.collections.by_name import write_collection
from askive.rag.config import Config
from askive.rag.indexing import index_paths
from askive.rag.privacy.deletion import removal_of_documents
from askive.rag.privacy.leftovers import find_leftovers, sweep
from tests.erasing import STAYS, holders, secret, write

pytestmark = pytest.mark.usefixtures("parsed_here")

NAMES = ("alpha", "beta")


@pytest.fixture
def config(home: Path) -> Config:
    return Config(home=home, embedder="hash", generator="scripted")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two documents with secrets and three that stay."""
    made = tmp_path / "papers"
    for name in NAMES:
        write(made, name)
    for n in range(3):
        (made / f"stays{n}.txt").write_text(f"Mill {n} grinds {STAYS} every day.", encoding="utf-8")
    return made


@pytest.fixture
def clearings(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The models folder at each clearing of the kept states."""
    found: list[Path] = []

    def counted(models_dir: Path) -> bool:
        found.append(models_dir)
        return clear_states(models_dir)

    monkeypatch.setattr(registry, "clear_states", counted)
    return found


def index(config: Config, folder: Path, prune: bool = False) -> askive.IngestReport:
    return askive.index(folder, collection="one", config=config, prune=prune)


@pytest.mark.parametrize("change", ["deleted", "changed"])
def test_copies_elsewhere_go_too(config: Config, folder: Path, change: str) -> None:
    index(config, folder)
    shutil.copytree(config.home / "collections" / "one", config.home / "eval" / "indexes" / "one-1")
    for name in NAMES:
        path = folder / f"{name}.txt"
        path.unlink() if change == "deleted" else path.write_text("Nothing.", encoding="utf-8")
    index(config, folder)
    assert {name: holders(config.home, secret(name)) for name in NAMES} == {name: [] for name in NAMES}


def test_what_is_missing_is_removed_before_a_file_is_read(config: Config, folder: Path) -> None:
    def interrupt(_done: int, _total: int | None, _uri: str) -> None:
        raise KeyboardInterrupt

    index(config, folder)
    shutil.copytree(config.home / "collections" / "one", config.home / "eval" / "indexes" / "one-1")
    (folder / "alpha.txt").unlink()
    (folder / "new.txt").write_text("A mill is built.", encoding="utf-8")
    with pytest.raises(KeyboardInterrupt):
        index_paths(config, "one", [folder], progress=interrupt)
    sweep(config)
    assert holders(config.home, secret("alpha")) == []
    assert len(holders(config.home, secret("beta"))) > 0
    report = index(config, folder)
    assert (report.n_added, report.n_deleted, report.n_unchanged) == (1, 0, 4)


def test_leftovers_are_deleted_first(config: Config, folder: Path) -> None:
    index(config, folder)
    shutil.copytree(config.home / "collections" / "one", config.home / "collections" / ".two.deleted")
    index(config, folder)
    assert find_leftovers(config) == []


def test_many_missing_files_are_removed_only_when_that_is_said(config: Config, folder: Path) -> None:
    index(config, folder)
    for path in sorted(folder.iterdir())[:4]:
        path.unlink()
    kept = index(config, folder)
    assert (kept.n_deleted, kept.n_not_removed) == (0, 4)
    assert (index(config, folder, prune=True).n_deleted, len(holders(config.home, secret("alpha")))) == (4, 0)


def test_what_is_kept_of_a_prompt_is_cleared_once(
    config: Config, folder: Path, clearings: list[Path]
) -> None:
    kept = StateCache(states_dir(config.models_dir))
    for rebuild in (False, True):
        index_paths(config, "one", [folder])
        kept.put(sha256(b"a").hexdigest(), b"state")
        (folder / "alpha.txt").write_text(f"Nothing {rebuild}.", encoding="utf-8")
        clearings.clear()
        assert index_paths(config, "one", [folder], rebuild=rebuild).states_cleared is True
        assert (len(clearings), kept.stats().n_disk) == (1, 0)


def test_a_first_rebuild_clears_nothing(config: Config, folder: Path, clearings: list[Path]) -> None:
    assert index_paths(config, "one", [folder], rebuild=True).states_cleared is None
    assert clearings == []


KILLED = """
import os, signal, sys
from pathlib import Path
import askive.models.registry, askive.rag.collections.swap
from askive.rag.collections.by_name import write_collection
from askive.rag.config import Config
from askive.rag.indexing import index_paths

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

if sys.argv[3] == "exchange":
    exchange = askive.rag.collections.swap._exchange
    askive.rag.collections.swap._exchange = lambda *paths: exchange(*paths) and die()
elif sys.argv[3] == "rename":
    askive.rag.collections.swap._exchange = lambda *_: False
    rename = Path.rename
    Path.rename = lambda path, to: rename(path, to) and str(to).endswith(".replaced") and die()
else:
    askive.models.registry.clear_states = die
index_paths(Config(home=Path(sys.argv[1]), embedder="hash"), "one", [Path(sys.argv[2])], rebuild=True)
"""


@pytest.mark.parametrize("at", ["exchange", "rename", "clearing"])
def test_a_rebuild_that_is_killed_leaves_no_state_for_long(config: Config, folder: Path, at: str) -> None:
    index(config, folder)
    kept = StateCache(states_dir(config.models_dir))
    kept.put(sha256(b"a").hexdigest(), b"state")
    (folder / "alpha.txt").unlink()
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(config.home), str(folder), at],
        capture_output=True, text=True, timeout=120, env=dict(os.environ),
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    sweep(config)
    index(config, folder)
    assert kept.stats().n_disk == 0
    assert holders(config.home, secret("alpha")) == []


def test_what_a_moved_document_was_called_belongs_to_its_removal(config: Config, folder: Path) -> None:
    index(config, folder)
    copy = config.home / "collections" / "one" / "store.sqlite3.format-2"
    copy.write_text("A copy from before a migration.")
    (folder / "in").mkdir()
    new = (folder / "alpha.txt").rename(folder / "in" / "alpha.txt")
    report = index(config, folder)
    assert (report.n_moved, report.n_deleted) == (1, 0)
    assert not copy.exists()
    with write_collection(config, "one") as archive:
        removal = removal_of_documents(config, archive, [str(new)])
    assert removal.uris == {str(new)}
    assert removal.concerns("one", [str(folder / "alpha.txt")])
