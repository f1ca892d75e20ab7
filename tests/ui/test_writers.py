"""Several writers at once, and folders that are gone: the command line in real processes."""

from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from askive.models.fakes import HashEmbedder
from askive.rag.config import Config, PassageConfig
from askive.rag.errors import CollectionBusy
from askive.rag.store.archive import Archive
from askive.ui.chat.documents.listing import Listing, list_documents
from askive.ui.chat.library import Library
from askive.ui.chat.workspace import Workspace
from tests.rag.collections.test_lock import indexing
from tests.ui.test_processes import ASKIVE, askive

HASH = ["--embedder", "hash", "--json"]
N_LONG = 300
"""Files that take far longer to read than a process needs to be stopped."""


def folder_of(tmp_path: Path, name: str, n: int) -> Path:
    folder = tmp_path / name
    folder.mkdir()
    for number in range(n):
        (folder / f"{number:03}.txt").write_text(f"Document {number} of {name} tells about the harbour.")
    return folder


def start(*arguments: str | Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*ASKIVE, *map(str, arguments)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def held(home: Path, name: str = "default") -> set[str]:
    with Archive.open(home / "collections" / name, HashEmbedder(), PassageConfig(), create=False) as archive:
        assert archive.store.check() == []
        assert len(archive.dense) == archive.counts().n_passages
        return {source.uri for source in archive.store.sources()}


def files(folder: Path) -> set[str]:
    return {str(path) for path in folder.iterdir()}


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} does not come"
        time.sleep(0.01)


def test_two_rebuilds_and_a_writer_lose_nothing(home: Path, tmp_path: Path) -> None:
    a, b, c = folder_of(tmp_path, "a", 600), folder_of(tmp_path, "b", 40), folder_of(tmp_path, "c", 40)
    assert askive("index", c / "000.txt", *HASH).returncode == 0
    first = start("index", a, "--rebuild", *HASH)
    wait_for(home / "collections" / ".default.rebuilding" / "store.sqlite3")
    first.send_signal(signal.SIGSTOP)
    second, writer = start("index", b, "--rebuild", *HASH), start("index", c, *HASH)
    for waiting in (second, writer):
        assert waiting.stderr is not None
        assert b"Waiting" in waiting.stderr.readline()
    first.send_signal(signal.SIGCONT)
    for running, n_added in ((first, 600), (second, 40), (writer, 40)):
        out, err = running.communicate(timeout=120)
        assert running.returncode == 0, err.decode()
        assert json.loads(out)["added"] == n_added
    assert held(home) in [files(b), files(b) | files(c)]
    assert [path.name for path in (home / "collections").iterdir() if path.is_dir()] == ["default"]


def start_and_stop(home: Path, folder: Path) -> subprocess.Popen[bytes]:
    """An indexing run in the middle of its work, which goes on when it gets SIGCONT."""
    running = start("index", folder, *HASH)
    wait_for(home / "collections" / "default" / "store.sqlite3")
    running.send_signal(signal.SIGSTOP)
    return running


def test_a_deletion_waits_for_an_indexing_run(home: Path, tmp_path: Path) -> None:
    running = start_and_stop(home, folder_of(tmp_path, "many", N_LONG))
    remove = ("collections", "remove", "default", "--yes")
    impatient = askive(*remove, "--json", env={"ASKIVE_LOCK_WAIT_S": "0"})
    assert impatient.returncode == 1
    assert json.loads(impatient.stdout)["error"]["kind"] == "collection-busy"
    removing = start(*remove)
    assert removing.stderr is not None
    line = removing.stderr.readline().decode()
    assert line == "Waiting up to 60 s: another Askive is changing the collection 'default'.\n"
    running.send_signal(signal.SIGCONT)
    out, err = running.communicate(timeout=120)
    assert running.returncode == 0, err.decode()
    assert json.loads(out)["added"] == N_LONG
    removing.communicate(timeout=120)
    assert removing.returncode == 0
    assert json.loads(askive("collections", "--json").stdout) == []


def test_an_interrupt_ends_the_wait(home: Path, tmp_path: Path) -> None:
    running = start_and_stop(home, folder_of(tmp_path, "many", N_LONG))
    waiting = start("index", folder_of(tmp_path, "more", 3), "--embedder", "hash")
    assert waiting.stderr is not None
    assert b"Waiting" in waiting.stderr.readline()
    waiting.send_signal(signal.SIGINT)
    _, err = waiting.communicate(timeout=60)
    assert waiting.returncode == 130
    assert b"Traceback" not in err
    running.send_signal(signal.SIGCONT)
    out, _ = running.communicate(timeout=120)
    assert json.loads(out)["added"] == N_LONG


