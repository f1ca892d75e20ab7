"""`import askive`: what it offers, that it is light, and that no module is there under two names."""

from __future__ import annotations

import asyncio
import inspect
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event as Flag
from typing import Any

import pytest

import askive
from askive.models.errors import UsageError
from askive.models.fakes import ScriptedGenerator
from askive.models.protocols import Message, Piece, Sampling
from askive.rag.config import load_config
from tests.rag.verification.fitted import SUPPORTS, Judging, write_relation

ROOT = Path(__file__).parent.parent.parent
LEASE = "Ida Falk signed the lease of Bramley Mill on 3 May 1998."


def python(code: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )


def test_importing_it_imports_nothing_else() -> None:
    code = (
        "import __future__, sys, typing; before = set(sys.modules); import askive;"
        "print(sorted(set(sys.modules) - before))"
    )
    assert python(code).stdout.strip() == "['askive']"


def test_a_bare_import_names_the_right_one() -> None:
    for name in ("rag", "models", "eval", "ui"):
        done = python(f"import {name}")
        assert done.returncode != 0
        assert (
            f"ImportError: this folder is the package askive.{name}: write `import askive.{name}`"
            in done.stderr
        )


def test_nothing_is_imported_under_two_names(tmp_path: Path) -> None:
    (tmp_path / "lease.txt").write_text(LEASE, encoding="utf-8")
    code = f"""
import json, os, sys
from askive.ui.cli import run
os.environ["ASKIVE_HOME"] = {str(tmp_path / "home")!r}
run(["index", {str(tmp_path / "lease.txt")!r}, "--embedder", "hash", "--quiet"])
run(["ask", "Who signed the lease?", "--embedder", "hash", "--model", "scripted", "--json", "--quiet"])
files = [os.path.realpath(m.__file__) for m in list(sys.modules.values()) if getattr(m, "__file__", None)]
ours = [f for f in files if f.startswith({str(ROOT)!r} + os.sep) and ".venv" not in f]
bare = [n for n in sys.modules if n.split(".")[0] in ("rag", "models", "eval", "ui")]
print(json.dumps([len(ours), len(set(ours)), bare]))
"""
    done = python(code)
    assert done.returncode == 0, done.stderr
    n_modules, n_files, bare = json.loads(done.stdout.splitlines()[-1])
    assert n_modules == n_files > 50 and bare == []


def test_a_path_is_indexed_and_asked(tmp_path: Path) -> None:
    folder = tmp_path / "Leases & deeds"
    folder.mkdir()
    (folder / "lease.txt").write_text(LEASE, encoding="utf-8")
    config = load_config(
        {"home": tmp_path / "home", "embedder": "hash", "generator": "scripted", "reader": "off"}
    )
    with askive.open(folder, config=config) as assistant:
        assert "Ida Falk" in assistant.ask("Who signed the lease of Bramley Mill?").text
    (folder / "deed.txt").write_text("Otto Brandt sold the ferry of Aldermoor in 1871.", encoding="utf-8")
    with askive.open(str(folder), config=config) as assistant:
        assert "Otto Brandt" in assistant.ask("Who sold the ferry of Aldermoor?").text
    (made,) = (path.name for path in config.collections_dir.iterdir() if path.is_dir())
    assert made.startswith("Leases-deeds-")
    assert askive.search("ferry", collection=made, config=config)[0].source.title
    with pytest.raises(UsageError, match="does not exist"):
        askive.open(tmp_path / "nowhere", config=config)
    with pytest.raises(askive.CollectionNotFound):
        askive.open("nowhere", config=config)
    with pytest.raises(UsageError, match="the query is empty"):
        askive.search("  ", collection=made, config=config)


@pytest.mark.parametrize("paths", ["", [], ["", "x"]])
def test_an_empty_path_is_not_the_current_folder(paths: str | list[str]) -> None:
    with pytest.raises(askive.UsageError, match="the path is empty"):
        askive.index(paths, collection="none")


@pytest.fixture
def mill(tmp_path: Path) -> tuple[askive.Config, Path]:
    """Settings, and a document to index with them."""
    (tmp_path / "lease.txt").write_text(LEASE, encoding="utf-8")
    config = load_config(
        {"home": tmp_path / "home", "embedder": "hash", "generator": "scripted", "reader": "off"}
    )
    askive.index(tmp_path / "lease.txt", collection="mill", config=config)
    return config, tmp_path / "lease.txt"


def test_what_is_closed_says_so(mill: tuple[askive.Config, Path]) -> None:
    config, _ = mill
    with askive.open("mill", config=config) as assistant:
        archive = assistant.archive
    assistant.close()
    for use in (
        lambda: assistant.ask("Who signed the lease?"),
        lambda: assistant.anticipate("Who signed"),
        assistant.read_opening,
        archive.counts,
        lambda: archive.store.delete([]),
        lambda: archive.lexical.search("lease", 1),
    ):
        with pytest.raises(askive.UsageError, match="is closed") as caught:
            use()
        assert caught.value.remedy


