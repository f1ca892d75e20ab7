"""Every command that removes or replaces leaves no byte of the text, says what it kept, and deletes that on request."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from askive.ui.chat.conversations import Conversations
from tests.erasing import STAYS, holders, secret, write
from tests.ui.test_cli import Askive

pytestmark = pytest.mark.usefixtures("parsed_here")

NAMES = ("alpha", "beta")


@pytest.fixture
def askive(home: Path, capsys: pytest.CaptureFixture[str]) -> Askive:
    return Askive(capsys)


@pytest.fixture
def folder(askive: Askive, tmp_path: Path) -> Path:
    """Indexed documents: two with secrets, below `inner`, and one that stays."""
    made = tmp_path / "papers"
    for name in NAMES:
        write(made / "inner", name)
    (made / "stays.txt").write_text(f"The mill grinds {STAYS} every day.", encoding="utf-8")
    index(askive, made)
    return made


def index(askive: Askive, *arguments: str | Path) -> dict[str, object]:
    result = askive("index", *arguments, "-c", "one", "--embedder", "hash", "--json")
    assert result.code == 0, result.err
    told: dict[str, object] = result.json
    return told


@pytest.fixture
def quoted(home: Path, folder: Path) -> Conversations:
    """Two conversations: one quotes a document that goes, one the document that stays."""
    kept = Conversations(home / "chat" / "conversations.sqlite3")
    for name, text in (("inner/alpha.txt", secret("alpha")), ("stays.txt", STAYS)):
        conversation_id = kept.begin(f"What is in {name}?", "one")
        turn_id = kept.ask(conversation_id, f"What is in {name}?", {"collection": "one"})
        citation = {"uri": str(folder / name), "quote": text, "start": 0, "end": 5}
        kept.store_answer(
            turn_id, text, {"text": text, "sentences": [{"text": text, "citations": [citation]}]}
        )
    return kept


def gone(home: Path, *but: str) -> bool:
    held = [file for name in NAMES for file in holders(home, secret(name))]
    return all(any(file.startswith(prefix) for prefix in but) for file in held)


@pytest.mark.parametrize(
    "way", ["file", "folder", "deleted files", "changed files", "rebuild", "collection"]
)  # fmt: skip
def test_no_byte_is_left(askive: Askive, home: Path, folder: Path, way: str) -> None:
    assert not gone(home)
    if way == "file":
        for name in NAMES:
            told = index(askive, "--remove", folder / "inner" / f"{name}.txt")
            assert told["erased"] is True
    elif way == "folder":
        told = index(askive, "--remove", folder / "inner")
        assert len(str(told["removed"]).split(",")) == 2
    elif way == "collection":
        result = askive("collections", "remove", "one", "--yes", "--json")
        assert result.json["erased"] is True
    else:
        for name in NAMES:
            path = folder / "inner" / f"{name}.txt"
            path.write_text("Nothing.", encoding="utf-8") if way == "changed files" else path.unlink()
        told = index(askive, folder, *(["--rebuild"] if way == "rebuild" else []))
        assert told["states_cleared"] is True
    assert gone(home)
    assert bool(holders(home, STAYS)) is (way != "collection")


@pytest.mark.parametrize("flag", ["--with-quotes", "--keep-quotes", None])
@pytest.mark.parametrize("way", ["remove", "deleted files", "rebuild", "collection"])
def test_what_quotes_it(
    askive: Askive, home: Path, folder: Path, quoted: Conversations, way: str, flag: str | None
) -> None:
    flags = [flag] if flag else []
    n = 2 if way == "collection" else 1
    if way == "remove":
        told = index(askive, "--remove", folder / "inner", *flags)
    elif way == "collection":
        told = askive("collections", "remove", "one", "--yes", "--json", *flags).json
    else:
        for name in NAMES:
            (folder / "inner" / f"{name}.txt").unlink()
        told = index(askive, folder, *flags, *(["--rebuild"] if way == "rebuild" else []))
    counts = {"answers in conversations": n}
    if flag == "--with-quotes":
        assert (told["quotes_deleted"], told["quotes_kept"]) == (counts, {})
        assert gone(home)
        assert len(quoted.all()) == 2 - n
    else:
        assert (told["quotes_deleted"], told["quotes_kept"]) == ({}, counts)
        assert gone(home, "chat/")
        assert len(quoted.all()) == 2


def test_a_suites_index_goes_and_quotes_of_changed_files_only_on_request(
    askive: Askive, home: Path, folder: Path, quoted: Conversations
) -> None:
    cached = home / "eval" / "indexes" / "one-1"
    shutil.copytree(home / "collections" / "one", cached)
    (folder / "inner" / "alpha.txt").write_text("Nothing.", encoding="utf-8")
    told = index(askive, folder)
    assert (told["quotes_deleted"], told["quotes_kept"]) == ({}, {})
    assert not cached.exists()
    assert holders(home, secret("alpha")) and gone_but_conversations(home, "alpha")
    (folder / "inner" / "alpha.txt").write_text("Nothing more.", encoding="utf-8")
    told = index(askive, folder, "--with-quotes")
    assert told["quotes_deleted"] == {"answers in conversations": 1}
    assert not holders(home, secret("alpha"))


def gone_but_conversations(home: Path, name: str) -> bool:
    return all(file.startswith("chat/") for file in holders(home, secret(name)))


def test_what_was_kept_is_said(askive: Askive, folder: Path, quoted: Conversations) -> None:
    result = askive("index", "--remove", folder / "inner", "-c", "one", "--embedder", "hash")
    assert "kept: 1 answer in conversations" in " ".join(result.err.split())
    assert "--with-quotes" in result.err


def test_on_a_terminal_it_is_asked(
    askive: Askive, home: Path, folder: Path, quoted: Conversations, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal:
        answers = iter(["y\n", "y\n"])

        def isatty(self) -> bool:
            return True

        def readline(self) -> str:
            return next(self.answers)

    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _text: "y")
    result = askive("collections", "remove", "one")
    assert result.code == 0
    assert "'one' has 3 documents" in result.err
    assert "2 answers in conversations quote the removed documents" in result.err
    assert gone(home)
    assert quoted.all() == []


KILLED = """
import os, signal, sys
import askive.rag.store.vector_cache

