"""Marked sentences become a model that recognises supported ones in suites that it was not fitted on."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from askive.eval.calibration import support as calibration
from askive.eval.calibration.answerability import Case
from askive.eval.calibration.support import detection_figures, fit, marked_source, threshold_of, weigh
from askive.models.errors import UsageError
from askive.models.reader.cross_encoder import Reader
from askive.rag.evidence.source_sentences import SourceSentence
from askive.rag.question.analysis import Question
from askive.rag.types import Citation, Hit, Passage, Source
from askive.rag.verification.support import rule_features


def cases(n: int = 120, suites: tuple[str, ...] = ("a", "b", "c")) -> list[Case]:
    """Supported sentences share more words with their sources, and the reader scores them higher."""
    rng = random.Random(7)
    made = []
    for number in range(n):
        supported = number % 4 != 0
        features = {
            "own": rng.gauss(0.7 if supported else 0.5, 0.2),
            "reader": rng.gauss(2 if supported else 0, 1),
        }
        kind = "answerable" if supported else "unanswerable"
        made.append(Case(suites[number % len(suites)], str(number), "sentence", kind, features))
    return made


def test_supported_sentences_are_recognised_in_suites_that_were_left_out() -> None:
    marked = cases()
    model, shares = fit(marked)
    assert model.names == ("own", "reader")
    assert shares.shape == (120,)
    found = detection_figures(marked, shares)
    assert 0.8 < found["auc"] <= 1.0
    assert found["caught"] > 0.3
    assert found["supported_after"] > found["supported"] == 0.75
    assert found["lost"] <= 0.1


def test_the_probabilities_of_a_suite_do_not_depend_on_its_marks() -> None:
    marked = cases()
    turned = [
        replace(case, kind="unanswerable" if case.is_answerable else "answerable")
        if case.suite == "a"
        else case
        for case in marked
    ]
    own = [at for at, case in enumerate(marked) if case.suite == "a"]
    assert np.allclose(fit(marked)[1][own], fit(turned)[1][own])


def test_the_threshold_costs_no_more_than_the_budget() -> None:
    marked = cases()
    shares = np.array([case.features["own"] for case in marked])
    supported = np.array([case.is_answerable for case in marked])
    for budget in (0.0, 0.1, 0.5):
        lost = np.mean(shares[supported] < threshold_of(marked, shares, budget))
        assert lost <= budget


def test_a_suite_without_which_all_marks_are_alike_is_an_error() -> None:
    marked = [case for case in cases() if case.suite == "a" or case.is_answerable]
    with pytest.raises(UsageError, match="without a "):
        fit(marked)


def line(sentence: str, supported: bool | None, quote: str = "The harbour received 412 ships.") -> str:
    citation = {
        "document": "Harbour · Port",
        "before": "",
        "quote": quote,
        "after": " And more.",
        "needed": None,
    }
    return json.dumps({
        "id": sentence, "suite": "towns", "question": "How many ships came?", "before": "", "sentence": sentence,
        "citations": [citation], "supported": supported,
    })  # fmt: skip


def test_only_marked_sentences_of_the_model_are_weighed(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.jsonl"
    lines = [
        line("The harbour received 412 ships.", True), line("Ships were sunk there.", False), line("Unmarked one.", None),
        line("“The harbour received 412 ships.”", True), line("The sources differ: 412 (Port); 35 (Paper).", True),
    ]  # fmt: skip
    sheet.write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = weigh([sheet], Reader())
    assert [(case.is_answerable, case.suite) for case in found] == [(True, "towns"), (False, "towns")]
    assert found[0].features["own"] > found[1].features["own"]
    sheet.write_text(lines[0] + "\n", encoding="utf-8")
    with pytest.raises(UsageError, match="both kinds"):
        weigh([sheet], Reader())


class Recording(Reader):
    """Keeps what it reads of the sources."""

    def support(self, claim: str, texts: Sequence[str]) -> NDArray[np.float32]:
        self.texts = list(texts)
        return super().support(claim, texts)


@pytest.mark.parametrize("before", ["", "The mayor was pleased. ", "The harbour was busy all winter. " * 8])
@pytest.mark.parametrize("after", ["", "\n\nMost of them carried timber, salt and iron ore." * 8])
def test_a_marked_sentence_has_the_features_that_the_same_sentence_has_in_an_answer(
    before: str, after: str
) -> None:
    quote = "The harbour received 412 ships."
    text = f"{before}{quote}{after}"
    hit = Hit(Passage(text, 70, 70 + len(text)), Source(1, "a.md", "Harbour", "text/plain"), 1.0, 1, "fused")
    start = 70 + len(before)
    citation = Citation(1, hit, start, start + len(quote), quote, 1.0)
    # As `annotation` writes it.
    row = {"document": "Harbour · Port", "before": before[-300:], "quote": quote, "after": after[:300]}

    question, claim = Question.read("How many ships came?"), "Some 412 ships came to the harbour."
    read: list[list[str]] = []
    features = []
    for source in (SourceSentence.cited(citation), marked_source(row)):
        reader = Recording()
        features.append(rule_features(claim, question, [source], reader))
        read.append(reader.texts)
    assert read[0] == read[1]
    assert features[0] == features[1]
    nearest = before[-200:].partition(" ")[2] if len(before) > 200 else before
    assert read[0][0].startswith(f"Harbour: {nearest}{quote}")


def test_the_command_stores_one_model_without_a_generator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [line("The harbour received 412 ships.", True).replace("towns", suite) for suite in ("a", "b")] + [
        line(f"Whales {n} were sunk there.", False).replace("towns", suite)
        for n, suite in enumerate(("a", "b"))
    ]
    sheet = tmp_path / "sheet.jsonl"
    sheet.write_text("\n".join(rows) + "\n", encoding="utf-8")
    stored = tmp_path / "support.json"
    monkeypatch.setattr(calibration, "STORED", stored)
    assert calibration.main([str(sheet), "--write"]) == 0
    printed, written = capsys.readouterr().out.splitlines()
    assert written == "written: support.json"
    (model,) = json.loads(stored.read_text(encoding="utf-8"))
    assert model["generator_id"] is None
    assert set(model["features"]) == {"reader", "own", "asked", "new"}
    assert model["provenance"]["sentences"] == {"a": 2, "b": 2}
    assert model["provenance"]["suites_left_out_in_turn"] == json.loads(printed)
