"""The commands that keep a collection in step with a folder, from the inside."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rag.ingest.inline_pool import POOL, InlinePool
from tests.ui.test_cli import Askive

EMBEDDER = ("--embedder", "hash")


@pytest.fixture
def askive(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Askive:
    monkeypatch.setattr(POOL, InlinePool)
    return Askive(capsys)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "papers"
    (made / "node_modules").mkdir(parents=True)
    files = {
        "a.txt": "The ferry left.",
        "b.txt": "The bridge stands.",
        "empty.vcf": "x",
        ".hidden.txt": "x",
        "film.mp4": "x",
    }
    for name, text in files.items():
        (made / name).write_text(text)
    return made


def test_a_dry_run_says_what_the_run_then_does(askive: Askive, folder: Path) -> None:
    planned = askive("index", folder, *EMBEDDER, "--dry-run", "--json").json
    assert {Path(uri).name for uri in planned["new"]} == {"a.txt", "b.txt", "empty.vcf"}
    assert (planned["skipped_kinds"], len(planned["hidden"]), len(planned["ignored"])) == ({".mp4": 1}, 1, 1)
    assert askive("collections", "--json").json == []
    done = askive("index", folder, *EMBEDDER, "--json")
    assert (done.code, done.json["added"], len(done.json["failures"])) == (1, 2, 1)
    (folder / "a.txt").rename(folder / "c.txt")
    (folder / "b.txt").write_text("The bridge fell.")
    shown = askive("index", folder, *EMBEDDER, "--dry-run").out
    assert f"moved     {folder / 'a.txt'} -> {folder / 'c.txt'}" in shown
    assert f"changed   {folder / 'b.txt'}" in shown
    again = askive("index", folder, *EMBEDDER, "--json").json
    assert (again["moved"], again["changed"], again["deleted"]) == (
        [{"from": str(folder / "a.txt"), "to": str(folder / "c.txt")}], 1, 0,
    )  # fmt: skip


def test_a_dry_run_follows_the_rule_for_splitting(askive: Askive, tmp_path: Path) -> None:
    file = tmp_path / "diary.txt"
    file.write_text("Chapter 1\n\nThe ferry left.\n\nChapter 2\n\nThe bridge stands.\n")
    askive("index", file, *EMBEDDER, "--quiet")
    plan = ("index", file, *EMBEDDER, "--json")
    assert askive(*plan, "--dry-run").json["changed"] == []
    assert askive(*plan, "--dry-run", "--split", "^Chapter").json["changed"] == [str(file)]
    assert askive(*plan, "--split", "^Chapter").json["files_split"][0]["documents"] == 2
    # Without the option the rule of the last reading is kept.
    assert askive(*plan, "--dry-run").json["changed"] == []
    assert askive(*plan, "--dry-run", "--split", "none").json["changed"] == [str(file)]


def test_every_file_is_accounted_for(askive: Askive, folder: Path) -> None:
    (folder / "again.txt").write_text("The ferry left.")
    askive("index", folder, *EMBEDDER, "--quiet")
    (status,) = askive("status", "--json").json
    assert status["documents"] == 3
    assert status["counts"] == {"failed": 1, "hidden": 1, "ignored": 1, "unsupported": 1}
    assert status["unsupported_kinds"] == {".mp4": 1}
    assert status["duplicates"] == [[str(folder / "a.txt"), str(folder / "again.txt")]]
    assert status["last_run"]["paths"] == [str(folder)]
    text = askive("status", "-c", "default").out
    for said in ("3 documents", "failed: ", "1 .mp4", ".hidden.txt", "node_modules", "same content: "):
        assert said in text
    # What failed is read again, once it can be.
    (folder / "empty.vcf").write_text("BEGIN:VCARD\nFN:Rosa Lind\nEND:VCARD\n")
    assert askive("index", "--retry", *EMBEDDER, "--json").json["added"] == 1
    (status,) = askive("status", "--json").json
    assert status["counts"] == {"hidden": 1, "ignored": 1, "unsupported": 1}


def test_a_backup_is_restored_and_checked(askive: Askive, folder: Path, tmp_path: Path, home: Path) -> None:
    askive("index", folder, *EMBEDDER, "--quiet")
    file = tmp_path / "b.zip"
    assert askive("backup", file, "--json").json["collections"] == {"default": 2}
    refused = askive("restore", file)
    assert (refused.code, "--replace" in refused.err) == (2, True)
    assert askive("restore", file, "--replace", "--json").json["collections"] == {"default": 2}
    assert askive("check", "--json").json[0]["ok"]
    for path in (home / "collections" / "default").glob("store*"):
        path.write_bytes(b"damaged")
    checked = askive("check", "--repair")
    assert (checked.code, "askive restore FILE --replace" in checked.out) == (1, True)
    assert askive("restore", file, "--replace").code == 0
    assert askive("check").out == "ok     default: sound\n"


def test_watching_ends_at_ctrl_c(folder: Path, home: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "askive.ui.cli", "watch", str(folder), *EMBEDDER, "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ),
    )  # fmt: skip
    assert process.stdout is not None
    assert '"added": 2' in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err.endswith("askive: interrupted; finished work is kept\n")
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["watch"], "nothing to watch"),
        (["index", "--retry", "x"], "--retry cannot be combined"),
        (["index", "x", "--dry-run", "--rebuild"], "--dry-run cannot be combined"),
        (["restore", "none.zip"], "cannot be read as a backup"),
        (["backup", "b.zip", "-c", "none"], "there is no collection 'none'"),
        (["status", "-c", "none"], "there is no collection 'none'"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_wrong_usage(askive: Askive, arguments: list[str], said: str) -> None:
    shown = askive(*arguments)
    assert shown.code in (1, 2)
    assert said in shown.err
