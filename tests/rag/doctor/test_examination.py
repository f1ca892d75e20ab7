"""The doctor finds what is broken, says what mends it, and never breaks itself."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from askive.rag.collections.by_name import open_collection
from askive.rag.config import Config
from askive.rag.doctor.examination import examine
from askive.rag.doctor.files import Finding
from askive.rag.ingest.pipeline import ingest_paths
from askive.rag.store.archive import STORE_NAME

pytestmark = pytest.mark.usefixtures("parsed_here")


@pytest.fixture
def config(home: Path) -> Config:
    return Config(home=home, embedder="hash", generator="scripted")


@pytest.fixture
def folder(config: Config, documents: Path) -> Path:
    with open_collection(config, "case", create=True) as archive:
        ingest_paths(archive, [documents])
    return config.collections_dir / "case"


def findings(config: Config) -> dict[str, Finding]:
    found = {finding.name: finding for finding in examine(config, verify_weights=False)}
    for finding in found.values():
        assert finding.message
        assert bool(finding.remedy) == (finding.severity != "ok"), finding
    return found


def test_a_sound_home(config: Config, folder: Path) -> None:
    found = findings(config)
    assert {"python", "disk", "memory", "cores", "llama.cpp", "collection case"} <= found.keys()
    assert found["collection case"].severity == "ok"
    assert "3 documents" in found["collection case"].message
    assert found["weights: embedder"].severity == found["weights: generator"].severity == "ok"


def test_an_empty_home(config: Config) -> None:
    assert findings(config)["collections"].severity == "ok"


def test_missing_weights(home: Path) -> None:
    found = findings(Config(home=home))
    for role in ("embedder", "generator"):
        assert found[f"weights: {role}"].severity == "error"
        assert "askive models pull" in found[f"weights: {role}"].remedy


def test_an_unknown_model(home: Path) -> None:
    assert findings(Config(home=home, generator="no-such-model"))["weights: generator"].severity == "error"


def test_a_missing_vector_index(config: Config, folder: Path) -> None:
    for file in folder.glob("dense-*.faiss"):
        file.unlink()
    assert findings(config)["collection case"].severity == "warning"


def test_a_file_that_is_no_store(config: Config, folder: Path) -> None:
    (folder / STORE_NAME).write_bytes(b"garbage " * 1000)
    for extra in folder.glob("*-wal"):
        extra.unlink()
    found = findings(config)["collection case"]
    assert found.severity == "error"
    assert "index" in found.remedy


def test_damaged_pages(config: Config, folder: Path) -> None:
    path = folder / STORE_NAME
    data = bytearray(path.read_bytes())
    data[4096 * 3 :] = b"\xa5" * (len(data) - 4096 * 3)
    path.write_bytes(data)
    for extra in folder.glob("*-wal"):
        extra.unlink()
    assert findings(config)["collection case"].severity == "error"


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM embeddings WHERE passage_id = (SELECT min(passage_id) FROM embeddings)",
        "DELETE FROM passages_fts WHERE rowid = (SELECT min(rowid) FROM passages_fts)",
        "UPDATE documents SET text = 'short' WHERE doc_id = 1",
    ],
)
def test_broken_invariants(config: Config, folder: Path, damage: str) -> None:
    with sqlite3.connect(folder / STORE_NAME) as db:
        db.execute(damage)
    db.close()
    found = findings(config)["collection case"]
    assert found.severity == "error"
    assert "--rebuild" in found.remedy


def test_one_damaged_collection_does_not_hide_the_others(
    config: Config, folder: Path, documents: Path
) -> None:
    (config.collections_dir / "bad").mkdir()
    (config.collections_dir / "bad" / STORE_NAME).write_bytes(b"garbage " * 1000)
    found = findings(config)
    assert found["collection bad"].severity == "error"
    assert found["collection case"].severity == "ok"


def test_a_home_that_is_a_file(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.write_text("", encoding="utf-8")
    disk = next(
        finding for finding in examine(Config(home=home), verify_weights=False) if finding.name == "disk"
    )
    assert disk.severity == "error"
    assert "is not a folder" in disk.message
