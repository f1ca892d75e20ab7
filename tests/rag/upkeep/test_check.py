"""A check finds damage, and a repair mends it from what is sound, without losing text."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from askive.rag.config import Config
from askive.rag.errors import CollectionNotFound
from askive.rag.indexing import index_paths
from askive.rag.store.archive import STORE_NAME
from askive.rag.store.sqlite import SqliteStore
from askive.rag.upkeep.check import check_collections
from tests.erasing import write
from tests.rag.ingest.inline_pool import POOL, InlinePool

NAMES = ("alpha", "beta")


@pytest.fixture
def config(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setattr(POOL, InlinePool)
    config = Config(home=home, embedder="hash", generator="scripted")
    index_paths(config, "one", [write(tmp_path / "papers", name) for name in NAMES])
    return config


def sql(statement: str) -> Callable[[Path], None]:
    def run(folder: Path) -> None:
        with closing(sqlite3.connect(folder / STORE_NAME)) as db:
            db.execute(statement)
            db.commit()

    return run


def flip_index(folder: Path) -> None:
    (path,) = folder.glob("dense-*.faiss")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)


DAMAGE = {
    "vector index": (flip_index, "made the vector index again"),
    "full text": (sql("UPDATE passages_fts SET text = 'nothing'"), "made the full-text index again"),
    "vector": (
        sql("UPDATE embeddings SET vector = zeroblob(8) WHERE passage_id = 1"),
        "indexed all its files again",
    ),
    "passage": (sql("DELETE FROM embeddings WHERE passage_id = 2"), "indexed all its files again"),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_damage_is_found_and_repaired(config: Config, what: str) -> None:
    damage, done = DAMAGE[what]
    assert [c.problem for c in check_collections(config)] == [""]
    damage(config.collections_dir / "one")
    (found,) = check_collections(config, ["one"])
    assert found.problem
    assert found.remedy == "askive check --repair -c one"
    (repaired,) = check_collections(config, repair=True)
    assert (repaired.problem, repaired.remedy) == ("", "")
    assert any(text.startswith(done) for text in repaired.repaired), repaired.repaired
    with closing(SqliteStore(config.collections_dir / "one" / STORE_NAME, create=False)) as store:
        assert len(store.known_sha256()) == 2


def test_a_collection_whose_files_are_gone_is_left_as_it_is(config: Config, tmp_path: Path) -> None:
    DAMAGE["vector"][0](config.collections_dir / "one")
    (tmp_path / "papers" / "alpha.txt").unlink()
    (found,) = check_collections(config, repair=True)
    assert found.problem
    assert "askive restore FILE --replace" in found.remedy
    with closing(SqliteStore(config.collections_dir / "one" / STORE_NAME, create=False)) as store:
        assert len(store.known_sha256()) == 2


def test_an_unknown_name_is_an_error(config: Config) -> None:
    with pytest.raises(CollectionNotFound):
        list(check_collections(config, ["none"]))
