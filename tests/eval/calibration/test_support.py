"""Marked sentences become two models that tell supported from unsupported ones of suites they have not seen."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from askive.eval.calibration.answerability import Case
from askive.eval.calibration.support import detection_figures, fit, marked_source, threshold_of, weigh
from askive.models.errors import UsageError
from askive.models.fakes import ScriptedGenerator
from askive.models.reader.cross_encoder import Reader
from askive.rag.evidence.source_sentences import SourceSentence
from askive.rag.question.analysis import Question
from askive.rag.types import Citation, Hit, Passage, Source
from askive.rag.verification.support import rule_features


def cases(n: int = 120, suites: tuple[str, ...] = ("a", "b", "c")) -> list[Case]:
    """The rules tell a little, the generator more."""
    rng = random.Random(7)
    made = []
    for number in range(n):
        supported = number % 4 != 0
        features = {
            "own": rng.gauss(0.7 if supported else 0.5, 0.2),
            "stated": rng.gauss(2 if supported else 0, 1),
        }
        kind = "answerable" if supported else "unanswerable"
        made.append(Case(suites[number % len(suites)], str(number), "sentence", kind, features))
    return made


def test_the_generator_tells_more_than_the_rules() -> None:
    marked = cases()
    (rules, before), (asking, after) = fit(marked)
    assert rules.names == ("own",)
    assert asking.names == ("before", "stated")
    first, second = detection_figures(marked, before), detection_figures(marked, after)
    assert 0.5 < first["auc"] < second["auc"] <= 1.0
    assert second["caught"] > first["caught"]
    assert second["supported_after"] > second["supported"] == 0.75
    assert second["lost"] <= 0.1


def test_the_threshold_costs_no_more_than_the_budget() -> None:
    marked = cases()
    shares = np.array([case.features["own"] for case in marked])
    supported = np.array([case.is_answerable for case in marked])
    for budget in (0.0, 0.1, 0.5):
        lost = np.mean(shares[supported] < threshold_of(marked, shares, budget))
        assert lost <= budget


def test_a_suite_without_which_all_marks_are_alike_is_told() -> None:
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
    found = weigh([sheet], Reader(), ScriptedGenerator(""))
    assert [(case.is_answerable, case.suite) for case in found] == [(True, "towns"), (False, "towns")]
    assert found[0].features["own"] > found[1].features["own"]
    sheet.write_text(lines[0] + "\n", encoding="utf-8")
    with pytest.raises(UsageError, match="both kinds"):
        weigh([sheet], Reader(), ScriptedGenerator(""))


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
