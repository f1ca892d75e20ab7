"""The setting `store` for Milvus."""

from __future__ import annotations

from pathlib import Path

import pytest

from askive.rag.config import load_config
from askive.rag.errors import ConfigError, StoreError
from askive.rag.store.milvus.address import Address, connect, disconnect, parse_address
from askive.rag.store.milvus.tables import PART_BYTES, clipped, parts_of

HOME = Path("/home/ada/askive")


@pytest.mark.parametrize(
    ("setting", "address"),
    [
        (
            "milvus:http://10.0.0.5:19530",
            Address("http://10.0.0.5:19530", "", "", "milvus:http://10.0.0.5:19530"),
        ),
        (
            "milvus:https://ada:s%40cret@host:443/cases",
            Address("https://host:443", "ada:s@cret", "cases", "milvus:https://host:443/cases"),
        ),
        ("milvus:https://key@host:443", Address("https://host:443", "key", "", "milvus:https://host:443")),
        ("milvus:cases.db", Address(f"{HOME}/cases.db", "", "", f"milvus:{HOME}/cases.db")),
        ("milvus:/data/cases.db", Address("/data/cases.db", "", "", "milvus:/data/cases.db")),
    ],
)
def test_addresses(setting: str, address: Address) -> None:
    assert parse_address(setting, HOME) == address


@pytest.mark.parametrize(
    "setting", ["milvus:cases", "milvus:ftp://host:1", "milvus:http://host", "milvus:http://h:x"]
)
def test_what_is_no_address(setting: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_address(setting, HOME)
    assert caught.value.remedy.startswith("set store to milvus:")


def test_no_message_shows_a_password() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_address("milvus:http://ada:secret@host", HOME)
    assert "secret" not in f"{caught.value}{caught.value.remedy}"


@pytest.mark.parametrize("store", ["sqlite", "milvus:a.db"])
def test_the_setting_is_checked(home: Path, store: str) -> None:
    assert load_config({"store": store}, {}).store == store
    with pytest.raises(ConfigError, match="store"):
        load_config({"store": f"x{store}"}, {})


def test_a_file_that_is_no_database_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "cases.db").write_text("no database")
    address = parse_address("milvus:cases.db", tmp_path)
    with pytest.raises(StoreError, match=r"cases\.db cannot be reached") as caught:
        connect(address)
    assert "one process at a time" in caught.value.remedy
    disconnect(address)


@pytest.mark.parametrize("text", ["", "a", "a" * PART_BYTES, "é😀" * PART_BYTES, "ab😀" * 50_001])
def test_parts_join_to_the_text(text: str) -> None:
    parts = list(parts_of(text))
    assert "".join(parts) == text
    assert all(0 < len(part.encode()) <= PART_BYTES for part in parts)
    assert clipped(text) == (parts[0] if parts else "")
