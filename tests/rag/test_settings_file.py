"""Settings that are changed in config.toml: the rest of the file stays, and nothing invalid is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from askive.rag.config import load_config
from askive.rag.errors import ConfigError
from askive.rag.settings_file import change_setting

FILE = """# Mine.
collection = "case"  # the big one

[retrieval]
# Few are enough.
top_k = 3
"""


def test_the_rest_of_the_file_stays(home: Path) -> None:
    path = home / "config.toml"
    path.write_text(FILE)
    path.chmod(0o600)
    change_setting(home, "retrieval.top_k", "7")
    change_setting(home, "ocr", "off")
    change_setting(home, "generation.strict", False)
    text = path.read_text()
    assert "# Mine." in text
    assert 'collection = "case"  # the big one' in text
    assert "# Few are enough.\ntop_k = 7\n" in text
    assert path.stat().st_mode & 0o777 == 0o600
    config = load_config(environ={})
    assert (config.ocr, config.retrieval.top_k, config.generation.strict) == ("off", 7, False)
    for key in ("ocr", "generation.strict", "retrieval.top_k", "retrieval.mode"):
        change_setting(home, key, None)
    config = load_config(environ={})
    assert (config.ocr, config.retrieval.top_k, config.generation.strict) == ("auto", 10, True)
    assert config.collection == "case"


def test_a_file_is_made_and_a_link_is_followed(home: Path, tmp_path: Path) -> None:
    kept = tmp_path / "dotfiles.toml"
    (home / "config.toml").symlink_to(kept)
    change_setting(home, "cache.disk_mb", 100)
    assert kept.read_text() == "[cache]\ndisk_mb = 100\n"
    assert (home / "config.toml").is_symlink()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("retrieval.top_k", "many"),
        ("retrieval.top_k", 0),
        ("ocr", "perhaps"),
        ("home", "/"),
        ("nonsense", None),
    ],
)
def test_nothing_invalid_is_written(home: Path, key: str, value: str | int | None) -> None:
    (home / "config.toml").write_text(FILE)
    with pytest.raises(ConfigError, match=key):
        change_setting(home, key, value)
    assert (home / "config.toml").read_text() == FILE


def test_a_broken_file_is_left_alone(home: Path) -> None:
    (home / "config.toml").write_text("= broken")
    with pytest.raises(ConfigError, match="not valid TOML"):
        change_setting(home, "ocr", "off")
    assert (home / "config.toml").read_text() == "= broken"
