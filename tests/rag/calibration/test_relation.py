"""From log-odds to the relation of a source to a claim."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.rag.calibration.relation import RELATIONS, STORED, RelationModel, find_relation_model
from tests.rag.verification.fitted import RELATION_OF_FAKES, write_relation

MODEL = RelationModel.from_dict(RELATION_OF_FAKES)
ODDS = st.floats(-2_000, 2_000)


@given(ODDS, ODDS)
def test_probabilities_add_up_to_1(stated: float, denied: float) -> None:
    found = MODEL.probabilities(stated, denied)
    assert set(found) == set(RELATIONS)
    assert all(0 <= share <= 1 for share in found.values())
    assert sum(found.values()) == pytest.approx(1)


def test_probabilities_are_a_softmax_of_the_weighted_log_odds() -> None:
    model = RelationModel(
        "any", {"supports": [0.5, 1, 0], "contradicts": [0, 0, 2], "neither": [0, 0, 0]}, 0.5
    )
    found = model.probabilities(1.5, 0.5)
    assert found["supports"] / found["neither"] == pytest.approx(7.389, abs=1e-3)
    assert found["contradicts"] / found["neither"] == pytest.approx(2.718, abs=1e-3)


@pytest.mark.parametrize(
    ("stated", "denied", "relation"),
    [(3, -3, "supports"), (-3, 3, "contradicts"), (-3, -3, "neither"), (3, 3.1, "contradicts")],
)
def test_the_likeliest_relation_is_chosen(stated: float, denied: float, relation: str) -> None:
    assert MODEL.relation(stated, denied) == relation


def test_supports_needs_the_threshold_and_nothing_else() -> None:
    share = MODEL.probabilities(1.0, 1.5)["supports"]
    assert share < MODEL.probabilities(1.0, 1.5)["contradicts"]
    for threshold, relation in ((share, "supports"), (share + 1e-6, "contradicts")):
        assert RelationModel("any", MODEL.weights, threshold).relation(1.0, 1.5) == relation


def test_a_claim_that_is_doubted_needs_more() -> None:
    model = RelationModel("any", MODEL.weights, 0.3)
    for stated, plain, doubted in ((0.2, "supports", "neither"), (3.0, "supports", "supports")):
        assert model.relation(stated, -3.0) == plain
        assert model.relation(stated, -3.0, doubted=True) == doubted


def test_a_model_is_only_used_for_its_generator(tmp_path: Path) -> None:
    stored = write_relation(tmp_path)
    assert find_relation_model("scripted", stored) == MODEL
    assert find_relation_model("another", stored) is None


def test_a_missing_field_is_an_error() -> None:
    with pytest.raises(KeyError, match="threshold"):
        RelationModel.from_dict({"generator_id": "any", "weights": {}})


def test_the_shipped_models_can_be_read() -> None:
    for row in json.loads(STORED.read_text(encoding="utf-8")):
        model = find_relation_model(row["generator_id"])
        assert model is not None
        assert set(model.weights) == set(RELATIONS)
        assert all(len(weights) == 3 for weights in model.weights.values())
        assert 0 <= model.threshold <= 1
    assert find_relation_model("scripted") is None
