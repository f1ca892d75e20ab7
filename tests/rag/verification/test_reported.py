"""Which sentences report somebody's words or views."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from askive.eval.calibration import reported
from askive.eval.calibration.reported import (
    GOLD,
    MAX_FALSE_ALARMS,
    figures,
    fit,
    main,
    read_examples,
    threshold_of,
)
from askive.models.errors import UsageError
from askive.rag.verification.reported import STORED, reports, shipped_model, terms_of


@pytest.mark.parametrize(
    "text",
    [
        "Norvik Ferries puts the accident down to a jammed rudder.",
        "The union blames the delays on missing spare parts.",
        "In the view of the inspectors the roof was never safe.",
        "Police suspect that the fire was set on purpose.",
        "Riad Hijab said that 35 children were killed.",
        "Shipments are expected to resume within days, the port authority believes.",
    ],
)
def test_views_and_words_of_others_are_reports(text: str) -> None:
    assert reports(text)


@pytest.mark.parametrize(
    "text",
    [
        "The mayor opened the bridge on 3 May.",
        "Police arrested two men near the station.",
        "The committee rejected the sale by five votes to two.",
        "Item: pump; Price: 40",
        "The plant produces 1,200 tonnes of waste a year.",
        "The tenant shall pay the rent on the first day of each month.",
    ],
)
def test_acts_and_facts_are_no_reports(text: str) -> None:
    assert not reports(text)


def test_terms_hide_names_and_numbers() -> None:
    terms = terms_of("Then Rosa Lind said: “It cost 40.”")
    assert {"then NAME", "NAME said", "0", '"'} <= terms
    assert not any("lind" in term or "40" in term for term in terms)


def test_the_shipped_model_carries_over_to_sentences_by_another_author() -> None:
    found = figures(read_examples(GOLD / "held_out.jsonl"), shipped_model())
    assert found["auc"] > 0.9
    assert found["reports_found"] > 0.7
    assert found["facts_taken_for_reports"] < 0.15


def test_fitting_finds_the_words_that_decide() -> None:
    examples = read_examples(GOLD / "train.jsonl")[:200]
    model = fit(examples, 1.0)
    assert model.weights["said"] > 0
    probabilities = np.array([model.probability(example.text) for example in examples])
    threshold = threshold_of(examples, probabilities)
    facts = [p for p, example in zip(probabilities, examples, strict=True) if not example.is_report]
    assert sum(p >= threshold for p in facts) <= MAX_FALSE_ALARMS * len(facts)


def test_a_line_without_a_label_is_named(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(json.dumps({"text": "A ship sank."}) + "\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"bad\.jsonl:1"):
        read_examples(path)


def test_one_label_only_cannot_be_fitted() -> None:
    examples = [example for example in read_examples(GOLD / "train.jsonl")[:40] if example.is_report]
    with pytest.raises(UsageError, match="same label"):
        fit(examples, 1.0)


def test_the_command_prints_figures_and_stores_nothing_by_itself(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = STORED.read_bytes()
    monkeypatch.setattr(reported, "FOLDS", 2)
    monkeypatch.setattr(reported, "REGULARISATIONS", (1.0,))
    assert main([]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["held_out"]["sentences"] == len(read_examples(GOLD / "held_out.jsonl"))
    assert STORED.read_bytes() == stored
