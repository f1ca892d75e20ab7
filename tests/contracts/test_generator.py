"""What every Generator must do: the fake, and llama.cpp with a small real model."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from askive.models.errors import ContextOverflow, ModelError
from askive.models.fakes import ScriptedGenerator
from askive.models.protocols import Generator, Message, Piece, Sampling, Segment
from askive.models.registry import load_generator
from tests.conftest import SMALL_GENERATOR

STORY = "Once upon a time a baker named Nils lived in a town by the sea. "


def say(*texts: str) -> list[Message]:
    return [Message("user", tuple(Segment(text) for text in texts))]


def text_of(pieces: list[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def count_to(n: int) -> str:
    return " ".join(f"number {i}," for i in range(n))


Make = Callable[[int], Generator]


@pytest.fixture(scope="module", params=["scripted", pytest.param("llama", marks=pytest.mark.weights)])
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Makes a fresh generator with a context of so many tokens."""
    made: list[Generator] = []

    def scripted(context_tokens: int) -> Generator:
        return ScriptedGenerator(
            lambda messages: f"You said: {messages[-1].text[:40]} and {count_to(60)}", context_tokens
        )

    def llama(context_tokens: int) -> Generator:
        # Each with a home of its own: the states that one keeps must not help another.
        home: Path = request.getfixturevalue("tmp_path_factory").mktemp("home")
        (home / "models").symlink_to(request.getfixturevalue("weights_models"), target_is_directory=True)
        made.append(load_generator(SMALL_GENERATOR, home / "models", context_tokens=context_tokens))
        return made[-1]

    if request.param == "llama":
        request.getfixturevalue("weights_models")
    yield scripted if request.param == "scripted" else llama
    for generator in made:
        generator.close()


REAL = pytest.mark.parametrize(
    "make", [pytest.param("llama", marks=pytest.mark.weights)], indirect=True, scope="module"
)
"""For what the fake does not do: it reads nothing and makes its probabilities up."""


@pytest.fixture(scope="module")
def generator(make: Make) -> Generator:
    return make(4096)


def test_is_a_generator(generator: Generator) -> None:
    assert isinstance(generator, Generator)
    assert generator.model_id
    assert generator.context_tokens == 4096


