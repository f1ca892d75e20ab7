"""Which collection is meant."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from askive.models.llama.state_cache import StateCache
from askive.models.registry import states_dir
from askive.rag.collections.by_name import (
    choose_collection,
    has_collection,
    index_seeds,
    list_collections,
    open_collection,
)
from askive.rag.collections.path import collection_path
from askive.rag.config import Config
from askive.rag.errors import CollectionNotFound, UsageError
from askive.rag.ingest.pipeline import ingest_paths
from askive.rag.privacy.deletion import remove_collection, remove_from_collection
from askive.rag.seeds import seed_paths, seeds_dir

pytestmark = pytest.mark.usefixtures("parsed_here")


@pytest.fixture
def config(home: Path) -> Config:
    return Config(home=home, embedder="hash", generator="scripted")


def make(config: Config, *names: str) -> None:
    for name in names:
        open_collection(config, name, create=True).close()


@pytest.mark.parametrize(
    ("there", "chosen"),
    [
        ([], "seeds"),
        (["seeds"], "seeds"),
        (["default"], "default"),
        (["default", "other"], "default"),
        (["seeds", "case"], "case"),
        (["case"], "case"),
    ],
)
def test_the_collection_that_is_meant(config: Config, there: list[str], chosen: str) -> None:
    make(config, *there)
    assert choose_collection(config) == chosen
    assert list_collections(config) == sorted(there)


def test_several_could_be_meant(config: Config) -> None:
    make(config, "one", "two", "seeds")
    with pytest.raises(UsageError, match="one, two") as caught:
        choose_collection(config)
    assert "--collection one" in caught.value.remedy


def test_the_told_one_is_meant(config: Config) -> None:
    make(config, "one", "two")
    assert choose_collection(config.model_copy(update={"collection": "two"})) == "two"


@pytest.mark.parametrize("name", ["", "..", ".", "a/b", "/abs", "a b", "-x", ".hidden", "x" * 65, "é", "a\n"])
def test_names_that_cannot_be(config: Config, name: str) -> None:
    with pytest.raises(UsageError, match="cannot name a collection"):
        collection_path(config, name)


@pytest.mark.parametrize("name", ["a", "A-1", "2016.case_x", "x" * 64])
def test_names_that_can_be(config: Config, name: str) -> None:
    assert collection_path(config, name).parent == config.collections_dir


def test_removing(config: Config) -> None:
    make(config, "one")
    assert has_collection(config, "one")
    assert remove_collection(config, "one").states_cleared, "no state was kept"
    assert not has_collection(config, "one")
    with pytest.raises(CollectionNotFound, match="one"):
        remove_collection(config, "one")


def test_removing_documents_clears_the_kept_states(config: Config, documents: Path) -> None:
    kept = StateCache(states_dir(config.models_dir))
    with open_collection(config, "one", create=True) as archive:
        ingest_paths(archive, [documents])
        uri = str(documents / "bridge.txt")
        kept.put(sha256(b"a").hexdigest(), b"state")
        with pytest.raises(UsageError):
            remove_from_collection(config, archive, ["nothing.txt"])
        assert kept.stats().n_disk == 1, "nothing was removed"
        removed = remove_from_collection(config, archive, [uri])
        assert (removed.uris, removed.states_cleared, removed.erased) == ([uri], True, True)
        assert archive.store.document_by_uri(uri) is None
    assert kept.stats().n_disk == 0


def test_seeds(config: Config) -> None:
    report = index_seeds(config)
    assert (report.n_added, report.failures) == (10, [])
    assert len(seed_paths()) == 10
    assert (seeds_dir() / "README.md").is_file()
    assert index_seeds(config).n_unchanged == 10
    with open_collection(config, "seeds") as archive:
        for source in archive.store.sources():
            assert source.title
            assert source.published
            assert source.publisher
