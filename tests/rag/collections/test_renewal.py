"""Another embedder or splitter: the former collection answers until the new one takes its place."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from askive.models import registry
from askive.models.errors import ModelNotFound
from askive.models.fakes import HashEmbedder
from askive.models.protocols import Embedder, Vectors
from askive.rag.collections.by_name import (
    list_local_collections,
    open_collection,
    open_local_store,
    write_collection,
)
from askive.rag.collections.renewal import read_collection, renew_collection
from askive.rag.config import Config, PassageConfig
from askive.rag.errors import FingerprintMismatch
from askive.rag.indexing import index_paths
from askive.rag.ingest.pipeline import Progress, ingest_paths, remove_documents
from askive.rag.privacy.leftovers import sweep
from askive.rag.privacy.register import uploads_folder
from askive.rag.store.archive import Archive
from tests.rag.ingest.inline_pool import POOL, InlinePool
from tests.rag.ingest.test_pipeline import assert_same_archive
from tests.ui.commands.folder.test_commands import askive as askive
from tests.ui.test_cli import Askive


class OtherEmbedder(HashEmbedder):
    @property
    def model_id(self) -> str:
        return "other"

    @property
    def digest(self) -> str:
        return f"other-{self.dimension}"


LOADED: dict[str, Embedder] = {"hash": HashEmbedder(), "other": OtherEmbedder(32)}


@pytest.fixture
def config(home: Path, documents: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """The collection `town`, made with `hash`."""

    def load(model_id: str, *_: object, **__: object) -> Embedder:
        if model_id not in LOADED:
            raise ModelNotFound(f"no model {model_id}", remedy="add it")
        return LOADED[model_id]

    monkeypatch.setattr(POOL, InlinePool)
    monkeypatch.setattr(registry, "load_embedder", load)
    made = Config(home=home, embedder="hash", generator="scripted", reader="off")
    index_paths(made, "town", [documents])
    return made


OTHER = {"embedder": "other"}
SHORT = {"passages": PassageConfig(max_words=20)}


@pytest.mark.parametrize("changed", [OTHER, SHORT, OTHER | SHORT], ids=["embedder", "splitter", "both"])
def test_it_ends_as_an_index_from_scratch(
    config: Config, documents: Path, tmp_path: Path, changed: dict[str, object]
) -> None:
    (documents / "film.mp4").write_text("x")
    index_paths(config, "town", [documents])
    (documents / "bridge.txt").rename(documents / "old bridge.txt")
    index_paths(config, "town", [documents])
    with closing(open_local_store(config, "town")) as store:
        store_id, former, unread = store.store_id, store.former_uris(), store.unread()
    now = config.model_copy(update=changed)
    (documents / "fair.html").write_text("<p>The fair is over.</p>")
    indexed = index_paths(now, "town", [documents])
    assert indexed.renewed is not None
    assert (indexed.report.n_changed, indexed.report.n_added, indexed.report.n_unchanged) == (1, 0, 2)
    with open_collection(now, "town") as kept:
        assert (kept.store.store_id, kept.store.former_uris()) == (store_id, former)
        assert kept.store.unread() == unread
        with Archive.open(tmp_path / "fresh", LOADED[now.embedder], now.passages) as fresh:
            ingest_paths(fresh, [documents])
            assert_same_archive(kept, fresh)
    assert index_paths(now, "town", [documents]).renewed is None, "once"


def test_the_former_one_answers_meanwhile_and_open_ones_notice_the_change(config: Config) -> None:
    other = config.model_copy(update=OTHER)
    seen: list[str] = []

    def look(_done: int, _total: int | None, _uri: str) -> None:
        with read_collection(other, "town") as archive:
            assert archive.nearest(archive.embed_query("ships in the harbour"), 1)
            seen.append(archive.embedder.model_id)

    with read_collection(config, "town") as opened:
        renewed = renew_collection(other, "town", progress=look)
        assert renewed is not None
        assert (renewed.former, renewed.embedder, renewed.n_documents) == ("hash", "other", 3)
        assert seen == ["hash"] * 3
        assert not opened.store.is_in_place(), "whoever has it open opens it again"
    with read_collection(other, "town") as archive:
        assert archive.embedder.model_id == "other"
        assert archive.store.check() == []


def test_uploads_stay(config: Config, documents: Path) -> None:
    with write_collection(config, "town") as archive:
        upload = uploads_folder(config) / archive.store.store_id / "a.txt"
        upload.parent.mkdir(parents=True)
        upload.write_text("An upload.")
        ingest_paths(archive, [upload])
    assert index_paths(config.model_copy(update=SHORT), "town", [documents]).renewed is not None
    index_paths(config.model_copy(update=SHORT), "town", [documents])
    assert upload.is_file()


def test_an_interruption_leaves_the_former_one(config: Config) -> None:
    other = config.model_copy(update=OTHER)

    def interrupt(_done: int, _total: int | None, _uri: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        renew_collection(other, "town", progress=interrupt)
    with read_collection(other, "town") as archive:
        assert (archive.embedder.model_id, archive.counts().n_documents) == ("hash", 3)


def _interrupted_after(n: int) -> Progress:
    def interrupt(done: int, _total: int | None, _uri: str) -> None:
        if done >= n:
            raise KeyboardInterrupt

    return interrupt


def folders(config: Config) -> set[str]:
    return {path.name for path in config.collections_dir.iterdir() if path.is_dir()}


class CountingEmbedder(OtherEmbedder):
    """Counts the passages that it embeds."""

    n = 0

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.n += len(texts)
        return super().embed(texts)


def test_an_interrupted_renewal_is_continued(
    config: Config, documents: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "\n".join(f"Ferry {n},{n}" for n in range(40))
    (documents / "rota.csv").write_text(f"Ferry,Cabins\n{rows}\n")
    index_paths(config, "town", [documents])
    monkeypatch.setattr("askive.rag.ingest.embed_ahead.BATCH_PASSAGES", 1)
    other, counting = config.model_copy(update=OTHER), CountingEmbedder(32)
    monkeypatch.setitem(LOADED, "other", counting)
    with pytest.raises(KeyboardInterrupt):
        renew_collection(other, "town", progress=_interrupted_after(2))
    sweep(other)
    assert folders(config) == {"town", ".town.rebuilding"}, "it stays, and is no collection"
    assert list_local_collections(config) == ["town"]
    before, told = counting.n, list[str]()
    renewed = renew_collection(other, "town", notify=told.append)
    assert renewed is not None
    assert "of 4 documents were embedded before the interruption" in told[-1]
    assert (before > 0, renewed.n_documents, folders(config)) == (True, 4, {"town"})
    assert counting.n == renewed.n_passages, "none was embedded twice"
    with (
        open_collection(other, "town") as kept,
        Archive.open(tmp_path / "fresh", counting, other.passages) as fresh,
    ):
        ingest_paths(fresh, [documents])
        assert_same_archive(kept, fresh)


@pytest.mark.parametrize("changed", ["documents", "settings", "removal"])
def test_what_has_changed_since_is_not_continued(config: Config, documents: Path, changed: str) -> None:
    other = config.model_copy(update=OTHER)
    with pytest.raises(KeyboardInterrupt):
        renew_collection(other, "town", progress=_interrupted_after(1))
    told: list[str] = []
    if changed == "settings":
        other = config.model_copy(update=OTHER | SHORT)
    else:
        # By a program that knows of no renewals.
        with open_collection(config, "town") as archive:
            remove_documents(archive, [str(documents / "fair.html")])
        if changed == "removal":
            sweep(config)
            assert folders(config) == {"town"}, "it has the removed text"
    renewed = renew_collection(other, "town", notify=told.append)
    assert renewed is not None
    assert not any("before the interruption" in each for each in told)
    assert renewed.n_documents == (3 if changed == "settings" else 2)
    assert folders(config) == {"town"}


def test_without_the_former_embedder_it_is_a_mismatch(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = config.model_copy(update=OTHER)
    monkeypatch.setitem(LOADED, "hash", OtherEmbedder(16))
    with pytest.raises(FingerprintMismatch) as caught:
        read_collection(other, "town")
    assert "askive index --reembed" in caught.value.remedy
    # It is not needed to embed again.
    assert renew_collection(other, "town") is not None


def test_the_command(config: Config, documents: Path, askive: Askive) -> None:
    asked = ("search", "ships in the harbour", "-c", "town", "--embedder", "other")
    assert "answers with the embedder hash until" in askive(*asked).err
    again = ("index", "--reembed", "-c", "town", "--embedder", "other")
    shown = askive(*again)
    assert (shown.code, "3 documents embedded again with other instead of hash" in shown.err) == (0, True)
    assert askive(*again, "--json").json == {"collection": "town", "reembedded": 0}
    assert "answers with" not in askive(*asked).err
    assert askive(*again, documents).code == 2
    back = askive("index", documents, "-c", "town", "--embedder", "hash", "--json").json
    assert (back["passages_reembedded"] > 0, back["unchanged"]) == (True, 3)
