"""Removed is removed: after every way to remove or replace, no byte of the text is left in the data folder."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest
from filelock import FileLock

from askive.models.llama.state_cache import StateCache
from askive.models.registry import states_dir
from askive.rag.collections.by_name import open_collection
from askive.rag.collections.path import collection_path
from askive.rag.config import Config
from askive.rag.doctor.examination import examine
from askive.rag.ingest.pipeline import ingest_documents, ingest_paths
from askive.rag.privacy.deletion import remove_collection, remove_from_collection
from askive.rag.privacy.erasure import erase_removed
from askive.rag.privacy.leftovers import find_leftovers, sweep, uploads_lock
from askive.rag.privacy.register import PLACES
from askive.rag.store.archive import STORE_NAME, Archive
from askive.rag.store.secure_delete import UNERASED, is_marked
from askive.rag.summary.kept import FOLDER
from askive.rag.types import Document
from tests.erasing import STAYS, holders, secret, write
from tests.rag.archives import sqlite_of

pytestmark = pytest.mark.usefixtures("parsed_here")

NAMES = ("alpha", "beta", "gamma")


@pytest.fixture
def config(home: Path) -> Config:
    return Config(home=home, embedder="hash", generator="scripted")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Documents with secrets, and one that stays."""
    made = tmp_path / "secrets"
    for name in NAMES:
        write(made, name)
    (made / "stays.txt").write_text(f"The mill grinds {STAYS} every day.", encoding="utf-8")
    return made


def index(config: Config, folder: Path, name: str = "one") -> Archive:
    """The opened collection, after an indexing."""
    archive = open_collection(config, name, create=True)
    ingest_paths(archive, [folder], prune=True)
    erase_removed(config, archive)
    return archive


def only_stays(config: Config) -> None:
    assert {name: holders(config.home, secret(name)) for name in NAMES} == {name: [] for name in NAMES}


def test_secrets_are_found_before(config: Config, folder: Path) -> None:
    index(config, folder).close()
    for name in NAMES:
        assert holders(config.home, secret(name)) == [f"collections/one/{STORE_NAME}"]


@pytest.mark.parametrize("reading", [False, True])
def test_removed_documents(config: Config, folder: Path, reading: bool) -> None:
    """reading: a chat has the collection open."""
    with index(config, folder) as archive:
        reader = open_collection(config, "one") if reading else None
        if reader:
            assert reader.lexical.search(secret("alpha"), 5)
        removed = remove_from_collection(config, archive, [str(folder / f"{name}.txt") for name in NAMES])
        assert removed.erased
        only_stays(config)
        assert archive.lexical.search(STAYS, 1)
        assert not archive.store.check()
        if reader:
            reader.close()


def test_a_folder_that_lost_its_files(config: Config, folder: Path) -> None:
    index(config, folder).close()
    for name in NAMES:
        (folder / f"{name}.txt").unlink()
    index(config, folder).close()
    only_stays(config)
    assert holders(config.home, STAYS)


def test_changed_files(config: Config, folder: Path) -> None:
    kept = StateCache(states_dir(config.models_dir))
    index(config, folder).close()
    kept.put(sha256(b"a").hexdigest(), b"state")
    for name in NAMES:
        (folder / f"{name}.txt").write_text("Nothing to see.", encoding="utf-8")
    index(config, folder).close()
    only_stays(config)
    assert kept.stats().n_disk == 0, "a state may be made of the former text"


@pytest.mark.parametrize("way", ["removed", "changed", "added"])
def test_summaries_are_erased_unless_documents_were_only_added(
    config: Config, folder: Path, way: str
) -> None:
    with index(config, folder) as archive:
        kept = archive.folder / FOLDER / "paragraph.json"
        kept.parent.mkdir()
        kept.write_text(secret("alpha"), encoding="utf-8")
        if way == "removed":
            remove_from_collection(config, archive, [str(folder / "alpha.txt")])
        else:
            (folder / ("alpha.txt" if way == "changed" else "new.txt")).write_text("Nothing to see.")
            index(config, folder).close()
    assert kept.exists() is (way == "added")


