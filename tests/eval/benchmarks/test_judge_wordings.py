"""The comparison of the judge's wordings, over a generator whose opinion is known."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from askive.eval.benchmarks.trust import judge_wordings
from askive.eval.benchmarks.trust.judge_wordings import (
    QUESTION_WORDINGS,
    STATEMENT_WORDINGS,
    YES_NO_WORDINGS,
    auc,
    judge_row,
    label_of,
    main,
)
from askive.models.fakes import ScriptedGenerator
from askive.models.protocols import Message
from tests.eval.conftest import write_lines

SETS: dict[str, list[dict[str, Any]]] = {
    "support": [
        {"id": "1", "claim": "Twelve ships came.", "text": "GOOD text.", "label": "supports"},
        {"id": "2", "claim": "Ten ships came.", "text": "Another text.", "label": "neither"},
        {"id": "3", "claim": "No ship came.", "text": "Some text.", "label": "contradicts"},
    ],
    "qa": [
        {"id": "1", "question": "how many ships came", "text": "GOOD text.", "answerable": True},
        {"id": "2", "question": "who came?", "text": "Another text.", "answerable": False},
    ],
    "yesno": [
        {"id": "1", "question": "did ships come", "text": "GOOD text.", "answer": "yes"},
        {"id": "2", "question": "did ships sink", "text": "Another text.", "answer": "no"},
    ],
}


class Good(ScriptedGenerator):
    """Says Yes with probability 0.9 where the text is marked as good, else with 0.2; keeps the prompts."""

    def __init__(self) -> None:
        super().__init__()
        self.prompts: list[str] = []

    def likelihood(self, messages: Sequence[Message], text: str) -> float:
        self.prompts.append(messages[-1].text)
        yes = 0.9 if "GOOD" in messages[-1].text else 0.2
        return math.log(yes if text == "Yes" else 1 - yes)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for kind, rows in SETS.items():
        write_lines(tmp_path / "sets" / f"a_{kind}" / f"{kind}.jsonl", rows)
    return tmp_path / "sets"


@pytest.fixture
def generator(monkeypatch: pytest.MonkeyPatch) -> Good:
    made = Good()
    monkeypatch.setattr(judge_wordings, "open_generator", lambda _config: made)
    return made


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("support", {*STATEMENT_WORDINGS, "claim first"}),
        ("qa", set(QUESTION_WORDINGS)),
        ("yesno", set(YES_NO_WORDINGS)),
    ],
)
def test_each_wording_has_log_odds(kind: str, names: set[str]) -> None:
    found = judge_row(Good(), kind, SETS[kind][0])
    assert set(found) == names
    assert list(found.values()) == pytest.approx([math.log(9)] * len(names))


def test_the_text_comes_first_but_in_the_wording_that_turns_them() -> None:
    generator = Good()
    judge_row(generator, "support", SETS["support"][0])
    first = [prompt.startswith("Text: GOOD text.") for prompt in generator.prompts]
    assert first == [True] * (2 * len(STATEMENT_WORDINGS)) + [False] * 2
    assert generator.prompts[-1].startswith("Statement: Twelve ships came.\n\nText: GOOD text.")


def test_a_question_begins_with_a_capital_and_ends_with_a_question_mark() -> None:
    generator = Good()
    for row in SETS["qa"]:
        judge_row(generator, "qa", row)
    assert sum("Question: How many ships came?\n" in prompt for prompt in generator.prompts) == 8
    assert sum("Question: Who came?\n" in prompt for prompt in generator.prompts) == 8


def test_labels() -> None:
    assert [[label_of(kind, row) for row in rows] for kind, rows in SETS.items()] == [
        ["supports", "neither", "contradicts"],
        ["answerable", "unanswerable"],
        ["yes", "no"],
    ]


def test_wordings_that_ask_for_the_opposite_are_measured_on_contradictions() -> None:
    labels, values = ["supports", "contradicts", "neither"], [-1.0, 2.0, 0.0]
    assert auc("support", "contradicts", labels, values) == 1.0
    assert auc("support", "supported", labels, values) == 0.0
    assert auc("support", "supported", ["supports"] * 3, values) is None


def test_the_command_measures_every_set(
    folder: Path, generator: Good, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(folder)]) == 0
    support, qa, yesno = capsys.readouterr().out.splitlines()
    assert support.startswith("a_support support, 3 rows: says true (used) 1.000")
    assert qa.startswith("a_qa qa, 2 rows: contain (used) 1.000")
    assert yesno.startswith("a_yesno yesno, 2 rows: plain 1.000")
    assert generator.closed


def test_chosen_sets_are_kept_in_a_file(folder: Path, generator: Good, tmp_path: Path) -> None:
    kept = tmp_path / "cases.jsonl"
    assert main([str(folder), "--sets", "a_qa,a_yesno", "--rows", "1", "--cases", str(kept)]) == 0
    lines = [json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines()]
    assert [(line["set"], line["kind"]) for line in lines] == [("a_qa", "qa"), ("a_yesno", "yesno")]
    assert set(lines[0]["log_odds"]) == set(QUESTION_WORDINGS)


def test_a_folder_without_sets_is_an_error(
    tmp_path: Path, generator: Good, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path)]) == 2
    assert "holds no sets" in capsys.readouterr().err
    assert generator.closed


def test_the_scripted_generator_can_be_measured(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ASKIVE_GENERATOR", "scripted")
    assert main([str(folder), "--sets", "a_support"]) == 0
    assert capsys.readouterr().out.startswith("a_support support, 3 rows: ")
