"""A folder with one file of every kind: `askive index` reads it, and a question to each is answered with its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from askive.rag.load import LOADERS
from askive.rag.load.recognition.tesseract import PICTURE_ENDINGS, find_tesseract
from tests.ui.commands.folder.every_kind import Kind, every_kind
from tests.ui.test_cli import FAKES, Askive


@pytest.fixture
def kinds() -> list[Kind]:
    return every_kind(recognises=bool(find_tesseract()))


def test_every_kind_is_there(kinds: list[Kind]) -> None:
    read = {LOADERS[Path(kind.name).suffix] for kind in kinds}
    assert read == {
        loader for ending, loader in LOADERS.items() if find_tesseract() or ending not in PICTURE_ENDINGS
    }


def test_a_question_to_each_is_answered_with_its_place(
    home: Path, tmp_path: Path, kinds: list[Kind], capsys: pytest.CaptureFixture[str]
) -> None:
    askive = Askive(capsys)
    folder = tmp_path / "papers"
    folder.mkdir()
    for kind in kinds:
        if kind.data:
            (folder / kind.name).write_bytes(kind.data)
    indexed = askive("index", folder, *FAKES[:2], "--json")
    assert (indexed.code, indexed.json["failures"], indexed.json["skipped"]) == (0, [], 0)
    assert {Path(split["uri"]).name: split["rule"] for split in indexed.json["files_split"]} == {
        "articles.jsonl": "records", "box.mbox": "messages", "case.zip": "members",
    }  # fmt: skip
    questions = tmp_path / "questions.jsonl"
    questions.write_text("".join(json.dumps({"question": kind.question}) + "\n" for kind in kinds))
    asked = askive("ask", "--batch", questions, *FAKES)
    wrong = {}
    for kind, line in zip(kinds, asked.out.splitlines(), strict=True):
        answer = json.loads(line)
        cited = [c for sentence in answer["sentences"] for c in sentence["citations"]]
        found = [
            (Path(c["uri"].removeprefix(str(folder) + "/")), c["locator"], kind.value in c["quote"])
            for c in cited
        ]
        if (Path(f"{kind.name}{kind.part}"), kind.locator, True) not in found:
            wrong[kind.name] = (kind.locator, found or answer["answer"])
    assert not wrong
