"""`askive ask` beside a running chat or server: the same answers through its socket."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event as Flag
from typing import Any

import pytest

from askive.models.errors import AskiveError
from askive.models.fakes import HashEmbedder, ScriptedGenerator
from askive.models.protocols import Message, Piece, Sampling
from askive.rag.assistant import Assistant
from askive.rag.collections.by_name import index_seeds
from askive.rag.config import Config, load_config
from askive.rag.errors import CollectionNotFound
from askive.rag.serialize import answer_to_dict
from askive.rag.store.archive import Archive
from askive.rag.store.filters import parse_filter
from askive.rag.types import Answer, Final
from askive.ui.app import run
from askive.ui.chat.workspace import Workspace
from askive.ui.running.client import RunningAskive, find_running
from askive.ui.running.listener import listening
from askive.ui.running.protocol import Request, line_of, request_line, socket_path
from tests.conftest import SMALL_GENERATOR, ingest_here

SHIPS = "How many ships did the harbour of Aldermoor receive in January?"
FAKES = ["--embedder", "hash", "--model", "scripted"]


@pytest.fixture
def config(home: Path, documents: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setenv("ASKIVE_READER", "off")
    config = load_config({"home": home, "embedder": "hash", "generator": "scripted"})
    with Archive.open(config.collections_dir / "town", HashEmbedder(), config.passages) as archive:
        ingest_here(archive, documents, monkeypatch)
    return config


class Log:
    def __init__(self) -> None:
        self.rows: list[tuple[str, str]] = []

    def __call__(self, request: Request, outcome: str, answer: Answer | None, took_s: float) -> None:
        self.rows.append((request.question, outcome))


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def workspace(config: Config, log: Log) -> Iterator[Workspace]:
    """One that answers commands."""
    opened = Workspace(config)
    with listening(opened, "askive test", log):
        yield opened
    opened.close()


def without_times(answer: Answer) -> Answer:
    return replace(answer, timings=type(answer.timings)(), usage=type(answer.usage)())


def asked(running: RunningAskive | None, question: str, **how: Any) -> list[Any]:
    assert running is not None
    return [without_times(e.answer) if isinstance(e, Final) else e for e in running.stream(question, **how)]


@pytest.mark.parametrize(
    ("question", "how"),
    [
        (SHIPS, {}),
        ("Zygomorphic quark xylophones?", {}),
        (SHIPS, {"admitted": parse_filter(after="2016-01")}),
        ("Which documents mention Aldermoor?", {"kind": "mentions"}),
        ("Summarise everything.", {"kind": "summary", "words": 40}),
    ],
    ids=["answer", "refusal", "filter", "rows", "summary"],
)
def test_the_events_are_the_same(
    workspace: Workspace, config: Config, log: Log, question: str, how: dict[str, Any]
) -> None:
    with Assistant.open(config, "town") as assistant:
        alone: list[Any] = [
            without_times(event.answer) if isinstance(event, Final) else event
            for event in assistant.stream(question, **how)
        ]
    assert asked(find_running(config, "town", pytest.fail), question, **how) == alone
    answer = alone[-1]
    assert isinstance(answer, Answer)
    assert log.rows == [(question, "refused" if answer.refused else "answered")]


def test_the_command_uses_it_unless_told_otherwise(
    workspace: Workspace, log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["ask", SHIPS, *FAKES, "--collection", "town"]
    shown = []
    for more in ([], ["--alone"]):
        assert run([*command, *more]) == 0
        shown.append(capsys.readouterr().out)
    assert shown[0] == shown[1] and "412 ships" in shown[0]
    assert log.rows == [(SHIPS, "answered")]


def test_a_batch_is_asked_there_too(
    workspace: Workspace, log: Log, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    batch = tmp_path / "questions.jsonl"
    batch.write_text("".join(json.dumps({"question": q}) + "\n" for q in (SHIPS, "", SHIPS)))
    assert run(["ask", "--batch", str(batch), *FAKES, "--collection", "town"]) == 1
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert rows[0]["answer"] == rows[2]["answer"] and rows[1]["error"]["kind"] == "usage"
    assert [outcome for _, outcome in log.rows] == ["answered", "failed", "answered"]


def test_an_error_is_the_same_error(workspace: Workspace, config: Config) -> None:
    with pytest.raises(CollectionNotFound, match="'gone'"):
        asked(find_running(config, "gone", pytest.fail), SHIPS)


def test_nobody_else_can_use_the_socket(workspace: Workspace, config: Config) -> None:
    path = socket_path(config)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    path.chmod(0o660)
    assert find_running(config, "town", pytest.fail) is None, "it may be of somebody else"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"version": "0.0.1"}, "this is 0.0.1"),
        ({"settings": "{}"}, "its settings are different"),
    ],
    ids=["version", "settings"],
)
def test_another_version_or_other_settings_are_declined(
    workspace: Workspace, config: Config, changes: dict[str, Any], reason: str
) -> None:
    found = find_running(config, "town", pytest.fail)
    assert found is not None
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(socket_path(config)))
        connection.sendall(request_line(replace(found._request, **changes)))
        assert reason in json.loads(connection.makefile().readline())["declined"]


def test_a_later_version_with_other_fields_is_declined_too(workspace: Workspace, config: Config) -> None:
    for request, reason in (({"version": "9.0", "new": 1}, "this is 9.0"), (["?"], "not a request")):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(socket_path(config)))
            connection.sendall(line_of(request))  # type: ignore[arg-type]
            assert reason in json.loads(connection.makefile().readline())["declined"]


def test_other_settings_load_the_models_here(
    workspace: Workspace, config: Config, log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["ask", SHIPS, *FAKES, "--collection", "town", "--show-unsupported"]) == 0
    shown = capsys.readouterr()
    assert "412 ships" in shown.out and log.rows == []
    assert "A running Askive is not asked: its settings are different." in shown.err


def test_a_socket_that_was_left_is_ignored_and_replaced(config: Config, log: Log) -> None:
    path = socket_path(config)
    path.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    path.chmod(0o600)
    assert find_running(config, "town", pytest.fail) is None
    workspace = Workspace(config)
    with listening(workspace, "askive test", log):
        assert find_running(config, "town", pytest.fail) is not None
        second = Workspace(config)
        # Whoever came first answers, also after the other one has gone.
        with listening(second, "askive test", log):
            pass
        assert asked(find_running(config, "town", pytest.fail), SHIPS)[-1].text
        second.close()
    assert not path.exists()
    workspace.close()


class Slow(ScriptedGenerator):
    """Writes until it is cancelled."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.cancelled = Flag(), Flag()

    def generate(
        self, messages: Sequence[Message], sampling: Sampling, cancel: Flag | None = None
    ) -> Iterator[Piece]:
        assert cancel is not None
        self.begun.set()
        if cancel.wait(30):
            self.cancelled.set()
        yield from super().generate(messages, sampling, cancel)


