"""The benchmark of what judge and reader make of labelled sets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from askive.eval.benchmarks.trust.meaning import binary_figures, main
from askive.eval.calibration import judged_rows
from askive.eval.calibration.judged_rows import JudgedRow
from askive.models.protocols import Message
from askive.models.reader.cross_encoder import Reader
from tests.eval.calibration.sets import by_claim, write_sets
from tests.rag.verification.fitted import Judging


class KnowsAll(Judging):
    """Says Yes to the rows with an even number, which the sets label yes and answerable."""

    def __init__(self) -> None:
        super().__init__(by_claim)

    def likelihood(self, messages: Sequence[Message], text: str) -> float:
        prompt = messages[-1].text
        if "Statement:" in prompt:
            return super().likelihood(messages, text)
        is_even = int(prompt.split("Is it ")[1].split("?")[0]) % 2 == 0
        return 0.0 if (text == "Yes") == is_even else -3.0


def test_the_command_has_a_table_for_each_kind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(judged_rows, "open_generator", lambda _config: KnowsAll())
    folder, cases = write_sets(tmp_path / "sets"), tmp_path / "cases.jsonl"
    assert main([str(folder), "--rows", "12", "--cases", str(cases)]) == 0
    table = capsys.readouterr().out
    for title in ("Supports, contradicts, neither", "Yes or no", "Answerable"):
        assert f"## {title}" in table
    assert main([str(folder), "--rows", "12", "--cases", str(cases), "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    for kind in ("support", "yesno", "qa"):
        for name in ("one", "two"):
            assert record[kind][name]["judge"] == {"rows": 12, "auc": 1.0, "balanced_accuracy": 1.0}
            assert set(record[kind][name]) == ({"judge"} if kind == "yesno" else {"judge", "reader", "both"})


def test_a_set_with_one_label_has_no_figures() -> None:
    rows = [
        JudgedRow("qa", name, str(n), "unanswerable" if name == "b" else ("answerable", "unanswerable")[n % 2],
                  "Is it?", f"A text {n}.", float(n % 2))
        for name in "abc" for n in range(4)
    ]  # fmt: skip
    found = binary_figures(rows, Reader())
    assert found["b"]["judge"] == {"rows": 4, "auc": None, "balanced_accuracy": None}
    assert found["a"]["judge"]["auc"] == 0.0, "in these rows the judge is always wrong"


def test_a_folder_without_sets_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(judged_rows, "open_generator", lambda _config: KnowsAll())
    assert main([str(tmp_path)]) == 2
    assert "holds no sets" in capsys.readouterr().err
