"""Drafts from the prompt: where the text stood before, it may go on as it did; and they must pay."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from models.llama_draft import Drafter


def write(prompt: list[int], answer: list[int], longest: int = 2) -> tuple[int, int]:
    """Passes over the model, and drafted tokens, while it writes an answer."""
    drafter, at, n_passes, n_drafted = Drafter(prompt, longest), 0, 0, 0
    while at < len(answer):
        draft = drafter.draft(len(answer) - at - 1)
        right = 0
        while right < len(draft) and draft[right] == answer[at + right]:
            right += 1
        drafter.report(len(draft), right)
        drafter.extend(answer[at : at + right + 1])
        at, n_passes, n_drafted = at + right + 1, n_passes + 1, n_drafted + len(draft)
    return n_passes, n_drafted


def test_a_quotation_takes_fewer_passes() -> None:
    prompt = list(range(1000, 1300))
    assert write(prompt, prompt[100:160])[0] < 30
    assert write(prompt, prompt[100:160], longest=7)[0] < 20


def test_free_text_is_left_alone() -> None:
    assert write(list(range(300)), [(7 * n * n) % 5000 + 1000 for n in range(60)])[1] <= 1


def test_drafts_that_are_wrong_end_soon() -> None:
    """Every third word is another than the last time these two were seen."""
    prompt = [n % 50 if n % 3 else 1000 + n for n in range(600)]
    answer = [n % 50 if n % 3 else 5000 + n for n in range(90)]
    n_passes, n_drafted = write(prompt, answer)
    assert n_passes + 0.62 * n_drafted <= 92


def test_nothing_is_drafted_when_switched_off() -> None:
    prompt = list(range(100))
    assert write(prompt, prompt, longest=0) == (100, 0)


@given(
    st.lists(st.integers(0, 4), max_size=60), st.lists(st.integers(0, 4), min_size=1, max_size=60),
    st.integers(0, 8),
)  # fmt: skip
def test_drafts_never_lose_more_than_the_purse(prompt: list[int], answer: list[int], longest: int) -> None:
    n_passes, n_drafted = write(prompt, answer, longest)
    assert n_passes <= len(answer)
    # The cost of a pass over 1 + n tokens is that of one, and 0.02 + 0.62 n more.
    assert n_passes * 1.02 + 0.62 * n_drafted <= len(answer) * 1.02 + 0.8 + 1e-9