def test_an_indexing_that_only_adds_keeps_the_states(config: Config, folder: Path) -> None:
    kept = StateCache(states_dir(config.models_dir))
    index(config, folder).close()
    kept.put(sha256(b"a").hexdigest(), b"state")
    write(folder, "delta")
    index(config, folder).close()
    assert kept.stats().n_disk == 1


def test_a_whole_collection(config: Config, folder: Path) -> None:
    index(config, folder).close()
    assert remove_collection(config, "one").erased
    only_stays(config)
    assert not holders(config.home, STAYS)


def test_a_damaged_collection_can_be_removed(config: Config, folder: Path) -> None:
    index(config, folder).close()
    store = collection_path(config, "one") / STORE_NAME
    store.write_bytes(b"no database" + store.read_bytes()[11:])
    remove_collection(config, "one")
    only_stays(config)


def test_many_changes_in_small_documents(config: Config) -> None:
    """Rows that share a page are moved from page to page; what is removed from one must not stay in another."""
    chance, live, gone = random.Random(4), list[str](), list[str]()
    with open_collection(config, "one", create=True) as archive:
        for n in range(300):
            if live and chance.random() < 0.45:
                gone.append(live.pop(chance.randrange(len(live))))
                archive.store.delete(gone[-1:])
            else:
                name = secret(f"n{n:04d}x")
                text = f"{name} {'word ' * chance.choice([5, 40, 300])}"
                ingest_documents(archive, [Document(name, name, text, "text/plain", name)])
                live.append(name)
        assert erase_removed(config, archive)
        assert len(gone) > 100
        assert [name for name in gone if holders(config.home, name)] == []
        assert all(archive.lexical.search(name, 1) for name in live)


def test_a_collection_of_an_earlier_version(config: Config, folder: Path) -> None:
    """It has no mark, and its free pages may hold anything."""
    with index(config, folder) as archive:
        db = sqlite_of(archive)._db
        db.execute("PRAGMA secure_delete = OFF")
        db.execute("DELETE FROM meta WHERE key = ?", (UNERASED,))
        archive.store.delete([str(folder / "alpha.txt")])
        db.execute("DELETE FROM meta WHERE key = ?", (UNERASED,))
    assert holders(config.home, secret("alpha"))
    (folder / "alpha.txt").unlink()
    index(config, folder).close()
    assert not holders(config.home, secret("alpha"))


def test_what_cannot_be_erased_yet_is_erased_at_the_next_start(config: Config, folder: Path) -> None:
    with index(config, folder) as archive, open_collection(config, "one") as reader:
        sqlite_of(reader)._db.execute("BEGIN")
        sqlite_of(reader)._db.execute("SELECT count(*) FROM documents").fetchone()
        removed = remove_from_collection(config, archive, [str(folder / f"{name}.txt") for name in NAMES])
        assert not removed.erased, "the reader needs the former pages"
        assert archive.store.unerased
    assert [leftover.what for leftover in find_leftovers(config)] == ["removed text in the file of 'one'"]
    assert len(sweep(config)) == 1
    only_stays(config)
    assert find_leftovers(config) == []


def test_copies_that_are_only_derived_go_too(config: Config, folder: Path) -> None:
    """A suite's index in `eval/indexes` holds whole documents."""
    cached = config.home / "eval" / "indexes"
    for name in ("suite-1", "other-1"):
        only = folder / "stays.txt" if name == "other-1" else folder
        with open_collection(config, name, folder=cached / name, create=True) as archive:
            ingest_paths(archive, [only])
    with index(config, folder) as archive:
        remove_from_collection(config, archive, [str(folder / f"{name}.txt") for name in NAMES])
    only_stays(config)
    assert [path.name for path in cached.iterdir()] == ["other-1"]


