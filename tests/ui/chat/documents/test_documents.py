"""The list of documents, the overview with its suggestions, and every mention, without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from askive.models.fakes import HashEmbedder
from askive.rag.config import PassageConfig
from askive.rag.errors import UsageError
from askive.rag.ingest.pipeline import ingest_paths
from askive.rag.overview.document_sizes import DocumentSize, document_sizes
from askive.rag.store.archive import Archive
from askive.rag.store.filters import Filter, parse_filter
from askive.rag.store.sqlite import SqliteStore
from askive.ui.chat.documents import listing
from askive.ui.chat.documents.description import Descriptions, next_questions, timeline
from askive.ui.chat.documents.listing import Listing, Listings, list_documents, original_path
from askive.ui.chat.documents.search import find_mentions
from askive.ui.chat.library import Library
from askive.ui.chat.workspace import Workspace
from tests.rag.ingest.inline_pool import POOL, InlinePool
from tests.rag.load.pdf_writer import write_pdf


def test_the_list_is_sorted_filtered_and_in_parts(workspace: Workspace, tmp_path: Path) -> None:
    archive = workspace.archive("town")

    def titles(wanted: Listing) -> list[str]:
        return [row["title"] for row in list_documents(archive, wanted)["documents"]]

    everything = list_documents(archive, Listing())
    assert everything["n_documents"] == len(everything["documents"]) == archive.counts().n_documents
    assert sum(kind["n"] for kind in everything["types"]) == everything["n_documents"]
    by_title = titles(Listing())
    assert by_title == sorted(by_title, key=str.lower)
    assert titles(Listing(first=1, n=1)) == by_title[1:2]
    dates = [row["published"] for row in list_documents(archive, Listing(sort="published"))["documents"]]
    newest = [
        row["published"]
        for row in list_documents(archive, Listing(sort="published", descending=True))["documents"]
    ]
    known = [date for date in dates if date]
    assert known == sorted(known) == newest[: len(known)][::-1], "those without a date come last both ways"
    (harbour,) = list_documents(archive, Listing(search="harbour PORT authority"))["documents"]
    assert (harbour["publisher"], harbour["published"], harbour["state"]) == (
        "Port Authority",
        "2016-01-25",
        "read",
    )
    assert harbour["size"] == Path(harbour["uri"]).stat().st_size
    assert (harbour["file"], harbour["has_original"]) == (Path(harbour["uri"]).name, True)
    assert titles(Listing(publisher="Port Authority", type=harbour["type"])) == [harbour["title"]]
    assert titles(Listing(state="in part")) == []


def test_files_of_one_name_are_told_apart_by_their_folders(workspace: Workspace, tmp_path: Path) -> None:
    added = tmp_path / ("0f" * 16)
    for folder in (tmp_path / "letters", tmp_path / "minutes", added):
        folder.mkdir()
        (folder / "may.txt").write_text(f"May\n\nAgnes wrote to Karl from {folder.name}.")
    (tmp_path / "letters" / "june.txt").write_text("June\n\nKarl wrote to Agnes.")
    archive = workspace.archive("town")
    assert not ingest_paths(archive, [tmp_path / "letters", tmp_path / "minutes", added]).failures
    files = {row["file"] for row in list_documents(archive, Listing())["documents"]}
    assert {"letters/may.txt", "minutes/may.txt", "may.txt", "june.txt"} <= files
    found = list_documents(archive, Listing(search="minutes may"))["documents"]
    assert [row["file"] for row in found] == ["minutes/may.txt"]
    others = list_documents(archive, Listing(search=tmp_path.name))["documents"]
    assert others == [], "where all files lie is not searched"


def test_the_original_of_a_part_is_the_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "box.mbox"
    path.write_text("x")
    assert original_path(f"{path}#3") == original_path(str(path)) == path
    assert original_path(f"{path}.gone") is None
    assert original_path("https://example.org/x") is None


def test_the_overview_follows_its_collection(workspace: Workspace) -> None:
    descriptions, archive = Descriptions(), workspace.archive("town")
    view = descriptions.of(archive)
    assert descriptions.of(archive) is view
    assert view["sentences"][0].startswith(f"{view['n_documents']} documents")
    assert view["suggestions"][-1]["question"] == "What is this collection about?"
    uri = list_documents(archive, Listing())["documents"][0]["uri"]
    Library(workspace).remove("town", uri)
    assert descriptions.of(archive)["n_documents"] == view["n_documents"] - 1


def test_every_suggestion_has_an_answer(workspace: Workspace) -> None:
    asked = Descriptions().of(workspace.archive("town"))["suggestions"]
    assert asked
    for one in asked:
        answer = workspace.assistant("town", "scripted").ask(one["question"], kind=one["kind"])
        assert not answer.refused, one
        assert answer.rows or answer.citations, one
    assert [one["kind"] for one in asked] == ["mentions", "summary", "timeline", "overview"]


def test_the_next_question_is_about_names_that_the_documents_mention(workspace: Workspace) -> None:
    archive = workspace.archive("town")
    sentence = "Captain Rosa Lind and Quarnheim Nobody live in Aldermoor."
    (found,) = next_questions(archive, "Who is Rosa Lind?", [sentence])
    assert found == {"question": "Which documents mention “Aldermoor”?", "kind": "mentions"}
    assert next_questions(archive, "Who lives in Aldermoor?", []) == []


@pytest.mark.parametrize(
    ("dates", "periods"),
    [
        ([], []),
        (["2016-01-05", "2016-03", "2016-01"], [("2016-01", 2), ("2016-02", 0), ("2016-03", 1)]),
        (["2015-12", "2016-01"], [("2015-12", 1), ("2016-01", 1)]),
        (["2014", "2016-03-01"], [("2014", 1), ("2015", 0), ("2016", 1)]),
        (["2010-01", "2013-01"], [("2010", 1), ("2011", 0), ("2012", 0), ("2013", 1)]),
    ],
)
def test_documents_over_time(dates: list[str], periods: list[tuple[str, int]]) -> None:
    assert [(one["period"], one["n_documents"]) for one in timeline(dates)] == periods


def test_every_mention_is_found_at_its_place(workspace: Workspace) -> None:
    archive = workspace.archive("town")
    found = find_mentions(archive, "“Aldermoor”", Filter())
    assert found["n_documents"] == len(found["documents"]) > 1
    assert found["n_mentions"] == sum(view["n"] for view in found["documents"])
    for view in found["documents"]:
        document = archive.document_by_uri(view["uri"])
        assert document is not None
        for place in view["places"]:
            assert document.text[place["start"] : place["end"]] == place["text"]
            first = place["start"] - len(place["before"])
            around = place["before"] + place["text"] + place["after"]
            assert document.text[first : first + len(around)] == around
    only = find_mentions(archive, "Aldermoor", parse_filter(publishers=["Port Authority"]))
    assert {view["publisher"] for view in only["documents"]} == {"Port Authority"}
    assert find_mentions(archive, "Quarnheim", Filter())["n_documents"] == 0
    with pytest.raises(UsageError, match="nothing to search for"):
        find_mentions(archive, ' "?" ', Filter())


def test_what_was_not_read_is_listed_and_tried_again(workspace: Workspace, tmp_path: Path) -> None:
    folder, archive = tmp_path / "more", workspace.archive("town")
    folder.mkdir()
    broken, odd = folder / "broken.pdf", folder / "odd.xyz"
    broken.write_bytes(b"%PDF-1.4 no")
    odd.write_text("?")
    with Archive.open(archive.folder, HashEmbedder(), workspace.config.passages) as writing:
        ingest_paths(writing, [folder])
    view = list_documents(archive, Listing())
    first, second = view["unread"]
    assert (first["file"], first["reason"], first["can_retry"]) == ("broken.pdf", "failed", True)
    assert first["message"]
    assert (second["file"], second["can_retry"]) == ("odd.xyz", False)
    library = Library(workspace)
    assert library.read_again("town", str(broken))["step"] == "failed"
    broken.write_bytes(write_pdf([["The pump gasket costs 12 crowns."]]))
    assert library.read_again("town", str(broken))["step"] == "done"
    assert [file["file"] for file in list_documents(archive, Listing())["unread"]] == ["odd.xyz"]
    with pytest.raises(UsageError, match="not among those"):
        library.read_again("town", str(odd))


def test_the_list_is_built_once_until_the_collection_changes(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    n_read = 0

    def counted(store: SqliteStore) -> dict[int, DocumentSize]:
        nonlocal n_read
        n_read += 1
        return document_sizes(store)

    monkeypatch.setattr(listing, "document_sizes", counted)
    listings = Listings()
    for search in ("", "h", "ha", "harbour"):
        listings.of(archive, Listing(search))
    assert n_read == 1
    # Another process adds a document, and then reads a file that it cannot.
    new, odd = tmp_path / "new.txt", tmp_path / "odd.xyz"
    new.write_text("Bertram opened the locks.", encoding="utf-8")
    odd.write_bytes(b"\0\1")
    monkeypatch.setattr(POOL, InlinePool)
    for path, n_documents, n_unread in ((new, 4, 0), (odd, 4, 1)):
        with Archive.open(archive.folder, HashEmbedder(256), PassageConfig()) as other:
            ingest_paths(other, [path])
        view = listings.of(archive, Listing())
        assert (view["n_documents"], view["n_unread"]) == (n_documents, n_unread)


def test_a_file_that_goes_is_noticed_at_once(archive: Archive, documents: Path) -> None:
    listings = Listings()
    (harbour,) = listings.of(archive, Listing("harbour"))["documents"]
    assert harbour["has_original"]
    (documents / "harbour.md").unlink()
    (harbour,) = listings.of(archive, Listing("harbour"))["documents"]
    assert not harbour["has_original"]
