"""The tables of all kinds of questions over the fakes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from askive.eval.benchmarks.kinds import mentions, table
from askive.eval.benchmarks.kinds.figures import ALL, FOLLOW_UPS, LANGUAGES, LINES, kind_figures
from askive.eval.benchmarks.kinds.mentions import named_sets
from askive.eval.runs.run import Models
from askive.models.fakes import HashEmbedder, ScriptedGenerator, echo_evidence
from askive.rag.config import Config
from askive.rag.types import Document
from tests.eval.conftest import write_lines

TEXTS = {
    "a": "Ada Lind met Bob Marr at the old port. The old port is deep.",
    "b": "Ada Lind stayed at home in May.",
    "c": "Nobody saw Bob Marr or Cy Noll.",
    "d": "Rain fell on the hills.",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A suite of three kinds, one question of them a follow-up and one in German."""
    folder = tmp_path / "ports"
    write_lines(folder / "corpus.jsonl", [{"_id": i, "title": i, "text": text} for i, text in TEXTS.items()])
    common = {"half": "dev", "unanswerable": False}
    turn = [{"question": "Who met Bob Marr?", "answer": "Ada Lind met Bob Marr."}]
    questions: list[dict[str, Any]] = [
        {"_id": "1", "text": "Which documents mention Ada Lind?", "kind": "mentions", "documents": ["a", "b"], "count": 2},
        {"_id": "2", "text": "Which mention Cy Noll?", "kind": "mentions", "documents": ["c"], "count": 1},
        {"_id": "3", "text": "Where did Ada Lind meet Bob Marr?", "kind": "fact", "answers": ["old port"]},
        {"_id": "4", "text": "How is the old port?", "kind": "fact", "answers": ["deep"], "history": turn},
        {"_id": "5", "text": "Wo traf Ada Lind Bob Marr?", "kind": "fact", "answers": ["old port"], "translates": "3"},
    ]  # fmt: skip
    write_lines(folder / "queries.jsonl", [{**common, **question} for question in questions])
    (folder / "suite.toml").write_text('name = "ports"', encoding="utf-8")
    return folder


def test_the_whole_way(
    folder: Path, config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    n_loaded = 0

    @contextmanager
    def loaded(_config: Config) -> Iterator[Models]:
        nonlocal n_loaded
        n_loaded += 1
        yield Models(HashEmbedder(256), ScriptedGenerator(echo_evidence))

    monkeypatch.setattr(table, "load_models", loaded)
    out = tmp_path / "kinds.jsonl"
    command = ["--suite", str(folder), "--out", str(out)]
    assert table.main([*command, "--kinds", "mentions", "--no-plain"], config) == 0
    head, *lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert (head["n_asked"], head["n_failed"], head["kinds"]) == (2, 0, ["mentions"])
    assert {line["section"] for line in lines} == {"mentions", ALL}
    assert all(line["plain"] is None for line in lines)
    assert table.main(command, config) == 0
    head, *lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert head["n_asked"] == 5 and str(tmp_path) not in json.dumps(head)
    by_section = {(line["section"], line["figure"]): line for line in lines}
    assert {section for section, _ in by_section} == {"fact", "mentions", ALL, FOLLOW_UPS, LANGUAGES}
    assert by_section["fact", "contains"]["ours"]["n"] == 2, "the German form counts for its language only"
    assert by_section["fact", "contains"]["plain"]["n"] == 2
    assert by_section[LANGUAGES, "reached"]["ours"]["n"] == 1
    text = capsys.readouterr().out
    assert text.endswith(out.with_suffix(".md").read_text(encoding="utf-8"))
    assert "| mentions | F1 of the documents |" in text and n_loaded == 2


@pytest.mark.parametrize(
    "arguments", [["--kinds", "riddle"], ["--suite", "nowhere"], ["--limit", "0"]], ids=" ".join
)
def test_mistakes_are_named(arguments: list[str], config: Config, capsys: Any) -> None:
    assert table.main(arguments, config) == 2
    error = capsys.readouterr().err
    assert arguments[1] in error and len(error.splitlines()) == 2


def test_every_aim_of_a_kind_can_be_missed() -> None:
    row = {
        "sample_id": "1",
        "type": "mentions",
        "turns": [],
        "gold": {"answers": [], "expected": {"translates": ""}},
        "scores": {"set_f1": [0.94, 1.0], "count_exact": [0.9, 1.0], "kind_right": [1.0, 1.0]},
    }
    reached = {line["figure"]: line["reached"] for line in kind_figures([row], []) if line["aim"]}
    assert reached == {"set_f1": False, "count_exact": True, "kind_right": True}
    assert set(LINES) >= {"mentions", "list", "summary", "timeline", "comparison"}


def test_names_and_their_documents() -> None:
    documents = [
        Document(uri, f"On {uri}", text, "text/plain", "0", publisher="Bob Marr" if uri == "d" else None)
        for uri, text in TEXTS.items()
    ]
    (found,) = named_sets(documents, 9)
    assert (found.name, found.documents) == ("Ada Lind", frozenset("ab")), "a publisher's name is left out"


def test_mentions_are_compared_with_a_plain_search(
    folder: Path, config: Config, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(mentions, "open_embedder", lambda _config: HashEmbedder(256))
    assert mentions.main([str(folder), "--show"], config) == 0
    out = capsys.readouterr().out
    assert "ports: 2 names, 4 documents" in out and "set exact      1.000" in out
    monkeypatch.setattr(mentions, "documents_with", lambda _name, _texts: frozenset({"a", "d"}))
    assert mentions.main([str(folder), "--show"], config) == 0
    out = capsys.readouterr().out
    assert "set exact      0.000" in out and "also: b; missing: d" in out
