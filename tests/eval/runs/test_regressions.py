"""Planted faults are caught by `compare` and by `gate`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from askive.eval.datasets.discover import open_suite
from askive.eval.runs.compare import compare_runs
from askive.eval.runs.gate import check_gate, read_baseline, record_baseline
from askive.eval.runs.pipelines import Builder
from askive.eval.runs.run_dir import RunDir
from askive.models.errors import UsageError
from tests.eval.conftest import Runner
from tests.eval.runs.broken import AlwaysRefuses, BrokenRetriever, MisquotingCiter, NeverRefuses

FAULTS: list[tuple[Builder, list[str]]] = [
    (BrokenRetriever, ["nDCG@10", "R@10", "passage_nDCG@10", "contains"]),
    (NeverRefuses, ["refusal_recall"]),
    (AlwaysRefuses, ["false_refusal_rate", "contains"]),
    (MisquotingCiter, ["quotes_exact"]),
]


@pytest.mark.parametrize(("fault", "figures"), FAULTS, ids=lambda value: getattr(value, "__name__", ""))
def test_compare_catches_it(copied_run: Runner, tmp_path: Path, fault: Builder, figures: list[str]) -> None:
    copied_run("good")
    copied_run("bad", fault)
    comparison = compare_runs(tmp_path / "good", tmp_path / "bad")
    verdicts = {difference.name: difference.verdict for difference in comparison.differences}
    assert {name: verdicts[name] for name in figures} == dict.fromkeys(figures, "worse")
    backwards = compare_runs(tmp_path / "bad", tmp_path / "good")
    assert {d.name: d.verdict for d in backwards.differences if d.name in figures} == dict.fromkeys(
        figures, "better"
    )
    if fault is not MisquotingCiter:
        assert comparison.changed and not comparison.changed[0].better
        assert all(change.better for change in backwards.changed)


@pytest.mark.parametrize(("fault", "figures"), FAULTS, ids=lambda value: getattr(value, "__name__", ""))
@pytest.mark.parametrize("limit", [None, 24])
def test_the_gate_catches_it(
    copied_run: Runner, tmp_path: Path, fault: Builder, figures: list[str], limit: int | None
) -> None:
    record_baseline(copied_run("good"), tmp_path / "baseline.json")
    result = check_gate(copied_run("bad", fault, limit=limit), read_baseline(tmp_path / "baseline.json"))
    assert not result.passed and result.n == (limit or 45)
    failed = {figure.name for figure in result.figures if figure.failed} | set(result.missing)
    assert set(figures) <= failed


def test_the_same_code_passes(run: Runner, copied_run: Runner, tmp_path: Path) -> None:
    record_baseline(copied_run("good"), tmp_path / "baseline.json")
    baseline = read_baseline(tmp_path / "baseline.json")
    for limit in (None, 12):
        result = check_gate(run(f"again{limit}", limit=limit), baseline)
        assert result.passed and result.figures, result.as_dict()
    assert "kilograms" not in (tmp_path / "baseline.json").read_text(encoding="utf-8")


def test_one_question_more_or_less_is_no_regression(copied_run: Runner, tmp_path: Path) -> None:
    record_baseline(copied_run("good"), tmp_path / "baseline.json")
    result = copied_run("again")
    row = next(row for row in result.rows if row["scores"]["contains"] == [1.0, 1.0])
    row["scores"]["contains"] = [0.0, 1.0]
    assert check_gate(result, read_baseline(tmp_path / "baseline.json")).passed


def test_a_baseline_of_something_else_is_refused(copied_run: Runner, tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    with pytest.raises(UsageError, match="no baseline"):
        read_baseline(path)
    record_baseline(copied_run("good"), path)
    with pytest.raises(UsageError, match="another pipeline"):
        check_gate(copied_run("plain", pipeline="plain"), read_baseline(path))
    baseline = read_baseline(path)
    with pytest.raises(UsageError, match="another suite digest"):
        check_gate(copied_run("again"), {**baseline, "suite_digest": "x"})
    path.write_text("[]", encoding="utf-8")
    with pytest.raises(UsageError, match="not a baseline"):
        read_baseline(path)


def _edit_record(folder: Path, **values: Any) -> None:
    record = RunDir(folder).record()
    RunDir(folder).write_record({**record, **values})


def test_equal_runs_show_no_difference(run: Runner, copied_run: Runner, tmp_path: Path) -> None:
    copied_run("a")
    run("b")
    comparison = compare_runs(tmp_path / "a", tmp_path / "b")
    for difference in comparison.differences:
        if "_ms" not in difference.name and "tokens" not in difference.name:
            assert (difference.difference.value, difference.losses or 0, difference.wins or 0) == (0, 0, 0)
    assert comparison.changed == () and comparison.same_suite
    json.dumps(comparison.as_dict())


def test_different_suites_are_refused_unless_forced(copied_run: Runner, tmp_path: Path) -> None:
    copied_run("a")
    copied_run("b", limit=20)
    _edit_record(tmp_path / "b", suite_digest="other")
    with pytest.raises(UsageError, match="cannot be compared"):
        compare_runs(tmp_path / "a", tmp_path / "b")
    forced = compare_runs(tmp_path / "a", tmp_path / "b", force=True)
    assert (forced.n, forced.only_a, forced.only_b, forced.same_suite) == (20, 25, 0, False)


def test_nothing_in_common(copied_run: Runner, tmp_path: Path) -> None:
    copied_run("a", types=("fact",))
    copied_run("b", types=("number",))
    with pytest.raises(UsageError, match="no question in common"):
        compare_runs(tmp_path / "a", tmp_path / "b")
    with pytest.raises(UsageError, match="no run"):
        compare_runs(tmp_path / "a", tmp_path)


def test_another_judge_is_not_comparable(copied_run: Runner, tmp_path: Path) -> None:
    for name in ("a", "b"):
        copied_run(name, limit=10)
        _edit_record(tmp_path / name, judge={"model": name, "agreement": None})
        rows = RunDir(tmp_path / name).rows()
        for row in rows:
            row["judge"] = {"faithful": True, "probability": 0.9}
        (tmp_path / name / "rows.jsonl").write_text(
            "".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8"
        )
    judged = [
        d for d in compare_runs(tmp_path / "a", tmp_path / "b").differences if d.name == "judge_faithful"
    ]
    assert [difference.verdict for difference in judged] == ["not comparable"]


def test_wins_ties_and_losses_add_up(copied_run: Runner, tmp_path: Path) -> None:
    copied_run("a", AlwaysRefuses)
    copied_run("b", NeverRefuses)
    for difference in compare_runs(tmp_path / "a", tmp_path / "b").differences:
        if difference.wins is not None:
            assert (
                difference.wins + (difference.ties or 0) + (difference.losses or 0) == difference.difference.n
            )


def test_the_recorded_baseline_is_of_the_questions_and_documents_that_are_there() -> None:
    """A field that is new in all questions would make the gate unusable until a new baseline is recorded."""
    baseline = read_baseline()
    assert baseline["suite_digest"] == open_suite(baseline["suite"]).digest
