"""Rows are judged once, and only those that the reader is not trained on."""

from __future__ import annotations

from pathlib import Path

import pytest

from askive.eval.calibration.judged_rows import KINDS, judge_rows, read_odds
from askive.models.errors import UsageError
from askive.rag.evidence.judge import Judge
from tests.eval.calibration.sets import MEANS, by_claim, write_sets
from tests.rag.verification.fitted import SUPPORTS, Judging


def test_held_out_rows_are_judged_with_their_label(tmp_path: Path) -> None:
    rows = judge_rows(write_sets(tmp_path), ["support"], 99, Judge(Judging(by_claim)), None)
    assert [(row.set_name, row.row_id) for row in rows].count(("one", "onex")) == 0
    assert len(rows) == 24
    for row in rows:
        assert row.odds == pytest.approx(MEANS[row.label])


def test_every_kind_has_its_labels_and_scores(tmp_path: Path) -> None:
    rows = judge_rows(write_sets(tmp_path, ("one",)), KINDS, 2, Judge(Judging(by_claim)), None)
    assert [row.kind for row in rows] == [kind for kind in KINDS for _ in range(2)]
    assert {row.label for row in rows if row.kind == "yesno"} <= {"yes", "no"}
    assert {row.label for row in rows if row.kind == "qa"} <= {"answerable", "unanswerable"}
    assert all(row.first.startswith("Is it ") and row.first.endswith("?") for row in rows[2:])


def test_what_a_file_keeps_is_not_judged_again(tmp_path: Path) -> None:
    folder, kept = write_sets(tmp_path / "sets"), tmp_path / "cases.jsonl"
    first, second = Judging(by_claim), Judging(by_claim)
    begun = judge_rows(folder, ["support"], 2, Judge(first), kept)
    assert set(read_odds(kept)) == {("support", row.set_name, row.row_id) for row in begun}
    lines = kept.read_text(encoding="utf-8").splitlines()
    kept.write_text("\n".join(lines[:-1]) + "\n", encoding="utf-8")
    assert judge_rows(folder, ["support"], 2, Judge(second), kept) == begun
    assert second.asked == first.asked[-1:]
    assert kept.read_text(encoding="utf-8").splitlines() == lines
    assert read_odds(tmp_path / "none.jsonl") == {}


def test_a_folder_without_sets_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no sets"):
        judge_rows(tmp_path, KINDS, 4, Judge(Judging(SUPPORTS)), None)
