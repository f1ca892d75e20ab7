"""What the command line prints of an answer of which one half is missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from askive.rag.evidence.assessment import Assessment, EvidenceAssessor
from askive.rag.question.analysis import Question
from askive.rag.types import Hit
from tests.ui.test_cli import Askive

FAKES = ("--embedder", "hash", "--model", "scripted")
BUILT = "When was the old bridge of Aldermoor built"
MAYOR = "who is the mayor of Borgholm"
TOLD = f"The documents do not say: {MAYOR}."


@pytest.fixture
def askive(
    home: Path, documents: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Askive:
    """A collection of which it is known that it says nothing about Borgholm."""
    weigh: Callable[..., Assessment] = EvidenceAssessor.weigh

    def given(
        self: EvidenceAssessor, question: Question, hits: Sequence[Hit], context: str = ""
    ) -> Assessment:
        unknown = "Borgholm" in question.text and "bridge" not in question.text
        found = weigh(self, question, hits, context)
        return replace(found, probability=0.01 if unknown else 0.9, is_answerable=not unknown)

    monkeypatch.setattr(EvidenceAssessor, "weigh", given)
    command = Askive(capsys)
    assert command("index", documents, "--embedder", "hash", "--quiet").code == 0
    return command


def test_the_missing_half_is_told_behind_the_answer(askive: Askive) -> None:
    shown = askive("ask", f"{BUILT}, and {MAYOR}?", *FAKES)
    assert shown.code == 0
    said, _, sources = shown.out.partition("Sources")
    assert "1871" in said
    assert " ".join(said.split()).endswith(TOLD)
    assert sources


def test_an_answer_that_misses_nothing_says_so_by_silence(askive: Askive) -> None:
    shown = askive("ask", f"{BUILT}?", *FAKES)
    assert shown.code == 0
    assert "do not say" not in shown.out


def test_json_has_the_missing_half_beside_the_answer(askive: Askive) -> None:
    answer = askive("ask", f"{BUILT}, and {MAYOR}?", "--json", *FAKES).json
    assert answer["unanswered"] == [MAYOR]
    assert "do not say" not in answer["answer"]
    assert askive("ask", f"{BUILT}?", "--json", *FAKES).json["unanswered"] == []
