"""`askive overview`"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ui.test_cli import Askive


@pytest.fixture
def askive(home: Path, documents: Path, capsys: pytest.CaptureFixture[str]) -> Askive:
    command = Askive(capsys)
    assert command("index", documents, "--embedder", "hash", "--quiet").code == 0
    return command


def test_it_describes_the_collection(askive: Askive) -> None:
    shown = askive("overview", "--embedder", "hash")
    assert shown.code == 0
    assert shown.out.startswith("3 documents, dated from 2015-05-01 to 2016-01-25 (1 without a date).\n")
    assert "\nKind of file\n      1  .html\n      1  .md\n      1  .txt\n" in shown.out
    assert "      1  Port Authority\n" in shown.out
    assert "      2  Aldermoor\n" in shown.out


def test_json_and_filters(askive: Askive) -> None:
    made = askive("overview", "--json", "--embedder", "hash").json
    assert made["n_documents"] == 3
    assert {item["label"] for item in made["media"]} == {".html", ".md", ".txt"}
    assert {group["typical"]["uri"] for group in made["groups"]}
    made = askive("overview", "--json", "--after", "2016", "--embedder", "hash").json
    assert (made["n_documents"], made["last"]) == (1, "2016-01-25")


def test_errors(askive: Askive) -> None:
    assert askive("overview", "-c", "nowhere", "--embedder", "hash").code == 1
    shown = askive("overview", "--publisher", "VOA", "--embedder", "hash")
    assert shown.code == 2
    assert "no document is published by 'VOA'" in shown.err
