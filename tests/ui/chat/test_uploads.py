"""Uploads that go wrong: every stream ends with the reason, and nothing is left where it was received."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request as HttpRequest
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from askive.rag.config import Config, PassageConfig
from askive.rag.errors import UsageError
from askive.rag.privacy.leftovers import sweep
from askive.ui.chat.documents.listing import Listing, list_documents
from askive.ui.chat.http.bodies import BodyLimit
from askive.ui.chat.http.failures import BodyTooLarge, Failures, TooManyRequests
from askive.ui.chat.http.payloads import View
from askive.ui.chat.library import Library
from askive.ui.chat.scheduler import Work
from askive.ui.chat.uploads import MAX_AT_ONCE, Incoming
from askive.ui.chat.workspace import Workspace

TEXT = b"Agnes wrote to Karl about 31 barrels of herring."


@pytest.fixture
def library(workspace: Workspace) -> Iterator[Library]:
    opened = Library(workspace)
    yield opened
    opened.close()


def incoming(config: Config) -> list[Path]:
    return list((config.home / "uploads" / ".incoming").iterdir())


def put(library: Library, name: str, text: bytes = TEXT, *, replace: bool = True) -> View:
    upload = library.receive("town", name)
    upload.write(text)
    return list(library.add("town", upload, replace=replace))[-1]


def test_the_file_of_several_documents_goes_with_the_first_that_is_removed(
    library: Library, workspace: Workspace, config: Config
) -> None:
    box = b"From a\nSubject: One\n\nThe quay.\n\nFrom b\nSubject: Two\n\nThe tug.\n"
    assert put(library, "all.mbox", box)["step"] == "done"
    (kept,) = (config.home / "uploads").glob("*/all.mbox")
    sweep(config)
    assert kept.is_file(), "its documents own it"
    library.remove("town", f"{kept}#1")
    assert not kept.exists(), "it has the removed text too"
    listed = list_documents(workspace.archive("town"), Listing(search="all.mbox"))["documents"]
    assert [view["title"] for view in listed] == ["Two"]


def test_an_upload_after_the_splitter_was_changed(library: Library, config: Config) -> None:
    assert put(library, "a.txt")["step"] == "done"
    changed = Workspace(config.model_copy(update={"passages": PassageConfig(max_words=20)}))
    other = Library(changed)
    try:
        assert put(other, "b.txt", b"Karl wrote to Agnes about salt.")["step"] == "done"
        store = changed.archive("town").store
        made = store.fingerprint()
        assert made is not None and "20" in made.passages, "all of it was embedded again"
        kept = {Path(uri).name: uri for uri in store.known_sha256()}
        other.remove("town", kept["a.txt"])
        assert not Path(kept["a.txt"]).exists() and Path(kept["b.txt"]).is_file()
    finally:
        other.close()
        changed.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_whatever_fails_while_indexing_is_told(
    library: Library, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert put(library, "a.txt")["step"] == "done"
    (kept,) = (config.home / "uploads").glob("*/a.txt")

    def failing(*_: object, **__: object) -> None:
        raise MemoryError("no room")

    with monkeypatch.context() as broken:
        broken.setattr("askive.ui.chat.library.ingest_paths", failing)
        last = put(library, "a.txt", b"other words")
        assert last["step"] == "failed" and re.fullmatch(r"an unexpected error, number \w+", last["message"])
        assert kept.read_bytes() == TEXT, "the file that was there is back"
        assert put(library, "new/b.txt")["step"] == "failed"
        assert not kept.with_name("new").exists()
    with monkeypatch.context() as broken:
        broken.setattr("askive.ui.chat.uploads.Upload.place", failing)
        assert put(library, "c.txt")["message"].startswith("an unexpected error, number ")
    with monkeypatch.context() as broken:
        broken.setattr("askive.ui.chat.library.Library._ingest", _leave)
        assert put(library, "a.txt", b"other words")["step"] == "failed", "the thread is gone"
        assert kept.read_bytes() == TEXT
    assert incoming(config) == []
    assert put(library, "e.txt")["step"] == "done", "and the lock and the slot are free"


def test_a_second_file_of_a_name_is_kept_beside_the_first(library: Library, config: Config) -> None:
    def names() -> list[str]:
        return sorted(path.name for path in (config.home / "uploads").glob("*/letters/*"))

    assert put(library, "letters/a.txt", replace=False)["renamed"] == ""
    other = put(library, "letters/a.txt", b"Karl wrote to Agnes about salt.", replace=False)
    assert (other["step"], other["renamed"]) == ("done", "a (2).txt")
    for _ in range(2):
        again = put(library, "letters/a.txt", b"Karl wrote to Agnes about salt.", replace=False)
        assert (again["unchanged"], names()) == (True, ["a (2).txt", "a.txt"]), (
            "the same bytes are no third file"
        )
    assert put(library, "letters/a (2).txt", b"A third one.", replace=False)["renamed"] == "a (3).txt"
    assert put(library, "letters/a.txt", b"Only this one.")["renamed"] == "", "replaced on request only"
    assert (config.home / "uploads").joinpath(
        *Path(other["uri"]).parts[-3:-1], "a.txt"
    ).read_bytes() == b"Only this one."
    long = "n" * 251 + ".txt"
    assert put(library, long, replace=False)["step"] == "done"
    assert put(library, long, b"Another one.", replace=False)["renamed"].endswith("nn (2).txt")


@pytest.mark.parametrize(("text", "retry"), [(b" ", False), (b"\x00\x01\x02", False)])
def test_what_cannot_be_read_is_not_offered_again(library: Library, text: bytes, retry: bool) -> None:
    assert put(library, "a.txt", text)["retry"] is retry


def test_progress_only_grows(library: Library) -> None:
    upload = library.receive("town", "long.txt")
    upload.write("\n\n".join(f"Entry {n}. The watch walked to gate {n}." for n in range(3000)).encode())
    done = [view["done"] for view in library.add("town", upload) if view["step"] == "indexing"]
    assert len(done) > 2
    assert done == sorted(set(done))


def _leave(*_: object) -> None:
    raise SystemExit


def test_a_chat_that_is_closed_ends_the_streams(workspace: Workspace, config: Config) -> None:
    library = Library(workspace)
    with workspace.scheduler.turn(Work.QUESTION):
        upload = library.receive("town", "a.txt")
        upload.write(TEXT)
        views = library.add("town", upload)
        assert next(views)["step"] == "reading"
        library.close()
        assert list(views)[-1]["message"] == "the chat was closed"
    for thread in threading.enumerate():
        if thread.daemon and "_index" in thread.name:
            thread.join(30)


def test_only_so_many_at_once(library: Library, config: Config) -> None:
    uploads = [library.receive("town", f"{n}.txt") for n in range(MAX_AT_ONCE)]
    with pytest.raises(TooManyRequests):
        library.receive("town", "one-more.txt")
    for upload in uploads:
        upload.discard()
        upload.discard()
    assert incoming(config) == []
    assert put(library, "one-more.txt")["step"] == "done"


def test_who_leaves_before_the_first_line_keeps_no_slot(library: Library, config: Config) -> None:
    for n in range(MAX_AT_ONCE):
        upload = library.receive("town", f"left-{n}.txt")
        upload.write(TEXT)
        library.add("town", upload)
    while incoming(config):
        time.sleep(0.01)
    assert put(library, "a.txt")["step"] == "done"


def test_a_refused_name_takes_no_slot(library: Library) -> None:
    for _ in range(MAX_AT_ONCE + 1):
        with pytest.raises(UsageError, match="cannot name a file"):
            library.receive("town", "../x.txt")


def test_too_many_bytes_are_refused_as_they_come(tmp_path: Path) -> None:
    places = Incoming(tmp_path / ".incoming", max_bytes=100)
    upload = places.open(tmp_path / "a.txt")
    upload.write(b"x" * 100)
    with pytest.raises(BodyTooLarge, match="larger than 100 bytes"):
        upload.write(b"x")
    upload.discard()
    assert list((tmp_path / ".incoming").iterdir()) == []


def test_what_another_chat_writes_is_not_cleared(tmp_path: Path) -> None:
    writing = Incoming(tmp_path / ".incoming").open(tmp_path / "a.txt")
    left = tmp_path / ".incoming" / "left.part"
    left.write_bytes(TEXT)
    Incoming(tmp_path / ".incoming").clear()
    assert not left.exists()
    assert writing.temporary.exists()
    writing.discard()


def test_without_hard_links_the_earlier_file_is_copied(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(*_: object) -> None:
        raise OSError("not on this disk")

    monkeypatch.setattr(os, "link", unsupported)
    assert put(library, "a.txt")["step"] == "done"
    assert put(library, "a.txt", b" ")["step"] == "failed"
    assert put(library, "a.txt")["unchanged"]


# -- middleware


def client(max_json: int = 100) -> TestClient:
    async def echo(request: HttpRequest) -> Response:
        return PlainTextResponse(await request.body())

    def broken(_: HttpRequest) -> Response:
        raise ValueError("line one\nline two")

    def breaks_off(_: HttpRequest) -> Response:
        def blocks() -> Iterator[bytes]:
            yield b"begun"
            raise ValueError("later")

        return StreamingResponse(blocks())

    routes = [
        Route("/echo", echo, methods=["POST"]),
        Route("/files", echo, methods=["PUT"]),
        Route("/broken", broken),
        Route("/breaks-off", breaks_off),
    ]
    middleware = [Middleware(Failures), Middleware(BodyLimit, max_json=max_json, max_upload=200)]
    return TestClient(Starlette(routes=routes, middleware=middleware))


def test_bodies_are_counted_while_they_are_read() -> None:
    def blocks(n: int) -> Iterator[bytes]:
        for _ in range(n):
            yield b"x" * 50

    asked = client()
    assert asked.post("/echo", content=b"x" * 100).content == b"x" * 100
    assert asked.post("/echo", content=blocks(2)).content == b"x" * 100
    for content in (b"x" * 101, blocks(3)):
        answer = asked.post("/echo", content=content)
        assert (answer.status_code, answer.json()["kind"]) == (413, "usage")
    assert asked.put("/files", content=b"x" * 200).status_code == 200
    assert asked.put("/files", content=b"x" * 201).status_code == 413


def test_what_nobody_expected_is_json_and_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    answer = client().get("/broken")
    assert answer.status_code == 500
    shown = answer.json()
    assert shown["kind"] == "failure" and "line one" not in str(shown), "the text may hold paths or passages"
    (line,) = capsys.readouterr().err.splitlines()
    assert shown["message"].removeprefix("an unexpected error, number ") in line
    assert "GET /broken failed: ValueError: line one?line two" in line
    assert client().get("/breaks-off").content == b"begun"


def test_an_upload_without_a_name(library: Library) -> None:
    with pytest.raises(UsageError, match="cannot name a file: it is empty") as caught:
        library.receive("town", "")
    assert caught.value.remedy == "give it a name"
