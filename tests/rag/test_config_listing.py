"""The reference of the settings: complete, explained, and right about where each value came from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from askive.rag.config import Config, Setting, default_home, list_settings, load_config
from askive.rag.errors import ConfigError


def by_key(**told: Any) -> dict[str, Setting]:
    return {setting.key: setting for setting in list_settings(**told)}


def leaves(values: dict[str, Any], group: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in values.items():
        found |= leaves(value, f"{group}{name}.") if isinstance(value, dict) else {f"{group}{name}": value}
    return found


def test_every_setting_is_listed_with_its_value_and_a_meaning(home: Path) -> None:
    listed = by_key()
    of_model = leaves(load_config().model_dump())
    assert list(listed) == list(of_model)
    assert listed["home"].value == str(home)
    del of_model["home"]
    assert {key: listed[key].value for key in of_model} == of_model
    for setting in listed.values():
        assert 10 < len(setting.description) <= 110, setting.key
    meanings = [setting.description for setting in listed.values()]
    assert len(set(meanings)) == len(meanings)


def test_every_key_and_variable_can_be_set(home: Path) -> None:
    for setting in list_settings():
        if setting.value is None or setting.key == "home":
            continue
        (again,) = (s for s in list_settings({setting.variable: str(setting.value)}) if s.key == setting.key)
        assert (again.value, again.origin) == (setting.value, setting.variable)
        assert load_config({setting.key: setting.value}) == load_config()


def test_who_gave_a_value(home: Path) -> None:
    (home / "config.toml").write_text(
        'generator = "of-file"\n[retrieval]\ntop_k = 3\nmode = "dense"\n[prompt]\nmax_tokens = 350\n'
    )
    listed = by_key(environ={"ASKIVE_RETRIEVAL__TOP_K": "4", "ASKIVE_COLLECTION": "case", "PATH": "/bin"})
    told = {key: (s.value, s.default, s.origin) for key, s in listed.items() if s.origin != "default"}
    assert told == {
        "home": (str(home), listed["home"].default, "ASKIVE_HOME"),
        "generator": ("of-file", Config(home=home).generator, "config.toml"),
        "collection": ("case", None, "ASKIVE_COLLECTION"),
        "retrieval.top_k": (4, 10, "ASKIVE_RETRIEVAL__TOP_K"),
        "retrieval.mode": ("dense", "hybrid", "config.toml"),
        "prompt.max_tokens": (350, 425, "config.toml"),
    }


def test_the_home_of_the_platform_is_a_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("ASKIVE_HOME", str(tmp_path / "mine"))
    told = by_key(environ={})["home"]
    monkeypatch.delenv("ASKIVE_HOME")
    left = by_key(environ={})["home"]
    assert (told.origin, left.origin) == ("ASKIVE_HOME", "default")
    assert told.value != told.default == left.value == left.default == str(default_home())


@pytest.mark.parametrize(
    ("key", "allowed", "wrong"),
    [
        ("retrieval.top_k", "1 to 200", 201),
        ("retrieval.mode", "hybrid, dense, lexical", "magic"),
        ("generation.n_threads", "at least 1", 0),
        ("generation.strict", "true, false", "perhaps"),
    ],
)
def test_what_is_allowed(home: Path, key: str, allowed: str, wrong: object) -> None:
    assert by_key()[key].allowed == allowed
    with pytest.raises(ConfigError, match=key):
        load_config({key: wrong})


def test_as_shipped_can_be_read_when_the_settings_are_wrong(home: Path) -> None:
    shipped = list_settings(as_shipped=True)
    (home / "config.toml").write_text("retrieval = 5\n")
    with pytest.raises(ConfigError) as caught:
        list_settings({"ASKIVE_RETRIEVAL__TOP_K": "4"})
    assert "askive config --defaults" in (caught.value.remedy or "")
    assert list_settings({"ASKIVE_RETRIEVAL__TOP_K": "4"}, as_shipped=True) == shipped
    assert {setting.origin for setting in shipped} == {"ASKIVE_HOME", "default"}


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("openai:http://me:secret@host:8080/v1#m", "openai:http://***@host:8080/v1#m"),
        ("openai:http://me:sec@ret@host/v1", "openai:http://***@host/v1"),
        ("openai:https://secret@host/v1", "openai:https://***@host/v1"),
        ("openai:http://host/v1#m@q4", "openai:http://host/v1#m@q4"),
        ("openai:http://host#m@q4", "openai:http://host#m@q4"),
    ],
)
def test_no_password_is_listed(home: Path, told: str, shown: str) -> None:
    assert by_key(environ={"ASKIVE_GENERATOR": told})["generator"].value == shown
    assert load_config(environ={"ASKIVE_GENERATOR": told}).generator == told


def test_a_config_needs_a_home() -> None:
    with pytest.raises(ValidationError):
        Config.model_validate({})