def die(*arguments, **named):
    os.kill(os.getpid(), signal.SIGKILL)

askive.rag.store.vector_cache.VectorCache.save = die
from askive.ui.cli import run

run(sys.argv[1:])
"""


@pytest.mark.parametrize("command", ["index", "ask"])
def test_a_rebuild_that_is_killed_is_swept_at_the_next_start(
    askive: Askive, home: Path, folder: Path, command: str
) -> None:
    more = write(folder / "inner", "gamma")
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, "index", str(folder), "-c", "one", "--rebuild", "--embedder", "hash"],
        capture_output=True, text=True, timeout=120, env=dict(os.environ),
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert holders(home, secret("gamma")), "the unfinished rebuild holds it"
    more.unlink()
    doctor = askive("doctor", "--json")
    assert "an unfinished rebuild of 'one'" in doctor.out
    if command == "index":
        index(askive, folder)
    else:
        askive(
            "ask",
            f"What does the mill grind? {STAYS}",
            "-c",
            "one",
            "--embedder",
            "hash",
            "--model",
            "scripted",
        )
    assert not holders(home, secret("gamma"))
    assert holders(home, secret("alpha")), "the collection itself is whole"


@pytest.mark.parametrize(
    "arguments",
    [("search", "mill", "-c", "one", "--embedder", "hash"), ("collections",), ("collections", "-c", "one")],
)
def test_the_next_command_deletes_what_a_killed_removal_left(
    askive: Askive, home: Path, folder: Path, arguments: tuple[str, ...]
) -> None:
    former = shutil.copytree(home / "collections" / "one", home.parent / "former")
    askive("index", "-c", "one", "--embedder", "hash", "--remove", folder / "inner")
    # A deletion that was killed between its two steps.
    former.rename(home / "collections" / ".two.deleted")
    assert not gone(home)
    assert askive(*arguments).code == 0
    assert gone(home)


def test_a_removal_needs_no_embedder_of_its_own(askive: Askive, home: Path, folder: Path) -> None:
    result = askive("index", "-c", "one", "--remove", folder / "inner")
    assert result.code == 0, result.err
    assert gone(home)
