"""`askive config`: every setting in words and as objects, and a help with keys that are none."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from askive.rag.config import list_settings, load_config
from askive.ui.cli import run


def test_every_setting_in_words(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "config.toml").write_text("[retrieval]\ntop_k = 20\n")
    assert run(["config"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"{home / 'config.toml'} (read)\n")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    for setting in list_settings():
        assert any(line.startswith(f"{setting.key} ") for line in lines), setting.key
        assert any(line.startswith(setting.description) for line in lines), setting.key
    assert "retrieval.top_k = 20 config.toml, default 10" in lines
    assert 'retrieval.mode = "hybrid" default' in lines
    assert "generation.n_threads not set default" in lines
    assert "ASKIVE_" in err
    assert run(["config", "--quiet"]) == 0
    assert capsys.readouterr() == (out, "")


def test_the_keys_that_begin_so(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "generation.s", "retrieval.rerank", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["file"], shown["exists"]) == (str(home / "config.toml"), False)
    assert [setting["key"] for setting in shown["settings"]] == [
        "retrieval.rerank", "retrieval.rerank_depth", "retrieval.rerank_weight", "generation.seed", "generation.strict",
    ]  # fmt: skip
    assert shown["settings"][3] | {"description": ""} == {
        "key": "generation.seed", "value": 0, "default": 0, "description": "", "allowed": "", "origin": "default",
        "variable": "ASKIVE_GENERATION__SEED", "experimental": False,
    }  # fmt: skip


def test_settings_of_an_ablation_are_marked(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    marked = [
        f"retrieval.{name}"
        for name in ("fusion", "sentence_weight", "rerank", "rerank_depth", "rerank_weight")
    ]
    assert run(["config", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["settings"]
    assert [row["key"] for row in rows if row["experimental"]] == marked
    assert run(["config"]) == 0
    lines = capsys.readouterr().out.splitlines()
    heads = [lines[at - 1].split()[0] for at, line in enumerate(lines) if line.endswith("(experimental)")]
    assert heads == marked


def test_all_as_objects(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert [row["key"] for row in json.loads(out)["settings"]] == [s.key for s in list_settings()]


@pytest.mark.parametrize("key", ["retrieval.fusion", "generator", "prompt.n_sentences", "generation.strict"])
def test_what_to_write_is_taken(home: Path, capsys: pytest.CaptureFixture[str], key: str) -> None:
    assert run(["config", key]) == 0
    told = capsys.readouterr().err
    lines = [line.strip() for line in told.splitlines() if line.startswith("    ")]
    before = load_config()
    (home / "config.toml").write_text("\n".join(lines))
    assert tomllib.loads("\n".join(lines))
    assert {setting.key: setting.origin for setting in list_settings()}[key] == "config.toml"
    name, _, value = told.strip().splitlines()[-1].split()[-1].partition("=")
    assert load_config(environ={name: value}) == load_config() == before


def test_the_home_has_a_variable_only(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "home"]) == 0
    out, err = capsys.readouterr()
    assert "(does not exist)" in out
    assert "ASKIVE_HOME=" in err
    assert "config.toml" not in err


@pytest.mark.parametrize(
    ("key", "near"),
    [
        ("retrieval.topk", "retrieval.top_k"),
        ("top_k", "retrieval.top_k"),
        ("ASKIVE_PROMPT__MAX_TOKENS", "prompt.max_tokens"),
        ("genrator", "generator"),
    ],
)
def test_an_unknown_key_is_told_the_nearest(
    home: Path, capsys: pytest.CaptureFixture[str], key: str, near: str
) -> None:
    assert run(["config", "retrieval", key, "--json"]) == 2
    out, err = capsys.readouterr()
    error = json.loads(out)["error"]
    assert error["kind"] == "usage"
    assert repr(key) in error["message"]
    assert error["remedy"].endswith(f"askive config {near}")
    assert err.count("\n") == 1


def test_defaults_are_shown_when_the_settings_are_wrong(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "config.toml").write_text("[retrieval]\ntop_k = 0\n")
    monkeypatch.setenv("ASKIVE_GENERATR", "typo")
    assert run(["config"]) == 2
    assert "ASKIVE" in capsys.readouterr().err
    assert run(["config", "--defaults", "retrieval.top_k"]) == 0
    out = capsys.readouterr().out
    assert "(not read)" in out
    assert "retrieval.top_k = 10 " in out
