"""A flipped bit in any kept file is found and named; junk and damage never end the doctor; nothing is written."""

from __future__ import annotations

import hashlib
import os
import random
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from askive.models.fakes import HashEmbedder
from askive.models.llama.state_cache import StateCache
from askive.models.openvino_cache import is_sealed, seal
from askive.rag.collections.by_name import open_collection
from askive.rag.config import Config
from askive.rag.doctor.examination import examine
from askive.rag.doctor.files import Finding, guarded
from askive.rag.ingest.pipeline import ingest_paths
from askive.rag.store.archive import STORE_NAME, Archive
from askive.rag.store.index_checksum import is_whole

pytestmark = pytest.mark.usefixtures("parsed_here")


@pytest.fixture
def config(home: Path) -> Config:
    return Config(home=home, embedder="hash", generator="scripted")


@pytest.fixture
def folder(config: Config, documents: Path) -> Path:
    with open_collection(config, "case", create=True) as archive:
        ingest_paths(archive, [documents])
    return config.collections_dir / "case"


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1 << (at % 8)
    path.write_bytes(data)


def problems(config: Config) -> list[Finding]:
    found = [f for f in examine(config, verify_weights=False) if f.severity != "ok"]
    assert all(finding.message and finding.remedy for finding in found)
    # What the machine has is not the subject.
    return [f for f in found if f.name not in ("disk", "memory", "llama.cpp", "states")]


def snapshot(home: Path) -> dict[str, str]:
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in home.rglob("*") if path.is_file()
    }


def change(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / STORE_NAME)) as db:
        for statement in statements:
            db.execute(statement)
        db.commit()


def test_a_sound_home_has_no_problem_and_is_not_written_to(config: Config, folder: Path) -> None:
    before = snapshot(config.home)
    assert problems(config) == []
    assert snapshot(config.home) == before


def test_a_collection_in_use_is_sound(config: Config, folder: Path, documents: Path) -> None:
    (documents / "new.txt").write_text("The ferry of Aldermoor sails at noon.")
    with open_collection(config, "case") as archive:
        ingest_paths(archive, [documents])
        assert problems(config) == []


def test_any_flipped_bit_in_the_vector_index(config: Config, folder: Path) -> None:
    (index,) = folder.glob("dense-*.faiss")
    sound = index.read_bytes()
    chance = random.Random(0)
    for at in [0, 20, len(sound) - 1, len(sound) - 20, *(chance.randrange(len(sound)) for _ in range(10))]:
        flip(index, at)
        assert not is_whole(index)
        (found,) = problems(config)
        assert (found.name, found.severity) == ("collection case", "error")
        assert str(index) in found.message
        index.write_bytes(sound)


