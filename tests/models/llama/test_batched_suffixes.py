"""Which prompts are read together, and how they are cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.models.llama.batched_suffixes import batch_suffixes
from askive.models.llama.context import GROUP, N_SUFFIXES

SHARED = list(range(100, 121))


def test_what_is_shared_is_read_once() -> None:
    cases = [([*SHARED, 1, 2], [7]), ([*SHARED, 1, 2], [8]), ([*SHARED, 3, 4, 5], [9])]
    batch = batch_suffixes(cases, 512)
    assert batch is not None
    assert batch.n_shared == 20
    assert batch.suffixes == [[120, 1, 2], [120, 3, 4, 5]]
    assert batch.targets == [(0, 7), (0, 8), (1, 9)]


@pytest.mark.parametrize(
    ("cases", "at_most"),
    [
        pytest.param([([*SHARED, 1], [7])], 512, id="one prompt"),
        pytest.param([], 512, id="none"),
        pytest.param([([*SHARED, 1], [7, 8]), ([*SHARED, 2], [7])], 512, id="a text of two tokens"),
        pytest.param([([*SHARED, 1], []), ([*SHARED, 2], [7])], 512, id="an empty text"),
        pytest.param([([1, 2, 3], [7]), ([1, 2, 4], [7])], 512, id="little is shared"),
        pytest.param([([*SHARED, 1], [7]), ([*SHARED, 2], [7])], 3, id="too long for a pass"),
        pytest.param([([*SHARED, n], [7]) for n in range(N_SUFFIXES + 1)], 512, id="too many"),
    ],
)
def test_the_others_are_read_one_by_one(cases: list[tuple[list[int], list[int]]], at_most: int) -> None:
    assert batch_suffixes(cases, at_most) is None


@given(st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=6), min_size=2, max_size=N_SUFFIXES))
def test_every_prompt_is_its_shared_part_and_a_tail(ends: list[list[int]]) -> None:
    prompts = [[*SHARED, *end] for end in ends]
    batch = batch_suffixes([(prompt, [9]) for prompt in prompts], 512)
    assert batch is not None
    assert batch.n_shared % GROUP == 0
    assert all(batch.suffixes), "there is always a token to compute"
    for prompt, (tail, _) in zip(prompts, batch.targets, strict=True):
        assert prompt[: batch.n_shared] + batch.suffixes[tail] == prompt
