"""What was said once is said again without asking, and nothing else is."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from askive.eval.benchmarks.trust.replay import ReplayGenerator
from askive.eval.runs.record import model_facts
from askive.models.errors import ContextOverflow, ModelError
from askive.models.fakes import ScriptedGenerator
from askive.models.protocols import Generator, Message, Piece, Sampling, Segment


def say(text: str) -> list[Message]:
    return [Message("user", (Segment(text),))]


class Counting(ScriptedGenerator):
    """Counts what reaches it."""

    digest = "d1"

    def __init__(self, context_tokens: int = 4096) -> None:
        super().__init__(self._numbered, context_tokens)
        self.n_generated = self.n_chosen = self.n_likely = self.n_read = 0

    def _numbered(self, messages: Sequence[Message]) -> str:
        self.n_generated += 1
        return f"{messages[-1].text} was said {self.n_generated} times"

    def choose(self, messages: Sequence[Message], choices: Sequence[str]) -> list[float]:
        self.n_chosen += 1
        return super().choose(messages, choices)

    def prefill(self, messages: Sequence[Message], cancel: threading.Event | None = None) -> bool:
        self.n_read += 1
        return super().prefill(messages, cancel)

    def likelihood(self, messages: Sequence[Message], text: str) -> float:
        self.n_likely += 1
        return super().likelihood(messages, text)


@pytest.fixture
def inner() -> Counting:
    return Counting()


@pytest.fixture
def generator(inner: Counting) -> ReplayGenerator:
    return ReplayGenerator(inner)


def test_is_a_generator_and_is_recorded_as_the_other(inner: Counting, generator: ReplayGenerator) -> None:
    assert isinstance(generator, Generator)
    assert generator.context_tokens == inner.context_tokens
    assert generator.count_tokens("one two") == 2
    assert model_facts(generator) == model_facts(inner) == {"id": "scripted", "digest": "d1"}
    assert ReplayGenerator(ScriptedGenerator()).digest is None


def test_an_equal_prompt_is_generated_once(inner: Counting, generator: ReplayGenerator) -> None:
    first = list(generator.generate(say("One"), Sampling()))
    again = list(generator.generate(say("One"), Sampling()))
    assert inner.n_generated == 1
    assert [(p.text, p.logprob, p.n_tokens, p.finish) for p in again] == [
        (p.text, p.logprob, p.n_tokens, p.finish) for p in first
    ]
    assert first[0].n_reused_tokens == 0 and again[0].n_reused_tokens == first[0].n_prompt_tokens == 1
    for other, sampling in (("Two", Sampling()), ("One", Sampling(max_tokens=3)), ("One", Sampling(seed=1))):
        list(generator.generate(say(other), sampling))
    assert inner.n_generated == 4


def test_whether_a_segment_is_reusable_makes_another_prompt(
    inner: Counting, generator: ReplayGenerator
) -> None:
    list(generator.generate(say("One"), Sampling()))
    list(generator.generate([Message("user", (Segment("One", reusable=True),))], Sampling()))
    assert inner.n_generated == 2


def test_cancelled_and_abandoned_generations_are_not_remembered(
    inner: Counting, generator: ReplayGenerator
) -> None:
    cancel = threading.Event()
    pieces: list[Piece] = []
    for piece in generator.generate(say("One"), Sampling(), cancel):
        pieces.append(piece)
        cancel.set()
    assert pieces[-1].finish == "cancelled"
    abandoned = generator.generate(say("One"), Sampling())
    next(abandoned)
    del abandoned
    whole = list(generator.generate(say("One"), Sampling()))
    assert inner.n_generated == 3 and whole[-1].finish == "stop"
    assert [piece.finish for piece in generator.generate(say("One"), Sampling(), cancel)] == ["cancelled"]
    assert inner.n_generated == 3


def test_choices_and_likelihoods_are_found_once(inner: Counting, generator: ReplayGenerator) -> None:
    first = generator.choose(say("is it wet"), ["wet", "dry"])
    kept = list(first)
    first.clear()
    assert generator.choose(say("is it wet"), ["wet", "dry"]) == kept
    assert inner.n_chosen == 1
    assert generator.choose(say("is it wet"), ["dry", "wet"]) == kept[::-1]
    assert inner.n_chosen == 2
    assert generator.likelihood(say("a b"), "a") == generator.likelihood(say("a b"), "a")
    assert inner.n_likely == 1
    generator.likelihood(say("a b"), "b")
    assert inner.n_likely == 2
    cases = [(say("a b"), "a"), (say("a b"), "c"), (say("a b"), "c")]
    found = generator.likelihoods(cases)
    assert found == [generator.likelihood(messages, text) for messages, text in cases]
    assert inner.n_likely == 3, "only what was not known"


def test_what_was_read_is_not_read_again(inner: Counting, generator: ReplayGenerator) -> None:
    cancelled = threading.Event()
    cancelled.set()
    assert not generator.prefill(say("One"), cancelled)
    assert generator.prefill(say("One")) and generator.prefill(say("One"))
    assert inner.n_read == 2
    assert not generator.prefill(say("One"), cancelled)
    list(generator.generate(say("Two"), Sampling()))
    assert generator.prefill(say("Two")) and inner.n_read == 2


def test_errors_are_raised_each_time() -> None:
    generator = ReplayGenerator(Counting(context_tokens=4))
    for _ in range(2):
        with pytest.raises(ContextOverflow):
            list(generator.generate(say("one two three four five"), Sampling()))
        with pytest.raises(ValueError, match="choices"):
            generator.choose(say("One"), ["yes", "yes"])


def test_close_forgets_and_closes_the_other(inner: Counting, generator: ReplayGenerator) -> None:
    list(generator.generate(say("One"), Sampling()))
    generator.close()
    generator.close()
    assert inner.closed
    for use in (
        lambda: generator.count_tokens("word"),
        lambda: list(generator.generate(say("One"), Sampling())),
        lambda: generator.choose(say("One"), ["a", "b"]),
        lambda: generator.prefill(say("One")),
        lambda: generator.likelihood(say("One"), "a"),
    ):
        with pytest.raises(ModelError, match="closed"):
            use()


def test_another_process_need_not_ask_again(inner: Counting, tmp_path: Path) -> None:
    path = tmp_path / "eval" / "said.jsonl"
    first = list(ReplayGenerator(inner, path).generate(say("Rain"), Sampling()))
    # What an interrupted process left behind loses only itself.
    with path.open("a", encoding="utf-8") as file:
        file.write('["cut o')
    later = ReplayGenerator(inner, path)
    assert [piece.text for piece in later.generate(say("Rain"), Sampling())] == [
        piece.text for piece in first
    ]
    list(later.generate(say("Snow"), Sampling()))
    assert inner.n_generated == 2
    again = ReplayGenerator(inner, path)
    list(again.generate(say("Snow"), Sampling()))
    list(again.generate(say("Rain"), Sampling(max_tokens=3)))
    assert inner.n_generated == 3, "other options are another question"