@pytest.mark.parametrize("value", [None, 5, b"Who?", ["Who?"]])
def test_what_is_no_text_is_refused(mill: tuple[askive.Config, Path], value: Any) -> None:
    config, _ = mill
    with askive.open("mill", config=config) as assistant:
        for call in (
            lambda: assistant.ask(value),
            lambda: askive.ask(value, collection="mill", config=config),
            lambda: askive.search(value, collection="mill", config=config),
            lambda: askive.verify(value, collection="mill", config=config),
        ):
            with pytest.raises(askive.UsageError, match="not text"):
                call()


@pytest.mark.parametrize("top_k", [0, -1, 1.5, "3"])
def test_a_number_of_hits_that_cannot_be(mill: tuple[askive.Config, Path], top_k: Any) -> None:
    config, _ = mill
    with pytest.raises(askive.UsageError, match="top_k"):
        askive.search("lease", collection="mill", top_k=top_k, config=config)
    assert len(askive.search("lease", collection="mill", top_k=1, config=config)) == 1


def test_what_is_no_path_is_refused(mill: tuple[askive.Config, Path]) -> None:
    wrong: Any = [5]
    with pytest.raises(askive.UsageError, match="5 is not a path"):
        askive.index(wrong, collection="mill", config=mill[0])


def test_a_text_is_verified_with_the_generator_unless_it_is_left_out(
    mill: tuple[askive.Config, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, _ = mill
    generator = Judging(SUPPORTS)
    monkeypatch.setattr("askive.rag.factory.open_generator", lambda _config: generator)
    monkeypatch.setattr("askive.rag.verification.support.STORED", write_relation(tmp_path))
    reworded = "Ida Falk put her name under the lease of Bramley Mill."
    wrong = "Ida Falk signed the lease of Bramley Mill on 4 May 1998."

    def verdicts(**how: Any) -> list[str]:
        found = askive.verify(f"{LEASE} {reworded} {wrong}", collection="mill", config=config, **how)
        return [sentence.verdict for sentence in found]

    assert verdicts(generator=False) == ["supported", "unsupported", "contradicted"]
    assert not generator.asked and not generator.closed
    assert verdicts() == ["supported", "supported", "contradicted"]
    assert generator.asked and generator.closed


def test_verifying_needs_the_generator_s_weights_unless_it_is_left_out(
    mill: tuple[askive.Config, Path],
) -> None:
    config = mill[0].model_copy(update={"generator": "nowhere.gguf"})
    with pytest.raises(askive.AskiveError, match="does not exist"):
        askive.verify(LEASE, collection="mill", config=config)
    (sentence,) = askive.verify(LEASE, collection="mill", generator=False, config=config)
    assert sentence.verdict == "supported"


def test_in_an_event_loop(mill: tuple[askive.Config, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    config, _ = mill
    ticks: list[float] = []

    class Waiting(ScriptedGenerator):
        """Writes once the loop has turned: a loop that is blocked by the answer never does."""

        def generate(
            self, messages: Sequence[Message], sampling: Sampling, cancel: Flag | None = None
        ) -> Iterator[Piece]:
            begun, deadline = len(ticks), time.monotonic() + 30
            while len(ticks) < begun + 10 and time.monotonic() < deadline:
                time.sleep(0.001)
            return super().generate(messages, sampling, cancel)

    monkeypatch.setattr("askive.rag.assistant.open_generator", lambda _config: Waiting())

    async def tick() -> None:
        while True:
            ticks.append(asyncio.get_running_loop().time())
            await asyncio.sleep(0.001)

    async def main() -> tuple[str, list[str]]:
        ticking = asyncio.ensure_future(tick())
        async with askive.open_async("mill", config=config) as assistant:
            answer = await assistant.ask("Who signed the lease of Bramley Mill?")
            events = [type(event).__name__ async for event in assistant.stream("Who signed the lease?")]
        with pytest.raises(askive.UsageError, match="is closed"):
            assistant.assistant.ask("Who signed the lease?")
        ticking.cancel()
        return answer.text, events

    text, events = asyncio.run(main())
    assert "Ida Falk" in text
    assert (events[0], events[-1]) == ("Searching", "Final")
    assert len(ticks) > 10, "the loop was not blocked"


def test_a_turn_takes_an_answer(mill: tuple[askive.Config, Path]) -> None:
    config, _ = mill
    with askive.open("mill", config=config) as assistant:
        answer = assistant.ask("Who signed the lease of Bramley Mill?")
        turn = askive.Turn(answer.question, answer)
        assert turn == askive.Turn(answer.question, answer.text, answer.kind)
        assert assistant.ask("When was it signed?", [turn]).question == "When was it signed?"
    for wrong in (None, 5, ["Ida"]):
        with pytest.raises(askive.UsageError, match="the answer of a turn is"):
            askive.Turn("Who signed it?", wrong)  # type: ignore[arg-type]


def test_the_assistant_for_event_loops_takes_what_the_other_takes() -> None:
    for name in ("ask", "stream"):
        here = inspect.signature(getattr(askive.AsyncAssistant, name)).parameters
        there = set(inspect.signature(getattr(askive.Assistant, name)).parameters)
        # It is cancelled by its task.
        assert set(here) == there - {"cancel"}