@pytest.mark.parametrize("is_gone", [True, False], ids=["missing", "empty"])
def test_a_disk_that_is_not_mounted_does_not_empty_the_archive(
    home: Path, tmp_path: Path, is_gone: bool
) -> None:
    disk, rest = folder_of(tmp_path, "disk", 10), folder_of(tmp_path, "rest", 2)
    assert askive("index", disk, rest, *HASH).returncode == 0
    away = tmp_path / "away"
    disk.rename(away)
    if not is_gone:
        disk.mkdir()
    (rest / "new.txt").write_text("A new document about the bridge.")
    known = {str(disk / path.name) for path in away.iterdir()}

    shown = askive("index", disk, rest, *HASH)
    assert shown.returncode == 1, "a script learns that a disk is missing"
    told = json.loads(shown.stdout)
    assert (told["not_removed"], told["deleted"], told["added"]) == (10, 0, 1)
    assert held(home) == known | files(rest)

    plain = askive("index", disk, "--embedder", "hash", "--quiet").stderr.decode()
    assert f"10 of the 10 documents in {disk}" in plain
    assert f"askive index {disk} --collection default --embedder hash --prune" in plain
    refused = askive("index", disk, "--rebuild", *HASH)
    assert refused.returncode == 2
    if not is_gone:
        assert f"{disk} --collection default --embedder hash --rebuild --prune" in refused.stderr.decode()
    assert held(home) == known | files(rest)

    if not is_gone:
        disk.rmdir()
    away.rename(disk)
    assert askive("index", disk, rest, *HASH).returncode == 0
    assert held(home) == files(disk) | files(rest)


@pytest.mark.parametrize("is_gone", [True, False], ids=["missing", "empty"])
def test_prune_removes_what_is_gone(home: Path, tmp_path: Path, is_gone: bool) -> None:
    disk, rest = folder_of(tmp_path, "disk", 10), folder_of(tmp_path, "rest", 2)
    assert askive("index", disk, rest, *HASH).returncode == 0
    shutil.rmtree(disk)
    if not is_gone:
        disk.mkdir()
    shown = askive("index", disk, "--prune", *HASH)
    assert shown.returncode == 0, shown.stderr
    told = json.loads(shown.stdout)
    assert (told["not_removed"], told["deleted"]) == (0, 10)
    assert held(home) == files(rest)


def test_an_emptied_folder_is_rebuilt_with_prune(home: Path, tmp_path: Path) -> None:
    disk = folder_of(tmp_path, "disk", 10)
    assert askive("index", disk, *HASH).returncode == 0
    for path in sorted(disk.iterdir())[1:]:
        path.unlink()
    assert askive("index", disk, "--rebuild", *HASH).returncode == 2
    assert len(held(home)) == 10
    assert askive("index", disk, "--rebuild", "--prune", *HASH).returncode == 0
    assert held(home) == files(disk)


@pytest.mark.parametrize(("n_gone", "n_removed"), [(2, 2), (3, 3), (4, 0)])
def test_up_to_a_third_is_removed_without_asking(
    home: Path, tmp_path: Path, n_gone: int, n_removed: int
) -> None:
    folder = folder_of(tmp_path, "folder", 9)
    assert askive("index", folder, *HASH).returncode == 0
    for path in sorted(folder.iterdir())[:n_gone]:
        path.unlink()
    told = json.loads(askive("index", folder, *HASH).stdout)
    assert (told["deleted"], told["not_removed"]) == (n_removed, n_gone - n_removed)


@pytest.mark.parametrize(("reply", "n_held"), [(b"y\n", 0), (b"n\n", 5)])
def test_at_a_terminal_it_asks(home: Path, tmp_path: Path, reply: bytes, n_held: int) -> None:
    folder = folder_of(tmp_path, "folder", 5)
    assert askive("index", folder, *HASH).returncode == 0
    shutil.rmtree(folder)
    folder.mkdir()
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*ASKIVE, "index", str(folder), "--embedder", "hash"], stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    seen = b""
    try:
        while True:
            block = os.read(ours, 4096)
            seen += block
            if b"Remove them from the collection?" in seen and reply:
                os.write(ours, reply)
                reply = b""
    except OSError:
        # The terminal is closed at the other end.
        pass
    finally:
        os.close(ours)
    assert process.wait(60) == (1 if n_held else 0), seen.decode()
    assert b"5 of the 5 documents in" in seen
    assert len(held(home)) == n_held


def test_an_upload_into_a_busy_collection_ends_with_the_reason(home: Path, documents: Path) -> None:
    config = Config(home=home, embedder="hash", generator="scripted", lock_wait_s=0.2)
    process = indexing(config, documents)
    workspace = Workspace(config)
    library = Library(workspace)
    upload = library.receive("town", "notes.txt")
    upload.write(b"Agnes wrote to Karl about herring.")
    ended = list(library.add("town", upload))[-1]
    assert ended["step"] == "failed"
    assert "'town'" in ended["message"]
    assert not [path for path in (home / "uploads").rglob("*") if path.is_file() and path.name != ".lock"], (
        "nothing of it is left"
    )
    changes: list[Callable[[], object]] = [
        lambda: library.remove("town", str(documents / "fair.html")),
        lambda: library.rename("town", "city"),
        lambda: library.delete("town"),
    ]
    for change in changes:
        with pytest.raises(CollectionBusy):
            change()
    process.communicate("\n" * 3, timeout=60)
    upload = library.receive("town", "notes.txt")
    upload.write(b"Agnes wrote to Karl about herring.")
    assert list(library.add("town", upload))[-1]["step"] == "done"
    assert list_documents(workspace.archive("town"), Listing())["n_documents"] == 4
    workspace.close()
