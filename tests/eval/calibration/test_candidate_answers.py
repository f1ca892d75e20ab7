"""Fitting the model of candidate answers, on a small suite of documents that disagree."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from askive.eval.calibration import candidate_answers
from askive.eval.calibration.candidate_answers import Case, collect, figures, fit, held_out, is_known
from askive.eval.datasets import open_suite
from askive.eval.datasets.suite import Sample
from askive.models.errors import UsageError
from askive.models.fakes import HashEmbedder
from askive.models.reader.cross_encoder import Reader
from askive.rag.calibration.logistic import LogisticModel, read_stored
from askive.rag.config import Config
from askive.rag.evidence.candidate_answers import STORED

TOWNS = ["Velm", "Aldermoor", "Norrby", "Ostry", "Kessel", "Harlow"]
(ROW,) = json.loads(STORED.read_text(encoding="utf-8"))


@pytest.fixture
def ramdocs(tmp_path: Path) -> Path:
    """Six questions: a right figure, a misinforming one, and one of another thing."""
    lines = []
    for n, town in enumerate(TOWNS):
        right, wrong = f"{n + 2},417", f"{n + 3},980"
        texts = {
            "correct": f"{town} is a town on the coast. The population of {town} was {right} in 2010.",
            "misinfo": f"At the last census the population of {town} was {wrong}, the council said.",
            "noise": f"{town} has a harbour. In 1950 the population of {town} was {n + 1},105.",
        }
        lines.append(
            {
                "id": n,
                "question": f"What is the population of {town}?",
                "documents": [{"text": text, "type": kind, "answer": ""} for kind, text in texts.items()],
                "gold_answers": [right],
                "wrong_answers": [wrong],
            }
        )
    path = tmp_path / "ramdocs.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def test_right_and_misinformed_values_answer(ramdocs: Path, tmp_path: Path) -> None:
    suite = open_suite(str(ramdocs))
    cases = collect(suite, Config(home=tmp_path / "home"), HashEmbedder(256), Reader())
    assert {case.question_id for case in cases} == {str(n) for n in range(len(TOWNS))}
    by_question = [[case for case in cases if case.question_id == str(n)] for n in range(len(TOWNS))]
    assert all(sum(case.answers for case in found) >= 2 for found in by_question)
    assert all(set(case.features) == set(ROW["features"]) for case in cases)


def test_known_values_may_be_spelled_otherwise() -> None:
    sample = Sample("1", "How many?", "t", answers=("3,559 people",), wrong_answers=("10,000",))
    assert [is_known(value, sample) for value in ("3559", "10,000 people", "3,560", "people")] == [
        True, True, False, False,
    ]  # fmt: skip


def made_cases(n: int = 300) -> list[Case]:
    """Values whose truth follows the shipped model."""
    draw = random.Random(7)
    model = LogisticModel.from_dict(ROW)
    cases = []
    for at in range(n):
        marked = float(draw.random() < 0.5)
        features = {
            "answerable": draw.uniform(-6, 8),
            "topical": draw.random(),
            "rule": draw.random(),
            "read": marked,
            "span": draw.uniform(2, 16) if marked else 8.0,
            "both": marked,
            **dict.fromkeys(("no_kind", "number", "name"), 0.0),
        }
        cases.append(Case(str(at // 3), features, draw.random() < model.probability(features)))
    return cases


def test_a_fit_finds_what_the_cases_were_made_by() -> None:
    pytest.importorskip("sklearn")
    cases = made_cases()
    fitted = fit(cases, list(ROW["features"]))
    assert fitted["features"]["span"]["mean"] == 8.0 and fitted["features"]["span"]["scale"] == 3.0
    assert fitted["features"]["answerable"]["weight"] == pytest.approx(0.33, abs=0.15)
    told = figures(cases, held_out(cases, ROW), 0.2)
    assert told["questions"] == 100 and told["values"] == 300
    assert told["auc"] > 0.7 and told["right_of_kept"] > told["answering"]


def test_nothing_can_be_fitted_on_values_that_are_all_right() -> None:
    with pytest.raises(UsageError, match="fitting needs both"):
        fit([Case("1", {"rule": 1.0}, True)] * 3, ["rule"])


def test_the_command_prints_figures_and_writes_what_the_product_reads(
    ramdocs: Path,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("sklearn")
    stored = tmp_path / "candidate_answers.json"
    stored.write_bytes(STORED.read_bytes())
    monkeypatch.setattr(candidate_answers, "STORED", stored)
    monkeypatch.setenv("ASKIVE_EMBEDDER", "hash")
    assert candidate_answers.main([str(ramdocs), "--limit", "3"]) == 0
    out = capsys.readouterr().out
    assert "shipped: " in out and "questions left out: " in out
    assert stored.read_bytes() == STORED.read_bytes()
    assert candidate_answers.main([str(ramdocs), "--write"]) == 0
    (model,) = read_stored(stored)
    assert model.names == tuple(ROW["features"]) and model.thresholds == ROW["thresholds"]
    assert model.embedder_id == "hash" and model.reader_sha256 == Reader().digest
    assert model.bias != ROW["bias"]
