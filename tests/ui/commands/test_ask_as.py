"""`askive ask --as KIND`"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.ui.test_cli import Askive

FAKES = ("--embedder", "hash", "--model", "scripted")


@pytest.fixture
def askive(home: Path, documents: Path, capsys: pytest.CaptureFixture[str]) -> Askive:
    command = Askive(capsys)
    assert command("index", documents, "--embedder", "hash", "--quiet").code == 0
    return command


def test_a_list_of_documents(askive: Askive) -> None:
    shown = askive("ask", "Which documents mention Aldermoor?", "--as", "mentions", *FAKES)
    assert shown.code == 0
    # The third is only published by the Aldermoor Post.
    assert shown.out.startswith("2 of 3 documents mention Aldermoor.\n")
    assert "Answered as: list of documents" in shown.err
    assert "[2]" in shown.out.partition("Sources\n")[0]


def test_json_and_batch(askive: Askive, tmp_path: Path) -> None:
    question = "How many documents of the Port Authority mention Aldermoor?"
    answer = askive("ask", question, "--as", "mentions", "--json", *FAKES).json
    assert answer["kind"] == "mentions"
    assert [row["values"]["Title"] for row in answer["rows"]] == ["Harbour report"]
    batch = tmp_path / "questions.jsonl"
    batch.write_text(json.dumps({"question": question}))
    assert askive("ask", "--batch", batch, "--as", "mentions", *FAKES).json["rows"] == answer["rows"]


def test_a_wrong_kind_names_the_right_ones(askive: Askive) -> None:
    shown = askive("ask", "Which documents mention it?", "--as", "mention", *FAKES)
    assert shown.code == 2
    assert "'mentions'" in shown.err


def test_only_some_documents(askive: Askive) -> None:
    question = ("Which documents mention Aldermoor?", "--as", "mentions")
    answer = askive("ask", *question, "--in", "Harbour report", "--json", *FAKES).json
    assert [row["values"]["Title"] for row in answer["rows"]] == ["Harbour report"]
    shown = askive("ask", *question, "--in", "Harbor reprot", *FAKES)
    assert shown.code == 2 and "Nearest titles: Harbour report" in shown.err
    hits = askive("search", "Aldermoor", "--in", "Harbour report", "--json", "--embedder", "hash").json
    assert {hit["title"] for hit in hits} == {"Harbour report"}