@pytest.mark.parametrize("with_quotes", [False, True])
def test_runs_that_quote(config: Config, folder: Path, with_quotes: bool) -> None:
    for name, of in (("20200101-a", "alpha"), ("20200102-b", "stays")):
        run = config.home / "eval" / "runs" / name
        run.mkdir(parents=True)
        row = {
            "sample_id": "1",
            "answer": {"citations": [{"uri": str(folder / f"{of}.txt"), "quote": secret(of)}]},
        }
        (run / "rows.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    with index(config, folder) as archive:
        uris = [str(folder / f"{name}.txt") for name in NAMES]
        removed = remove_from_collection(config, archive, uris, with_quotes=with_quotes)
    told = {"evaluation runs": 1}
    assert (removed.deleted, removed.kept) == ((told, {}) if with_quotes else ({}, told))
    assert bool(holders(config.home, secret("alpha"))) is not with_quotes
    assert (config.home / "eval" / "runs" / "20200102-b").exists()


# -- killed in the middle

KILLED = """
import os, signal, sys
from pathlib import Path
import {module}

def die(*arguments, **named):
    os.kill(os.getpid(), signal.SIGKILL)

{module}.{name} = die
from askive.rag.collections.by_name import open_collection
from askive.rag.privacy.deletion import remove_collection, remove_from_collection
from askive.rag.config import Config
from askive.rag.privacy.erasure import erase_removed
from askive.rag.ingest.pipeline import ingest_paths

config = Config(home=Path(sys.argv[1]), embedder="hash", generator="scripted")
folder, way = Path(sys.argv[2]), sys.argv[3]
if way == "collection":
    remove_collection(config, "one")
else:
    with open_collection(config, "one") as archive:
        if way == "remove":
            remove_from_collection(config, archive, [str(folder / f"{{name}}.txt") for name in ("alpha", "beta", "gamma")])
        else:
            ingest_paths(archive, [folder], prune=True)
            erase_removed(config, archive)
"""
POINTS = {
    "before the vector file": ("askive.rag.store.vector_cache", "VectorCache.save"),
    "before the states": ("askive.models.registry", "clear_states"),
    "before the store's file": ("askive.rag.store.sqlite", "SqliteStore.erase"),
    "before deleting": ("shutil", "rmtree"),
}
WAYS = {
    "remove": ("before the vector file", "before the states", "before the store's file"),
    "gone": ("before the vector file", "before the states", "before the store's file"),
    "changed": ("before the vector file", "before the states", "before the store's file"),
    "collection": ("before the states", "before deleting"),
}


@pytest.mark.parametrize(("way", "point"), [(way, point) for way, points in WAYS.items() for point in points])
def test_killed_and_started_again(config: Config, folder: Path, way: str, point: str) -> None:
    kept = StateCache(states_dir(config.models_dir))
    index(config, folder).close()
    uploaded = write(config.home / "uploads" / "id", "upload")
    with open_collection(config, "one") as archive:
        store_id = archive.store.store_id
        uploaded = uploaded.rename(uploaded.with_name("upload.txt"))
        target = config.home / "uploads" / store_id
        uploaded.parent.rename(target)
        ingest_paths(archive, [target])
    kept.put(sha256(b"a").hexdigest(), b"state")
    if way in ("gone", "changed"):
        for name in NAMES:
            path = folder / f"{name}.txt"
            path.unlink() if way == "gone" else path.write_text("Nothing to see.", encoding="utf-8")
    module, name = POINTS[point]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED.format(module=module, name=name), str(config.home), str(folder), way],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    if point != "before deleting" and way != "collection":
        assert any(
            finding.name == "leftovers" and finding.severity == "warning"
            for finding in examine(config, verify_weights=False)
        )
    sweep(config)
    if way == "collection" and point == "before the states":
        assert not (config.collections_dir / "one").exists(), "it was gone already"
    only_stays(config)
    assert kept.stats().n_disk == 0
    assert bool(holders(config.home, secret("upload"))) is (way != "collection")
    assert find_leftovers(config) == []


@pytest.mark.parametrize("state", ["rebuilding", "999999999.rebuilding", "deleted", "replaced"])
def test_collections_aside(config: Config, folder: Path, state: str) -> None:
    """Left there by a killed rebuild or removal, or by one that is at work."""
    index(config, folder).close()
    aside = config.collections_dir / f".one.{state}"
    shutil.copytree(collection_path(config, "one"), aside)
    with FileLock(config.collections_dir / ".one.lock"):
        if not state.startswith("9"):
            assert find_leftovers(config) == []
            assert sweep(config) == []
            assert aside.exists(), "somebody is at work on it"
    assert [leftover.path for leftover in find_leftovers(config)] == [aside]
    sweep(config)
    assert not aside.exists()
    assert collection_path(config, "one").exists()


