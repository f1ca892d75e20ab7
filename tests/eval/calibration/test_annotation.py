"""Sentences are drawn from real runs of the scripted generator; marks are counted as they were put."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from askive.eval.calibration.annotation import count, main, read_sheet, sheet
from askive.eval.runs.run_dir import RunDir


def citation(quote: str) -> dict[str, object]:
    return {
        "title": "Harbour", "publisher": "Port", "published": None, "quote": quote, "before": "b" * 400, "after": "a"
    }  # fmt: skip


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    directory = RunDir(folder)
    directory.write_record({"format": 1, "suite": {"name": "towns"}})
    for number in range(5):
        text = f"Ships: {number}. And more."
        sentences = [
            {"text": f"Ships: {number}.", "start": 0, "citations": [citation("x"), citation("y")]},
            {"text": "And more.", "start": 10, "citations": [citation("z")]},
        ]
        answer = {"refused": number == 4, "answer": text, "sentences": sentences}
        directory.append({"sample_id": f"q{number}", "question": "How many?", "answer": answer})
    directory.append({"sample_id": "broken", "question": "What?", "answer": None})
    return folder


def test_a_sheet_has_sentences_with_what_they_cite(run: Path) -> None:
    drawn = sheet([run], 100)
    assert len(drawn) == 8, "refusals and errors have no sentences"
    assert {one["suite"] for one in drawn} == {"towns"}
    second = next(one for one in drawn if one["sentence"] == "And more.")
    assert second["before"].startswith("Ships:")
    assert second["supported"] is None and second["citations"][0]["needed"] is None
    assert len(second["citations"][0]["before"]) == 300
    assert sheet([run], 3) == drawn[:3], "fewer are the first of more"


def test_runs_come_in_turn(run: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    RunDir(other).write_record({"format": 1, "suite": {"name": "rivers"}})
    for row in RunDir(run).rows():
        RunDir(other).append(row)
    assert [one["suite"] for one in sheet([run, other], 4)] == ["towns", "rivers", "towns", "rivers"]


def test_marks_are_counted(run: Path) -> None:
    drawn = sheet([run], 4)
    for number, one in enumerate(drawn[:3]):
        one["supported"] = number < 2
        for place, cited in enumerate(one["citations"]):
            cited["needed"] = place == 0
    found = count(drawn)
    assert list(found) == ["towns"]
    assert found["towns"]["recall"].value == pytest.approx(2 / 3)
    assert found["towns"]["recall"].n == 3, "what nobody has marked does not count"
    n_cited = sum(len(one["citations"]) for one in drawn[:3])
    assert found["towns"]["precision"].n == n_cited
    assert found["towns"]["precision"].value == pytest.approx(2 / n_cited)


def test_the_command(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "sheet.jsonl"
    assert main(["sample", str(run), "--n", "2", "--out", str(out)]) == 0
    assert main(["sample", str(run), "--n", "2", "--out", str(out)]) != 0, "marks are not overwritten"
    lines = read_sheet(out)
    for line in lines:
        line["supported"] = True
        for cited in line["citations"]:
            cited["needed"] = True
    out.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    capsys.readouterr()
    assert main(["count", str(out)]) == 0
    assert "| towns | 1.000 (1.00 to 1.00, 2) | 1.000" in capsys.readouterr().out
    lines[0]["supported"] = "maybe"
    out.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    assert main(["count", str(out)]) != 0
    assert "maybe" in capsys.readouterr().err
