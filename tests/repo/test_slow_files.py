"""The list of slow files of tests names files that are there."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import SLOW_FILES


def test_each_is_there() -> None:
    tests = Path(__file__).parents[1]
    assert [name for name in SLOW_FILES if not (tests / name).is_file()] == []
