"""Figures of three-way verification, on judgements whose figures are known."""

from __future__ import annotations

import pytest

from askive.eval.datasets.paraphrases import Pair
from askive.eval.metrics.relations import accuracy_by_kind, relation_figures
from askive.rag.calibration.relation import RELATIONS, Relation

PAIRS = [
    Pair(source, kind, "The source.", f"{source} {relation}", relation)
    for source, kind in (("a", "number"), ("b", "role"), ("c", "date"), ("d", "role"))
    for relation in RELATIONS
]


def test_a_perfect_verifier() -> None:
    figures = relation_figures(PAIRS, [pair.relation for pair in PAIRS])
    assert (figures.accuracy.value, figures.accuracy.low, figures.accuracy.high) == (1.0, 1.0, 1.0)
    assert figures.accuracy.n == 4, "the claims of a source are drawn together"
    assert figures.balanced_accuracy == 1.0
    assert (figures.false_support.value, figures.value_errors, figures.n_values) == (0.0, 0, 2)
    assert figures.confusion == {r: {s: 4 if r == s else 0 for s in RELATIONS} for r in RELATIONS}


def test_a_verifier_that_passes_everything() -> None:
    figures = relation_figures(PAIRS, ["supports"] * len(PAIRS))
    assert figures.accuracy.value == pytest.approx(1 / 3)
    assert {relation: estimate.value for relation, estimate in figures.recall.items()} == {
        "supports": 1.0,
        "contradicts": 0.0,
        "neither": 0.0,
    }
    assert (figures.false_support.value, figures.value_errors) == (1.0, 2)


def test_one_wrong_judgement_is_seen_in_every_figure_that_counts_it() -> None:
    judged: list[Relation] = [pair.relation for pair in PAIRS]
    judged[1] = "supports"
    figures = relation_figures(PAIRS, judged)
    assert figures.accuracy.value == pytest.approx(11 / 12)
    assert figures.accuracy.low is not None and figures.accuracy.low < 11 / 12
    assert figures.recall["contradicts"].value == pytest.approx(3 / 4)
    assert figures.balanced_accuracy == pytest.approx((1 + 3 / 4 + 1) / 3)
    assert figures.false_support.value == pytest.approx(1 / 8)
    assert figures.value_errors == 1
    assert figures.confusion["contradicts"] == {"supports": 1, "contradicts": 3, "neither": 0}
    assert accuracy_by_kind(PAIRS, judged) == {"date": (3, 3), "number": (2, 3), "role": (6, 6)}


def test_classes_of_unequal_size_weigh_alike_in_the_balanced_accuracy() -> None:
    pairs = [PAIRS[0], PAIRS[3], PAIRS[6], PAIRS[1]]
    figures = relation_figures(pairs, ["supports"] * 4)
    assert figures.accuracy.value != figures.balanced_accuracy == 0.5
    assert figures.recall["neither"].value is None


def test_a_judgement_that_is_missing_is_an_error() -> None:
    with pytest.raises(ValueError, match="shorter"):
        relation_figures(PAIRS, ["supports"])
