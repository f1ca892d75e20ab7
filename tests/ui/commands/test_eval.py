"""`askive eval`, with models that need no weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from askive.ui.cli import run
from tests.eval.conftest import town_folder, write_lines
from tests.eval.runs.test_judge import judged

__all__ = ["town_folder"]

FAKES = ["--embedder", "hash", "--model", "scripted"]


def call(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = run([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def json_of(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_run_prints_one_object_a_suite(
    home: Path, town_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = call(
        capsys, "eval", "run", f"{town_folder}:dev", f"{town_folder}:test", "--limit", 6, "--json", *FAKES
    )
    assert code == 0
    objects = json_of(out)
    assert [one["suite"] for one in objects] == ["towns:dev", "towns:test"]
    for one in objects:
        assert one["n"] == 6 and Path(one["run_dir"]).is_dir()
        assert Path(one["run_dir"]).is_relative_to(home / "eval" / "runs")
        assert set(one["metrics"]["contains"]) == {"value", "low", "high", "n"}


def test_run_as_a_table_then_report_and_compare(
    home: Path, town_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    code, out, err = call(capsys, "eval", "run", town_folder, "--out", a, *FAKES)
    assert code == 0
    assert "nDCG@10" in out and "contains" in out and str(a) in err and "not scored" in err
    code, _, err = call(capsys, "eval", "run", town_folder, "--out", b, "--closed-book", "-q", *FAKES)
    assert (code, err) == (0, "")
    code, out, _ = call(capsys, "eval", "compare", a, b)
    assert code == 0 and "worse" in out and "refused" in out
    code, out, _ = call(capsys, "eval", "compare", a, b, "--json")
    assert json_of(out)[0]["metrics"]["contains"]["verdict"] == "worse"
    code, out, _ = call(capsys, "eval", "report", a, b, "--json")
    written = json_of(out)[0]
    assert Path(written["html"]) == a / "report.html" and Path(written["markdown"]).is_file()


def test_types_and_only_retrieval(home: Path, town_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["eval", "run", town_folder, "--types", "fact,number", "--only", "retrieval", "--json"]
    code, out, _ = call(capsys, *arguments, "--embedder", "hash")
    figures = json_of(out)[0]
    assert code == 0 and figures["n"] == 30 and figures["metrics"]["contains"]["value"] is None


def test_the_reader_reranks_in_a_run(
    home: Path, town_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ASKIVE_RETRIEVAL__RERANK", "reader")
    arguments = ["eval", "run", town_folder, "--limit", "4", "--only", "retrieval", "--json"]
    code, out, err = call(capsys, *arguments, "--embedder", "hash")
    assert code == 0, err
    assert json_of(out)[0]["n"] == 4


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "no-such-suite"],
        ["run", "seeds", "--only", "answers"],
        ["run", "seeds", "--pipeline", "magic"],
        ["run", "seeds", "--pipeline", "plain", "--closed-book"],
        ["run", "seeds", "--closed-book", "--only", "retrieval"],
        ["run", "seeds", "--types", "odd"],
        ["run", "seeds", "--limit", "0"],
        ["run"],
        ["suites", "no-such-folder"],
        ["report", "no-such-run"],
        ["compare", "no-such-run", "nor-this"],
        ["gate", "--baseline", "no-such-file.json"],
    ],
    ids=" ".join,
)
def test_mistakes_are_one_line_and_exit_2(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    fakes = FAKES if arguments[0] == "run" else []
    code, out, err = call(capsys, "eval", *arguments, "--json", *fakes)
    assert code == 2
    assert len(err.strip().splitlines()) == 1
    assert json_of(out)[0]["error"]["remedy"]


def test_suites_lists_what_is_found(
    home: Path, town_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_lines(town_folder.parent / "broken" / "queries.jsonl", [{"_id": "1", "text": "x"}])
    code, out, err = call(capsys, "eval", "suites", town_folder.parent)
    assert code == 0 and "seeds" in out and "towns" in out and "CC0" in out and "corpus.jsonl" in err
    code, out, _ = call(capsys, "eval", "suites", town_folder.parent, "--json")
    objects = json_of(out)
    assert [one["suite"] for one in objects if "suite" in one] == [
        "seeds",
        "offices",
        "papers",
        "kinds",
        "lists",
        "injected",
        "towns",
    ]
    assert any("error" in one for one in objects)


def test_gate_records_passes_and_fails(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    baseline = tmp_path / "baseline.json"
    gate = ["eval", "gate", "--baseline", baseline, "--limit", 12]
    code, _, err = call(capsys, *gate, "--record", *FAKES)
    assert code == 0 and "recorded" in err
    code, out, _ = call(capsys, *gate, *FAKES)
    assert code == 0 and "passed" in out
    from askive.eval.runs import pipelines
    from tests.eval.runs.broken import BrokenRetriever

    monkeypatch.setattr(pipelines, "PIPELINES", {"default": BrokenRetriever})
    code, out, _ = call(capsys, *gate, "--json", *FAKES)
    verdict = json_of(out)[0]
    assert code == 1 and not verdict["passed"] and "nDCG@10" in verdict["failed"]


def test_judge_check(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["eval", "judge-check", judged(tmp_path / "j"), "--model", "scripted"]
    code, out, _ = call(capsys, *arguments, "--json")
    assert code == 0
    agreement = json_of(out)[0]
    assert agreement["n"] == 12 and Path(agreement["kept"]).is_relative_to(home)
    code, out, _ = call(capsys, *arguments)
    assert code == 0 and "AUC" in out


@pytest.mark.parametrize("command", ["run", "suites", "report", "compare", "gate", "judge-check"])
def test_every_command_has_an_example(capsys: pytest.CaptureFixture[str], command: str) -> None:
    code, out, _ = call(capsys, "eval", command, "--help")
    assert code == 0 and "Example" in out
