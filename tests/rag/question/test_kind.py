"""The kind of a question: the model's inputs and choice, and what happens without a model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from askive.models.fakes import HashEmbedder
from askive.rag.question import kind as kind_module
from askive.rag.question.analysis import Question
from askive.rag.question.kind import (
    PLAIN,
    PLAINEST_FIRST,
    STORED,
    KindModel,
    classify,
    find_kind_model,
    inputs,
    patterns_of,
)
from askive.rag.question.word_classes import names_kind
from askive.rag.types import QuestionKind

THRESHOLDS: dict[QuestionKind, float] = {kind: 0.8 for kind in PLAINEST_FIRST if kind not in PLAIN}


def model(patterns: tuple[str, ...] = ("TIME",), dimension: int = 2) -> KindModel:
    """Knows timelines by their first pattern; anything else is a fact."""
    n_inputs = len(inputs(Question.read("a"), np.zeros(dimension, np.float32), patterns))
    weights = np.zeros((len(PLAINEST_FIRST), n_inputs))
    weights[PLAINEST_FIRST.index("fact"), 0] = 1.0
    weights[PLAINEST_FIRST.index("timeline"), n_inputs - dimension - len(patterns)] = 5.0
    return KindModel("any", patterns, weights, THRESHOLDS)


def test_every_kind_has_a_place_in_the_order() -> None:
    assert sorted(PLAINEST_FIRST) == sorted(get_args(QuestionKind))


def test_patterns_are_tokens_and_up_to_three_of_them() -> None:
    assert patterns_of("Who denied it") == {
        *("^", "who", "SAY", "it", "$", "^ who", "who SAY", "SAY it", "it $"),
        *("^ who SAY", "who SAY it", "SAY it $", "^ * SAY", "who * it", "SAY * $"),
    }
    assert patterns_of("") == {"^", "$", "^ $"}


def test_the_length_of_the_patterns_is_one_however_many_there_are() -> None:
    vector = np.zeros(2, np.float32)
    few, many = (
        inputs(Question.read(text), vector, ("which", "DOCUMENTS", "MENTION"))
        for text in ("which", "which documents mention")
    )
    plain = inputs(Question.read("which"), vector, ())
    at = slice(len(plain) - 2, len(plain) + 1)
    assert np.linalg.norm(few[at]) == pytest.approx(1) == np.linalg.norm(many[at])


def test_the_most_probable_kind_is_chosen() -> None:
    fitted, vector = model(), np.zeros(2, np.float32)
    assert fitted.kind(Question.read("timeline of the siege"), vector) == "timeline"
    assert fitted.kind(Question.read("name of the captain"), vector) == "fact"
    shares = fitted.probabilities(Question.read("timeline of the siege"), vector)
    assert sum(shares.values()) == pytest.approx(1) and set(shares) == set(PLAINEST_FIRST)


def test_a_stored_model_is_found_by_its_embedder(tmp_path: Path) -> None:
    fitted, stored = model(), tmp_path / "kind.json"
    row = {
        "embedder_digest": "any",
        "thresholds": THRESHOLDS,
        "patterns": ["TIME"],
        "weights": dict(zip(PLAINEST_FIRST, fitted.weights.tolist(), strict=True)),
    }
    stored.write_text(json.dumps([row]), encoding="utf-8")
    found = find_kind_model("any", stored)
    assert found is not None and found.thresholds == THRESHOLDS and found.patterns == ("TIME",)
    assert np.array_equal(found.weights, fitted.weights)
    assert find_kind_model("another", stored) is None
    with pytest.raises(KeyError):
        KindModel.from_dict({key: value for key, value in row.items() if key != "thresholds"})


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Did the ferry sink?", "yes_no"),
        ("Why did the ferry sink?", "explanation"),
        ("When did the ferry sink?", "fact"),
        ("Timeline of the sinking of which ferry?", "fact"),
    ],
)
def test_without_a_model_the_words_decide(text: str, kind: QuestionKind) -> None:
    embedder = HashEmbedder()
    (vector,) = embedder.embed([text])
    assert classify(Question.read(text), vector, embedder.digest, PLAINEST_FIRST) == kind


def test_the_shipped_models_fit_their_inputs() -> None:
    for row in json.loads(STORED.read_text(encoding="utf-8")):
        fitted = find_kind_model(row["embedder_digest"])
        assert fitted is not None and all(0.4 <= t <= 1 for t in fitted.thresholds.values())
        assert set(fitted.thresholds) == set(PLAINEST_FIRST) - set(PLAIN)
        n_others = len(inputs(Question.read("a"), np.zeros(0, np.float32), fitted.patterns))
        assert fitted.weights.shape[1] - n_others == 384


@pytest.mark.parametrize(
    ("probability", "planned", "kind"),
    [
        (0.8, ("mentions",), "mentions"),
        (0.79, ("mentions",), "explanation"),
        (0.8, ("timeline",), "explanation"),
    ],
)
def test_only_a_sure_kind_with_a_plan_is_chosen(
    probability: float, planned: tuple[QuestionKind, ...], kind: QuestionKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[QuestionKind, float] = dict.fromkeys(PLAINEST_FIRST, 0.0)
    given["mentions"], given["explanation"] = probability, 0.1
    monkeypatch.setattr(KindModel, "probabilities", lambda *_: given)
    monkeypatch.setattr(kind_module, "find_kind_model", lambda _: model())
    vector = np.zeros(384, np.float32)
    assert classify(Question.read("When did the ferry sink?"), vector, "any", planned) == kind


@pytest.mark.parametrize(
    ("kind", "text", "is_named"),
    [
        ("timeline", "Timeline of the siege", True),
        ("comparison", "what is the difference between oak and pine", True),
        ("list", "List the contractors", True),
        ("list", "Who took part?", False),
        ("fact", "Who took part?", False),
    ],
)
def test_words_that_name_a_kind(kind: QuestionKind, text: str, is_named: bool) -> None:
    assert names_kind(kind, text) == is_named