def test_a_damaged_vector_index_is_built_again_when_it_is_loaded(config: Config, folder: Path) -> None:
    (index,) = folder.glob("dense-*.faiss")
    flip(index, len(index.read_bytes()) // 2)
    with open_collection(config, "case") as archive:
        dense = archive.dense
        for ids, vectors in archive.store.embeddings():
            assert np.array_equal(dense.vectors[np.argsort(dense.ids)], vectors[np.argsort(ids)])
    assert is_whole(index)
    assert problems(config) == []


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        ("UPDATE documents SET metadata = '{' WHERE doc_id = 1", "JSON"),
        ("UPDATE documents SET metadata = '[1]' WHERE doc_id = 1", "JSON"),
        ("UPDATE documents SET published_first = '1999-01-01' WHERE published IS NOT NULL", "date"),
        ("UPDATE documents SET text = replace(text, 'Aldermoor', 'Oldermoor')", "full-text"),
        ("UPDATE documents SET title = 'Another' WHERE doc_id = 2", "full-text"),
        ("UPDATE passages_fts_content SET c0 = 'else' WHERE id = 1", "full-text"),
        ("UPDATE passages_fts_data SET block = zeroblob(9) WHERE id > 10", "full-text"),
        ("DELETE FROM passages_fts WHERE rowid = 1", "full-text"),
        ("UPDATE embeddings SET vector = zeroblob(8) WHERE passage_id = 1", "dimensions"),
        (
            "UPDATE embeddings SET vector = CAST(x'0000807f' || substr(vector, 5) AS BLOB) WHERE passage_id = 1",
            "unit length",
        ),
        ("UPDATE embeddings SET vector = randomblob(length(vector)) WHERE passage_id = 1", "vectors"),
        ("DELETE FROM embeddings WHERE passage_id = 1", "without an embedding"),
        (
            "INSERT INTO embeddings SELECT 999, vector FROM embeddings WHERE passage_id = 1",
            "have no parent row",
        ),
        ("UPDATE meta SET value = 'x' WHERE key = 'generation'", "generation"),
        ("DELETE FROM meta WHERE key = 'store_id'", "store_id"),
        ("UPDATE meta SET value = '{\"dimension\": 4}' WHERE key = 'fingerprint'", "embedder_id"),
        ("UPDATE meta SET value = '99' WHERE key = 'format'", "format 99"),
    ],
)
def test_what_does_not_agree_in_a_store(config: Config, folder: Path, statement: str, word: str) -> None:
    change(folder, statement)
    (found,) = problems(config)
    assert (found.name, found.severity) == ("collection case", "error")
    assert word in found.message
    assert " rm " not in found.remedy
    assert "remove" not in found.remedy


def test_one_flipped_bit_of_a_vector(config: Config, folder: Path) -> None:
    with closing(sqlite3.connect(folder / STORE_NAME)) as db:
        (vector,) = db.execute("SELECT vector FROM embeddings WHERE passage_id = 2").fetchone()
        spoilt = bytes([vector[0] ^ 1]) + vector[1:]
        db.execute("UPDATE embeddings SET vector = ? WHERE passage_id = 2", (spoilt,))
        db.commit()
    (found,) = problems(config)
    assert "1 vectors" in found.message


def test_flipped_bits_anywhere_in_a_store_never_end_the_doctor(config: Config, folder: Path) -> None:
    path = folder / STORE_NAME
    sound = path.read_bytes()
    chance = random.Random(1)
    n_found = 0
    for at in [*range(16, 40, 3), *(chance.randrange(len(sound)) for _ in range(60))]:
        flip(path, at)
        before = snapshot(config.home)
        found = [f for f in examine(config, verify_weights=False) if f.name.startswith("collection")]
        assert found
        assert snapshot(config.home) == before
        n_found += any(f.severity == "error" for f in found)
        path.write_bytes(sound)
    # The rest is free space in the pages, which nothing reads.
    assert n_found > 5
    assert problems(config) == []


def test_a_derived_model(config: Config) -> None:
    made = config.models_dir / "all-minilm" / ".openvino" / "0123-2026"
    compiled = made / "compiled" / "abcd"
    reader = config.home / "cache" / "reader" / "abcd"
    for folder in (made, compiled, reader):
        folder.mkdir(parents=True)
        (folder / "model.bin").write_bytes(os.urandom(3000))
        seal(folder)
    assert problems(config) == []
    for folder in (made, compiled, reader):
        sound, stat = (folder / "model.bin").read_bytes(), (folder / "model.bin").stat()
        flip(folder / "model.bin", 1234)
        # A failing disk does not change dates.
        os.utime(folder / "model.bin", ns=(stat.st_atime_ns, stat.st_mtime_ns))
        (found,) = problems(config)
        assert (found.name, found.severity) == ("derived models", "error")
        assert str(folder) in found.message
        assert is_sealed(folder, trust_dates=True)
        os.utime(folder / "model.bin")
        assert not is_sealed(folder, trust_dates=True)
        (folder / "model.bin").write_bytes(sound)


