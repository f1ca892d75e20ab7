"""Judged claims become a model of three relations, and a file keeps what was judged."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from askive.eval.calibration import relation as calibration
from askive.eval.calibration.relation import (
    JudgedClaim,
    figures,
    fit,
    judge_rows,
    main,
    read_cases,
    threshold_table,
)
from askive.models.errors import UsageError
from askive.rag.calibration.relation import RELATIONS, Relation, RelationModel, find_relation_model
from askive.rag.evidence.judge import Judge, Judgement
from tests.eval.conftest import write_lines
from tests.rag.verification.fitted import CONTRADICTS, NEITHER, RELATION_OF_FAKES, SUPPORTS, Judging

MEANS: dict[Relation, Judgement] = {"supports": SUPPORTS, "contradicts": CONTRADICTS, "neither": NEITHER}


def judged(n: int = 90, noise: float = 1.5, set_name: str = "a") -> list[JudgedClaim]:
    """As many claims of each relation, with log-odds around those of a judge that knows it."""
    rng = random.Random(3)
    return [
        JudgedClaim(
            set_name,
            str(number),
            relation,
            rng.gauss(MEANS[relation].stated, noise),
            rng.gauss(MEANS[relation].denied, noise),
        )
        for number, relation in enumerate(RELATIONS[at % 3] for at in range(n))
    ]


def test_relations_are_recognised_in_cases_that_were_not_fitted_on() -> None:
    cases = [*judged(set_name="a"), *judged(set_name="b")]
    model = fit(cases, "scripted")
    assert model.generator_id == "scripted"
    for name, means in MEANS.items():
        assert model.relation(means.stated, means.denied) == name
    found = figures(model, judged(30, 1.0, "c"))
    assert found["rows"] == 30
    assert found["auc"] > 0.95 and found["balanced_accuracy"] > 0.9
    assert found["unsupported_caught"] > 0.9 and found["supported_lost"] <= 0.2


@pytest.mark.parametrize("budget", [0.0, 0.1, 0.5])
def test_the_threshold_costs_no_more_supported_claims_than_the_budget(budget: float) -> None:
    cases = [*judged(noise=3, set_name="a"), *judged(noise=4, set_name="b")]
    model = fit(cases, "scripted", budget)
    lost = [
        figures(model, [case for case in cases if case.set_name == name])["supported_lost"] for name in "ab"
    ]
    assert sum(lost) / 2 <= budget + 1e-3
    assert model.threshold <= fit(cases, "scripted", budget + 0.3).threshold


def test_the_budget_is_a_mean_over_sets_of_any_size() -> None:
    """Ten rows whose claims look unsupported count as much as nine hundred that do not."""
    odd = [JudgedClaim("odd", str(number), "supports", -2.0, -2.0) for number in range(10)]
    cases = [*judged(900, 0.5, "large"), *odd]
    model = fit(cases, "scripted", 0.1)
    assert model.probabilities(-2.0, -2.0)["supports"] >= model.threshold or model.threshold == 0


def test_a_large_set_weighs_no_more_than_a_small_one() -> None:
    small, other = judged(90, 4, "small"), judged(60, 1, "other")
    once, repeated = (fit([*small, *other * n], "scripted") for n in (1, 20))
    for name, weights in once.weights.items():
        assert list(repeated.weights[name]) == pytest.approx(list(weights), abs=0.1)
    assert list(fit(other, "scripted").weights["supports"]) != pytest.approx(
        list(once.weights["supports"]), abs=0.1
    )


def test_a_relation_without_cases_is_an_error() -> None:
    with pytest.raises(UsageError, match="a relation is missing"):
        fit([case for case in judged() if case.relation != "contradicts"], "scripted")


def test_figures_count_what_the_threshold_catches_and_loses() -> None:
    cases = [
        JudgedClaim("a", "1", "supports", 3, -3),
        JudgedClaim("a", "2", "supports", -3, -3),
        JudgedClaim("a", "3", "neither", -3, -3),
        JudgedClaim("a", "4", "neither", 3, -3),
        JudgedClaim("a", "5", "neither", -3, -3),
    ]
    found = figures(RelationModel.from_dict(RELATION_OF_FAKES), cases)
    assert found == {
        "rows": 5,
        "auc": 0.583,
        "balanced_accuracy": 0.583,
        "unsupported_caught": 0.667,
        "supported_lost": 0.5,
    }


def test_accuracy_is_among_the_labels_that_a_set_has() -> None:
    cases = [JudgedClaim("a", "1", "supports", 3, -3), JudgedClaim("a", "2", "contradicts", -3, -3)]
    model = RelationModel(
        "any", {"supports": [0, 1, 0], "contradicts": [-1, 0, 0], "neither": [0, 0, 0]}, 0.5
    )
    assert figures(model, cases)["balanced_accuracy"] == 1.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two sets with six rows each, whose claims name their relation."""
    for name in ("one", "two"):
        rows = [
            {
                "id": f"{name}{n}",
                "claim": f"It {RELATIONS[n % 3]}.",
                "text": "A text.",
                "label": RELATIONS[n % 3],
            }
            for n in range(6)
        ]
        write_lines(tmp_path / "sets" / name / "support.jsonl", rows)
    return tmp_path / "sets"


