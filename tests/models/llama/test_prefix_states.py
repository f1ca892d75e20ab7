"""Kept states: which prompts share them, and what is not taken. SmolLM2."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from askive.models.llama.context import GROUP, MIN_PASS_TOKENS, EngineOptions
from askive.models.llama.generator import LlamaGenerator
from askive.models.llama.state_cache import StateCache
from askive.models.protocols import Message
from askive.models.weights.store import WeightStore
from tests.conftest import SMALL_GENERATOR
from tests.models.llama.test_exactness import load, prompt

pytestmark = pytest.mark.weights


@pytest.fixture(scope="module")
def path(weights_home: Path) -> Path:
    return WeightStore(weights_home / "models").path_of(SMALL_GENERATOR)


def test_a_check_against_a_passage_already_read_reads_its_words_alone(path: Path, tmp_path: Path) -> None:
    made = load(path, cache=StateCache(tmp_path))
    made.choose(prompt("Is it true that the mayor came?", "harbour.md"), ["yes", "no"])
    made.choose(prompt("Is it true that trams cross it?", "bridge.txt"), ["yes", "no"])
    n_read: list[int] = []
    decode = made._context._decode

    def seen(tokens: list[int], n_logits: int) -> bool:
        n_read.append(len(tokens))
        return decode(tokens, n_logits)

    made._context._decode = seen  # type: ignore[method-assign, assignment]
    again = made.choose(prompt("Is it true that Rosa Lind counted?", "harbour.md"), ["yes", "no"])
    assert sum(n_read) < 40
    made._context._decode = decode  # type: ignore[method-assign]
    made.cache.clear()
    made._context.forget_from(0)
    assert made.choose(prompt("Is it true that Rosa Lind counted?", "harbour.md"), ["yes", "no"]) == again
    made.close()


def test_states_of_another_type_or_model_are_not_taken(path: Path, tmp_path: Path) -> None:
    cache = StateCache(tmp_path)
    for n, (digest, kv) in enumerate((("a", "q8_0"), ("b", "q8_0"), ("a", "f16")), start=1):
        made = LlamaGenerator(
            path, SMALL_GENERATOR, digest, 512, cache=cache,
            options=EngineOptions(kv_type="f16" if kv == "f16" else "q8_0"),
        )  # fmt: skip
        assert made.prefill(prompt("Who?"))
        assert cache.stats().n_disk == n
        made.close()


def test_a_prompt_that_soon_ends_shares_the_states_of_longer_ones(path: Path, tmp_path: Path) -> None:
    cache = StateCache(tmp_path, memory_limit=0)
    made = load(path, cache=cache, options=EngineOptions(rearranged="never"))
    long = prompt("Did ships come?")
    short = [long[0], Message("user", long[1].segments[:1])]
    tokens, ends = made._prompt(short)
    assert 0 < len(tokens) - ends[1] // GROUP * GROUP < MIN_PASS_TOKENS
    expected = {}
    for name, messages in (("long", long), ("short", short)):
        made._context.forget_from(0)
        made._context.read(made.prompt_tokens(messages))
        expected[name] = made._context.logits().copy()
    for order in (("long", "short"), ("short", "long")):
        cache.clear()
        for name in (*order, order[0]):
            made._context.forget_from(0)
            n_hits = cache.stats().n_hits
            made.choose({"long": long, "short": short}[name], ["yes", "no"])
            assert (made._context.logits() == expected[name]).all(), "as without any state"
            n_taken = cache.stats().n_hits - n_hits
        assert (n_taken, cache.stats().n_disk) == (2, 2)
    made.close()


def test_a_state_that_llama_cpp_does_not_take_is_made_again(path: Path, tmp_path: Path) -> None:
    cache = StateCache(tmp_path, memory_limit=0)
    made = load(path, cache=cache, options=EngineOptions(rearranged="never"))
    expected = made.choose(prompt("Did ships come?"), ["yes", "no"])
    sound = {file.stem: cache.get(file.stem) or b"" for file in tmp_path.iterdir()}
    assert len(sound) == 2
    for damage in ("noise", "half", "empty"):
        for key, state in sound.items():
            cache.drop(key)
            of = {"noise": os.urandom(len(state)), "half": state[: len(state) // 2], "empty": b""}
            cache.put(key, of[damage])
            assert cache.get(key) == of[damage], "its seal is whole"
        # The second is asked for where the first was taken.
        for _ in sound:
            made._context.forget_from(0)
            assert made.choose(prompt("Did ships come?"), ["yes", "no"]) == expected
        assert {key: cache.get(key) for key in sound} == sound
    made.close()
