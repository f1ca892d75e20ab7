"""The README's table of speed says what the benchmark of this repository says, at the precision it shows."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
_SECTION = re.compile(r"^### Speed$(.*?)^##", re.MULTILINE | re.DOTALL)
_NUMBER = re.compile(r"[\d,]+(?:\.(\d+))?")
Row = Mapping[str, Any]


def table(readme: str) -> dict[str, list[str]]:
    """Cells of the table of speed by the first one, without the heading."""
    section = _SECTION.search(readme)
    assert section is not None, "the README has no section `### Speed`"
    lines = [line.strip("|") for line in section[1].splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.split("|")] for line in lines[2:]]
    return {first: others for first, *others in cells}


def says(cell: str, value: float, slack: float = 0.0) -> bool:
    """Whether the number in a cell is the value, rounded as it is there. slack: how far the value itself is rounded."""
    number = _NUMBER.search(cell)
    if number is None:
        return False
    half: float = 0.5 / 10 ** len(number[1] or "")
    return abs(float(number[0].replace(",", "")) - value) <= half + slack + 1e-9


def differences(told: Mapping[str, list[str]], measured: Mapping[str, Row]) -> list[str]:
    """Cells that say another thing than the row of the same name."""
    wrong = []
    for what, cells in told.items():
        if (row := measured.get(what)) is None:
            continue
        against, baseline, ours, ratio, aim = cells
        right = {
            "against": against == row["against"],
            "baseline": says(baseline, row["baseline"]) and row["unit"] in baseline,
            "ours": says(ours, row["ours"]) and row["unit"] in ours,
            "times better": says(ratio, row["ratio"], 0.005),
            "aim": says(aim, row["reach"]),
            "bold": ("**" in ratio) is row["reached"],
        }
        wrong += [f"{what}: {name}" for name, holds in right.items() if not holds]
    return wrong


@pytest.fixture(scope="module")
def told() -> dict[str, list[str]]:
    return table((ROOT / "README.md").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def measured() -> dict[str, Row]:
    text = (ROOT / "eval" / "benchmarks" / "results" / "bench.json").read_text(encoding="utf-8")
    return {row["what"]: row for row in json.loads(text)["rows"]}


def test_the_table_says_what_was_measured(told: dict[str, list[str]], measured: dict[str, Row]) -> None:
    assert differences(told, measured) == []


def test_the_table_is_that_of_the_benchmark(told: dict[str, list[str]], measured: dict[str, Row]) -> None:
    assert 2 * len(told.keys() & measured.keys()) > len(told)


def test_this_test_finds_what_is_wrong() -> None:
    row: Row = {
        "what": "a", "against": "b", "unit": "ms", "baseline": 9792.445, "ours": 17.262, "ratio": 567.28,
        "reach": 15, "reached": True,
    }  # fmt: skip
    head = (
        "### Speed\n\n| what | against | baseline | ours | times better | aim |\n|---|---|---|---|---|---|\n"
    )
    for line, wrong in (
        ("| a | b | 9,792 ms | 17.3 ms | **567** | 15 |", []),
        ("| a | c | 9,793 ms | 17.26 ms | **567.3** | 15 |", ["against", "baseline"]),
        ("| a | b | 9,792 ms | 17.2 ms | 567 | 15 |", ["ours", "bold"]),
        ("| a | b | 9,792 ms | 17 s | **568** | 5 |", ["ours", "times better", "aim"]),
    ):
        assert differences(table(f"{head}{line}\n\n## Next\n"), {"a": row}) == [
            f"a: {name}" for name in wrong
        ]