def test_pieces_come_in_order_and_are_counted(generator: Generator) -> None:
    pieces = list(generator.generate(say("Tell me a story about a baker."), Sampling(max_tokens=24)))
    assert len(text_of(pieces)) > 20
    assert [piece.finish is not None for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    assert pieces[0].n_prompt_tokens > 0
    assert not any(piece.n_prompt_tokens or piece.n_reused_tokens for piece in pieces[1:])
    assert sum(piece.n_tokens for piece in pieces) <= 24
    assert all(piece.logprob is None or piece.logprob <= 1e-6 for piece in pieces)
    assert all(piece.text for piece in pieces[:-1])


@pytest.mark.parametrize("max_tokens", [1, 2, 7])
def test_stops_at_max_tokens(generator: Generator, max_tokens: int) -> None:
    pieces = list(generator.generate(say(STORY), Sampling(max_tokens=max_tokens)))
    assert pieces[-1].finish == "length"
    assert sum(piece.n_tokens for piece in pieces) == max_tokens


def test_greedy_is_deterministic(generator: Generator) -> None:
    sampling = Sampling(max_tokens=20)
    first = text_of(list(generator.generate(say("Name three fruits."), sampling)))
    list(generator.generate(say("Something else altogether."), sampling))
    assert text_of(list(generator.generate(say("Name three fruits."), sampling))) == first


def test_the_text_depends_on_the_messages(generator: Generator) -> None:
    sampling = Sampling(max_tokens=20)
    one = text_of(list(generator.generate(say("What is two plus two?"), sampling)))
    assert one != text_of(list(generator.generate(say("Who was Mozart?"), sampling)))


def test_kept_states_change_nothing(make: Make, generator: Generator) -> None:
    sampling = Sampling(max_tokens=16)
    shared = Message("system", (Segment("You are a careful clerk. " + STORY * 5, reusable=True),))
    list(generator.generate([shared, *say("What is the baker's name?")], sampling))
    pieces = list(generator.generate([shared, *say("Where does the baker live?")], sampling))
    fresh = make(4096)
    alone = list(fresh.generate([shared, *say("Where does the baker live?")], sampling))
    assert text_of(pieces) == text_of(alone)
    assert alone[0].n_reused_tokens == 0
    assert pieces[0].n_prompt_tokens == alone[0].n_prompt_tokens
    assert 0 <= pieces[0].n_reused_tokens < pieces[0].n_prompt_tokens
    fresh.close()


def test_cancel_ends_a_generation(generator: Generator) -> None:
    cancel = threading.Event()
    pieces: list[Piece] = []
    for piece in generator.generate(say(STORY + "Go on."), Sampling(max_tokens=300), cancel):
        pieces.append(piece)
        if len(pieces) == 3:
            cancel.set()
    assert pieces[-1].finish == "cancelled"
    assert len(pieces) <= 5


def test_cancelled_before_it_began(generator: Generator) -> None:
    cancel = threading.Event()
    cancel.set()
    pieces = list(generator.generate(say(STORY), Sampling(max_tokens=50), cancel))
    assert [piece.finish for piece in pieces] == ["cancelled"]
    assert text_of(list(generator.generate(say("Name three fruits."), Sampling(max_tokens=5))))


class Countdown(threading.Event):
    """Set when it has been looked at so many times."""

    def __init__(self, n_looks: int) -> None:
        super().__init__()
        self.n_left = n_looks

    def is_set(self) -> bool:
        self.n_left -= 1
        if self.n_left < 0:
            self.set()
        return super().is_set()

    def wait(self, timeout: float | None = None) -> bool:
        return self.is_set() or super().wait(timeout)


def test_cancel_during_the_reading_of_a_long_prompt_leaves_no_text(generator: Generator) -> None:
    prompt = say(STORY * 10)
    never = Countdown(10**9)
    uncancelled = generator.generate([*say("uncancelled"), *prompt], Sampling(max_tokens=2), never)
    assert next(uncancelled).finish is None
    n_looks = 10**9 - never.n_left
    assert n_looks > 0
    list(uncancelled)
    for part in range(2):
        # A prompt of its own each time: nothing of it may have been kept.
        cancel = Countdown(part * n_looks // 2)
        pieces = list(generator.generate([*say(f"{part}"), *prompt], Sampling(max_tokens=2), cancel))
        assert [(piece.text, piece.finish) for piece in pieces] == [("", "cancelled")]
    assert text_of(list(generator.generate(say("Hi"), Sampling(max_tokens=2)))), "it goes on working"


@REAL
def test_cancel_during_the_reading_of_a_long_prompt_takes_at_most_200_ms(generator: Generator) -> None:
    prompt = say(STORY * 220)
    took: list[float] = []
    # The machine may be busy with something else: one of three tries must be in time.
    for attempt in range(3):
        cancel = threading.Event()
        cancelled_at: list[float] = []

        def stop(cancel: threading.Event = cancel, at: list[float] = cancelled_at) -> None:
            at.append(time.perf_counter())
            cancel.set()

        timer = threading.Timer(0.25, stop)
        timer.start()
        pieces = list(generator.generate([*say(f"{attempt}"), *prompt], Sampling(max_tokens=2), cancel))
        timer.join()
        assert pieces[-1].finish == "cancelled"
        took.append(time.perf_counter() - cancelled_at[0])
        if took[-1] < 0.2:
            break
    assert min(took) < 0.2, f"took {took}"


@REAL
def test_a_turn_does_not_end_before_its_least(generator: Generator) -> None:
    # What a small model says at the end of its turn differs between processors: one that ends it is looked for.
    asked = (
        "Reply with the word yes and nothing else.",
        "Say hello.",
        "What is the capital of France?",
        "Goodbye.",
    )
    prompt, free = next(
        (prompt, pieces)
        for prompt in map(say, asked)
        if (pieces := list(generator.generate(prompt, Sampling(max_tokens=60))))[-1].finish == "stop"
    )
    n_free = sum(piece.n_tokens for piece in free)
    longer = list(generator.generate(prompt, Sampling(max_tokens=60, min_tokens=n_free + 12)))
    assert sum(piece.n_tokens for piece in longer) >= n_free + 12
    assert text_of(longer).startswith(text_of(free))
    assert text_of(list(generator.generate(prompt, Sampling(max_tokens=60)))) == text_of(free)


def test_stop_strings_are_never_shown(generator: Generator) -> None:
    prompt = say("Count from one to twenty in words, one word after the other.")
    whole = text_of(list(generator.generate(prompt, Sampling(max_tokens=40))))
    for stop in {whole[len(whole) // 2 :][:n] for n in (1, 2, 5, 9)}:
        pieces = list(generator.generate(prompt, Sampling(max_tokens=40, stop=("\0never", stop))))
        assert stop not in text_of(pieces)
        assert text_of(pieces) == whole.split(stop)[0]
        assert pieces[-1].finish == "stop"


def test_a_stop_string_that_does_not_come_holds_nothing_back(generator: Generator) -> None:
    prompt = say("Count from one to twenty in words.")
    whole = text_of(list(generator.generate(prompt, Sampling(max_tokens=30))))
    stops = (whole[-3:] + "\0", whole[:5] + "\0")
    assert text_of(list(generator.generate(prompt, Sampling(max_tokens=30, stop=stops)))) == whole


def test_a_prompt_over_the_context_is_an_error(make: Make) -> None:
    small = make(512)
    with pytest.raises(ContextOverflow) as caught:
        list(small.generate(say(STORY * 60), Sampling(max_tokens=5)))
    assert "512" in caught.value.message
    assert caught.value.remedy
    assert list(small.generate(say("Hello"), Sampling(max_tokens=3)))
    with pytest.raises(ContextOverflow):
        list(small.generate(say(STORY * 60), Sampling(max_tokens=5)))
    small.close()


def test_choose_gives_normalised_log_probabilities(generator: Generator) -> None:
    logprobs = generator.choose(say("Is water wet? Answer yes or no."), ["yes", "no", "maybe"])
    assert math.isclose(sum(math.exp(value) for value in logprobs), 1.0, abs_tol=1e-6)
    assert all(value <= 0 for value in logprobs)
    again = generator.choose(say("Is water wet? Answer yes or no."), ["maybe", "no", "yes"])
    assert again[::-1] == pytest.approx(logprobs, abs=1e-5)


@pytest.mark.parametrize("choices", [["yes", "yes"], ["yes", "yes indeed"], ["yes", ""], []])
def test_choices_must_be_told_apart_by_their_first_token(generator: Generator, choices: list[str]) -> None:
    with pytest.raises(ValueError, match="choices"):
        generator.choose(say("Is water wet?"), choices)


def test_likelihood_depends_on_the_text_and_on_the_messages(generator: Generator) -> None:
    about = say("The old bridge of Aldermoor was built by Ida Falk. Say a question about this text.")
    other = say("Rye bread needs a long time in the oven. Say a question about this text.")
    asked = "Who built the old bridge of Aldermoor?"
    likely = generator.likelihood(about, asked)
    assert likely < 0
    assert generator.likelihood(other, asked) < likely
    assert generator.likelihood(about, "How long does rye bread need in the oven?") != likely
    assert generator.likelihood(about, asked) == pytest.approx(likely, abs=0.05)


def test_likelihoods_are_those_of_each(generator: Generator) -> None:
    story = (
        "The old bridge of Aldermoor was built by Ida Falk in the year 1871, says the chronicle of the town. "
    )
    wet, old = (
        say(story + "Is it wet? Reply Yes or No."),
        say(story + "How old is the bridge? Reply in a word."),
    )
    cases = [(wet, "Yes"), (wet, "No"), (old, "Old"), (old, ""), (say("Hello"), "Hi there")]
    for some in (cases, cases[:3], cases[:2], cases[:1], []):
        alone = [generator.likelihood(messages, text) for messages, text in some]
        assert generator.likelihoods(some) == pytest.approx(alone, abs=0.05)
    # What was read together is not in the way of what comes next.
    assert generator.likelihood(wet, "Yes") == pytest.approx(generator.likelihoods(cases[:2])[0], abs=0.05)


def test_likelihood_is_a_sum_over_the_text(generator: Generator) -> None:
    about = say("The old bridge of Aldermoor was built by Ida Falk.")
    assert generator.likelihood(about, "") == 0.0
    short, long = (generator.likelihood(about, text) for text in ("The bridge", "The bridge of Aldermoor"))
    assert long < short


@REAL
def test_the_likelihood_of_what_was_generated_is_its_log_probability(generator: Generator) -> None:
    prompt = say("Name three fruits.")
    pieces = list(generator.generate(prompt, Sampling(max_tokens=12)))
    told = sum(piece.logprob or 0.0 for piece in pieces)
    assert generator.likelihood(prompt, text_of(pieces)) == pytest.approx(told, abs=0.3)


def test_likelihood_of_a_text_over_the_context_is_an_error(make: Make) -> None:
    small = make(512)
    if not isinstance(small, ScriptedGenerator):
        with pytest.raises(ContextOverflow):
            small.likelihood(say("Hello"), STORY * 60)
    assert small.likelihood(say("Hello"), STORY) < 0
    small.close()


def test_a_prompt_read_ahead_changes_nothing_but_the_wait(generator: Generator) -> None:
    prompt = say(STORY * 8 + "Where does the baker live?")
    sampling = Sampling(max_tokens=12)
    alone = text_of(list(generator.generate(prompt, sampling)))
    list(generator.generate(say("Something else altogether."), sampling))
    assert generator.prefill(prompt)
    pieces = list(generator.generate(prompt, sampling))
    assert text_of(pieces) == alone
    if not isinstance(generator, ScriptedGenerator):
        assert pieces[0].n_reused_tokens >= pieces[0].n_prompt_tokens - 16


def test_reading_ahead_is_cancelled_at_once(generator: Generator) -> None:
    cancel = threading.Event()
    cancel.set()
    assert not generator.prefill(say(STORY * 20), cancel)
    assert list(generator.generate(say("Hi"), Sampling(max_tokens=2)))


def test_an_abandoned_generation_frees_the_engine(generator: Generator) -> None:
    abandoned = generator.generate(say(STORY), Sampling(max_tokens=200))
    next(abandoned)
    del abandoned
    done: list[str] = []
    other = threading.Thread(
        target=lambda: done.append(text_of(list(generator.generate(say("Hi"), Sampling(max_tokens=2))))),
        daemon=True,
    )
    other.start()
    other.join(20)
    assert done


def test_a_second_caller_waits_for_the_first(generator: Generator) -> None:
    prompts = [f"Write the number {n} in words." for n in range(3)]
    alone = [text_of(list(generator.generate(say(p), Sampling(max_tokens=8)))) for p in prompts]
    found: dict[int, str] = {}

    def ask(n: int) -> None:
        found[n] = text_of(list(generator.generate(say(prompts[n]), Sampling(max_tokens=8))))

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(len(prompts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [found[n] for n in range(len(prompts))] == alone


def test_a_seed_gives_the_same_sample(generator: Generator) -> None:
    sampling = Sampling(max_tokens=12, temperature=1.0, seed=7)
    first = text_of(list(generator.generate(say(STORY), sampling)))
    assert text_of(list(generator.generate(say(STORY), sampling))) == first


def test_tokens_are_counted(generator: Generator) -> None:
    assert generator.count_tokens("") == 0
    assert 5 <= generator.count_tokens("one two three four five") <= 10
    assert generator.count_tokens(STORY * 10) > generator.count_tokens(STORY)


def test_close_twice_and_then_no_more(make: Make) -> None:
    closed = make(512)
    closed.close()
    closed.close()
    if isinstance(closed, ScriptedGenerator):
        assert closed.closed
        return
    for use in (
        lambda: closed.count_tokens("word"),
        lambda: list(closed.generate(say("Hi"), Sampling(max_tokens=2))),
        lambda: closed.choose(say("Hi"), ["a", "b"]),
        lambda: closed.likelihoods([(say("Hi"), "a"), (say("Hi"), "b")]),
    ):
        with pytest.raises(ModelError, match="closed"):
            use()
