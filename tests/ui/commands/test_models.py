"""`askive models`: what it prints, what it changes, how it fails."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from askive.models.errors import ModelNotFound, UsageError, WeightsError
from askive.models.weights.catalog import load_catalog
from askive.rag.config import DEFAULT_EMBEDDER, DEFAULT_GENERATOR
from askive.ui.commands.models import app


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ASKIVE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path / "home"


@pytest.fixture
def gguf(tmp_path: Path) -> Path:
    path = tmp_path / "mine.gguf"
    path.write_bytes(b"GGUF" + bytes(1000))
    return path


def run(*arguments: str, given: str = "") -> Result:
    """Our errors are raised: askive.ui.cli.main is what prints them."""
    result = CliRunner().invoke(app, arguments, input=given)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def rows(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_list_shows_every_model_and_marks(home: Path) -> None:
    lines = run("list").stdout.splitlines()
    assert [line.split()[0] for line in lines[1:]] == [entry.id for entry in load_catalog().entries]
    by_id = {line.split()[0]: line for line in lines}
    assert by_id[DEFAULT_GENERATOR].split() == [
        DEFAULT_GENERATOR, "generator", "1.1", "GB", "Apache-2.0", "no", "default",
    ]  # fmt: skip
    assert by_id["qwen3-8b-q4_k_m"].endswith("not tried")
    assert "askive models pull" in run("list").stderr
    assert run("list", "--quiet").stderr == ""


def test_list_as_json(home: Path) -> None:
    listed = rows(run("list", "--json"))
    assert {row["id"] for row in listed if row["default"]} == {DEFAULT_EMBEDDER, DEFAULT_GENERATOR}
    assert {row["state"] for row in listed} == {"absent"}
    assert set(listed[0]) >= {"kind", "size", "licence", "tried", "own", "sources", "context_tokens"}


def test_the_default_mark_follows_the_configuration(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASKIVE_GENERATOR", "qwen3-8b-q4_k_m")
    assert {row["id"] for row in rows(run("list", "--json")) if row["default"]} == {
        DEFAULT_EMBEDDER,
        "qwen3-8b-q4_k_m",
    }


def test_a_model_of_one_s_own_from_add_to_remove(home: Path, gguf: Path) -> None:
    added = run("add", str(gguf), "--id", "mine", "--licence", "MIT")
    path = home / "models" / "mine" / "mine.gguf"
    assert added.stdout == f"mine: added, {path}\n"
    assert "askive ask --model mine" in added.stderr
    (row,) = [row for row in rows(run("list", "--json")) if row["id"] == "mine"]
    assert (row["kind"], row["licence"], row["state"], row["own"]) == ("generator", "MIT", "verified", True)
    assert run("pull", "mine").stdout == f"mine: already here, {path}\n"
    assert rows(run("verify", "mine", "--json"))[0]["ok"] is True
    assert run("remove", "mine", "--yes").stdout.startswith("mine: removed")
    assert gguf.exists()
    assert not path.exists()
    with pytest.raises(ModelNotFound):
        run("verify", "mine")


def test_add_as_json(home: Path, gguf: Path) -> None:
    (row,) = rows(run("add", str(gguf), "--id", "mine", "--json"))
    assert (row["id"], row["state"]) == ("mine", "verified")
    with pytest.raises(UsageError, match="no kind 'oracle'"):
        run("add", str(gguf), "--id", "other", "--kind", "oracle")
    assert run("add", str(gguf)).exit_code == 2


def test_pull_without_an_id_fetches_what_is_configured(
    home: Path, gguf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("add", str(gguf), "--id", "mine")
    monkeypatch.setenv("ASKIVE_GENERATOR", "mine")
    monkeypatch.setenv("ASKIVE_EMBEDDER", "hash")
    (row,) = rows(run("pull", "--json", "--quiet"))
    assert row["id"] == "mine"
    assert re.fullmatch("[0-9a-f]{64}", row["sha256"])


def test_verify_names_the_damage_and_fails(home: Path, gguf: Path) -> None:
    assert "No model is installed" in run("verify").stderr
    run("add", str(gguf), "--id", "mine")
    path = home / "models" / "mine" / "mine.gguf"
    path.unlink()
    path.write_bytes(b"GGUF" + bytes(999) + b"\x01")
    result = CliRunner().invoke(app, ["verify"])
    assert isinstance(result.exception, WeightsError)
    assert "askive models pull mine" in result.exception.remedy
    assert "mine: DAMAGED" in result.stdout
    assert re.search("mine.gguf: sha256 expected [0-9a-f]{64}, got [0-9a-f]{64}", result.stdout)
    # The origin still has the right bytes.
    assert run("pull", "mine").stdout == f"mine: downloaded, {path}\n"
    assert run("verify").stdout.startswith("mine: ok")


def test_remove_wants_a_yes(home: Path, gguf: Path) -> None:
    run("add", str(gguf), "--id", "mine")
    for extra in ([], ["--json"]):
        with pytest.raises(UsageError) as caught:
            run("remove", "mine", *extra)
        assert "--yes" in caught.value.remedy
    (row,) = rows(run("remove", "mine", "--yes", "--json"))
    assert row["freed_bytes"] >= 1004
    with pytest.raises(ModelNotFound, match="are not in"):
        run("remove", DEFAULT_GENERATOR, "--yes")


@pytest.mark.parametrize("command", ["list", "pull", "verify", "remove", "add"])
def test_every_command_has_help_with_an_example(command: str) -> None:
    shown = run(command, "--help").stdout
    assert f"Example: askive models {command}" in re.sub(r"\s+", " ", shown)
    assert "--json" in shown
    assert "--quiet" in shown
