"""Fitting when to refuse, on made cases whose truth is known."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from askive.eval.calibration.answerability import Case, calibrate, store
from askive.rag.calibration.logistic import read_stored
from askive.rag.errors import UsageError
from askive.rag.evidence.answerability import READER_FEATURES


def _cases(n: int = 120, seed: int = 0) -> list[Case]:
    """Two suites in which `evidence` tells and the rest is noise."""
    rng = np.random.default_rng(seed)
    cases = []
    for at in range(n):
        kind = ("answerable", "unanswerable", "withheld")[at % 3]
        told = rng.normal(1.0 if kind == "answerable" else -1.0, 0.7)
        features = {"evidence": float(told), "noise": float(rng.normal()), "read_best": float(told / 2)}
        cases.append(Case(f"suite{at % 2}", f"q{at}", "fact", kind, features))
    return cases


def test_what_tells_is_found_and_the_budget_is_kept(tmp_path: Path) -> None:
    cases = _cases()
    stored, held = calibrate(cases, "minilm", "abc", budget=0.1)
    weights = {name: feature["weight"] for name, feature in stored["features"].items()}
    assert weights["evidence"] > 3 * abs(weights["noise"])
    store([stored], tmp_path / "answerable.json")
    (model,) = read_stored(tmp_path / "answerable.json")
    assert (model.embedder_id, model.reader_sha256) == ("minilm", "abc")
    for suite in ("suite0", "suite1"):
        answerable = [c for c in cases if c.suite == suite and c.is_answerable]
        lost = [model.probability(c.features) < model.threshold for c in answerable]
        assert sum(lost) / len(lost) < 0.2
    lost = [model.probability(c.features) < model.threshold for c in cases if c.is_answerable]
    assert sum(lost) / len(lost) <= 0.11
    assert [row.suite for row in held] == ["suite0", "suite1"]
    assert all(row.auc > 0.9 and row.refused > 0.7 for row in held)


def test_without_a_reader_its_features_are_not_used() -> None:
    stored, _ = calibrate(_cases(), "minilm", None)
    assert stored["reader_sha256"] is None
    assert not READER_FEATURES & stored["features"].keys()


def test_one_kind_alone_is_an_error() -> None:
    with pytest.raises(UsageError, match="nothing can be fitted"):
        calibrate([case for case in _cases() if case.is_answerable], "minilm", None)


def test_what_is_stored_is_json(tmp_path: Path) -> None:
    stored, _ = calibrate(_cases(), "minilm", None)
    store([stored], tmp_path / "answerable.json")
    assert json.loads((tmp_path / "answerable.json").read_text(encoding="utf-8")) == [stored]