def by_claim(prompt: str) -> Judgement:
    return next(opinion for name, opinion in MEANS.items() if f"It {name}." in prompt)


def test_rows_are_judged_with_their_label(folder: Path) -> None:
    found = judge_rows(folder, 4, Judge(Judging(by_claim)), None)
    assert [case.set_name for case in found] == ["one"] * 4 + ["two"] * 4
    for case in found:
        assert (case.stated, case.denied) == pytest.approx(
            (MEANS[case.relation].stated, MEANS[case.relation].denied)
        )


def test_what_a_file_keeps_is_not_judged_again(folder: Path, tmp_path: Path) -> None:
    kept, first, second = tmp_path / "cases.jsonl", Judging(by_claim), Judging(by_claim)
    begun = judge_rows(folder, 2, Judge(first), kept)
    assert read_cases(kept) == begun
    lines = kept.read_text(encoding="utf-8").splitlines()
    kept.write_text("\n".join(lines[:-1]) + "\n", encoding="utf-8")
    assert judge_rows(folder, 2, Judge(second), kept) == begun
    assert second.asked == first.asked[-2:]
    assert kept.read_text(encoding="utf-8").splitlines() == lines
    assert judge_rows(folder, 6, Judge(second), kept)[:2] == begun[:2]
    assert len(read_cases(kept)) == 12


def test_without_a_file_nothing_is_kept(tmp_path: Path) -> None:
    assert read_cases(tmp_path / "none.jsonl") == []


def test_a_folder_without_sets_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no sets"):
        judge_rows(tmp_path, 4, Judge(Judging(SUPPORTS)), None)


def test_the_command_stores_a_model_that_is_found(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stored = tmp_path / "relation.json"
    monkeypatch.setattr(calibration, "STORED", stored)
    monkeypatch.setattr(calibration, "open_generator", lambda _config: Judging(by_claim))
    assert main([str(folder)]) == 0
    assert not stored.exists()
    assert main([str(folder), "--rows", "6", "--write"]) == 0
    printed = capsys.readouterr().out
    assert "one: {" in printed and "two: {" in printed and "written: relation.json" in printed
    model = find_relation_model("scripted", stored)
    assert model is not None and model.relation(SUPPORTS.stated, SUPPORTS.denied) == "supports"
    (record,) = json.loads(stored.read_text(encoding="utf-8"))
    assert set(record["provenance"]["left_out_sets"]) == {"one", "two"}
    assert all(found["auc"] == 1.0 for found in record["provenance"]["left_out_sets"].values())


def test_the_command_names_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(calibration, "open_generator", lambda _config: Judging(by_claim))
    assert main([str(tmp_path)]) == 2
    assert "holds no sets" in capsys.readouterr().err


def test_the_table_says_what_each_threshold_accepts() -> None:
    rows = threshold_table([(0.9, True), (0.6, True), (0.55, False), (0.1, False)]).splitlines()[1:]
    assert [row.split() for row in rows] == [
        ["0.23", "0.67", "1.00", "0.50"], ["0.50", "0.67", "1.00", "0.50"],
        ["0.65", "1.00", "0.50", "0.00"], ["0.70", "1.00", "0.50", "0.00"],
    ]  # fmt: skip
