"""What an answer adds to its question, and which source has it."""

from __future__ import annotations

import pytest

from askive.models.fakes import HashEmbedder
from askive.rag.answer.quoting import added_values, first_supporting
from askive.rag.answer.yes_no import polarity_of, without_polarity
from askive.rag.config import RetrievalConfig
from askive.rag.evidence.scoring import ScoredSentence, score_sentences
from askive.rag.question.analysis import Question
from askive.rag.retrieval.retriever import Retriever
from askive.rag.store.archive import Archive
from askive.rag.types import Sentence

QUESTION = "Which engineer, according to the Port Authority, built the old bridge of Aldermoor?"


@pytest.mark.parametrize(
    ("answer", "polarity"),
    [
        ("Yes.", "Yes"),
        ("yes, it was built in 1871.", "Yes"),
        ("No. The council denied it.", "No"),
        ("No, it was not.", "No"),
        ("No ship came in.", None),
        ("Nobody knows.", None),
        ("It was, yes.", None),
        ("", None),
    ],
)
def test_an_answer_may_open_with_yes_or_no(answer: str, polarity: str | None) -> None:
    assert polarity_of(answer) == polarity


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        (["Yes.", "It was built in 1871."], ["It was built in 1871."]),
        (["No, it was never built."], ["It was never built."]),
        (["Yes - the council agreed.", "Later it did not."], ["The council agreed.", "Later it did not."]),
        (["No ship came in."], ["No ship came in."]),
        (["It was.", "Yes."], ["It was.", "Yes."]),
        (["Yes."], []),
        ([], []),
    ],
)
def test_yes_or_no_is_taken_off_the_opening_alone(answer: list[str], left: list[str]) -> None:
    sentences = [Sentence(text, 0, len(text)) for text in answer]
    assert [sentence.text for sentence in without_polarity(sentences)] == left


@pytest.mark.parametrize(
    ("answer", "values"),
    [
        ("Ida Falk is the engineer who built the old bridge of Aldermoor.", ["Ida Falk"]),
        ("Yes, the bridge of Aldermoor was built by Ida Falk in 1871.", ["Ida Falk", "1871"]),
        ("The old bridge of Aldermoor was built by an engineer.", []),
        # Where it stands written is not who built it.
        ("The Port Authority and The Aldermoor Post name Ida Falk.", ["Ida Falk"]),
    ],
)
def test_names_and_numbers_that_the_question_lacks(answer: str, values: list[str]) -> None:
    assert added_values(Question.read(QUESTION), answer, ["The Aldermoor Post"]) == values


@pytest.fixture
def scored(archive: Archive) -> list[ScoredSentence]:
    hits = Retriever(archive, RetrievalConfig()).retrieve("harbour bridge fair storm ships", top_k=20)
    return score_sentences(Question.read("What happened in Aldermoor?"), hits, HashEmbedder())


def test_the_source_that_has_it(scored: list[ScoredSentence]) -> None:
    found = first_supporting(["Gustave Eiffel", "Ida Falk"], scored)
    assert found is not None
    assert found[0] == "Ida Falk" and "engineer Ida Falk" in found[1].text
    last_name = first_supporting(["Johanna Falk"], scored)
    assert last_name is not None and "Falk" in last_name[1].text
    assert first_supporting(["Gustave Eiffel"], scored) is None
    assert first_supporting([], scored) is None
