"""Folders that a collection follows: kept over a restart, stopped with their collection, later than questions."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from askive.rag.config import Config
from askive.rag.errors import UsageError
from askive.ui.chat.documents.watched import WatchedFolders, checked_folder
from askive.ui.chat.library import Library
from askive.ui.chat.scheduler import Work
from askive.ui.chat.workspace import Workspace
from tests.rag.ingest.inline_pool import POOL, InlinePool


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(POOL, InlinePool)
    monkeypatch.setattr("askive.rag.upkeep.watch._LOOK_MS", 50)
    made = tmp_path / "papers"
    made.mkdir()
    (made / "herring.txt").write_text("Agnes wrote about 31 barrels of herring.")
    return made


@contextmanager
def watching(workspace: Workspace, config: Config) -> Iterator[WatchedFolders]:
    library = Library(workspace)
    watched = WatchedFolders(library, config, settle_ms=50)
    watched.start()
    try:
        yield watched
    finally:
        watched.close()
        library.close()


def until(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def known(workspace: Workspace, name: str = "town") -> set[str]:
    return {Path(uri).name for uri in workspace.archive(name).store.known_sha256()}


def test_a_folder_is_followed_also_by_the_next_chat(
    workspace: Workspace, config: Config, folder: Path
) -> None:
    with watching(workspace, config) as watched:
        watched.add("town", f" {folder}/ ")
        until(lambda: "herring.txt" in known(workspace))
        (folder / "salt.txt").write_text("Karl wrote about 12 barrels of salt.")
        until(lambda: "salt.txt" in known(workspace))
        with pytest.raises(UsageError, match="is watched already"):
            watched.add("town", str(folder))
        assert watched.of("other") == []
    (folder / "salt.txt").unlink()
    (folder / "tar.txt").write_text("Agnes ordered tar.")
    with watching(workspace, config) as watched:
        until(lambda: "tar.txt" in known(workspace))
        until(lambda: watched.of("town")[0]["state"] == "watching")
        assert "salt.txt" not in known(workspace), "what changed while nothing ran is found"
        assert watched.of("town")[0]["n_changes"] > 0
        watched.remove("town", str(folder))
        assert watched.of("town") == []
        (folder / "late.txt").write_text("Too late.")
        time.sleep(0.3)
        assert known(workspace) >= {"herring.txt", "tar.txt"}
        assert "late.txt" not in known(workspace)
    assert json.loads((config.home / "chat" / "watched.json").read_text()) == []


def test_questions_go_first_and_a_stop_does_not_wait(
    workspace: Workspace, config: Config, folder: Path
) -> None:
    with watching(workspace, config) as watched:
        with workspace.scheduler.turn(Work.QUESTION):
            watched.add("town", str(folder))
            until(lambda: watched.of("town")[0]["state"] == "paused")
            assert "herring.txt" not in known(workspace)
            watched.remove("town", str(folder))
        assert "herring.txt" not in known(workspace)


def test_another_change_does_not_wait_for_a_large_folder(
    workspace: Workspace, config: Config, folder: Path
) -> None:
    for n in range(1500):
        (folder / f"{n}.txt").write_text(f"Agnes wrote letter {n}.")
    library = Library(workspace)
    watched = WatchedFolders(library, config, settle_ms=50)
    watched.add("town", str(folder))
    until(lambda: len(known(workspace)) > 10)
    upload = library.receive("town", "note.txt")
    upload.write(b"Karl wrote a note.")
    assert list(library.add("town", upload))[-1]["step"] == "done"
    n_known = len(known(workspace))
    assert n_known < 1500
    until(lambda: len(known(workspace)) > n_known)
    watched.close()
    library.close()


def test_a_folder_that_is_gone_is_told_and_comes_back(
    workspace: Workspace, config: Config, folder: Path
) -> None:
    with watching(workspace, config) as watched:
        watched.add("town", str(folder))
        until(lambda: "herring.txt" in known(workspace))
        folder.rename(folder.with_name("away"))
        until(lambda: watched.of("town")[0]["state"] == "gone")
        assert "herring.txt" in known(workspace), "its disk may come back"
        folder.with_name("away").rename(folder)
        (folder / "salt.txt").write_text("Karl wrote about salt.")
        until(lambda: "salt.txt" in known(workspace))
        assert watched.of("town")[0]["state"] != "gone"


def test_it_goes_with_its_collection(workspace: Workspace, config: Config, folder: Path) -> None:
    with watching(workspace, config) as watched:
        library = Library(workspace)
        watched.add("town", str(folder))
        until(lambda: "herring.txt" in known(workspace))
        watched.change("town", lambda: library.rename("town", "city"), "city")
        (folder / "salt.txt").write_text("Karl wrote about salt.")
        until(lambda: "salt.txt" in known(workspace, "city"))
        with pytest.raises(UsageError):
            watched.change("city", lambda: library.rename("city", "../x"), "../x")
        assert [view["folder"] for view in watched.of("city")] == [str(folder)], "nothing was changed"
        watched.change("city", lambda: library.delete("city"), None)
        assert watched.of("city") == []
        (folder / "tar.txt").write_text("Agnes ordered tar.")
        time.sleep(0.3)
        assert not (config.collections_dir / "city").exists(), "nothing makes it again"


def test_a_collection_that_another_program_deleted_is_not_made_again(
    workspace: Workspace, config: Config, folder: Path
) -> None:
    with watching(workspace, config) as watched:
        watched.add("town", str(folder))
        until(lambda: "herring.txt" in known(workspace))
        Library(workspace).delete("town")
        (folder / "tar.txt").write_text("Agnes ordered tar.")
        until(lambda: not watched.of("town"))
        assert not (config.collections_dir / "town").exists()


def test_a_folder_in_another_is_watched_once(workspace: Workspace, config: Config, folder: Path) -> None:
    (folder / "in").mkdir()
    with watching(workspace, config) as watched:
        watched.add("town", str(folder / "in"))
        watched.add("town", str(folder))
        assert [view["folder"] for view in watched.of("town")] == [str(folder)]
        with pytest.raises(UsageError, match="it is in"):
            watched.add("town", str(folder / "in"))


def test_what_cannot_be_watched(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("x")
    (home / "inner").mkdir()
    (tmp_path / "link").symlink_to(home / "inner")
    for typed, told in (
        ("  ", "empty"),
        ("papers", "not a full path"),
        ("~nobody-of-that-name/x", "not a full path"),
        (f"{tmp_path}/\0", "not a full path"),
        (str(tmp_path / "none"), "does not exist"),
        (str(file), "is not a folder"),
        ("/", "a whole disk"),
        (str(home), "data folder"),
        (str(tmp_path / "link"), "data folder"),
    ):
        with pytest.raises(UsageError, match=told):
            checked_folder(typed, home)


def test_a_list_that_cannot_be_read_does_not_stop_the_chat(
    workspace: Workspace, config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    path = config.home / "chat" / "watched.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text('[{"collection": "town"}')
    with watching(workspace, config) as watched:
        assert watched.of("town") == []
    assert "list of watched folders cannot be read" in capsys.readouterr().err
