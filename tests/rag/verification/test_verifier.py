"""A sentence has one verdict, whether an answer says it or `askive verify` reads it."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import pytest

from askive.models.fakes import HashEmbedder, ScriptedGenerator
from askive.models.protocols import Message
from askive.models.reader.cross_encoder import Reader
from askive.rag.assistant import Assistant
from askive.rag.config import Config
from askive.rag.question.analysis import Question
from askive.rag.store.archive import Archive
from askive.rag.types import Hit, Passage, Source
from askive.rag.verification import support
from askive.rag.verification.dictation import DICTATED
from askive.rag.verification.support import NOT_SAID
from askive.rag.verification.verifier import Verifier
from askive.rag.verify_text import TextVerifier
from tests.rag.verification.fitted import fitted_for_fakes

QUESTION = "What is known of the harbour and the old bridge of Aldermoor?"
TRUE = "The harbour of Aldermoor received 412 ships in January."
DOUBTED = "The old bridge of Aldermoor was built in 1871 by the engineer Ida Falk."
WRONG = "The old bridge of Aldermoor was built in 1872 by the engineer Ida Falk."
UNHEARD = "Penguins live in Antarctica."


class Doubtful(ScriptedGenerator):
    """Writes all four sentences, and finds that no source states what Ida Falk did."""

    def __init__(self) -> None:
        super().__init__(f"{TRUE} {DOUBTED} {WRONG} {UNHEARD}")

    def choose(self, messages: Sequence[Message], choices: Sequence[str]) -> list[float]:
        doubted = "Statement: The old bridge" in messages[-1].text
        yes = 0.05 if doubted else 0.95
        return [math.log(yes), math.log(1 - yes)]


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reader:
    """The shipped one, and support models for it and the fakes that always ask the generator."""
    found = Reader()
    (tmp_path / "support.json").write_text(json.dumps(fitted_for_fakes(found)), encoding="utf-8")
    monkeypatch.setattr(support, "STORED", tmp_path / "support.json")
    return found


def test_answers_and_texts_have_the_same_verdicts(archive: Archive, reader: Reader) -> None:
    config, generator = Config(home=archive.folder), Doubtful()
    answer = Assistant(archive, generator, config, reader).ask(QUESTION)
    said = {s.text: (s.verdict, s.reasons) for s in (*answer.left_out, *answer.sentences)}
    with TextVerifier(archive, config, generator) as verifier:
        assert verifier.checks == ("rules", "reader", "generator")
        for text in (TRUE, DOUBTED, WRONG, UNHEARD):
            (sentence,) = verifier.sentences(text)
            assert said[text] == (sentence.verdict, sentence.reasons)
    assert said[TRUE] == ("supported", ())
    assert said[DOUBTED] == ("unsupported", (NOT_SAID,))
    assert said[WRONG][0] == "contradicted"
    assert said[UNHEARD][0] == "unsupported"


def test_what_a_source_only_asks_somebody_to_say_is_not_supported() -> None:
    text = "If it rains, tell guests that the pool is closed."
    hit = Hit(Passage(text, 0, len(text)), Source(1, "a.md", "Pool", "text/plain"), 1.0, 1, "fused")
    verifier, question = Verifier(HashEmbedder()), Question.read("Is the pool open?")
    sentence = verifier.verify("The pool is closed.", 0, question, [hit])
    assert (sentence.verdict, sentence.reasons) == ("unsupported", (DICTATED,))
    assert [citation.quote for citation in sentence.citations] == [text]
    assert (
        verifier.verify("Guests are told that the pool is closed.", 0, question, [hit]).verdict == "supported"
    )


def test_the_checks_are_those_that_were_made(archive: Archive, reader: Reader) -> None:
    embedder = archive.embedder
    assert Verifier(embedder).checks == ("rules",)
    assert Verifier(embedder, reader).checks == ("rules", "reader")
    assert Verifier(embedder, reader, Doubtful()).checks == ("rules", "reader", "generator")
    assert Verifier(embedder, None, Doubtful()).checks == ("rules",)
