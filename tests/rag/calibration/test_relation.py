"""From features to the relation of a source to a claim."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.models.reader.cross_encoder import Reader
from askive.rag.calibration.relation import RELATIONS, STORED, RelationModel, find_relation_model
from askive.rag.verification.support import BY_JUDGE, BY_READER
from tests.rag.verification.fitted import RELATION_OF_FAKES, write_relation

MODEL = RelationModel.from_dict(RELATION_OF_FAKES)
ODDS = st.floats(-2_000, 2_000)


@given(ODDS)
def test_probabilities_add_up_to_1(stated: float) -> None:
    found = MODEL.probabilities({"stated": stated})
    assert set(found) == set(RELATIONS)
    assert all(0 <= share <= 1 for share in found.values())
    assert sum(found.values()) == pytest.approx(1)


TWO = {"features": ["stated", "shared"],
       "weights": {"supports": [0.5, 1, 0], "contradicts": [0, 0, 2], "neither": [0, 0, 0]}}  # fmt: skip


def test_probabilities_are_a_softmax_of_the_weighted_features() -> None:
    model = RelationModel.from_dict({**RELATION_OF_FAKES, **TWO})
    found = model.probabilities({"stated": 1.5, "shared": 0.5})
    assert found["supports"] / found["neither"] == pytest.approx(7.389, abs=1e-3)
    assert found["contradicts"] / found["neither"] == pytest.approx(2.718, abs=1e-3)


@pytest.mark.parametrize(("stated", "relation"), [(3, "supports"), (-4, "contradicts"), (-1, "neither")])
def test_the_likeliest_relation_is_chosen(stated: float, relation: str) -> None:
    assert MODEL.relation({"stated": stated}) == relation


def test_supports_needs_the_threshold_and_nothing_else() -> None:
    features = {"stated": 0.5, "shared": 1.5}
    share = RelationModel.from_dict({**RELATION_OF_FAKES, **TWO}).probabilities(features)["supports"]
    for threshold, relation in ((share, "supports"), (share + 1e-6, "contradicts")):
        model = RelationModel.from_dict({**RELATION_OF_FAKES, **TWO, "threshold": threshold})
        assert share < model.probabilities(features)["contradicts"]
        assert model.relation(features) == relation


def test_a_missing_feature_is_an_error() -> None:
    with pytest.raises(KeyError, match="stated"):
        MODEL.probabilities({})


def test_a_model_is_only_used_for_its_judge_and_reader(tmp_path: Path) -> None:
    stored = write_relation(tmp_path)
    assert find_relation_model("scripted", None, stored) == MODEL
    assert find_relation_model("another", None, stored) is None
    assert find_relation_model("scripted", "another", stored) is None


def test_a_missing_field_is_an_error() -> None:
    with pytest.raises(KeyError, match="threshold"):
        RelationModel.from_dict(
            {name: RELATION_OF_FAKES[name] for name in RELATION_OF_FAKES if name != "threshold"}
        )


def test_the_shipped_models_are_those_of_reader_and_judge() -> None:
    digest = Reader().digest
    stored = [RelationModel.from_dict(row) for row in json.loads(STORED.read_text(encoding="utf-8"))]
    assert [model.features for model in stored] == [BY_READER, BY_JUDGE]
    assert [model.reader_sha256 for model in stored] == [digest, None]
    for model in stored:
        assert find_relation_model(model.generator_id, model.reader_sha256) == model
        assert all(len(weights) == 1 + len(model.features) for weights in model.weights.values())
        assert 0.05 < model.threshold < 0.95
    assert find_relation_model("scripted", digest) is None