def test_old_vector_indexes_and_halves_of_new_ones(config: Config, folder: Path) -> None:
    with index(config, folder) as archive:
        archive.dense_cache.save()
    (current,) = archive.folder.glob("dense-*")
    _, store_id, _ = current.name.split("-")
    old = current.with_name(f"dense-{store_id}-1.faiss")
    half = current.with_name(f"{current.name}.999999999-1.partial")
    written = current.with_name(f"{current.name}.{os.getpid()}-1.partial")
    for path in (old, half, written):
        shutil.copy(current, path)
    assert {leftover.path for leftover in find_leftovers(config)} == {old, half}
    sweep(config)
    assert set(archive.folder.glob("dense-*")) == {current, written}, "a running process writes the latter"


def test_an_interrupted_exchange_is_finished(config: Config, folder: Path) -> None:
    index(config, folder).close()
    aside = config.collections_dir / ".one.replaced"
    fresh = config.collections_dir / ".one.rebuilding"
    shutil.copytree(collection_path(config, "one"), fresh)
    collection_path(config, "one").rename(aside)
    sweep(config)
    assert find_leftovers(config) == []
    assert (collection_path(config, "one") / STORE_NAME).is_file()
    assert not aside.exists()
    assert not fresh.exists()


@pytest.mark.parametrize("indexed", ["before", "part"])
def test_an_upload_that_was_killed(config: Config, folder: Path, indexed: str) -> None:
    """The file that was indexed is there afterwards, and no other text."""
    uploads = config.home / "uploads" / "id"
    path = write(uploads, "alpha")
    index(config, uploads).close()
    former = path.read_bytes()
    before, part = path.with_name(".alpha.txt.before"), path.with_name(".alpha.txt.part")
    if indexed == "before":
        path.rename(before)
        part.write_text(secret("beta"), encoding="utf-8")
    else:
        before.write_text(secret("beta"), encoding="utf-8")
    write(uploads, "gamma")
    with FileLock(uploads_lock(config)):
        assert sweep(config) == [], "a chat is at work"
    assert len(find_leftovers(config)) == (3 if indexed == "before" else 2)
    sweep(config)
    assert path.read_bytes() == former
    assert sorted(child.name for child in uploads.iterdir()) == ["alpha.txt"]
    assert not holders(config.home, secret("beta"))
    assert not holders(config.home, secret("gamma"))


def test_uploads_stay_when_the_data_folder_moves_or_the_collections_are_missing(
    config: Config, folder: Path, tmp_path: Path
) -> None:
    path = write(config.home / "uploads" / "id" / "uploads", "alpha")
    index(config, config.home / "uploads").close()
    assert find_leftovers(config) == []
    collections = config.collections_dir.rename(config.home / "unmounted")
    assert sweep(config) == []
    collections.rename(config.collections_dir)
    moved = config.model_copy(update={"home": config.home.rename(tmp_path / "moved")})
    assert sweep(moved) == []
    assert (moved.home / path.relative_to(config.home)).is_file()


# -- the register


def test_nothing_lies_outside_the_register(config: Config, folder: Path) -> None:
    assert len({place.name for place in PLACES}) == len(PLACES)
    index(config, folder).close()
    known = [place.where for place in PLACES]
    for path in holders(config.home, secret("alpha")):
        assert any(path.split("/")[0] in where for where in known)


def test_a_store_is_marked_only_while_there_is_something_to_erase(config: Config, folder: Path) -> None:
    store = collection_path(config, "one") / STORE_NAME
    with index(config, folder) as archive:
        assert not is_marked(store)
        archive.store.delete([str(folder / "alpha.txt")])
        assert is_marked(store)
        assert erase_removed(config, archive)
        assert not is_marked(store)
    assert not is_marked(store.with_name("missing"))
