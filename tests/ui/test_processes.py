"""The command line from the outside: real processes, signals, pipes, bytes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from askive.models.fakes import HashEmbedder
from askive.models.registry import load_embedder
from askive.rag.config import DEFAULT_EMBEDDER, PassageConfig
from askive.rag.store.archive import Archive
from tests.conftest import SMALL_GENERATOR

FAKES = ["--embedder", "hash", "--model", "scripted"]
HEAVY = (
    "torch",
    "llama_cpp",
    "faiss",
    "gradio",
    "sentence_transformers",
    "transformers",
    "openvino",
    "fastapi",
    "pandas",
)
ASKIVE = [sys.executable, "-m", "askive.ui.cli"]


def askive(
    *arguments: str | Path, stdin: bytes = b"", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*ASKIVE, *map(str, arguments)], input=stdin, capture_output=True, check=False, timeout=60,
        env={**os.environ, **(env or {})},
    )  # fmt: skip


@pytest.mark.parametrize(
    "arguments", [["--help"], ["ask", "--help"], ["--version"], ["collections", "--json"]], ids=" ".join
)
def test_starting_imports_nothing_heavy(home: Path, arguments: list[str]) -> None:
    probe = f"import sys; from askive.ui.cli import run; code = run({arguments!r}); print(sorted(set({HEAVY!r}) & set(sys.modules)), code)"
    shown = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True, timeout=60
    )
    assert shown.stdout.splitlines()[-1] == "[] 0"


@pytest.mark.weights
def test_asking_imports_neither_torch_nor_transformers(weights_home: Path) -> None:
    # Where it was never exported, the embedder does need them, once.
    load_embedder(DEFAULT_EMBEDDER, weights_home / "models").embed(["Exported."])
    command = [
        "ask",
        "How many people did the Paris attacks of November 2015 kill?",
        "--model",
        SMALL_GENERATOR,
    ]
    heavy = ("torch", "transformers", "sentence_transformers", "openvino", "llama_cpp")
    probe = f"import sys; from askive.ui.cli import run; code = run({command!r}); print(sorted(set({heavy!r}) & set(sys.modules)), code)"
    environ = {**os.environ, "ASKIVE_HOME": str(weights_home)}
    shown = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True, timeout=240, env=environ
    )
    assert "129 people" in shown.stdout
    assert shown.stdout.splitlines()[-1] == "['llama_cpp', 'openvino'] 0"


def test_the_console_command_is_installed() -> None:
    shown = subprocess.run(
        [str(Path(sys.executable).with_name("askive")), "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.startswith("askive ")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["ask", "Who built the bridge?", *FAKES], 0),
        (["ask", "Who?", "--collection", "nowhere", *FAKES], 1),
        (["nonsense"], 2),
    ],
)
def test_exit_codes(indexed_home: Path, arguments: list[str], code: int) -> None:
    shown = askive(*arguments)
    assert shown.returncode == code
    assert b"Traceback" not in shown.stderr


def test_json_is_utf_8_whatever_the_locale(indexed_home: Path) -> None:
    question = "Who built the old bridge — “Brücke”?".encode()
    for env in (
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": ""},
        {"LC_ALL": "C.UTF-8"},
    ):
        shown = askive("ask", "-", *FAKES, "--json", stdin=question, env=env)
        assert shown.returncode == 0, shown.stderr.decode()
        assert json.loads(shown.stdout.decode("utf-8"))["question"] == question.decode()


def test_bytes_that_are_no_text_are_not_a_crash(indexed_home: Path) -> None:
    question = os.fsdecode(b"Who built the caf\xe9 bridge?")
    for shown in (
        askive("ask", question, *FAKES, "--json"),
        askive("ask", question, *FAKES),
        askive("search", question, "--embedder", "hash", "--json"),
        askive("ask", "-", *FAKES, "--json", stdin=b"Who built the caf\xe9 bridge?"),
        askive("ask", "--batch", "-", *FAKES, stdin=b'{"question": "caf\xe9?"}\n'),
        askive("index", os.fsdecode(b"/tmp/caf\xe9"), "--embedder", "hash", "--json"),
    ):
        assert b"Traceback" not in shown.stderr, shown.stderr.decode()
        assert shown.returncode in (0, 1, 2)
        shown.stdout.decode("utf-8")


def test_answers_of_a_batch_are_flushed_one_by_one(indexed_home: Path) -> None:
    process = subprocess.Popen(
        [*ASKIVE, "ask", "--batch", "-", *FAKES],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    questions = [f"Who built the old bridge, part {n}?" for n in range(40)]
    process.stdin.write("".join(json.dumps({"question": q}) + "\n" for q in questions).encode())
    process.stdin.close()
    first = process.stdout.readline()
    assert json.loads(first)["question"] == questions[0]
    running = process.poll() is None
    rest = process.stdout.read().splitlines()
    assert [json.loads(line)["question"] for line in rest] == questions[1:]
    assert process.wait(60) == 0
    assert running, "the first answer came before the last was made"
    process.stderr.close()  # type: ignore[union-attr]
    process.stdout.close()


def test_a_reader_that_goes_away_is_no_error(indexed_home: Path) -> None:
    process = subprocess.Popen(
        [*ASKIVE, "ask", "--batch", "-", *FAKES],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    questions = "".join(json.dumps({"question": f"Who built bridge {n}?"}) + "\n" for n in range(50))
    _, err = process.communicate(questions.encode(), timeout=60)
    assert process.returncode in (0, 1, -signal.SIGPIPE)
    assert b"Traceback" not in err
    assert b"Exception ignored" not in err


def test_a_reader_that_goes_away_while_text_is_printed(indexed_home: Path) -> None:
    for arguments in (
        ["search", "bridge", "--embedder", "hash"],
        ["ask", "Who built the bridge?", *FAKES],
        ["--help"],
    ):
        process = subprocess.Popen([*ASKIVE, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.close()
        _, err = process.communicate(timeout=60)
        assert b"Traceback" not in err, err.decode()


def test_interrupted_while_it_waits_for_the_question(indexed_home: Path) -> None:
    process = subprocess.Popen(
        [*ASKIVE, "ask", "-", *FAKES], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert out == b""
    assert err == b"askive: interrupted; finished work is kept\n"


def test_interrupted_while_indexing_nothing_is_broken(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for n in range(3000):
        (folder / f"{n:04}.txt").write_text(
            f"Document number {n} tells about the harbour. It ends here. " * 8
        )
    process = subprocess.Popen(
        [*ASKIVE, "index", str(folder), "--embedder", "hash"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    store = home / "collections" / "default" / "store.sqlite3-wal"
    deadline = time.monotonic() + 30
    while not (store.exists() and store.stat().st_size > 400_000) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err.decode()
    assert b"Traceback" not in err
    with Archive.open(home / "collections" / "default", HashEmbedder(), PassageConfig()) as archive:
        done = archive.counts().n_documents
        assert 0 < done < 3000
        assert archive.store.check() == []
        assert len(archive.dense) == archive.counts().n_passages
    assert askive("doctor", "--fast", *FAKES).returncode == 0
    shown = json.loads(askive("index", folder, "--embedder", "hash", "--json").stdout)
    assert (shown["unchanged"], shown["added"]) == (done, 3000 - done)