def test_closing_the_stream_cancels_the_answer(
    workspace: Workspace, config: Config, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Slow()
    monkeypatch.setattr("askive.ui.chat.workspace.open_generator", lambda *_: slow)
    found = find_running(config, "town", pytest.fail)
    assert found is not None
    stream = found.stream(SHIPS)
    next(stream)
    assert slow.begun.wait(30)
    stream.close()  # type: ignore[attr-defined]
    assert slow.cancelled.wait(5)
    deadline = time.monotonic() + 30
    while not log.rows and time.monotonic() < deadline:
        time.sleep(0.01)
    assert log.rows == [(SHIPS, "cancelled")]


def test_ctrl_c_in_the_command_cancels_there(
    workspace: Workspace, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Slow()
    monkeypatch.setattr("askive.ui.chat.workspace.open_generator", lambda *_: slow)
    command = [sys.executable, "-m", "askive.ui.cli", "ask", SHIPS, *FAKES, "--collection", "town"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    assert slow.begun.wait(60)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130 and b"interrupted" in err
    assert slow.cancelled.wait(5)


def test_a_server_that_ends_in_the_middle_is_told(
    config: Config, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Slow()
    monkeypatch.setattr("askive.ui.chat.workspace.open_generator", lambda *_: slow)
    workspace = Workspace(config)
    with listening(workspace, "askive test", log):
        found = find_running(config, "town", pytest.fail)
        assert found is not None
        stream = found.stream(SHIPS)
        next(stream)
        threading.Thread(target=lambda: slow.begun.wait(30)).start()
    # Its last events may still arrive, with a stopped answer.
    with pytest.raises(AskiveError, match="has ended"):
        for event in stream:
            assert not isinstance(event, Final)
    workspace.close()


def test_a_path_too_long_for_a_socket_is_no_obstacle(
    tmp_path: Path, log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / ("long" * 30)
    home.mkdir()
    workspace = Workspace(load_config({"home": home, "embedder": "hash", "generator": "scripted"}))
    with listening(workspace, "askive test", log):
        assert find_running(workspace.config, "town", pytest.fail) is None
    assert "commands cannot use the loaded models" in capsys.readouterr().err
    workspace.close()


@pytest.mark.weights
def test_with_a_real_model_the_answers_are_the_same(weights_home: Path, home: Path) -> None:
    (home / "models").symlink_to(weights_home / "models")
    config = load_config({"home": home, "generator": SMALL_GENERATOR, "collection": "seeds"})
    index_seeds(config)
    questions = [
        "How many jets and helicopters does Russia have in Latakia?",
        "Who described Raqqa as the head of the snake?",
    ]
    workspace = Workspace(config)
    with listening(workspace, "askive test"):
        for question in questions:
            found = find_running(config, "seeds", pytest.fail)
            assert found is not None
            warm = [found.ask(question) for _ in range(2)]
            with Assistant.open(config, "seeds") as assistant:
                alone = assistant.ask(question)
            assert [without_times(answer) for answer in warm] == [without_times(alone)] * 2
            assert answer_to_dict(without_times(warm[0])) == answer_to_dict(without_times(alone))
    workspace.close()
