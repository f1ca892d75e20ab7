"""How an answer is asked for, and where it ends."""

from __future__ import annotations

import pytest

from askive.models.fakes import ScriptedGenerator
from askive.rag.answer.prompt import build_prompt
from askive.rag.answer.style import style_of, without_preamble
from askive.rag.assistant import Assistant
from askive.rag.config import Config, GenerationConfig
from askive.rag.question.analysis import Question
from askive.rag.question.answer_type import is_open
from askive.rag.store.archive import Archive

HARBOUR = "What happened in the harbour of Aldermoor in January?"
FIRST = "The harbour of Aldermoor received 412 ships in January."


@pytest.mark.parametrize(
    "question",
    [
        "Why did the harbour close?",
        "How does a lock work?",
        "how to create a virtual machine",
        "What is EBT?",
        "what happens to Toby at the end",
        "Could you explain the new rules?",
        "IBM Cloudant legacy",
        "What is the song about?",
        "What are the sirens in the film?",
        "what did the committee of public safety do during the revolution",
    ],
)
def test_explanations(question: str) -> None:
    assert is_open(question)
    assert style_of(Question.read(question)).min_tokens > 40


@pytest.mark.parametrize(
    "question",
    [
        "Who built the bridge?",
        "How many ships came?",
        "How old is the bridge?",
        "When was it built?",
        "What is the population of Aldermoor?",
        "Is the bridge open?",
        "Which company built it?",
        "What did the mayor promise the fishermen?",
        "Where does he live?",
        "How soon after the storm did they sail?",
        "And the one that flew to Latakia?",
        "Was the jet brought down before or after the attacks?",
        "What was the bomb that destroyed the airliner hidden in?",
        "What do the commanders keep in their homes?",
        "What is the name of the harbour?",
        "Can you tell me who built it?",
    ],
)
def test_facts(question: str) -> None:
    assert not is_open(question)
    assert style_of(Question.read(question)).min_tokens < 20


def test_the_request_stands_behind_the_question(archive: Archive) -> None:
    for question in ("Why did it close?", "Who built it?", "Did it close?"):
        last = build_prompt(Question.read(question), ()).messages[-1].text
        assert last.endswith(f"Question: {question}\n{style_of(Question.read(question)).request}".rstrip())


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("According to the first excerpt, the harbour closed.", "The harbour closed."),
        ("Based on the provided documents, Ida Falk built it.", "Ida Falk built it."),
        ("According to excerpt [2], it rained.", "It rained."),
        ("According to the mayor, it rained.", "According to the mayor, it rained."),
        (
            "In the document the mayor signed, nothing is said.",
            "In the document the mayor signed, nothing is said.",
        ),
    ],
)
def test_the_place_among_the_excerpts_is_nothing_for_the_reader(said: str, shown: str) -> None:
    assert without_preamble(said) == shown


def answer_of(archive: Archive, said: str, max_tokens: int = 160) -> str:
    config = Config(home=archive.folder, generation=GenerationConfig(max_tokens=max_tokens))
    return Assistant(archive, ScriptedGenerator(said), config).ask(HARBOUR).text


def test_a_model_that_turns_in_rounds_is_stopped(archive: Archive) -> None:
    rounds = " ".join([FIRST] * 6)
    assert answer_of(archive, rounds) == FIRST
    assert answer_of(archive, f"{FIRST} In January the harbour of Aldermoor received ships.") == FIRST


def test_a_sentence_without_room_is_not_shown(archive: Archive) -> None:
    words = len(FIRST.split()) + 4
    assert answer_of(archive, f"{FIRST} The old bridge of Aldermoor was built in 1871.", words) == FIRST


def test_a_sentence_that_just_had_room_is_shown(archive: Archive) -> None:
    second = "The old bridge of Aldermoor was built in 1871."
    said = f"{FIRST} {second} It is long."
    assert answer_of(archive, said, len(f"{FIRST} {second}".split())) == f"{FIRST} {second}"


def test_the_only_sentence_without_room_is_no_answer(archive: Archive) -> None:
    config = Config(home=archive.folder, generation=GenerationConfig(max_tokens=len(FIRST.split()) - 1))
    answer = Assistant(archive, ScriptedGenerator(FIRST), config).ask(HARBOUR)
    assert answer.refused
    (fragment,) = answer.left_out
    assert FIRST.startswith(fragment.text)
    assert fragment.verdict == "cut_off"


def test_the_preamble_is_not_in_the_answer(archive: Archive) -> None:
    assert (
        answer_of(
            archive, "According to the first excerpt, the harbour of Aldermoor received 412 ships in January."
        )
        == FIRST
    )


def test_an_explanation_whose_first_sentence_does_not_stand_explains_another_thing(archive: Archive) -> None:
    wrong = "The mayor of Aldermoor closed the harbour because of a strike."
    answer = Assistant(archive, ScriptedGenerator(f"{wrong} {FIRST}"), Config(home=archive.folder)).ask(
        "Why did the mayor close the harbour of Aldermoor?"
    )
    assert answer.refused or not answer.text.startswith(FIRST)
    assert (
        FIRST
        in Assistant(archive, ScriptedGenerator(f"{FIRST} {wrong}"), Config(home=archive.folder))
        .ask(HARBOUR)
        .text
    )
