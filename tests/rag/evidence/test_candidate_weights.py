"""The values that documents give for what is asked, and the model that weighs them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.models.reader.cross_encoder import Reader
from askive.rag.config import Config
from askive.rag.evidence.assessment import EvidenceAssessor
from askive.rag.evidence.candidate_answers import (
    UNMARKED_SPAN,
    candidate_answers,
    fitted_model,
    read_values,
)
from askive.rag.factory import open_retriever
from askive.rag.question.analysis import Question
from askive.rag.store.archive import Archive

OF_KIND = {"no_kind": 0.2, "number": -0.82, "name": -0.6, "date": 0.0}
SHIPS = Question.read("How many ships did the harbour of Aldermoor receive in January?")


@given(
    answerable=st.floats(-12, 12),
    topical=st.floats(0, 1.3),
    rule=st.floats(0, 1),
    marked=st.booleans(),
    span=st.floats(-5, 20),
    kind=st.sampled_from(sorted(OF_KIND)),
)
def test_the_shipped_weights(
    answerable: float, topical: float, rule: float, marked: bool, span: float, kind: str
) -> None:
    logit = -2.63 + OF_KIND[kind] + 0.33 * answerable + 2.07 * rule + 1.31 * topical
    if marked:
        logit += 1.39 + 0.26 * (span - 8.0) / 3.0 + 0.35 * (rule > 0)
    features = {
        "answerable": answerable,
        "topical": topical,
        "rule": rule,
        "read": float(marked),
        "span": span if marked else UNMARKED_SPAN,
        "both": float(marked and rule > 0),
        **{name: float(name == kind) for name in OF_KIND if name != "date"},
    }
    assert fitted_model().probability(features) == pytest.approx(1 / (1 + math.exp(-logit)), abs=1e-12)


def test_the_shipped_thresholds() -> None:
    assert fitted_model().thresholds == {
        "least_read": 0.2, "least_read_of_any_kind": 0.35, "least_ruled": 0.62, "least_ruled_beside": 0.6,
        "covered": 0.4, "covered_unnamed": 0.85, "covered_by_rules": 0.65, "counts_what_is_asked": 0.6,
    }  # fmt: skip


def test_a_value_on_which_rules_and_reader_agree(archive: Archive) -> None:
    hits = open_retriever(Config(home=archive.folder), archive).retrieve(SHIPS)
    scored = EvidenceAssessor(archive.embedder, Reader()).weigh(SHIPS, hits).scored
    (best, *_) = candidate_answers(SHIPS, scored)
    assert best.value.startswith("412")
    agreed = [value for value in read_values(SHIPS, scored) if value.features["both"]]
    assert len(agreed) == 1 and agreed[0].value.startswith("412")
    assert agreed[0].candidate_answer().score == fitted_model().probability(agreed[0].features)


def test_rules_alone_without_a_reader(archive: Archive) -> None:
    hits = open_retriever(Config(home=archive.folder), archive).retrieve(SHIPS)
    scored = EvidenceAssessor(archive.embedder, None).weigh(SHIPS, hits).scored
    assert read_values(SHIPS, scored) == []
    assert candidate_answers(SHIPS, scored)[0].value.startswith("412")
