"""Judged claims become a model of three relations, whose figures are of sets that it has not seen."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from askive.eval.calibration import judged_rows
from askive.eval.calibration import relation as calibration
from askive.eval.calibration.judged_rows import JudgedRow
from askive.eval.calibration.relation import (
    Claim,
    claims_of,
    figures,
    fit,
    leave_one_out,
    main,
    threshold_of,
    threshold_table,
)
from askive.models.errors import UsageError
from askive.models.reader.cross_encoder import Reader
from askive.rag.calibration.relation import RELATIONS, Relation, find_relation_model
from askive.rag.verification.support import BY_JUDGE, BY_READER
from tests.eval.calibration.sets import MEANS, by_claim, write_sets
from tests.rag.verification.fitted import Judging

FEATURES = ("stated", "shared")


def claims(n: int = 90, noise: float = 1.5, set_name: str = "a") -> list[Claim]:
    """As many claims of each relation, with log-odds around those of a judge that knows it."""
    rng = random.Random(3)
    made = []
    for at in range(n):
        relation = RELATIONS[at % 3]
        mean = MEANS[relation]
        features = {"stated": rng.gauss(mean, noise), "shared": rng.gauss(0, 1)}
        made.append(Claim(set_name, relation, features))
    return made


def test_relations_are_recognised_in_sets_that_were_not_fitted_on() -> None:
    known = [*claims(noise=1, set_name="a"), *claims(noise=1, set_name="b")]
    model = fit(known, FEATURES, "scripted", None)
    assert (model.generator_id, model.reader_sha256, model.features) == ("scripted", None, FEATURES)
    for name, mean in MEANS.items():
        assert model.relation({"stated": mean, "shared": 0}) == name
    found = figures(known, leave_one_out(known, FEATURES))
    assert found["rows"] == 180
    assert found["auc"] > 0.95 and found["balanced_accuracy"] > 0.85


def test_a_set_is_scored_by_a_model_without_it() -> None:
    """In a set that turns the labels round, the others' model is wrong."""
    turned: dict[Relation, Relation] = {"supports": "neither", "neither": "supports"}
    odd = [
        Claim("odd", turned.get(claim.relation, claim.relation), claim.features)
        for claim in claims(90, 0.5, "odd")
    ]
    known = [*claims(90, 0.5, "a"), *claims(90, 0.5, "b"), *odd]
    shares = leave_one_out(known, FEATURES)
    assert figures(known[:180], shares[:180])["balanced_accuracy"] > 0.6
    assert figures(known[180:], shares[180:])["balanced_accuracy"] < 0.5


def test_a_large_set_weighs_no_more_than_a_small_one() -> None:
    small, other = claims(90, 4, "small"), claims(60, 1, "other")
    once, repeated = (fit([*small, *other * n], FEATURES, None, None) for n in (1, 20))
    for name, weights in once.weights.items():
        assert list(repeated.weights[name]) == pytest.approx(list(weights), abs=0.1)


def test_a_relation_without_claims_is_an_error() -> None:
    with pytest.raises(UsageError, match="a relation is missing"):
        fit([one for one in claims() if one.relation != "contradicts"], FEATURES, None, None)


def test_accuracy_is_among_the_labels_that_a_set_has() -> None:
    shares: list[dict[Relation, float]] = [
        {"supports": 0.4, "contradicts": 0.1, "neither": 0.5},
        {"supports": 0.1, "contradicts": 0.3, "neither": 0.6},
    ]
    known = [Claim("a", "supports", {}), Claim("a", "contradicts", {})]
    assert figures(known, shares) == {"rows": 2, "auc": 1.0, "balanced_accuracy": 1.0}
    assert figures(known[:1], shares[:1]) == {"rows": 1, "auc": None, "balanced_accuracy": 1.0}


@pytest.mark.parametrize("budget", [0.0, 0.1, 0.4])
def test_at_the_threshold_no_more_unsupported_claims_stand_than_the_budget(budget: float) -> None:
    known = [*claims(noise=3, set_name="a"), *claims(noise=4, set_name="b")]
    shares = leave_one_out(known, FEATURES)
    threshold = threshold_of(known, shares, budget)
    passed = [
        [share["supports"] >= threshold for one, share in zip(known, shares, strict=True) if one.set_name == name
         and one.relation != "supports"]
        for name in "ab"
    ]  # fmt: skip
    assert sum(sum(part) / len(part) for part in passed) / 2 <= budget or threshold == 0.95


def test_the_table_says_what_each_threshold_accepts() -> None:
    relations: list[Relation] = ["supports", "supports", "neither", "contradicts"]
    shares: list[dict[Relation, float]] = [
        {"supports": p, "contradicts": 0.0, "neither": 1 - p} for p in (0.9, 0.62, 0.55, 0.1)
    ]
    rows = threshold_table([Claim("a", one, {}) for one in relations], shares).splitlines()[1:]
    assert [row.split() for row in rows][-3:] == [
        ["0.50", "0.67", "1.00", "0.50"], ["0.60", "1.00", "1.00", "0.00"], ["0.70", "1.00", "0.50", "0.00"],
    ]  # fmt: skip


def test_other_values_decide_whatever_the_models_say() -> None:
    labels = {"412": "supports", "413": "contradicts"}
    rows = [
        JudgedRow("support", "a", n, label, f"It received {n} ships.", "It received 412 ships.", 9.0)
        for n, label in labels.items()
    ]
    right, wrong = claims_of(rows, Reader())
    assert (right.relation, right.by_values) == ("supports", None)
    assert set(right.features) == {*BY_JUDGE, *BY_READER}
    assert right.features["worded_alike"] == 1.0 and right.features["stated"] == 9.0
    assert wrong.by_values == "contradicts"
    others = [*claims(set_name="b"), *claims(set_name="c")]
    shares = leave_one_out([right, wrong, *others], FEATURES)
    assert shares[1] == {"supports": 0.0, "contradicts": 1.0, "neither": 0.0}
    assert fit([wrong, *claims()], FEATURES, None, None) == fit(claims(), FEATURES, None, None)


def test_the_command_stores_models_that_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, stored = write_sets(tmp_path / "sets"), tmp_path / "relation.json"
    monkeypatch.setattr(calibration, "STORED", stored)
    monkeypatch.setattr(judged_rows, "open_generator", lambda _config: Judging(by_claim))
    assert main([str(folder), "--rows", "6"]) == 0
    assert not stored.exists()
    assert main([str(folder), "--rows", "12", "--write"]) == 0
    printed = capsys.readouterr().out
    assert "one: {" in printed and "two: {" in printed and "written: relation.json" in printed
    digest = Reader().digest
    by_reader, by_judge = (
        find_relation_model(None, digest, stored),
        find_relation_model("scripted", None, stored),
    )
    assert by_reader is not None and by_reader.features == BY_READER
    assert by_judge is not None and by_judge.features == BY_JUDGE
    record = json.loads(stored.read_text(encoding="utf-8"))[-1]
    assert record["provenance"]["left_out_sets"]["one"]["auc"] == 1.0


def test_the_command_names_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(judged_rows, "open_generator", lambda _config: Judging(by_claim))
    assert main([str(tmp_path)]) == 2
    assert "holds no sets" in capsys.readouterr().err