def test_a_kept_state(config: Config) -> None:
    states = config.home / "cache" / "states"
    StateCache(states, 0, 1 << 20).put("ab" * 32, os.urandom(2000))
    assert problems(config) == []
    (file,) = states.iterdir()
    for at in (3, 20, 60, 200, 1500):
        flip(file, at)
        (found,) = problems(config)
        assert (found.name, found.severity) == ("kept states", "warning")
        assert str(file) in found.message
        flip(file, at)
    assert file.exists()


def test_conversations(config: Config) -> None:
    from askive.ui.chat.conversations import Conversations

    path = config.home / "chat" / "conversations.sqlite3"
    kept = Conversations(path)
    turn = kept.ask(kept.begin("Who built it?", "case"), "Who built it?", {"model": "scripted"})
    kept.store_answer(turn, "Ida Falk. " * 2000, {"text": "Ida Falk."})
    kept.close()
    assert problems(config) == []
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE turns SET answer = '{'")
        db.commit()
    assert [(f.name, f.severity) for f in problems(config)] == [("conversations", "error")]
    flip(path, 4096)
    assert [(f.name, f.severity) for f in problems(config)] == [("conversations", "error")]
    path.write_bytes(b"junk" * 5000)
    assert [(f.name, f.severity) for f in problems(config)] == [("conversations", "error")]


@pytest.mark.parametrize(
    "text", ["[retrieval", "retrieval = 3", "unknown = 1", "\x00", "[retrieval]\ntop_k = 9000"]
)
def test_the_settings(config: Config, text: str) -> None:
    (config.home / "config.toml").write_text(text)
    (found,) = problems(config)
    assert (found.name, found.severity) == ("config", "error")


def test_junk_in_the_home_folder(
    config: Config, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = config.home
    (home / "collections" / "empty").mkdir()
    (home / "collections" / "is-folder" / STORE_NAME).mkdir(parents=True)
    (home / "collections" / "loop").symlink_to(home / "collections" / "loop")
    (home / "collections" / "dangling").mkdir()
    (home / "collections" / "dangling" / STORE_NAME).symlink_to(tmp_path / "nowhere")
    (home / "collections" / "file").write_text("?")
    (home / "collections" / "zero").mkdir()
    (home / "collections" / "zero" / STORE_NAME).touch()
    (home / "collections" / os.fsdecode(b"caf\xe9 \x1b")).mkdir()
    (home / "collections" / os.fsdecode(b"caf\xe9 \x1b") / STORE_NAME).write_bytes(os.urandom(9000))
    (home / "cache").mkdir(exist_ok=True)
    (home / "cache" / "states").write_text("a file")
    (home / "cache" / "reader").write_text("a file")
    (home / "models").mkdir(exist_ok=True)
    (home / "models" / ".openvino").write_text("a file")
    (home / "models" / "catalog.toml").write_bytes(b"\xff\xfe")
    (home / "chat" / "conversations.sqlite3").mkdir(parents=True)
    (home / "config.toml").mkdir()
    monkeypatch.chdir(home)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
    found = {finding.name: finding for finding in examine(config, verify_weights=False)}
    assert found["collection case"].severity == "ok"
    for name in ("collection is-folder", "collection zero", "conversations"):
        assert found[name].severity == "error", name


def test_a_check_that_fails_is_a_finding() -> None:
    def check() -> Iterator[Finding]:
        yield Finding("a", "ok", "well")
        raise RuntimeError("broken")

    first, second = guarded("a", check)
    assert first.severity == "ok"
    assert (second.name, second.severity) == ("a", "error")
    assert "broken" in second.message


def test_an_index_without_a_checksum_is_built_again(tmp_path: Path, archive: Archive) -> None:
    """As versions of before have left it."""
    import faiss

    archive.dense_cache.save()
    (index,) = archive.folder.glob("dense-*.faiss")
    faiss.write_index(archive.dense._index, str(index))
    assert not is_whole(index)
    with Archive.open(archive.folder, HashEmbedder(256), archive.passages_config) as again:
        assert len(again.dense) == again.counts().n_passages
    assert is_whole(index)
