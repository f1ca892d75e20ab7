"""`askive verify` from the inside."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest

from askive.ui.cli import run

GOOD = "The harbour of Aldermoor received 412 ships in January."
BAD = "The bridge was built in 1872 by the engineer Ida Falk."


@pytest.fixture
def indexed(
    home: Path, documents: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ASKIVE_GENERATOR", "scripted")
    assert run(["index", str(documents), "--embedder", "hash", "--collection", "town", "--quiet"]) == 0
    capsys.readouterr()


def verify(*more: str) -> int:
    return run(["verify", *more, "--against", "town", "--embedder", "hash"])


def test_a_file_that_holds(indexed: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "good.txt").write_text(GOOD, encoding="utf-8")
    assert verify(str(tmp_path / "good.txt")) == 0
    out, err = capsys.readouterr()
    assert out.startswith("supported  The harbour")
    assert "harbour.md, characters" in out and "Port Authority" in out
    assert "1 of 1 sentences are supported" in err


def test_a_contradiction_is_told_and_fails(
    indexed: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{GOOD} {BAD}"))
    assert verify("-", "--json") == 1
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (first["verdict"], first["reasons"]) == ("supported", [])
    assert (second["verdict"], second["text"]) == ("contradicted", BAD)
    assert any("1871" in reason for reason in second["reasons"])
    assert "1871" in second["citations"][0]["quote"]


def test_the_checks_that_were_made_are_named(
    indexed: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "good.txt").write_text(GOOD, encoding="utf-8")
    assert verify(str(tmp_path / "good.txt"), "--json") == 0
    out, err = capsys.readouterr()
    # No model was fitted for the generator: it is not asked, and that is said.
    assert json.loads(out)["checks"] == ["rules", "reader"] and "scripted was not used" in err
    assert verify(str(tmp_path / "good.txt"), "--json", "--no-generator") == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["checks"] == ["rules", "reader"] and "not used" not in err
    assert "checked by rules, reader" in err


def test_the_generator_s_weights_are_needed_unless_it_is_left_out(
    indexed: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("ASKIVE_GENERATOR")
    (tmp_path / "good.txt").write_text(GOOD, encoding="utf-8")
    assert verify(str(tmp_path / "good.txt"), "--no-generator") == 0
    assert verify(str(tmp_path / "good.txt")) == 1
    assert "askive models pull" in capsys.readouterr().err


def test_the_reader_reranks(
    indexed: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ASKIVE_RETRIEVAL__RERANK", "reader")
    (tmp_path / "good.txt").write_text(GOOD, encoding="utf-8")
    assert verify(str(tmp_path / "good.txt")) == 0, capsys.readouterr().err


@pytest.mark.parametrize("content", ["", "   \n", "---"])
def test_nothing_to_check(
    indexed: None, tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty.txt").write_text(content, encoding="utf-8")
    assert verify(str(tmp_path / "empty.txt")) == 2
    assert "no sentence" in capsys.readouterr().err


def test_a_missing_file(indexed: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(str(tmp_path / "none.txt")) == 2
    err = capsys.readouterr().err
    assert "none.txt" in err and "Traceback" not in err


@pytest.mark.parametrize("kind", ["pipe", "folder", "device"])
def test_what_is_no_file_is_refused(
    indexed: None, tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    path = Path("/dev/zero") if kind == "device" else tmp_path / kind
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    assert verify(str(path)) == 2
    assert "is not a file but a folder, a pipe or a device. Name a text file" in capsys.readouterr().err
