"""Questions become a model of their kinds; the shipped one recognises questions that it was not fitted on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from askive.eval.calibration import kind as calibration
from askive.eval.calibration.kind import (
    SENTENCE_SUITES,
    Example,
    best_margin,
    confusion_table,
    examples_of,
    figures,
    fit,
    main,
    share_answered_by_sentences,
)
from askive.eval.datasets import open_suite
from askive.eval.datasets.kinds import KindQuestion, read_kinds
from askive.models.errors import UsageError
from askive.models.fakes import HashEmbedder
from askive.rag.config import Config
from askive.rag.factory import open_embedder
from askive.rag.question.kind import PLAINEST_FIRST, find_kind_model

EMBEDDER = HashEmbedder()
MIN_ACCURACY = 0.74
MIN_SHARE = 0.95


def questions(topics: Sequence[str] = ("tram", "lock", "well", "barn", "mill", "quay")) -> list[KindQuestion]:
    """For each kind as many questions as topics, each with the name of its kind, in a group of its own."""
    return [
        KindQuestion(f"{kind} of the {topic}", kind, f"{kind} {topic}")
        for kind in PLAINEST_FIRST
        for topic in topics
    ]


def examples(topics: Sequence[str] = ("tram", "lock", "well", "barn", "mill", "quay")) -> list[Example]:
    return examples_of(questions(topics), EMBEDDER)


def test_kinds_are_recognised_in_questions_on_other_topics() -> None:
    model = fit(examples(), "hash", 0.0)
    assert model.embedder_digest == "hash"
    found = figures(model, examples(("shed", "pier")))
    assert found["questions"] == 2 * len(PLAINEST_FIRST) and found["accuracy"] == 1.0
    assert found["by_kind"] == dict.fromkeys(PLAINEST_FIRST, 1.0)


def test_a_phrase_of_two_groups_is_not_learnt() -> None:
    topics = ("north", "south", "east", "west")
    rows = {
        n_groups: [
            KindQuestion(f"fact of the {t} pier", "fact", f"pier {i % n_groups}")
            for i, t in enumerate(topics)
        ]
        for n_groups in (2, 3)
    }
    few, enough = (fit(examples_of([*questions(), *rows[n]], EMBEDDER), "hash", 0.0).phrases for n in (2, 3))
    assert set(enough) - set(few) == {"pier"}


def test_the_margin_is_the_widest_of_the_best() -> None:
    assert best_margin(examples()) == 0.3


def test_a_kind_without_questions_is_an_error() -> None:
    with pytest.raises(UsageError, match="no questions of the kind timeline"):
        fit([example for example in examples() if example.kind != "timeline"], "hash", 0.0)


def test_figures_count_what_is_taken_for_what() -> None:
    model = fit(examples(), "hash", 0.0)
    wrong = [*examples(("shed",)), *examples_of([KindQuestion("list of the pier", "fact", "a")], EMBEDDER)]
    found = figures(model, wrong)
    assert found["accuracy"] == pytest.approx(11 / 12, abs=1e-3) and found["by_kind"]["fact"] == 0.5
    rows = {line.split()[0]: line.split()[1:] for line in confusion_table(model, wrong).splitlines()[1:]}
    at = PLAINEST_FIRST.index("list")
    assert rows["fact"][0] == "1" and rows["fact"][at] == "1" and rows["list"][at] == "1"


def test_what_sentences_answer() -> None:
    texts = ["fact of the pier", "who_said of the pier", "list of the pier", "timeline of the pier"]
    assert share_answered_by_sentences(fit(examples(), "hash", 0.0), texts, EMBEDDER) == 0.5


def test_the_command_stores_a_model_that_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stored = tmp_path / "kind.json"
    monkeypatch.setattr(calibration, "STORED", stored)
    monkeypatch.setattr(calibration, "open_embedder", lambda _config: EMBEDDER)
    monkeypatch.setattr(calibration, "read_kinds", lambda: questions([f"topic{n}" for n in range(16)]))
    assert main([]) == 0
    assert not stored.exists()
    assert main(["--write"]) == 0
    printed = capsys.readouterr().out
    assert "seeds:dev: " in printed and "written: kind.json" in printed
    assert find_kind_model(EMBEDDER.digest, stored) is not None
    (record,) = json.loads(stored.read_text(encoding="utf-8"))
    assert record["provenance"]["fitted_on_dev"]["accuracy"] == 1.0


@pytest.mark.weights
def test_the_shipped_model_leaves_questions_for_sentences_alone(weights_home: Path) -> None:
    embedder = open_embedder(Config(home=weights_home))
    model = find_kind_model(embedder.digest)
    assert model is not None
    for name in SENTENCE_SUITES:
        texts = [sample.question for sample in open_suite(name).samples]
        assert share_answered_by_sentences(model, texts, embedder) >= MIN_SHARE


@pytest.mark.weights
def test_kinds_are_recognised_in_wordings_that_were_not_fitted_on(weights_home: Path) -> None:
    embedder = open_embedder(Config(home=weights_home))
    shipped = find_kind_model(embedder.digest)
    assert shipped is not None
    dev, test = ([q for q in read_kinds() if q.half == half] for half in ("dev", "test"))
    model = fit(examples_of(dev, embedder), embedder.digest, shipped.margin)
    assert figures(model, examples_of(test, embedder))["accuracy"] >= MIN_ACCURACY
