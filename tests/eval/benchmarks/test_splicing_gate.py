"""When another way of reading passes its gate, and what counts as right."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from askive.eval.benchmarks.rows import Bench
from askive.eval.benchmarks.speed.splicing_gate import FEWEST, Gate, Way, _is_right, write_record
from askive.eval.datasets.suite import Sample
from askive.eval.runs.record import Code
from askive.rag.config import Config


@pytest.mark.parametrize(
    ("n", "other", "passed"),
    [(FEWEST, 0.79, True), (FEWEST, 0.9, True), (FEWEST, 0.78, False), (FEWEST - 1, 0.9, False)],
)
def test_at_most_a_point_is_lost_over_enough_questions(n: int, other: float, passed: bool) -> None:
    found = Gate("f16", n, 0.8, other, 9000.0, 400.0, 0.5)
    assert found.passed is passed
    assert ("NOT passed" in found.text) is not passed
    assert f"f16 {other:.3f} after 400 ms" in found.text


def test_an_answer_with_several_parts_has_all_of_them() -> None:
    sample = Sample("1", "How many?", answers=("12 and 35",), all_of=(("12", "twelve"), ("35",)))
    assert _is_right(sample, "Twelve, and later 35.")
    assert not _is_right(sample, "Only 12.")
    assert _is_right(Sample("1", "Who?", answers=("Ida Falk",)), "It was Ida Falk.")


@pytest.mark.parametrize(("way", "name"), [("spliced", "splice_gate.json"), ("f16", "f16_gate.json")])
def test_what_was_found_is_written(tmp_path: Path, way: Way, name: str) -> None:
    bench = Bench(Config(home=tmp_path), tmp_path, 1, print)
    found = Gate(way, FEWEST, 0.8, 0.78, 9000.0, 400.0, 0.5, ("seeds", "towns"))
    code = Code("c0ffee", True, None)
    path = write_record(found, tmp_path / "out", bench, code, 3)
    assert path == tmp_path / "out" / name
    record = json.loads(path.read_text(encoding="utf-8"))
    assert record["code"]["commit"] == "c0ffee"
    assert (record["way"], record["suites"], record["n"], record["n_passages"]) == (
        way, ["seeds", "towns"], FEWEST, 3,
    )  # fmt: skip
    assert record["shares"] == {"full": 0.8, way: 0.78}
    assert record["medians_ms"] == {"full": 9000.0, way: 400.0}
    assert record["passed"] is False
    assert record["machine"]["n_cores"]
    assert str(tmp_path) not in path.read_text(encoding="utf-8")
