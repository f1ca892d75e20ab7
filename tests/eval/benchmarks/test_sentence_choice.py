"""The generator's choice among numbered sentences, and what is told of it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from askive.eval.benchmarks.retrieval.sentence_choice import N_NUMBERED, Chosen, choose, summary
from askive.models.fakes import ScriptedGenerator
from askive.models.protocols import Message
from askive.rag.evidence.scoring import ScoredSentence
from askive.rag.evidence.source_sentences import SourceSentence
from askive.rag.text.sentences import Span
from askive.rag.types import Hit, Passage, Source

TEXT = "It was so."
HIT = Hit(
    Passage(TEXT, 0, len(TEXT), passage_id=1, doc_id=1), Source(1, "a", "A", "text/plain"), 1.0, 1, "fused"
)


class Choosing(ScriptedGenerator):
    """Takes the second sentence."""

    asked = ""

    def choose(self, messages: Sequence[Message], choices: Sequence[str]) -> list[float]:
        self.asked = messages[-1].text
        assert choices[0] == "0"
        return [math.log(0.1), math.log(0.2), *(math.log(0.7) for _ in choices[2:])]


def test_sentences_are_numbered_and_none_is_a_choice() -> None:
    generator = Choosing()
    scored = [
        ScoredSentence(SourceSentence(HIT, Span(0, 10), f"Sentence\n{n}."), n, 1.0)
        for n in range(N_NUMBERED + 3)
    ]
    at, told = choose("Which?", scored, generator)
    assert at == 1
    assert len(told) == N_NUMBERED + 1
    assert "[1] Sentence 0.\n[2] Sentence 1.\n" in generator.asked
    assert f"[{N_NUMBERED + 1}]" not in generator.asked


def test_both_are_told_beside_one_another() -> None:
    found = [Chosen((True, False), True, 0.9, 0.2, 100.0), Chosen(None, False, 0.1, 0.6, 300.0)]
    reader, own = summary("s", found).splitlines()
    assert "first one is gold 1.000 of 1" in reader
    assert "AUC 1.000 of 2" in reader
    assert "gold 0.000 of 1" in own
    assert "AUC 0.000 of 2, 200 ms more" in own
    assert "AUC -" in summary("s", found[:1])
