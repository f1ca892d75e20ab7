"""One collection that cannot be read does not hide the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from askive.rag.config import Config
from askive.ui.chat.library import Library
from askive.ui.chat.workspace import Workspace
from tests.ui.test_cli import Askive

pytestmark = pytest.mark.usefixtures("parsed_here")


@pytest.fixture
def askive(home: Path, capsys: pytest.CaptureFixture[str]) -> Askive:
    return Askive(capsys)


@pytest.fixture
def broken(askive: Askive, home: Path, documents: Path) -> Askive:
    assert askive("index", documents, "--embedder", "hash", "--collection", "sound").code == 0
    for name in ("aaa", "zzz", "no name"):
        (home / "collections" / name).mkdir()
        (home / "collections" / name / "store.sqlite3").write_bytes(b"junk" * 5000)
    return askive


def test_the_others_are_listed(broken: Askive) -> None:
    shown = broken("collections")
    assert shown.code == 1
    assert "sound" in shown.out
    assert "3 documents" in shown.out
    for name in ("aaa", "zzz", "no name"):
        assert f"{name}: " in shown.err
    assert "remove" not in shown.err


def test_as_json(broken: Askive) -> None:
    shown = broken("collections", "--json")
    assert shown.code == 1
    rows = {row["name"]: row for row in shown.json}
    assert rows["sound"]["documents"] == 3
    assert "error" not in rows["sound"]
    for name in ("aaa", "zzz"):
        assert rows[name]["error"]["kind"] == "store"
        assert "file is not a database" in rows[name]["error"]["message"]
    assert rows["no name"]["error"]


def test_in_the_chat(broken: Askive, home: Path) -> None:
    workspace = Workspace(Config(home=home, embedder="hash", generator="scripted"))
    try:
        rows = {row["name"]: row for row in Library(workspace).collections()}
    finally:
        workspace.close()
    assert rows["sound"] == {"name": "sound", "n_documents": 3}
    assert "file is not a database" in rows["aaa"]["error"]
    assert rows.keys() == {"aaa", "no name", "sound", "zzz"}
