"""A backup holds all that cannot be made again, and is restored as a whole or not at all."""

from __future__ import annotations

import json
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from askive.rag.collections.by_name import write_collection
from askive.rag.config import Config
from askive.rag.errors import UsageError
from askive.rag.indexing import index_paths
from askive.rag.ingest.pipeline import ingest_paths
from askive.rag.privacy.leftovers import find_leftovers, sweep
from askive.rag.privacy.quotes import conversations_path, notebook_path
from askive.rag.seeds import seed_paths
from askive.rag.store.archive import STORE_NAME
from askive.rag.store.sqlite import SqliteStore
from askive.rag.upkeep.backup import MANIFEST, back_up
from askive.rag.upkeep.restore import restore
from tests.erasing import holders, secret, write
from tests.rag.ingest.inline_pool import POOL, InlinePool


@pytest.fixture
def config(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """Two collections, of which `one` has an uploaded file, a conversation's file and settings."""
    monkeypatch.setattr(POOL, InlinePool)
    config = Config(home=home, embedder="hash", generator="scripted")
    for name in ("one", "two"):
        index_paths(config, name, [write(tmp_path / "papers", name)])
    with write_collection(config, "one") as archive:
        ingest_paths(archive, [write(home / "uploads" / archive.store.store_id, "uploaded")])
    (home / "gold" / "mine").mkdir(parents=True)
    (home / "gold" / "mine" / "queries.jsonl").write_text("{}\n")
    (home / "config.toml").write_text("[retrieval]\ntop_k = 9\n")
    return config


def known(config: Config, name: str) -> tuple[str, set[str]]:
    """The store's id and the uris of a collection."""
    with closing(SqliteStore(config.collections_dir / name / STORE_NAME, create=False)) as store:
        assert store.check() == []
        return store.store_id, set(store.known_sha256())


def test_everything_is_restored_elsewhere(config: Config, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    made = back_up(config, file)
    assert (dict(made.collections), made.n_files) == ({"one": 2, "two": 1}, 3)
    assert not list(tmp_path.glob("*.partial"))
    other = Config(home=tmp_path / "other", embedder="hash")
    done = restore(other, file)
    assert (done.collections, done.n_files, done.kept) == ({"one": 2, "two": 1}, 2, [])
    store_id, uris = known(other, "one")
    assert store_id == known(config, "one")[0]
    # Documents are where their uploaded files are now.
    upload = other.home / "uploads" / store_id / "uploaded.txt"
    assert uris == {str(tmp_path / "papers" / "one.txt"), str(upload)}
    assert secret("uploaded") in upload.read_text()
    assert find_leftovers(other) == []
    assert (other.home / "config.toml").read_text() == "[retrieval]\ntop_k = 9\n"


def test_conversations_and_notes_are_restored(config: Config, tmp_path: Path) -> None:
    paths = conversations_path, notebook_path
    for path in paths:
        path(config).parent.mkdir(exist_ok=True)
        with closing(sqlite3.connect(path(config))) as db, db:
            db.execute("CREATE TABLE kept AS SELECT ? AS text", (path.__name__,))
    back_up(config, tmp_path / "backup.zip")
    other = Config(home=tmp_path / "other", embedder="hash")
    restore(other, tmp_path / "backup.zip")
    for path in paths:
        with closing(sqlite3.connect(path(other))) as db:
            assert db.execute("SELECT text FROM kept").fetchall() == [(path.__name__,)]


def test_what_is_there_is_replaced_only_on_request(config: Config, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    back_up(config, file)
    index_paths(config, "one", [write(tmp_path / "papers", "later")])
    with pytest.raises(UsageError, match="there is a collection 'one' already"):
        restore(config, file)
    assert len(known(config, "one")[1]) == 3
    (config.home / "config.toml").write_text("")
    restore(config, file, ["one"], replace=True)
    assert len(known(config, "one")[1]) == 2
    assert (config.home / "config.toml").read_text() == "", "only the collection was asked for"
    assert holders(config.home, secret("later")) == []
    shutil.rmtree(config.collections_dir)
    assert restore(config, file).kept == ["gold/mine/queries.jsonl", "config.toml"]


def test_a_file_that_exists_is_overwritten_only_on_request(config: Config, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    file.write_text("Something else.")
    with pytest.raises(UsageError, match="exists already") as caught:
        back_up(config, file)
    assert "--force" in caught.value.remedy and file.read_text() == "Something else."
    back_up(config, file, replace=True)
    assert zipfile.is_zipfile(file)
    with pytest.raises(UsageError, match="is a folder"):
        back_up(config, tmp_path, replace=True)


def test_the_seeds_of_a_new_machine_are_no_obstacle(config: Config, tmp_path: Path) -> None:
    index_paths(config, "seeds", seed_paths()[:2])
    back_up(config, tmp_path / "backup.zip")
    other = Config(home=tmp_path / "other", embedder="hash")
    index_paths(other, "seeds", seed_paths()[:3])
    assert restore(other, tmp_path / "backup.zip").collections == {"one": 2, "two": 1, "seeds": 2}
    assert len(known(other, "seeds")[1]) == 2
    # With a document of the user's it is a collection like any other.
    index_paths(other, "seeds", [write(tmp_path / "papers", "own")])
    shutil.rmtree(other.collections_dir / "two")
    with pytest.raises(UsageError, match="there is a collection 'one' already") as caught:
        restore(other, tmp_path / "backup.zip")
    assert f"askive restore {tmp_path / 'backup.zip'} -c two" in caught.value.remedy
    with pytest.raises(UsageError, match="there is a collection 'seeds' already"):
        restore(other, tmp_path / "backup.zip", ["seeds"])


def change_text(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[200] ^= 1
    path.write_bytes(data)


def rewritten(change: Callable[[dict[str, bytes]], object]) -> Callable[[Path], None]:
    def rewrite(path: Path) -> None:
        with zipfile.ZipFile(path) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        change(files)
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in files.items():
                archive.writestr(name, data)

    return rewrite


def escape(files: dict[str, bytes]) -> None:
    manifest = json.loads(files[MANIFEST])
    manifest["files"]["uploads/../../evil"] = manifest["files"].pop("config.toml")
    files["uploads/../../evil"] = files.pop("config.toml")
    files[MANIFEST] = json.dumps(manifest).encode()


def age(files: dict[str, bytes]) -> None:
    files[MANIFEST] = files[MANIFEST].replace(b'"format": 1', b'"format": 9')


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (change_text, "is damaged"),
        (lambda path: path.write_bytes(path.read_bytes()[:900]), "cannot be read as a backup"),
        (lambda path: path.write_text("Hello"), "cannot be read as a backup"),
        (rewritten(escape), "is not a path of the data folder"),
        (rewritten(age), "has format 9"),
        (rewritten(lambda files: files.update({"config.toml": b"x"})), "has another digest"),
        (rewritten(lambda files: files.pop(MANIFEST)), "is damaged"),
    ],
    ids=["bit", "cut", "text", "escape", "newer", "digest", "manifest"],
)
def test_a_file_that_is_not_sound_changes_nothing(
    config: Config, tmp_path: Path, change: Callable[[Path], None], said: str
) -> None:
    file = tmp_path / "backup.zip"
    back_up(config, file)
    change(file)
    other = tmp_path / "other"
    with pytest.raises(UsageError, match=said):
        restore(Config(home=other, embedder="hash"), file)
    assert not list(other.rglob("*.sqlite3"))
    assert not list(tmp_path.rglob("evil"))


def test_errors_name_what_to_do(config: Config, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="data folder"):
        back_up(config, config.home / "backup.zip")
    file = tmp_path / "backup.zip"
    back_up(config, file, ["one"])
    with pytest.raises(UsageError, match="has no collection 'two'; it has: one"):
        restore(config, file, ["two"])
    (config.collections_dir / "one").rename(config.collections_dir / "renamed")
    with pytest.raises(UsageError, match="under the name 'renamed'"):
        restore(config, file)


def test_the_copy_of_a_killed_backup_is_swept(config: Config) -> None:
    shutil.copytree(config.collections_dir / "one", config.collections_dir / ".one.copied")
    assert [leftover.what for leftover in find_leftovers(config)] == [
        "the copy for an unfinished backup of 'one'"
    ]
    sweep(config)
    assert not (config.collections_dir / ".one.copied").exists()
    assert len(known(config, "one")[1]) == 2
