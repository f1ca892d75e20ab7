from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from askive.eval.runs.judge import Judge, _auc, _kappa, check_judge, known_agreement, store_agreement
from askive.models.errors import UsageError
from askive.models.fakes import ScriptedGenerator
from askive.models.protocols import Message
from tests.eval.conftest import write_lines


class Believes(ScriptedGenerator):
    """Holds an answer for faithful when a word of the sources stands in it."""

    def choose(self, messages: Sequence[Message], choices: Sequence[str]) -> list[float]:
        said = messages[-1].text
        faithful = 0.9 if "oak" in said.split("Answer:")[1] else 0.2
        return [math.log(faithful), math.log(1 - faithful)]


def judged(path: Path, n: int = 12) -> Path:
    records = [
        {
            "task_id": f"t{number}",
            "model": "m",
            "input": [{"speaker": "user", "text": "What wood?"}],
            "contexts": [{"id": "c", "text": "It is oak."}],
            "response": "oak" if number % 2 else "elm",
            "answerability": ["ANSWERABLE"],
            "human": {"faithfulness": ["4", "4"] if number % 2 else ["1", "2"]},
        }
        for number in range(n)
    ]
    write_lines(path / "judged.jsonl", records)
    return path


def test_agreement_is_measured_kept_and_found(tmp_path: Path) -> None:
    agreement = check_judge(Judge(Believes()), judged(tmp_path / "j"))
    assert (agreement.auc.value, agreement.kappa.value) == (1.0, 1.0)
    assert (agreement.n, agreement.n_faithful) == (12, 6)
    store_agreement(agreement, tmp_path)
    assert known_agreement("scripted", tmp_path) == agreement.as_dict()
    assert known_agreement("another", tmp_path) is None


def test_marks_of_one_kind_measure_nothing(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        check_judge(Judge(Believes()), judged(tmp_path / "j", 1))
    with pytest.raises(UsageError):
        check_judge(Judge(Believes()), tmp_path / "nowhere")


def test_auc_and_kappa_by_hand() -> None:
    scores, faithful = np.array([0.9, 0.5, 0.5, 0.1]), np.array([True, True, False, False])
    assert _auc(scores, faithful) == pytest.approx(3.5 / 4)
    assert _kappa(np.array([True, True, True, False]), faithful) == pytest.approx(0.5)
    assert math.isnan(_auc(scores, np.array([True] * 4)))


def test_long_sources_are_cut_to_the_context() -> None:
    class Counts(ScriptedGenerator):
        n_words = 0

        def choose(self, messages: Sequence[Message], choices: Sequence[str]) -> list[float]:
            type(self).n_words = sum(len(message.text.split()) for message in messages)
            return [math.log(0.5), math.log(0.5)]

    judge = Judge(Counts(context_tokens=600))
    judge.probability("Q?", "A.", ["word " * 5000, "more " * 10])
    assert 200 < Counts.n_words < 600
