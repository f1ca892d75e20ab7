"""Settings: where they come from, which wins, and what is said of wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from askive.rag.config import DEFAULT_EMBEDDER, DEFAULT_GENERATOR, Config, default_home, load_config
from askive.rag.errors import ConfigError


def test_defaults(home: Path) -> None:
    config = load_config()
    assert (config.home, config.embedder, config.generator) == (home, DEFAULT_EMBEDDER, DEFAULT_GENERATOR)
    assert config.models_dir == home / "models"
    assert config.collections_dir == home / "collections"
    assert config.collection is None


def test_the_nearer_wins(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "config.toml").write_text(
        'generator = "of-file"\nembedder = "of-file"\ncollection = "of-file"\n[retrieval]\ntop_k = 3\nmode = "dense"\n'
    )
    assert load_config().retrieval.top_k == 3
    monkeypatch.setenv("ASKIVE_GENERATOR", "of-variable")
    monkeypatch.setenv("ASKIVE_EMBEDDER", "of-variable")
    monkeypatch.setenv("ASKIVE_RETRIEVAL__TOP_K", "4")
    config = load_config({"generator": "of-call", "embedder": None, "retrieval.top_k": None})
    assert (config.generator, config.embedder, config.collection) == ("of-call", "of-variable", "of-file")
    assert (config.retrieval.top_k, config.retrieval.mode) == (4, "dense")
    assert load_config({"retrieval.top_k": 5}).retrieval.top_k == 5


def test_an_environment_can_be_handed_in(home: Path) -> None:
    assert load_config(environ={"ASKIVE_GENERATION__SEED": "7", "PATH": "/bin"}).generation.seed == 7
    assert load_config({"home": home / "other"}, {}).home == home / "other"


@pytest.mark.parametrize(
    ("overrides", "key"),
    [
        ({"nonsense": 1}, "nonsense"),
        ({"retrieval.nonsense": 1}, "retrieval.nonsense"),
        ({"retrieval.top_k": 0}, "retrieval.top_k"),
        ({"retrieval.top_k": "many"}, "retrieval.top_k"),
        ({"retrieval.mode": "magic"}, "retrieval.mode"),
        ({"passages.max_words": 5}, "passages.max_words"),
        ({"generation.temperature": -1}, "generation.temperature"),
        ({"generation.n_threads": 0}, "generation.n_threads"),
        ({"retrieval": 5}, "retrieval"),
        ({"generator.id": 5}, "generator"),
    ],
)
def test_a_wrong_setting_is_named_with_its_value(home: Path, overrides: dict[str, object], key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(overrides)
    assert key in caught.value.message
    assert str(next(iter(overrides.values()))) in caught.value.message
    assert caught.value.remedy
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("key", "near"),
    [("retrieval.topk", "retrieval.top_k"), ("genrator", "generator"), ("top_k", "retrieval.top_k")],
)
def test_an_unknown_setting_is_told_the_nearest(home: Path, key: str, near: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config({key: 7})
    assert caught.value.message == f"there is no setting {key} (its value is 7)"
    assert caught.value.remedy.startswith(f"the nearest is {near}: ")
    assert str(home / "config.toml") in caught.value.remedy


def test_unknown_variables_are_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASKIVE_GENERATR", "typo")
    with pytest.raises(ConfigError, match="generatr"):
        load_config()


def test_a_group_that_is_a_value_in_the_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "config.toml").write_text("retrieval = 5\n")
    monkeypatch.setenv("ASKIVE_RETRIEVAL__TOP_K", "4")
    with pytest.raises(ConfigError, match="retrieval"):
        load_config()


@pytest.mark.parametrize("content", [b"not = [valid", b"\xff\xfe", b"a = 1\na = 2\n"])
def test_a_file_that_is_no_toml(home: Path, content: bytes) -> None:
    (home / "config.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=r"config\.toml"):
        load_config()


def test_settings_do_not_change(home: Path) -> None:
    config = load_config()
    with pytest.raises(ValidationError):
        config.collection = "x"  # type: ignore[misc]
    assert isinstance(config, Config)


def test_the_home_of_the_platform(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ASKIVE_HOME", "~/somewhere")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_home() == tmp_path / "somewhere"
    monkeypatch.setenv("ASKIVE_HOME", "")
    assert default_home().name == "askive"
