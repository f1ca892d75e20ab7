"""The kind of a question: the model's inputs and choice, and what happens without a model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.models.fakes import HashEmbedder
from askive.rag.question import kind as kind_module
from askive.rag.question.analysis import Question
from askive.rag.question.kind import (
    PLAINEST_FIRST,
    STORED,
    SURE,
    KindModel,
    choose,
    classify,
    find_kind_model,
    inputs,
    phrases_of,
)
from askive.rag.types import QuestionKind

SHARES: dict[QuestionKind, float] = {"list": 0.45, "fact": 0.4, "mentions": 0.15}


def model(phrases: tuple[str, ...] = ("timeline",), dimension: int = 2) -> KindModel:
    """Knows timelines by their first phrase; anything else is a fact."""
    n_inputs = len(inputs(Question.read("a"), np.zeros(dimension, np.float32), phrases))
    weights = np.zeros((len(PLAINEST_FIRST), n_inputs))
    weights[PLAINEST_FIRST.index("fact"), 0] = 1.0
    weights[PLAINEST_FIRST.index("timeline"), n_inputs - dimension - len(phrases)] = 5.0
    return KindModel("any", phrases, weights, 0.0)


def test_every_kind_has_a_place_in_the_order() -> None:
    assert sorted(PLAINEST_FIRST) == sorted(get_args(QuestionKind))


@pytest.mark.parametrize(("margin", "kind"), [(0.0, "list"), (0.04, "list"), (0.06, "fact"), (0.5, "fact")])
def test_of_two_kinds_that_are_nearly_as_probable_the_plainer_is_chosen(
    margin: float, kind: QuestionKind
) -> None:
    assert choose(SHARES, margin) == kind


def test_only_the_two_most_probable_kinds_are_considered() -> None:
    assert choose({"overview": 0.4, "timeline": 0.35, "fact": 0.25}, 0.9) == "timeline"


@given(st.lists(st.floats(0.001, 1), min_size=11, max_size=11), st.floats(0, 1))
def test_a_wider_margin_never_chooses_a_less_plain_kind(values: list[float], margin: float) -> None:
    shares = dict(zip(PLAINEST_FIRST, (value / sum(values) for value in values), strict=True))
    narrow, wide = choose(shares, margin), choose(shares, margin + 0.2)
    assert PLAINEST_FIRST.index(wide) <= PLAINEST_FIRST.index(narrow)


def test_phrases_are_words_and_pairs_in_lower_case() -> None:
    assert phrases_of("What’s in it?") == {
        "what's",
        "in",
        "it",
        "?",
        "^ what's",
        "what's in",
        "in it",
        "it ?",
    }
    assert phrases_of("") == frozenset()


def test_the_length_of_the_phrases_is_one_however_many_there_are() -> None:
    vector = np.zeros(2, np.float32)
    few, many = (
        inputs(Question.read(text), vector, ("which", "documents", "mention"))
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
        "margin": 0.1,
        "phrases": ["timeline"],
        "weights": dict(zip(PLAINEST_FIRST, fitted.weights.tolist(), strict=True)),
    }
    stored.write_text(json.dumps([row]), encoding="utf-8")
    found = find_kind_model("any", stored)
    assert found is not None and found.margin == 0.1 and found.phrases == ("timeline",)
    assert np.array_equal(found.weights, fitted.weights)
    assert find_kind_model("another", stored) is None
    with pytest.raises(KeyError):
        KindModel.from_dict({key: value for key, value in row.items() if key != "margin"})


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
        assert fitted is not None and 0 <= fitted.margin < 0.5
        n_others = len(inputs(Question.read("a"), np.zeros(0, np.float32), fitted.phrases))
        assert fitted.weights.shape[1] - n_others == 384


@pytest.mark.parametrize(
    ("probability", "planned", "kind"),
    [(SURE, ("mentions",), "mentions"), (SURE - 0.01, ("mentions",), "fact"), (SURE, ("timeline",), "fact")],
)
def test_only_a_sure_kind_with_a_plan_is_chosen(
    probability: float, planned: tuple[QuestionKind, ...], kind: QuestionKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[QuestionKind, float] = dict.fromkeys(PLAINEST_FIRST, 0.0)
    given["mentions"] = probability
    monkeypatch.setattr(KindModel, "probabilities", lambda *_: given)
    monkeypatch.setattr(kind_module, "find_kind_model", lambda _: model())
    vector = np.zeros(384, np.float32)
    assert classify(Question.read("When did the ferry sink?"), vector, "any", planned) == kind
