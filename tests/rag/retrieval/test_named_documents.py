"""Documents that a filter names by title, path or id."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from askive.models.fakes import HashEmbedder
from askive.rag.config import PassageConfig, RetrievalConfig
from askive.rag.errors import UsageError
from askive.rag.ingest.pipeline import ingest_documents
from askive.rag.retrieval.named_documents import checked_filter, named_documents, undated_notes
from askive.rag.retrieval.retriever import Retriever
from askive.rag.store.archive import Archive
from askive.rag.store.filters import Filter, parse_filter
from askive.rag.types import Document, Source

SOURCES = [
    Source(1, "/home/ada/2015/harbour.pdf", "Repairs at the harbour (Courier, 2015-10)", "application/pdf"),
    Source(2, "/home/ada/2015/minutes.docx", "Minutes", "text/plain"),
    Source(3, "/home/ada/2016/minutes.docx", "Minutes", "text/plain"),
    Source(4, "/home/ada/2016/2015.md", "Looking back", "text/markdown"),
    Source(12, "mail/1", "The bridge", "text/plain"),
]


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("/home/ada/2016/minutes.docx", [3]),
        ("/home/ada/2015", [1, 2]),
        ("/home/ada/2015/", [1, 2]),
        ("repairs at  the Harbour", [1]),
        ("Repairs at the harbour (Courier, 2015-10)", [1]),
        ("harbour.pdf", [1]),
        ("harbour", [1]),
        ("2015", [4]),
        ("12", [12]),
        ("2", [2]),
        ("bridge", [12]),
        ("2016/minutes", [3]),
    ],
)
def test_a_name_stands_for_one_document_or_a_folder(name: str, ids: list[int]) -> None:
    assert [source.doc_id for source in named_documents(name, SOURCES)] == ids


def test_a_path_is_relative_to_the_working_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    source = Source(7, str(tmp_path / "notes" / "a.md"), "Notes", "text/markdown")
    assert named_documents("notes", [source]) == named_documents("notes/a.md", [source]) == [source]


@pytest.mark.parametrize(
    ("name", "message", "remedy"),
    [
        (
            "minutes",
            "'minutes' is the name of 2 documents: 2: Minutes (/home/ada/2015/minutes.docx); 3:",
            "--in 2",
        ),
        ("ada", "'ada' is the name of 4 documents", "--in 1"),
        (
            "Repairs at the habour",
            "no document is named 'Repairs at the habour'",
            "nearest titles: Repairs at the h",
        ),
        ("xyzzy", "no document is named 'xyzzy'", "askive collections"),
        ("", "no document is named ''", "askive collections"),
    ],
)
def test_an_unknown_or_ambiguous_name_is_an_error_that_helps(name: str, message: str, remedy: str) -> None:
    with pytest.raises(UsageError) as caught:
        named_documents(name, SOURCES)
    assert message in str(caught.value) and remedy in caught.value.remedy


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    documents = [
        Document(f"news/{name}.md", name.title(), f"The {name} of Velm closed.", "text/plain", name)
        for name in ("harbour", "bridge", "mill")
    ]
    with Archive.open(tmp_path / "c", HashEmbedder(), PassageConfig()) as opened:
        ingest_documents(opened, documents)
        yield opened


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
def test_only_the_named_documents_are_searched(archive: Archive, mode: str) -> None:
    retriever = Retriever(archive, RetrievalConfig().model_copy(update={"mode": mode}))
    admitted = parse_filter(documents=["Harbour", "news/mill.md"])
    hits = retriever.retrieve("what closed in Velm", admitted=admitted)
    assert {hit.source.title for hit in hits} == {"Harbour", "Mill"}
    assert admitted.describe() == "in Harbour or mill.md"
    checked = checked_filter(admitted, archive.store)
    assert checked.documents == ("news/harbour.md", "news/mill.md")
    assert checked_filter(checked, archive.store) == checked
    with pytest.raises(UsageError, match="'School'"):
        retriever.retrieve("what closed", admitted=Filter(documents=("School",)))


def test_documents_without_a_date_are_counted_under_a_filter_by_date(archive: Archive) -> None:
    assert undated_notes(Filter(publishers=("Courier",)), archive.store) == ()
    dated = [
        Document(f"news/{n}.md", f"Fair {n}", "The fair opened.", "text/plain", str(n), "2016-01", "Courier")
        for n in range(2)
    ]
    ingest_documents(archive, dated)
    after = parse_filter(after="2015")
    assert undated_notes(after, archive.store) == (
        "3 of 5 documents have no date and were not looked at, because of the filter by date",
    )
    # What another condition leaves out is not looked at anyway.
    named = checked_filter(parse_filter(before="2017", documents=["Harbour", "Fair 0"]), archive.store)
    assert undated_notes(named, archive.store) == (
        "1 of 2 documents has no date and was not looked at, because of the filter by date",
    )
    assert undated_notes(parse_filter(after="2015", publishers=["Courier"]), archive.store) == ()
