"""What is kept, read ahead or guessed changes no number of the engine: SmolLM2, to the last bit."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from askive.models.errors import ModelError
from askive.models.llama.context import EngineOptions, LlamaContext, Rearranged
from askive.models.llama.generator import LlamaGenerator
from askive.models.llama.state_cache import StateCache
from askive.models.protocols import Message, Piece, Sampling, Segment
from askive.models.weights.store import WeightStore
from tests.conftest import DOCUMENTS, SMALL_GENERATOR

pytestmark = pytest.mark.weights

SYSTEM = Message("system", (Segment("You answer from the excerpts. Quote them word for word.", True),))
QUESTIONS = (
    "How many ships did the harbour receive in January?", "Who built the old bridge?", "Repeat the text.",
    "What did the mayor say?", "List all names.", "How long is the bridge?", "Write a poem about rain.",
    "What did most ships carry?", "Translate the first sentence into French.", "Why?",
)  # fmt: skip


@pytest.fixture(scope="module")
def path(weights_home: Path) -> Path:
    return WeightStore(weights_home / "models").path_of(SMALL_GENERATOR)


def load(path: Path, **told: object) -> LlamaGenerator:
    return LlamaGenerator(path, SMALL_GENERATOR, "0" * 64, 2048, **told)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def plain(path: Path) -> Iterator[LlamaGenerator]:
    """Keeps nothing but its last prompt, and guesses nothing."""
    made = load(path, speculate=False, cache=StateCache(memory_limit=0))
    yield made
    made.close()


def prompt(question: str, document: str = "harbour.md") -> list[Message]:
    passage = Segment(DOCUMENTS[document].split("---\n")[-1] + "\n", reusable=True)
    return [SYSTEM, Message("user", (passage, Segment(f"Question: {question}")))]


def watched(context: LlamaContext) -> list[int]:
    """The rows scored in each of its passes from now on."""
    widths: list[int] = []
    read = context.read

    def seen(tokens: list[int], n_logits: int = 1, *, settled: bool = True) -> int:
        widths.append(n_logits)
        return read(tokens, n_logits, settled=settled)

    context.read = seen  # type: ignore[method-assign, assignment]
    return widths


def told(pieces: list[Piece]) -> tuple[str, float, str | None]:
    return (
        "".join(piece.text for piece in pieces),
        sum(piece.logprob or 0.0 for piece in pieces),
        pieces[-1].finish,
    )


def afresh(plain: LlamaGenerator, messages: list[Message], n: int = 40) -> tuple[str, float, str | None]:
    plain._context.forget_from(0)
    return told(list(plain.generate(messages, Sampling(max_tokens=n))))


@pytest.fixture(scope="module")
def guessing(path: Path) -> Iterator[LlamaGenerator]:
    made = load(path)
    yield made
    made.close()


@pytest.mark.parametrize("question", QUESTIONS)
def test_guessing_changes_nothing(guessing: LlamaGenerator, plain: LlamaGenerator, question: str) -> None:
    for document in ("harbour.md", "bridge.txt"):
        messages = prompt(question, document)
        assert told(list(guessing.generate(messages, Sampling(max_tokens=40)))) == afresh(plain, messages)


COPY = [Message("user", (Segment(DOCUMENTS["harbour.md"] + "\n\nRepeat the text above, word for word."),))]


@pytest.mark.parametrize("rearranged", ["never", "writing", "always"])
def test_a_long_quotation_is_the_same_guessed_or_not(path: Path, rearranged: Rearranged) -> None:
    made = load(path, options=EngineOptions(rearranged=rearranged))
    widths = watched(made._context)
    guessed = told(list(made.generate(COPY, Sampling(max_tokens=120))))
    wide = 16 if rearranged == "writing" else 3
    assert wide in widths
    made.speculate = False
    widths.clear()
    assert told(list(made.generate(COPY, Sampling(max_tokens=120)))) == guessed
    assert wide not in widths
    made.close()


def test_who_writes_the_words_changes_with_the_text_alone(path: Path, tmp_path: Path) -> None:
    """However the prompt came to be read, and whatever was written before it."""
    first = load(path, cache=StateCache(tmp_path))
    expected = told(list(first.generate(COPY, Sampling(max_tokens=60))))
    assert told(list(first.generate(COPY, Sampling(max_tokens=60)))) == expected
    follow_up = [*COPY, Message("assistant", (Segment(expected[0]),)), Message("user", (Segment("And?"),))]
    continued = told(list(first.generate(follow_up, Sampling(max_tokens=20))))
    first.close()
    other = load(path, cache=StateCache(tmp_path))
    assert told(list(other.generate(follow_up, Sampling(max_tokens=20)))) == continued
    assert other.prefill(COPY)
    assert told(list(other.generate(COPY, Sampling(max_tokens=60)))) == expected
    other.close()


def test_words_are_written_by_the_second_context(path: Path) -> None:
    made = load(path)
    read = watched(made._context)
    pieces = made.generate([Message("user", (Segment("Write a poem."),))], Sampling(max_tokens=20))
    assert next(pieces).n_tokens == 1
    n_passes = len(read)
    assert sum(piece.n_tokens for piece in pieces) > 5
    assert len(read) == n_passes, "those that read the prompt"
    assert made._writer
    assert made._writer.context
    made.close()
    assert made._writer.context is None


def test_without_a_second_context_the_first_writes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    never = load(path, options=EngineOptions(rearranged="never"))
    expected = told(list(never.generate(COPY, Sampling(max_tokens=40))))
    never.close()

    def no_memory(*_: object) -> None:
        raise ModelError("no memory for a context", remedy="choose a smaller model")

    monkeypatch.setattr("askive.models.llama.decode_context.LlamaContext", no_memory)
    alone = load(path)
    assert told(list(alone.generate(COPY, Sampling(max_tokens=40)))) == expected
    assert alone._writer
    assert alone._writer.context is None
    alone.close()
    monkeypatch.undo()
    monkeypatch.setattr("askive.models.llama.decode_context.free_memory", lambda: 0)
    alone = load(path)
    assert told(list(alone.generate(COPY, Sampling(max_tokens=40)))) == expected
    alone.close()


def test_closing_while_the_second_context_loads(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loading, go_on = threading.Event(), threading.Event()
    made_late: list[LlamaContext] = []

    def slow(*args: Any) -> LlamaContext:
        loading.set()
        go_on.wait(60)
        # Without the event that ends the loading: as if it were over just when closing begins.
        made_late.append(LlamaContext(*args[:4]))
        return made_late[0]

    monkeypatch.setattr("askive.models.llama.decode_context.LlamaContext", slow)
    made = load(path)
    assert loading.wait(60)
    made.close()
    go_on.set()
    assert made._writer
    assert made._writer.wait()
    assert made._writer.context is None
    assert not made_late[0].is_open


def test_loading_is_given_up_when_told(path: Path) -> None:
    given_up = threading.Event()
    given_up.set()
    with pytest.raises(ModelError):
        LlamaContext(path, SMALL_GENERATOR, 512, EngineOptions(), given_up)


def test_a_generation_that_waits_for_the_second_context_is_cancelled(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, cancel = threading.Event(), threading.Event()

    def slow(*args: Any) -> LlamaContext:
        go_on.wait(60)
        return LlamaContext(*args)

    monkeypatch.setattr("askive.models.llama.decode_context.LlamaContext", slow)
    made = load(path)
    pieces = made.generate(COPY, Sampling(max_tokens=20), cancel)
    assert next(pieces).finish is None
    cancel.set()
    assert [piece.finish for piece in pieces] == ["cancelled"]
    go_on.set()
    made.close()


def test_a_long_prompt_in_several_passes(path: Path, plain: LlamaGenerator) -> None:
    messages = [SYSTEM, Message("user", (Segment(DOCUMENTS["harbour.md"] * 7), Segment("Who counted?")))]
    assert 512 < len(plain.prompt_tokens(messages)) < 2000
    expected = afresh(plain, messages, 12)
    other = load(path)
    head = [SYSTEM, Message("user", (Segment(DOCUMENTS["harbour.md"] * 3),))]
    assert other.prefill(head)
    pieces = list(other.generate(messages, Sampling(max_tokens=12)))
    assert pieces[0].n_reused_tokens > 100
    assert told(pieces) == expected
    other.close()


def test_reading_ahead_changes_nothing(plain: LlamaGenerator) -> None:
    expected = afresh(plain, prompt(QUESTIONS[0]))
    for typed in ("How", "How many ships", QUESTIONS[0]):
        plain._context.forget_from(0)
        assert plain.prefill(prompt(typed))
        assert told(list(plain.generate(prompt(QUESTIONS[0]), Sampling(max_tokens=40)))) == expected


def test_reading_ahead_is_cancelled_while_it_reads(plain: LlamaGenerator) -> None:
    messages = [SYSTEM, Message("user", (Segment(DOCUMENTS["harbour.md"] * 10),))]
    plain._context.forget_from(0)
    cancel = threading.Event()
    threading.Timer(0.05, cancel.set).start()
    assert not plain.prefill(messages, cancel)
    assert told(list(plain.generate(prompt(QUESTIONS[0]), Sampling(max_tokens=9)))) == afresh(
        plain, prompt(QUESTIONS[0]), 9
    )


def test_kept_states_are_exact_and_survive_the_process(
    path: Path, plain: LlamaGenerator, tmp_path: Path
) -> None:
    expected = afresh(plain, prompt(QUESTIONS[0]))
    plain._context.forget_from(0)
    checks = plain.choose(prompt("Yes or no: ships came?"), ["yes", "no"])
    for attempt in range(2):
        made = load(path, cache=StateCache(tmp_path, memory_limit=0))
        assert made.choose(prompt("Yes or no: ships came?"), ["yes", "no"]) == checks
        list(made.generate([Message("user", (Segment("Something else."),))], Sampling(max_tokens=1)))
        assert made._context.shared(made.prompt_tokens(prompt(QUESTIONS[0]))) < 16, "it took the place"
        pieces = list(made.generate(prompt(QUESTIONS[0]), Sampling(max_tokens=40)))
        assert told(pieces) == expected
        assert pieces[0].n_reused_tokens >= 16
        # The system text, the passage, and the system text that the template gives a prompt without one.
        assert made.cache.stats().n_disk == 3
        assert made.cache.stats().n_hits == (4 if attempt else 1)
        made.close()


def test_spliced_passages_are_answered_from(path: Path) -> None:
    made = load(path, splice=True)
    passages = tuple(Segment(f"{name}: {text[-150:]}\n", True) for name, text in DOCUMENTS.items())
    for question in QUESTIONS[:2]:
        messages = [SYSTEM, Message("user", (*passages, Segment(question)))]
        pieces = list(made.generate(messages, Sampling(max_tokens=8)))
        assert told(pieces)[0]
    assert pieces[0].n_reused_tokens > pieces[0].n_prompt_tokens / 2
    turned = [SYSTEM, Message("user", (*passages[::-1], Segment(QUESTIONS[0])))]
    first, *_ = made.generate(turned, Sampling(max_tokens=2))
    assert first.n_reused_tokens > first.n_prompt_tokens / 2
    made.close()


def test_a_choice_between_two_pieces_of_ones_own_generation(plain: LlamaGenerator) -> None:
    whole = afresh(plain, prompt(QUESTIONS[0]), 20)[0]
    pieces = plain.generate(prompt(QUESTIONS[0]), Sampling(max_tokens=20))
    text = next(pieces).text
    assert len(plain.choose(prompt("Yes?"), ["yes", "no"])) == 2
    assert plain.prefill(prompt("No?"))
    text += next(pieces).text
    assert whole.startswith(text)
    assert "".join([text, *(piece.text for piece in pieces)])


def test_closing_while_another_thread_generates(path: Path) -> None:
    made = load(path)
    finishes: list[str | None] = []
    begun = threading.Event()

    def go() -> None:
        for piece in made.generate(prompt("Write a long story."), Sampling(max_tokens=1500)):
            begun.set()
            finishes.append(piece.finish)

    thread = threading.Thread(target=go)
    thread.start()
    assert begun.wait(60)
    made.close()
    thread.join(30)
    assert not thread.is_alive()
    assert finishes[-1] == "cancelled"
    with pytest.raises(ModelError, match="closed"):
        made.prefill(prompt("Who?"))


def test_closing_with_a_generation_that_waits_for_its_reader(path: Path) -> None:
    made = load(path)
    pieces = made.generate(prompt("Write a long story."), Sampling(max_tokens=200))
    next(pieces)
    made.close()
    assert [piece.finish for piece in pieces] == ["cancelled"]


def test_a_generation_whose_reader_went_away_blocks_nobody_for_long(path: Path) -> None:
    made = load(path)
    held = made.generate(prompt("Write a long story."), Sampling(max_tokens=200))
    next(held)
    done = threading.Event()

    def other() -> None:
        made.choose(prompt("Yes?"), ["yes", "no"])
        done.set()

    started = time.monotonic()
    threading.Thread(target=other, daemon=True).start()
    assert done.wait(60)
    assert time.monotonic() - started > 0.5, "it waits a while for the first to go on"
    assert next(held).finish is None
    made.close()
