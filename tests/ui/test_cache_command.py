"""`askive cache`: what is kept is told and can be cleared."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

from models.kept import StateCache
from models.registry import states_dir
from rag.config import Config
from rag.doctor import examine
from tests.conftest import SMALL_GENERATOR
from ui.cli import run


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


@pytest.mark.weights
def test_warm_leaves_the_opening_of_every_prompt(weights_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASKIVE_HOME", str(weights_home))
    assert run(["cache", "warm", "--model", SMALL_GENERATOR, "--quiet"]) == 0
    assert StateCache(states_dir(weights_home / "models")).stats().n_disk >= 1
