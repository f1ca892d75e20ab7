"""Rows drawn from a set."""

from __future__ import annotations

from pathlib import Path

import pytest

from askive.eval.datasets.lines import sample_rows
from askive.rag.errors import UsageError
from tests.eval.conftest import write_lines


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """40 rows with texts of 0 to 39 characters."""
    return write_lines(tmp_path / "set.jsonl", [{"id": str(n), "text": "x" * n} for n in range(40)])


def test_the_same_rows_are_drawn_each_time(path: Path) -> None:
    drawn = sample_rows(path, 10)
    assert drawn == sample_rows(path, 10)
    assert len({row["id"] for row in drawn}) == 10
    assert [row["id"] for row in drawn] != [str(n) for n in range(10)]


def test_more_rows_begin_with_the_fewer_ones(path: Path) -> None:
    assert sample_rows(path, 20)[:10] == sample_rows(path, 10)


def test_a_limit_above_the_size_draws_all(path: Path) -> None:
    assert sorted(int(row["id"]) for row in sample_rows(path, 100)) == list(range(40))


def test_long_texts_are_left_out_and_none_is_cut(path: Path) -> None:
    assert sorted(len(row["text"]) for row in sample_rows(path, 100, max_chars=5)) == [0, 1, 2, 3, 4, 5]


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read"):
        sample_rows(tmp_path / "none.jsonl", 3)
