"""Questions become a model of their kinds; the shipped one recognises questions that it was not fitted on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from askive.eval.calibration import kind as calibration
from askive.eval.calibration.kind import (
    MAX_FALSE_ALARMS,
    MAX_IN_WORDS,
    Example,
    asks_in_words,
    confusion_table,
    examples_of,
    false_alarms,
    figures,
    fit,
    main,
    ordinary_questions,
    taken_for,
    with_thresholds,
)
from askive.eval.datasets import discover, open_suite
from askive.eval.datasets.discover import Discovery
from askive.eval.datasets.kinds import HELD_OUT, KindQuestion, read_kinds
from askive.models.errors import UsageError
from askive.models.fakes import HashEmbedder
from askive.rag.config import Config
from askive.rag.factory import open_embedder
from askive.rag.question.analysis import Question
from askive.rag.question.kind import PLAIN, PLAINEST_FIRST, find_kind_model
from askive.rag.types import QuestionKind

EMBEDDER = HashEmbedder()
MIN_ACCURACY = 0.90


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
    model = fit(examples(), "hash")
    assert model.embedder_digest == "hash"
    found = figures(model, examples(("shed", "pier")))
    assert found["questions"] == 2 * len(PLAINEST_FIRST) and found["accuracy"] == 1.0
    assert found["rule"]["recall"] == found["rule"]["precision"] == dict.fromkeys(PLAINEST_FIRST, 1.0)


def test_a_pattern_of_few_groups_is_not_learnt() -> None:
    patterns = {
        n_groups: fit(
            examples_of(
                [
                    *questions(),
                    *(KindQuestion(f"fact of pier {i}", "fact", f"{i % n_groups}") for i in range(5)),
                ],
                EMBEDDER,
            ),
            "hash",
        ).patterns
        for n_groups in (3, 4)
    }
    assert {"NUMBER", "WORD NUMBER $"} <= set(patterns[4]) - set(patterns[3])


def test_a_kind_without_questions_is_an_error() -> None:
    with pytest.raises(UsageError, match="no questions of the kind timeline"):
        fit([example for example in examples() if example.kind != "timeline"], "hash")


def test_figures_count_what_is_taken_for_what() -> None:
    model = fit(examples(), "hash")
    wrong = [*examples(("shed",)), *examples_of([KindQuestion("list of the pier", "fact", "a")], EMBEDDER)]
    found = figures(model, wrong)
    assert found["accuracy"] == pytest.approx(11 / 12, abs=1e-3) and found["by_group"]["a"] == 0.0
    assert found["rule"]["recall"]["fact"] == found["rule"]["precision"]["list"] == 0.5
    rows = {line.split()[0]: line.split()[1:] for line in confusion_table(model, wrong).splitlines()[1:]}
    at = PLAINEST_FIRST.index("list")
    assert rows["fact"][0] == "1" and rows["fact"][at] == "1" and rows["list"][at] == "1"


def test_thresholds_leave_few_false_alarms() -> None:
    model = fit(examples(), "hash")
    ordinary = examples_of(
        [KindQuestion(f"{('summary', 'fact')[n % 20 > 0]} of the mill {n}", "fact", "s") for n in range(200)],
        EMBEDDER,
    )
    assert len(false_alarms(model, ordinary)) >= 10
    taken = [
        max((share, kind) for kind, share in model.probabilities(one.question, one.vector).items())
        for one in ordinary
    ]
    strict = with_thresholds(
        model, [(kind, share, one) for (share, kind), one in zip(taken, ordinary, strict=True)]
    )
    assert len(false_alarms(strict, ordinary)) <= MAX_FALSE_ALARMS * len(ordinary) / len(strict.thresholds)
    assert set(strict.thresholds) == set(PLAINEST_FIRST) - set(PLAIN)
    assert strict.thresholds["timeline"] == 0.4 < strict.thresholds["summary"]


@pytest.mark.parametrize(
    ("text", "kind", "is_asked"),
    [
        ("Who argued that the dam was safe?", "who_said", True),
        ("Who leads the team?", "who_said", False),
        ("What were the goods?", "list", True),
        ("Where was he?", "list", False),
        ("What is the difference between a lease and a licence?", "comparison", True),
        ("Boys are more likely than girls to read.", "comparison", False),
        ("Timeline of the siege", "timeline", False),
    ],
)
def test_what_is_asked_for_in_so_many_words(text: str, kind: QuestionKind, is_asked: bool) -> None:
    assert asks_in_words(kind, Question.read(text)) == is_asked


def test_the_command_stores_a_model_that_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stored = tmp_path / "kind.json"
    monkeypatch.setattr(calibration, "STORED", stored)
    monkeypatch.setattr(calibration, "open_embedder", lambda _config: EMBEDDER)
    monkeypatch.setattr(
        calibration,
        "read_kinds",
        lambda folder=None: questions(["shed"] if folder else ["tram", "lock", "well"]),
    )
    # What the command finds by itself is read in tests of suites; fitting on all of it takes a minute.
    seeds = Discovery((open_suite("seeds"),), ())
    monkeypatch.setattr(calibration, "discover", lambda _folders: seeds)
    assert main([]) == 0
    assert not stored.exists()
    assert main(["--write"]) == 0
    assert "written: kind.json" in capsys.readouterr().out
    assert find_kind_model(EMBEDDER.digest, stored) is not None
    (record,) = json.loads(stored.read_text(encoding="utf-8"))
    assert record["provenance"]["held_out"]["questions"] == len(PLAINEST_FIRST)
    assert "seeds" in record["provenance"]["ordinary_questions_of"]


@pytest.mark.weights
def test_the_shipped_model_knows_kinds_and_leaves_ordinary_questions_alone(weights_home: Path) -> None:
    embedder = open_embedder(Config(home=weights_home))
    model = find_kind_model(embedder.digest)
    assert model is not None
    assert figures(model, examples_of(read_kinds(HELD_OUT), embedder))["rule"]["accuracy"] >= MIN_ACCURACY
    ordinary = ordinary_questions(discover([]).suites, "test", embedder)
    in_words = [asks_in_words(kind, example.question) for kind, example in false_alarms(model, ordinary)]
    assert np.sum(~np.array(in_words, bool)) <= np.ceil(MAX_FALSE_ALARMS * len(ordinary))
    assert np.sum(in_words) <= np.ceil(3 * MAX_IN_WORDS * len(ordinary))


def test_ordinary_questions_are_fitted_as_plain_ones_and_judged_by_models_without_them() -> None:
    ordinary = examples_of(
        [KindQuestion(f"summary of the mill {n} by the crew", "fact", "s") for n in range(60)], EMBEDDER
    )
    without, fitted = fit(examples(), "hash"), fit(examples(), "hash", ordinary)
    assert len(false_alarms(without, ordinary)) > len(false_alarms(fitted, ordinary))
    taken = taken_for(examples(), ordinary, "hash")
    assert [example for _, _, example in taken] == [*ordinary[1::2], *ordinary[::2]]
