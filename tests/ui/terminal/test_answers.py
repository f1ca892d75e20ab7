"""What the command line prints of an answer of which one half is missing."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from askive.models.fakes import ScriptedGenerator
from askive.rag.assistant import Assistant
from askive.rag.config import Config
from askive.rag.evidence.assessment import Assessment, EvidenceAssessor
from askive.rag.question.analysis import Question
from askive.rag.store.archive import Archive
from askive.rag.types import Final, Hit, Refusal
from askive.ui.terminal.answers import print_stream
from askive.ui.terminal.render import Output
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


def test_the_nearest_passages_are_counted_from_one(
    archive: Archive, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = Config(home=tmp_path, embedder="hash", generator="scripted", reader="off")
    answer = Assistant(archive, ScriptedGenerator(), config).ask(f"{BUILT}?")
    cited = answer.sentences[0].citations[0]
    # A sentence that is not shown was cited first.
    refusal = Refusal("unsupported", "No.", tuple(replace(cited, marker=marker) for marker in (2, 3)))
    print_stream([Final(replace(answer, text="No.", sentences=(), refusal=refusal))], Output())
    assert re.findall(r"^\[(\d)\]", capsys.readouterr().out, re.MULTILINE) == ["1", "2"]
