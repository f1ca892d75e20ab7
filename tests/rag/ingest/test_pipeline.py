"""Bringing an archive in step with files: in any order of changes it ends as if made from scratch."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askive.models.fakes import HashEmbedder
from askive.models.protocols import Embedder
from askive.rag.config import PassageConfig
from askive.rag.errors import CollectionNotFound, FingerprintMismatch, UsageError
from askive.rag.ingest.account import account_of
from askive.rag.ingest.embed_ahead import BATCH_PASSAGES, EmbedAhead
from askive.rag.ingest.parser_pool import Job
from askive.rag.ingest.pipeline import ingest_documents, ingest_paths, remove_document, remove_documents
from askive.rag.ingest.plan import READING
from askive.rag.ingest.preview import preview_paths
from askive.rag.ingest.report import IngestReport
from askive.rag.load import read_bytes
from askive.rag.load.several.parts import AUTO
from askive.rag.load.several.pieces import Place
from askive.rag.passage_context import context_of
from askive.rag.retrieval.retriever import Retriever
from askive.rag.store.archive import Archive
from askive.rag.store.filters import Filter
from askive.rag.store.vector_cache import VectorCache
from askive.rag.types import Document
from tests.rag.ingest.inline_pool import POOL, InlinePool
from tests.rag.ingest.test_embed_ahead import InterruptAt

EMBEDDER = HashEmbedder(128)
SMALL = PassageConfig(max_words=20)
NAMES = st.sampled_from(["a.txt", "b.md", "c.html", "sub/d.txt", "sub/e.md"])
WORDS = ["harbour", "bridge", "fair", "mayor", "ships", "storm", "timber", "bread", "2016", "Grüße", "你好。"]
SENTENCE = st.lists(st.sampled_from(WORDS), min_size=3, max_size=9).map(lambda words: " ".join(words) + ". ")
TEXT = st.lists(st.one_of(SENTENCE, st.just("\n\n"), st.just("\n# Part\n\n")), min_size=1, max_size=8).map(
    "".join
)
STEP = st.one_of(
    st.tuples(st.just("write"), NAMES, TEXT),
    st.tuples(st.just("remove"), NAMES, st.just("")),
    st.tuples(st.just("move"), NAMES, NAMES),
    st.tuples(st.just("copy"), NAMES, NAMES),
    st.tuples(st.just("ignore"), NAMES, st.sampled_from(["", "/", "!"])),
    st.tuples(st.just("index"), NAMES, st.just("")),
)


def change(documents: Path, step: str, file: str, more: str) -> None:
    """One change of a folder. more: a text, or another name."""
    path, other = documents / file, documents / more
    for each in (path, other) if step in ("write", "move", "copy") else ():
        each.parent.mkdir(exist_ok=True)
    if step == "write":
        path.write_text(more, encoding="utf-8")
    elif step == "remove":
        path.unlink(missing_ok=True)
    elif step == "move" and path.exists():
        path.replace(other)
    elif step == "copy" and path.exists() and path != other:
        shutil.copyfile(path, other)
    elif step == "ignore":
        (documents / ".askiveignore").write_text(f"{more}{file}")


def held(archive: Archive) -> set[tuple[str, int, int, str, str]]:
    """Every passage with its document."""
    return {
        (source.uri, p.start, p.end, p.text, p.heading)
        for source in archive.store.sources()
        for p in archive.store.passages_of(source.doc_id)
    }


def ranked(archive: Archive, found: list[tuple[int, float]]) -> list[tuple[float, str, int]]:
    """Hits by score and place; ids differ between archives."""
    passages = archive.passages([i for i, _ in found])
    return sorted((round(score, 4), passages[i][1].uri, passages[i][0].start) for i, score in found)


def assert_same_archive(one: Archive, other: Archive) -> None:
    assert held(one) == held(other)
    assert one.store.check() == other.store.check() == []
    n = one.counts().n_passages + 1
    assert len(one.dense) == len(other.dense) == n - 1
    for query in ("harbour ships", "the mayor of 2016", "你好"):
        vector = one.embed_query(query)
        assert ranked(one, one.dense.search(vector, n)) == ranked(other, other.dense.search(vector, n))
        assert ranked(one, one.lexical.search(query, n)) == ranked(other, other.lexical.search(query, n))


@settings(max_examples=20)
@given(st.lists(STEP, min_size=1, max_size=16))
def test_incremental_equals_rebuilt(steps: list[tuple[str, str, str]]) -> None:
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(POOL, InlinePool)
        documents = Path(name) / "documents"
        documents.mkdir()
        with Archive.open(Path(name) / "kept", EMBEDDER, SMALL) as kept:
            for step, file, more in [*steps, ("index", "", "")]:
                if step == "index":
                    ingest_paths(kept, [documents], prune=True)
                elif not (step in ("move", "copy") and Path(file).suffix != Path(more).suffix):
                    change(documents, step, file, more)
            # A file that became unreadable keeps its last good state: such states are left out here.
            report = ingest_paths(kept, [documents], prune=True)
            if report.failures:
                for failure in report.failures:
                    Path(failure.uri).unlink()
                ingest_paths(kept, [documents], prune=True)
            with Archive.open(Path(name) / "fresh", EMBEDDER, SMALL) as fresh:
                ingest_paths(fresh, [documents])
                assert_same_archive(kept, fresh)
                assert account_of(kept.store).unread == account_of(fresh.store).unread


def test_only_new_passages_are_embedded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(POOL, InlinePool)
    documents = tmp_path / "documents"
    documents.mkdir()
    sections = [f"## Part {n}\n\nThe ferry of part {n} left the harbour." for n in range(6)]
    (documents / "a.md").write_text("\n\n".join(sections))
    embedder = CountingEmbedder()
    with Archive.open(tmp_path / "c", embedder, SMALL) as archive:
        ingest_paths(archive, [documents])
        assert embedder.n_texts == 6
        uri, ids = str(documents / "a.md"), archive.store.passage_ids(Filter()).tolist()
        # One section changed, another one added before the rest.
        (documents / "a.md").write_text(
            "\n\n".join(["## New\n\nNew text.", *sections[:5], "## Part 5\n\nOther."])
        )
        report = ingest_paths(archive, [documents])
        assert (report.n_changed, report.n_passages, report.n_reused, embedder.n_texts) == (1, 7, 5, 8)
        # Moved to another folder: the same ids. Renamed: read again, since a title may be a file name. Copied.
        ids = archive.store.passage_ids(Filter()).tolist()
        (documents / "in").mkdir()
        (documents / "a.md").rename(documents / "in" / "a.md")
        report = ingest_paths(archive, [documents])
        assert (report.moved, report.n_deleted) == ({uri: str(documents / "in" / "a.md")}, 0)
        assert archive.store.passage_ids(Filter()).tolist() == ids
        (documents / "in" / "a.md").rename(documents / "b.md")
        shutil.copyfile(documents / "b.md", documents / "c.md")
        report = ingest_paths(archive, [documents])
        assert (report.n_moved, report.n_added, report.n_deleted) == (1, 1, 0)
        assert archive.store.former_uris() == {str(documents / "b.md"): [uri, str(documents / "in" / "a.md")]}
        assert set(archive.store.known_sha256()) == {str(documents / "b.md"), str(documents / "c.md")}
        # The name of the file is the title of both, and so a part of what is embedded.
        assert embedder.n_texts == 8 + 14
        with Archive.open(tmp_path / "fresh", EMBEDDER, SMALL) as fresh:
            ingest_paths(fresh, [documents])
            assert_same_archive(archive, fresh)


def mailbox(n: int) -> str:
    """n messages."""
    return "".join(
        f"From a@b.c Mon Jan 25 10:00:0{k} 2016\nFrom: a@b.c\nSubject: Report {k}\n\nThe ferry {k} left.\n\n"
        for k in range(n)
    )


class NoReading(InlinePool):
    """No file is parsed."""

    def submit(
        self, data: bytes, uri: str, ending: str, digest: str, split: str = AUTO, place: Place | None = None
    ) -> Job:
        raise AssertionError(f"{uri} is read again")


def test_a_touched_file_of_several_documents_is_unchanged(
    tmp_path: Path, documents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = documents / "letters.mbox"
    file.write_text(mailbox(3))
    with Archive.open(tmp_path / "c", EMBEDDER, SMALL) as archive:
        monkeypatch.setattr(POOL, InlinePool)
        ingest_paths(archive, [documents])
        for clock_step in (2_000_000_000, 0, 0):
            monkeypatch.setattr("askive.rag.ingest.plan._CLOCK_STEP_NS", clock_step)
            file.touch()
            known = archive.store.known_sha256()
            preview = preview_paths(known, archive.store.stamps(), [documents])
            assert (preview.changed, len(preview.unchanged)) == ([], 4)
            with monkeypatch.context() as patch:
                patch.setattr(POOL, NoReading)
                report = ingest_paths(archive, [documents])
            assert (report.n_changed, report.n_unchanged) == (0, 6)
        # The stamp is reliable again, so the file is not even opened.
        monkeypatch.setattr("askive.rag.ingest.examination.read_bytes", None)
        assert ingest_paths(archive, [documents]).n_unchanged == 6
        monkeypatch.undo()
        file.write_text(mailbox(3).replace("ferry 1", "tug 1"))
        assert preview_paths(archive.store.known_sha256(), archive.store.stamps(), [documents]).changed == [
            str(file)
        ]
        assert ingest_paths(archive, [documents]).n_changed == 1


def test_a_moved_file_of_several_documents_is_not_embedded_again(
    tmp_path: Path, documents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("askive.rag.ingest.plan._CLOCK_STEP_NS", 0)
    for path in documents.iterdir():
        path.unlink()
    (documents / "letters.mbox").write_text(mailbox(5))
    embedder = CountingEmbedder()
    with Archive.open(tmp_path / "c", embedder, SMALL) as archive:
        assert ingest_paths(archive, [documents]).n_added == 5
        n_texts = embedder.n_texts
        (documents / "in").mkdir()
        (documents / "letters.mbox").rename(documents / "in" / "letters.mbox")
        report = ingest_paths(archive, [documents])
        assert (report.n_moved, report.n_added, report.n_deleted, report.withheld) == (5, 0, 0, [])
        assert embedder.n_texts == n_texts
        with Archive.open(tmp_path / "fresh", EMBEDDER, SMALL) as fresh:
            ingest_paths(fresh, [documents])
            assert_same_archive(archive, fresh)


def test_the_report_counts(tmp_path: Path, documents: Path) -> None:
    with Archive.open(tmp_path / "c", EMBEDDER, SMALL) as archive:
        (documents / "image.gif").write_bytes(b"\x89PNG")
        (documents / ".hidden.txt").write_text("Hidden.")
        first = ingest_paths(archive, [documents])
        assert (first.n_added, first.n_unchanged, first.n_skipped, first.n_deleted) == (3, 0, 1, 0)
        assert first.n_passages == archive.counts().n_passages
        again = ingest_paths(archive, [documents])
        assert (again.n_added, again.n_changed, again.n_unchanged, again.n_written) == (0, 0, 3, 0)
        (documents / "bridge.txt").write_text("Rewritten. Wholly.")
        (documents / "fair.html").unlink()
        third = ingest_paths(archive, [documents])
        assert (third.n_changed, third.n_unchanged, third.n_deleted) == (1, 1, 1)


class CountingEmbedder(HashEmbedder):
    def __init__(self) -> None:
        super().__init__(128)
        self.n_texts = 0

    def embed(self, texts):  # type: ignore[no-untyped-def]
        self.n_texts += len(texts)
        return super().embed(texts)


def test_what_did_not_change_is_not_embedded_again(tmp_path: Path, documents: Path) -> None:
    embedder = CountingEmbedder()
    with Archive.open(tmp_path / "c", embedder, SMALL) as archive:
        ingest_paths(archive, [documents])
        first = embedder.n_texts
        assert first == archive.counts().n_passages
        os.utime(documents / "bridge.txt", (1, 1))
        ingest_paths(archive, [documents])
        assert embedder.n_texts == first


def test_an_unchanged_file_is_not_opened(
    tmp_path: Path, documents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("askive.rag.ingest.plan._CLOCK_STEP_NS", 0)
    opened: list[str] = []

    def read(path: Path) -> bytes:
        opened.append(path.name)
        return read_bytes(path)

    monkeypatch.setattr("askive.rag.ingest.examination.read_bytes", read)
    with Archive.open(tmp_path / "c", EMBEDDER, SMALL) as archive:
        ingest_paths(archive, [documents])
        assert len(opened) == 3
        generation = archive.store.generation
        assert ingest_paths(archive, [documents]).n_unchanged == 3
        assert len(opened) == 3
        assert archive.store.generation == generation
        os.utime(documents / "bridge.txt", (1, 1))
        assert ingest_paths(archive, [documents]).n_unchanged == 3
        assert ingest_paths(archive, [documents]).n_unchanged == 3
        assert opened[3:] == ["bridge.txt"], "its bytes were compared once, and its new entry is known"


def test_a_change_that_keeps_size_and_time_is_seen(
    tmp_path: Path, documents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("askive.rag.ingest.plan._CLOCK_STEP_NS", 0)
    path = documents / "bridge.txt"
    with Archive.open(tmp_path / "c", EMBEDDER, SMALL) as archive:
        ingest_paths(archive, [documents])
        before = path.stat()
        # One step of the file system's clock.
        time.sleep(0.05)
        path.write_text(path.read_text().replace("1871", "1872"))
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert path.stat().st_size == before.st_size
        assert ingest_paths(archive, [documents]).n_changed == 1


def test_a_file_touched_just_now_is_compared_by_its_bytes(tmp_path: Path, documents: Path) -> None:
    with Archive.open(tmp_path / "c", EMBEDDER, SMALL) as archive:
        ingest_paths(archive, [documents])
        assert set(archive.store.stamps().values()) == {f"v{READING}:"}
        (documents / "bridge.txt").write_text("Changed at once.")
        assert ingest_paths(archive, [documents]).n_changed == 1


def test_files_that_older_code_read_are_read_again(
    tmp_path: Path, documents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Archive.open(tmp_path / "c", EMBEDDER, SMALL) as archive:
        ingest_paths(archive, [documents])
        store = archive.store
        uri = str(documents / "bridge.txt")
        found = store.document_by_uri(uri)
        assert found is not None
        # As older code would have read the same bytes.
        passages = store.passages_of(found.doc_id)[:1]
        store.put(found, passages, EMBEDDER.embed([p.text for p in passages]), "7:1:1:1")
        assert ingest_paths(archive, [documents]).n_changed == 1
        again = store.document_by_uri(uri)
        assert again is not None
        assert len(store.passages_of(again.doc_id)) > 1
        monkeypatch.setattr("askive.rag.ingest.plan.READING", READING + 1)
        generation = store.generation
        report = ingest_paths(archive, [documents])
        assert (report.n_changed, report.n_unchanged, store.generation) == (0, 3, generation)
        assert {stamp[: stamp.index(":")] for stamp in store.stamps().values()} == {f"v{READING + 1}"}


def test_a_named_file_that_is_gone_is_removed(tmp_path: Path, documents: Path) -> None:
    beside = tmp_path / "beside"
    beside.mkdir()
    (beside / "x.txt").write_text("Beside.")
    with Archive.open(tmp_path / "c", EMBEDDER, SMALL) as archive:
        ingest_paths(archive, [documents, beside / "x.txt"])
        (documents / "bridge.txt").unlink()
        report = ingest_paths(archive, [documents / "bridge.txt"])
        assert (report.n_deleted, archive.counts().n_documents) == (1, 3)
        assert archive.lexical.search("bridge", 5) == []
        assert len(archive.dense) == archive.counts().n_passages
        with pytest.raises(UsageError):
            ingest_paths(archive, [documents / "bridge.txt"])
        # The whole folder is not there: perhaps a disk that is not mounted. Nothing is removed.
        shutil.rmtree(beside)
        with pytest.raises(UsageError, match="does not exist"):
            ingest_paths(archive, [beside / "x.txt"])
        assert archive.counts().n_documents == 3


def test_what_stands_in_a_folder_that_cannot_be_listed_is_kept(
    tmp_path: Path, documents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (documents / "closed").mkdir()
    (documents / "closed" / "x.txt").write_text("Kept.")
    with Archive.open(tmp_path / "c", EMBEDDER, SMALL) as archive:
        ingest_paths(archive, [documents])
        scan = os.scandir

        def refuse(path: str) -> object:
            if str(path).endswith("closed"):
                raise PermissionError(13, "Permission denied", str(path))
            return scan(path)

        monkeypatch.setattr(os, "scandir", refuse)
        report = ingest_paths(archive, [documents])
        assert (report.n_deleted, report.n_unchanged) == (0, 3)
        (failure,) = report.failures
        assert "closed cannot be listed: Permission denied" in failure.message
        assert archive.counts().n_documents == 4


def test_a_document_is_removed_from_everything(tmp_path: Path, documents: Path) -> None:
    bridge = str(documents / "bridge.txt")
    with Archive.open(tmp_path / "c", EMBEDDER, SMALL) as archive:
        ingest_paths(archive, [documents])
        stored = archive.document_by_uri(bridge)
        assert stored is not None
        ids = {p.passage_id for p in archive.store.passages_of(stored.doc_id)}
        assert remove_document(archive, bridge)
        assert not remove_document(archive, bridge)
        assert not remove_document(archive, str(documents)), "only the very document"
        assert archive.document_by_uri(bridge) is None
        assert archive.store.vectors(sorted(ids)) == {}
        assert archive.lexical.search("bridge trams", 9) == []
        assert isinstance(archive.dense_cache, VectorCache) and archive.dense_cache.on_disk()
        assert not ids & {i for i, _ in archive.dense.search(archive.embed_query("bridge trams"), 99)}
        assert archive.store.check() == []
        assert Path(bridge).exists()
        assert ingest_paths(archive, [documents]).n_added == 1, "indexed again, it comes back"


def test_removing_by_path_and_by_folder(
    tmp_path: Path, documents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(documents)
    with Archive.open(tmp_path / "c", EMBEDDER, SMALL) as archive:
        ingest_paths(archive, [documents])
        ingest_documents(archive, [document("memory:a", "Some text.")])
        with pytest.raises(UsageError, match=r"nothing\.txt is not in"):
            remove_documents(archive, ["bridge.txt", "nothing.txt"])
        assert archive.counts().n_documents == 4
        assert remove_documents(archive, ["bridge.txt"]) == [str(documents / "bridge.txt")]
        assert remove_documents(archive, [".", "memory:a"]) == sorted(
            ["memory:a", str(documents / "fair.html"), str(documents / "harbour.md")]
        )
        assert (archive.counts().n_documents, len(archive.dense)) == (0, 0)


def test_a_file_that_cannot_be_read_leaves_the_others_alone(tmp_path: Path, documents: Path) -> None:
    (documents / "bad.ipynb").write_text("no notebook")
    (documents / "binary.txt").write_bytes(b"\0\1\2")
    (documents / os.fsdecode(b"caf\xe9.txt")).write_text("Named oddly.")
    with Archive.open(tmp_path / "c", EMBEDDER, SMALL) as archive:
        report = ingest_paths(archive, [documents])
        assert report.n_added == 3
        assert {Path(f.uri).name for f in report.failures} == {"bad.ipynb", "binary.txt", "caf\\xe9.txt"}
        assert all(f.message and f.remedy for f in report.failures)
        # What was read before stays when the file breaks.
        (documents / "bridge.txt").write_bytes(b"\0\1\2")
        again = ingest_paths(archive, [documents])
        assert len(again.failures) == 4
        assert archive.counts().n_documents == 3


def test_only_what_stands_in_a_named_folder_is_removed(tmp_path: Path, documents: Path) -> None:
    beside = tmp_path / "documents-2"
    beside.mkdir()
    (beside / "x.txt").write_text("Beside.")
    with Archive.open(tmp_path / "c", EMBEDDER, SMALL) as archive:
        ingest_paths(archive, [documents, beside])
        (beside / "x.txt").unlink()
        (documents / "fair.html").unlink()
        report = ingest_paths(archive, [documents / "bridge.txt"])
        assert report.n_deleted == 0
        report = ingest_paths(archive, [documents])
        assert report.n_deleted == 1
        assert archive.document_by_uri(str(beside / "x.txt")) is not None


def test_one_file_named_in_many_ways_is_one_document(
    tmp_path: Path, documents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(documents)
    spellings = [
        documents,
        Path(),
        Path("bridge.txt"),
        documents / ".." / "documents",
        Path("../documents/bridge.txt"),
    ]
    with Archive.open(tmp_path / "c", EMBEDDER, SMALL) as archive:
        for paths in ([spelling] for spelling in spellings):
            ingest_paths(archive, paths)
        ingest_paths(archive, spellings)
        assert archive.counts().n_documents == 3


def test_a_path_that_does_not_exist_is_a_usage_error_before_anything_happens(
    tmp_path: Path, documents: Path
) -> None:
    with Archive.open(tmp_path / "c", EMBEDDER, SMALL) as archive:
        with pytest.raises(UsageError, match="nowhere"):
            ingest_paths(archive, [documents, tmp_path / "nowhere"])
        assert archive.counts().n_documents == 0


def document(uri: str, text: str) -> Document:
    return Document(uri, uri, text, "text/plain", f"sha {text!r}")


@given(st.lists(st.tuples(st.sampled_from("abc"), st.text(max_size=80)), min_size=1, max_size=6))
@settings(max_examples=25)
def test_documents_of_any_text(pairs: list[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as name, Archive.open(Path(name) / "c", EMBEDDER, SMALL) as archive:
        report = ingest_documents(archive, [document(uri, text) for uri, text in pairs])
        assert report.n_written + report.n_unchanged == len(pairs)
        assert archive.store.check() == []
        for uri, text in dict(pairs).items():
            stored = archive.document_by_uri(uri)
            assert stored is not None
            assert len(stored.text) == len(text)
            for passage in archive.store.passages_of(stored.doc_id):
                assert stored.text[passage.start : passage.end] == passage.text


@pytest.mark.parametrize("text", ["Before\0after. Next sentence.", "Half \ud800 a pair. Next sentence."])
def test_text_that_sqlite_cannot_hold_keeps_its_offsets(tmp_path: Path, text: str) -> None:
    with Archive.open(tmp_path / "c", EMBEDDER, SMALL) as archive:
        ingest_documents(archive, [document("a", text)])
        stored = archive.document_by_uri("a")
        assert stored is not None
        assert len(stored.text) == len(text)
        (passage,) = archive.store.passages_of(stored.doc_id)
        assert passage.text == stored.text
        assert "\ufffd" in stored.text


def test_progress_is_told(tmp_path: Path, documents: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    with Archive.open(tmp_path / "c", EMBEDDER, SMALL) as archive:
        ingest_paths(archive, [documents], progress=lambda done, total, _uri: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


class Interrupting(HashEmbedder):
    """Ctrl-C while the second batch is embedded."""

    calls = 0

    def embed(self, texts):  # type: ignore[no-untyped-def]
        self.calls += 1
        if self.calls == 2:
            raise KeyboardInterrupt
        return super().embed(texts)


def test_interrupted_what_was_done_is_kept_and_the_rest_comes_next_time(tmp_path: Path) -> None:
    many = [document(f"d{n}", "Short text here. " * 40) for n in range(60)]
    with Archive.open(tmp_path / "c", Interrupting(128), SMALL) as archive, pytest.raises(KeyboardInterrupt):
        ingest_documents(archive, many)
    with Archive.open(tmp_path / "c", EMBEDDER, SMALL) as archive:
        done = archive.counts().n_documents
        assert 0 < done < 60
        assert len(archive.dense) == archive.counts().n_passages
        report = ingest_documents(archive, many)
        assert (report.n_unchanged, report.n_added) == (done, 60 - done)
        with Archive.open(tmp_path / "fresh", EMBEDDER, SMALL) as fresh:
            ingest_documents(fresh, many)
            assert_same_archive(archive, fresh)


def test_interrupted_by_the_one_who_watches(tmp_path: Path) -> None:
    many = [document(f"d{n:03}", "Short text here. " * 40) for n in range(400)]

    def interrupt(done: int, _total: int | None, _uri: str) -> None:
        if done == 20:
            raise KeyboardInterrupt

    with Archive.open(tmp_path / "c", EMBEDDER, SMALL) as archive:
        with pytest.raises(KeyboardInterrupt):
            ingest_documents(archive, many, progress=interrupt)
        names = sorted(source.uri for source in archive.store.sources())
        assert names == [f"d{n:03}" for n in range(len(names))], "in the order they came"
        assert 20 <= len(names) < 400
        assert archive.store.check() == []
        assert len(archive.dense) == archive.counts().n_passages
        assert ingest_documents(archive, many).n_added == 400 - len(names)
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("embed")]


def test_interrupted_while_rows_are_handed_on_every_passage_has_its_own_vector(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("askive.rag.ingest.pipeline.EmbedAhead", partial(EmbedAhead, n_batch=3))
    many = [document(f"d{n}", f"Harbour {n} and bridge {n * n}. " * (10 + n)) for n in range(6)]
    functions = frozenset({"_take", "_complete", "_first_rows"})
    n_stored: list[int] = []
    for at in range(3, 60, 4):
        with Archive.open(tmp_path / str(at), EMBEDDER, SMALL) as archive:
            with pytest.raises(KeyboardInterrupt), InterruptAt(at, functions):
                ingest_documents(archive, many)
            stored = [
                (source, archive.store.passages_of(source.doc_id)) for source in archive.store.sources()
            ]
            n_stored.append(len(stored))
            for source, passages in stored:
                vectors = archive.store.vectors([p.passage_id for p in passages])
                whole = archive.document(source.doc_id)
                for p in passages:
                    (own,) = EMBEDDER.embed([f"{context_of(whole, p)}\n{p.text}"])
                    np.testing.assert_array_equal(vectors[p.passage_id], own)
            assert len(archive.dense) == archive.counts().n_passages
    assert max(n_stored) > 0


def test_reading_is_never_far_ahead_of_writing(tmp_path: Path) -> None:
    begun = 0
    ahead: list[int] = []

    def read() -> Iterator[Document]:
        nonlocal begun
        for n in range(600):
            begun += 1
            yield document(f"d{n}", f"Number {n} is a short text. " * 30)

    with Archive.open(tmp_path / "c", EMBEDDER, SMALL) as archive:
        ingest_documents(archive, read(), progress=lambda done, _total, _uri: ahead.append(begun - done))
        n_each = archive.counts().n_passages / 600
    assert max(ahead) * n_each <= 5 * BATCH_PASSAGES
    assert max(ahead) > 1


def test_small_documents_share_batches(tmp_path: Path) -> None:
    sizes: list[int] = []

    class Noting(HashEmbedder):
        def embed(self, texts):  # type: ignore[no-untyped-def]
            sizes.append(len(texts))
            return super().embed(texts)

    with Archive.open(tmp_path / "c", Noting(128), SMALL) as archive:
        ingest_documents(archive, [document(f"d{n}", f"Text {n}.") for n in range(600)])
    assert sizes == [BATCH_PASSAGES, BATCH_PASSAGES, 600 - 2 * BATCH_PASSAGES]


def test_those_who_watch_see_the_report_grow(tmp_path: Path) -> None:
    report = IngestReport()
    seen: list[int] = []
    many = [document(f"d{n}", "Short text here. " * 40) for n in range(90)]
    with Archive.open(tmp_path / "c", EMBEDDER, SMALL) as archive:
        ingest_documents(archive, many, report=report, progress=lambda *_: seen.append(report.n_passages))
        assert report.n_passages == archive.counts().n_passages == seen[-1]
    assert seen == sorted(set(seen))
    assert report.passages_per_second > 0


def test_another_embedder_or_splitter_is_a_mismatch(tmp_path: Path, documents: Path) -> None:
    with Archive.open(tmp_path / "c", EMBEDDER, SMALL) as archive:
        ingest_paths(archive, [documents])
    other: Embedder = HashEmbedder(32)
    with pytest.raises(FingerprintMismatch) as caught:
        Archive.open(tmp_path / "c", other, SMALL)
    assert "--reembed" in caught.value.remedy
    (documents / "bridge.txt").write_text("Changed.")
    with Archive.open(tmp_path / "c", EMBEDDER, PassageConfig()) as archive:
        assert Retriever(archive, __import__("askive.rag.config").rag.config.RetrievalConfig()).retrieve(
            "bridge"
        )
        with pytest.raises(FingerprintMismatch):
            ingest_paths(archive, [documents])


def test_a_collection_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CollectionNotFound, match="nothing"):
        Archive.open(tmp_path / "nothing", EMBEDDER, SMALL, create=False)
    assert not (tmp_path / "nothing").exists()
