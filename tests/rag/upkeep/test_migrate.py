"""Collections copied to Milvus and back: the same to the last bit, also after an interruption."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from askive.models.fakes import HashEmbedder
from askive.rag.collections.by_name import open_store, write_collection
from askive.rag.config import Config, load_config
from askive.rag.errors import CollectionNotFound, ConfigError, StoreError, UsageError
from askive.rag.ingest.pipeline import ingest_documents, ingest_paths, remove_documents
from askive.rag.store.files import LastRun, Unread
from askive.rag.store.milvus.address import disconnect, parse_address
from askive.rag.store.protocols import CollectionStore
from askive.rag.types import Document
from askive.rag.upkeep.migrate import migrate
from tests.rag.ingest.inline_pool import POOL, InlinePool

MILVUS = "milvus:copy.db"


@pytest.fixture
def config(home: Path, documents: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Config]:
    """Settings with a collection `case` in the data folder."""
    monkeypatch.setattr(POOL, InlinePool)
    made = load_config({"home": home, "embedder": "hash"}, {})
    with write_collection(made, "case", create=True) as archive:
        assert not ingest_paths(archive, [documents]).failures
        archive.store.move(str(documents / "fair.html"), "/new/fair.html", "7")
        run = LastRun("2026-11-30T00:00:00+00:00", [str(documents)], 3, 0, 0, 0, 0)
        archive.store.record_run(run, [Unread(str(documents / "film.mp4"), "unsupported")])
    yield made
    disconnect(parse_address(MILVUS, home))


def in_milvus(config: Config) -> Config:
    return config.model_copy(update={"store": MILVUS})


def everything(store: CollectionStore) -> object:
    """What is in a store, without ids."""
    rows = []
    for source in store.sources():
        document, passages = store.document(source.doc_id), store.passages_of(source.doc_id)
        vectors = store.vectors([passage.passage_id for passage in passages])
        rows.append(
            (
                document.uri, document.title, document.text, document.sha256, document.published, document.publisher,
                document.metadata, document.media_type,
                [(p.text, p.start, p.end, p.heading, p.page, p.rows) for p in passages],
                [vectors[p.passage_id].tobytes() for p in passages],
            )
        )  # fmt: skip
    return (
        sorted(rows),
        store.stamps(),
        store.former_uris(),
        store.last_run(),
        store.unread(),
        store.fingerprint(),
    )


def test_the_rows_of_tables_are_copied(config: Config, documents: Path) -> None:
    (documents / "fleet.csv").write_text("Ship,Captain\nAurora,Rosa Lind\nDawn,Ada Holt\n")
    with write_collection(config, "case") as archive:
        ingest_paths(archive, [documents / "fleet.csv"])
    [done] = migrate(config, MILVUS)
    assert done.n_copied == 4
    original, copy = open_store(config, "case"), open_store(in_milvus(config), "case")
    assert everything(copy) == everything(original)
    table = copy.document_by_uri(str(documents / "fleet.csv"))
    assert table is not None
    assert [rows.first for passage in copy.passages_of(table.doc_id) for rows in passage.rows] == [2]
    original.close()
    copy.close()


def test_there_and_back_again(config: Config, home: Path) -> None:
    steps: list[tuple[str, str, int, int]] = []
    [done] = migrate(config, MILVUS, progress=lambda *step: steps.append(step))
    assert (done.name, done.n_copied, done.n_unchanged, done.n_removed) == ("case", 3, 0, 0)
    assert steps[0] == ("case", "copying", 0, 3) and steps[-1] == ("case", "comparing", 3, 3)
    original, copy = open_store(config, "case"), open_store(in_milvus(config), "case")
    assert everything(copy) == everything(original)
    assert original.counts() == copy.counts() and copy.store_id != original.store_id
    original.close()
    # Back, into another data folder: this one has the original, which is no copy of the copy.
    with pytest.raises(UsageError, match="there is another collection 'case'"):
        list(migrate(in_milvus(config), "sqlite"))
    (home / "collections").rename(home / "kept")
    [back] = migrate(in_milvus(config), "sqlite", ["case"])
    assert (back.n_copied, back.n_passages) == (3, copy.counts().n_passages)
    again = open_store(config, "case")
    assert everything(again) == everything(copy)
    again.close()
    copy.close()
    # And it answers: the vector index is made from the stored vectors.
    with write_collection(config, "case") as archive:
        hits = archive.nearest(archive.embed_query("The harbour received 412 ships"), 1)
        assert "412 ships" in archive.passages([hits[0][0]])[hits[0][0]][0].text


def test_a_second_run_copies_only_what_changed(config: Config) -> None:
    list(migrate(config, MILVUS))
    with write_collection(config, "case") as archive:
        remove_documents(archive, ["/new/fair.html"])
        ingest_documents(archive, [Document("note", "Note", "A new note about trams.", "text/plain", "abc")])
    [done] = migrate(config, MILVUS)
    assert (done.n_copied, done.n_unchanged, done.n_removed) == (1, 2, 1)
    original, copy = open_store(config, "case"), open_store(in_milvus(config), "case")
    assert everything(copy) == everything(original)
    original.close()


def test_an_interrupted_run_is_continued(config: Config) -> None:
    def stop(_name: str, step: str, done: int, _total: int) -> None:
        if (step, done) == ("copying", 2):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(migrate(config, MILVUS, progress=stop))
    copy = open_store(in_milvus(config), "case")
    assert copy.counts().n_documents == 2 and copy.check() == []
    [done] = migrate(config, MILVUS)
    assert (done.n_copied, done.n_unchanged) == (1, 2)
    original = open_store(config, "case")
    assert everything(copy) == everything(original)
    original.close()


def test_a_copy_that_differs_is_found_at_the_end(config: Config) -> None:
    list(migrate(config, MILVUS))
    copy = open_store(in_milvus(config), "case")

    def damage(_name: str, step: str, done: int, _total: int) -> None:
        if (step, done) == ("comparing", 0):
            source = copy.sources()[0]
            document, passages = copy.document(source.doc_id), copy.passages_of(source.doc_id)
            copy.put(document, passages, np.zeros((len(passages), HashEmbedder().dimension), np.float32))

    with pytest.raises(StoreError, match=r"the copy of 'case' is not the same: .* is not the same"):
        list(migrate(config, MILVUS, progress=damage))
    [done] = migrate(config, MILVUS)
    assert (done.n_copied, done.n_unchanged) == (1, 2)


def test_wrong_targets(config: Config) -> None:
    for to, kind in (
        ("sqlite", UsageError), ("milvus:x", ConfigError), ("milvus:ftp://host:1", ConfigError), ("oracle", ConfigError),
        ("milvus:http://host", ConfigError),
    ):  # fmt: skip
        with pytest.raises(kind):
            list(migrate(config, to))
    with pytest.raises(CollectionNotFound):
        list(migrate(config, MILVUS, ["nothing"]))
