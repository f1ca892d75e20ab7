"""`askive cache`: what is kept is told and can be cleared."""

from __future__ import annotations

import json
import os
from hashlib import sha256
from pathlib import Path

import pytest

from askive.models.llama.context import GROUP
from askive.models.llama.generator import LlamaGenerator
from askive.models.llama.state_cache import StateCache
from askive.models.protocols import Sampling
from askive.models.registry import states_dir
from askive.rag.answer.prompt import build_prompt
from askive.rag.collections.by_name import list_collections
from askive.rag.config import Config, load_config
from askive.rag.doctor.examination import examine
from askive.rag.factory import open_generator
from askive.rag.question.analysis import Question
from askive.ui.cli import run
from tests.conftest import SMALL_GENERATOR


def test_stats_and_clear(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cache", "stats", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["n_disk"] == 0
    folder = states_dir(Config(home=home).models_dir)
    StateCache(folder).put(sha256(b"a").hexdigest(), bytes(2 << 20))
    assert run(["cache", "stats"]) == 0
    assert "1 states, 2.0 of" in capsys.readouterr().out
    found = {finding.name: finding for finding in examine(Config(home=home), verify_weights=False)}
    assert found["states"].message.startswith("1 kept, 2 of")
    assert run(["cache", "clear", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["freed_bytes"] > 2 << 20
    assert not list(folder.iterdir())


def test_what_is_removed_leaves_no_states(
    home: Path, documents: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = states_dir(Config(home=home).models_dir)

    def told(*arguments: object) -> tuple[int, str]:
        """A state is kept, then the command is run: how many states are left, and what it says."""
        StateCache(folder).put(sha256(b"a").hexdigest(), b"state")
        assert run([str(argument) for argument in arguments]) == 0
        return StateCache(folder).stats().n_disk, capsys.readouterr().err

    index = ("index", "--embedder", "hash", documents)
    assert told(*index)[0] == 1
    (documents / "fair.html").write_text("<p>The fair is in May.</p>")
    left, said = told(*index)
    assert (left, "1 changed" in said, "; kept states cleared" in said) == (0, True, True)
    assert told(*index)[0] == 1, "nothing was removed or replaced"
    (documents / "fair.html").unlink()
    left, said = told(*index)
    assert (left, "1 removed" in said, "; kept states cleared" in said) == (0, True, True)
    left, said = told("index", "--embedder", "hash", "--remove", documents / "bridge.txt")
    assert (left, "1 removed, kept states cleared" in said) == (0, True)
    left, said = told(*index, "--rebuild")
    assert (left, "kept states cleared" in said) == (0, True)
    assert told(*index, "--collection", "other", "--rebuild")[0] == 1, "it took no collection's place"
    left, said = told("collections", "remove", "default", "--yes")
    assert (left, "default: removed; kept states cleared" in said) == (0, True)


def test_states_that_cannot_be_deleted_are_told_and_hinder_nothing(
    home: Path, documents: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["index", str(documents), "--embedder", "hash"]) == 0
    # Nobody can unlink a folder.
    held = states_dir(Config(home=home).models_dir) / f"{sha256(b'b').hexdigest()}.kv"
    held.mkdir(parents=True)
    assert run(["index", "--embedder", "hash", "--remove", str(documents / "bridge.txt")]) == 1
    assert "1 removed, kept states remain: `askive cache clear`" in capsys.readouterr().err
    assert run(["collections", "remove", "default", "--yes", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["removed"], told["states_cleared"], told["erased"]) == ("default", False, True)
    assert not list_collections(Config(home=home))


def test_states_that_may_not_be_looked_at_hinder_nothing(
    home: Path, documents: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(["index", str(documents), "--embedder", "hash"]) == 0
    folder, scandir = states_dir(Config(home=home).models_dir), os.scandir
    folder.mkdir(parents=True, exist_ok=True)

    def closed(path: str | Path | int = ".") -> object:
        if not isinstance(path, int) and Path(path) == folder:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr("os.scandir", closed)
    assert run(["collections", "remove", "default", "--yes"]) == 0
    assert "default: removed; kept states remain" in capsys.readouterr().err


def test_the_bounds_are_set(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASKIVE_CACHE__MEMORY_MB", "7")
    monkeypatch.setenv("ASKIVE_CACHE__DISK_MB", "3")
    folder = states_dir(Config(home=home).models_dir)
    for name in "ab":
        StateCache(folder).put(sha256(name.encode()).hexdigest(), bytes(2 << 20))
    assert run(["cache", "stats", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["memory_limit"], told["disk_limit"], told["n_disk"]) == (7 << 20, 3 << 20, 1)
    for disk_mb in (3, 0):
        settings = load_config({"cache.disk_mb": disk_mb})
        found = {finding.name: finding for finding in examine(settings, verify_weights=False)}["states"]
        assert f"of {disk_mb} MB on disk; at most 7 MB in memory" in found.message
        assert found.severity == "ok"
    assert not list(folder.iterdir())


@pytest.mark.weights
def test_warm_leaves_the_opening_of_every_prompt(
    weights_models: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "models").symlink_to(weights_models, target_is_directory=True)
    monkeypatch.setenv("ASKIVE_CACHE__MEMORY_MB", "0")
    assert run(["cache", "warm", "--model", SMALL_GENERATOR, "--quiet"]) == 0
    generator = open_generator(load_config({"generator": SMALL_GENERATOR}))
    assert isinstance(generator, LlamaGenerator)
    stats = generator.cache.stats()
    assert (stats.memory_limit, stats.n_disk) == (0, 1), "it has but what is on disk"
    prompt = build_prompt(Question.read("How many ships came?"), ()).messages
    first, *_ = generator.generate(prompt, Sampling(max_tokens=1))
    opening = generator._prompt(prompt)[1][0]
    assert first.n_reused_tokens == opening // GROUP * GROUP > 50
    assert generator.cache.stats().n_disk == 1
    generator.close()
