"""Reading ahead, at the assistant: what is typed, and what every prompt opens with. It changes no answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Event as Flag
from typing import Any

import pytest

from askive.models.fakes import ScriptedGenerator
from askive.models.llama.generator import LlamaGenerator
from askive.models.llama.state_cache import StateCache
from askive.models.protocols import Message, Segment
from askive.models.weights.store import WeightStore
from askive.rag.answer.preparation import complete_question
from askive.rag.answer.prompt import build_prompt, prefilled_opening, prompt_opening
from askive.rag.assistant import Assistant
from askive.rag.config import Config, GenerationConfig
from askive.rag.question.analysis import Question
from askive.rag.store.archive import Archive
from askive.rag.types import Answer, Turn
from tests.conftest import SMALL_GENERATOR

SHIPS = "How many ships did the harbour of Aldermoor receive in January?"
TWO = "Who built the old bridge of Aldermoor, and how many zebras did the fair of Quarnheim draw?"
BRIDGE = "Who built the old bridge of Aldermoor?"
SPAN = "How many metres does the bridge span?"
TURNS = tuple(Turn(f"What about number {n}?", f"Number {n} is well. " * 30) for n in range(3))


class Listening(ScriptedGenerator):
    """Remembers what it was given to read."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[tuple[Message, ...]] = []

    def prefill(self, messages: Sequence[Message], cancel: Flag | None = None) -> bool:
        self.read.append(tuple(messages))
        return super().prefill(messages, cancel)


@pytest.mark.parametrize(
    ("typed", "question"),
    [("  ", ""), (" Who was it ", "Who was it?"), ("Who was it?", "Who was it?"), ("Tell me.", "Tell me.")],
)
def test_the_mark_that_is_still_to_come(typed: str, question: str) -> None:
    assert complete_question(typed) == question
    assert complete_question(question) == question


def test_nothing_more_is_done_once_cancelled(archive: Archive) -> None:
    """Retrievals and weighings, those of the question's halves too: each is looked at before it begins."""
    steps = _steps_of(archive, TWO, stop_at=None)
    assert steps.count("retrieve") >= 2
    assert steps.count("weigh") >= 3
    for stop_at in range(1, len(steps) + 1):
        assert _steps_of(archive, TWO, stop_at) == steps[:stop_at]


def _steps_of(archive: Archive, question: str, stop_at: int | None) -> list[str]:
    """What is done for a question that is typed; cancelled during step number `stop_at`."""
    generator, cancel, steps = Listening(), Flag(), list[str]()
    opened = Assistant(archive, generator, Config(home=archive.folder))

    def counted(name: str, work: Any) -> Any:
        def step(*told: Any, **more: Any) -> Any:
            steps.append(name)
            if len(steps) == stop_at:
                cancel.set()
            return work(*told, **more)

        return step

    preparer = opened._answerer.preparer
    preparer.retriever.retrieve = counted("retrieve", preparer.retriever.retrieve)  # type: ignore[method-assign]
    preparer._assessor.weigh = counted("weigh", preparer._assessor.weigh)  # type: ignore[method-assign]
    found = opened.anticipate(question, cancel=cancel)
    assert bool(found) == bool(generator.read) == (stop_at is None)
    return steps


@pytest.mark.parametrize("n_turns", [0, 1, 3])
def test_the_opening_begins_every_prompt(archive: Archive, n_turns: int) -> None:
    generator, history = Listening(), TURNS[:n_turns]
    opened = Assistant(archive, generator, Config(home=archive.folder))
    assert opened.read_opening(history)
    opened.anticipate(SHIPS, history)
    ahead, prompt = generator.read
    assert ahead == prefilled_opening(history)
    assert (
        prompt[:-1]
        == ahead[:-1]
        == prompt_opening(history)
        == build_prompt(Question.read("Why?"), (), history).messages[:-1]
    )
    assert prompt[-1].text.startswith(ahead[-1].text)
    cancel = Flag()
    cancel.set()
    assert not opened.read_opening(history, cancel)


# -- with a small real model


@pytest.fixture(scope="module")
def llama(weights_home: Path) -> Iterator[LlamaGenerator]:
    store = WeightStore(weights_home / "models")
    made = LlamaGenerator(
        store.path_of(SMALL_GENERATOR), SMALL_GENERATOR, "0" * 64, 2048, cache=StateCache(memory_limit=0)
    )
    yield made
    made.close()


def answers_with_and_without(
    archive: Archive, llama: LlamaGenerator, question: str, ahead: Callable[[Assistant], object], *turns: Turn
) -> tuple[Answer, Answer]:
    config = Config(home=archive.folder, generation=GenerationConfig(max_tokens=40))
    with_model = Assistant(archive, llama, config)
    llama.forget()
    assert ahead(with_model)
    sooner = with_model.ask(question, turns)
    llama.forget()
    plain = Assistant(archive, llama, config).ask(question, turns)
    assert (sooner.text, sooner.sentences, sooner.refusal) == (plain.text, plain.sentences, plain.refusal)
    assert (sooner.left_out, sooner.hits, sooner.confidence) == (plain.left_out, plain.hits, plain.confidence)
    assert [sentence.verdict for sentence in plain.sentences] == ["supported"]
    assert plain.usage.n_reused_tokens == 0
    return sooner, plain


@pytest.mark.weights
def test_typed_ahead_the_answer_is_the_same(archive: Archive, llama: LlamaGenerator) -> None:
    def type_ahead(opened: Assistant) -> bool:
        return all(opened.anticipate(typed) for typed in (BRIDGE[:20], BRIDGE.rstrip("?")))

    typed, _ = answers_with_and_without(archive, llama, BRIDGE, type_ahead)
    assert typed.usage.n_reused_tokens == typed.usage.n_prompt_tokens > 0


@pytest.mark.weights
def test_with_its_opening_read_a_follow_up_is_answered_the_same(
    archive: Archive, llama: LlamaGenerator
) -> None:
    turn = Turn(BRIDGE, "It was built in 1871 by the engineer Ida Falk.")
    read, _ = answers_with_and_without(
        archive, llama, SPAN, lambda opened: opened.read_opening((turn,)), turn
    )
    # Where two prompts with this opening part: behind all of it.
    one, other = (
        llama.prompt_tokens((*prompt_opening((turn,)), Message("user", (Segment(t),)))) for t in "?["
    )
    n_opening = next(n for n, (a, b) in enumerate(zip(one, other, strict=True)) if a != b)
    assert 60 < n_opening <= read.usage.n_reused_tokens < read.usage.n_prompt_tokens
