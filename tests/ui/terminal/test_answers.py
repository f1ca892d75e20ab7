"""What the command line prints of an answer of which one half is missing."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from askive.models.fakes import ScriptedGenerator
from askive.rag.assistant import Assistant
from askive.rag.config import Config
from askive.rag.evidence.assessment import Assessment, EvidenceAssessor
from askive.rag.question.analysis import Question
from askive.rag.store.archive import Archive
from askive.rag.types import Cited, Final, Hit, Refusal
from askive.ui.terminal.answers import print_stream
from askive.ui.terminal.render import Output
from tests.ui.test_cli import Askive

FAKES = ("--embedder", "hash", "--model", "scripted")
BUILT = "When was the old bridge of Aldermoor built"
MAYOR = "who is the mayor of Borgholm"
TOLD = f"The documents do not say: {MAYOR}."


@pytest.fixture
def askive(
    home: Path, documents: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Askive:
    """A collection of which it is known that it says nothing about Borgholm."""
    weigh: Callable[..., Assessment] = EvidenceAssessor.weigh

    def given(
        self: EvidenceAssessor, question: Question, hits: Sequence[Hit], context: str = ""
    ) -> Assessment:
        unknown = "Borgholm" in question.text and "bridge" not in question.text
        found = weigh(self, question, hits, context)
        return replace(found, probability=0.01 if unknown else 0.9, is_answerable=not unknown)

    monkeypatch.setattr(EvidenceAssessor, "weigh", given)
    command = Askive(capsys)
    assert command("index", documents, "--embedder", "hash", "--quiet").code == 0
    return command


def test_the_missing_half_is_told_behind_the_answer(askive: Askive) -> None:
    shown = askive("ask", f"{BUILT}, and {MAYOR}?", *FAKES)
    assert shown.code == 0
    said, _, sources = shown.out.partition("Sources")
    assert "1871" in said
    assert " ".join(said.split()).endswith(TOLD)
    assert sources


def test_an_answer_that_misses_nothing_says_so_by_silence(askive: Askive) -> None:
    shown = askive("ask", f"{BUILT}?", *FAKES)
    assert shown.code == 0
    assert "do not say" not in shown.out


def test_json_has_the_missing_half_beside_the_answer(askive: Askive) -> None:
    answer = askive("ask", f"{BUILT}, and {MAYOR}?", "--json", *FAKES).json
    assert answer["unanswered"] == [MAYOR]
    assert "do not say" not in answer["answer"]
    assert askive("ask", f"{BUILT}?", "--json", *FAKES).json["unanswered"] == []


def test_the_nearest_passages_are_counted_from_one(
    archive: Archive, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = Config(home=tmp_path, embedder="hash", generator="scripted", reader="off")
    answer = Assistant(archive, ScriptedGenerator(), config).ask(f"{BUILT}?")
    cited = answer.sentences[0].citations[0]
    # A sentence that is not shown was cited first.
    refusal = Refusal("unsupported", "No.", tuple(replace(cited, marker=marker) for marker in (2, 3)))
    print_stream([Final(replace(answer, text="No.", sentences=(), refusal=refusal))], Output())
    assert re.findall(r"^\[(\d)\]", capsys.readouterr().out, re.MULTILINE) == ["1", "2"]


def test_a_sentence_that_is_withdrawn_never_reaches_standard_output(
    archive: Archive, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = Config(home=tmp_path, embedder="hash", generator="scripted", reader="off")
    answer = Assistant(archive, ScriptedGenerator(), config).ask(f"{BUILT}?")
    draft = replace(answer.sentences[0], text="It was built in 1999.")
    printed = print_stream([Cited(draft), Final(answer)], Output())
    assert printed == answer
    streams = capsys.readouterr()
    assert "1999" not in streams.out + streams.err
    assert streams.out.startswith(f"{answer.sentences[0].text} [1]\n")


def test_a_terminal_shows_the_draft_and_takes_it_back(tmp_path: Path) -> None:
    """The real streams: standard output is a file, standard error a terminal."""
    program = """
from askive.rag.types import *
from askive.ui.terminal.answers import print_stream
from askive.ui.terminal.render import Output
sentence = Sentence("Built in 1871.", 0, 14, (), "supported")
final = Answer("When?", "Built in 1871.", (sentence,), None, (), (), "m", "e", Usage(), Timings())
print_stream([Searching("When?", notes=("read as: When?",)), Cited(Sentence("Built in 1999.", 0, 14, (), "supported")),
              Final(final)], Output())
"""
    ours, theirs = pty.openpty()
    environ = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    with (tmp_path / "out").open("wb") as out:
        process = subprocess.Popen([sys.executable, "-c", program], stdout=out, stderr=theirs, env=environ)
    os.close(theirs)
    seen = b""
    try:
        while block := os.read(ours, 4096):
            seen += block
    except OSError:
        # The terminal is closed at the other end.
        pass
    os.close(ours)
    assert process.wait(60) == 0, seen.decode()
    assert (tmp_path / "out").read_text() == "Built in 1871.\n"
    assert b"read as: When?" in seen
    # The draft is dim, and its line is erased afterwards.
    assert re.search(rb"\x1b\[2mBuilt in 1999\.", seen)
    assert seen.rindex(b"\x1b[2K") > seen.index(b"1999")
