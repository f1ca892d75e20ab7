"""Drafts from the prompt: where the text stood before, it may go on as it did; and they must pay."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from askive.models.llama.prompt_lookup import NARROW, WIDE, Drafter, Drafting


def write(prompt: list[int], answer: list[int], drafting: Drafting = NARROW) -> tuple[int, int, float]:
    """Passes over the model, drafted tokens, and what it all cost, while it writes an answer."""
    drafter, at, n_passes, n_drafted, cost = Drafter(prompt, drafting), 0, 0, 0, 0.0
    while at < len(answer):
        draft = drafter.draft()
        right = 0
        while right < len(draft) and at + right < len(answer) and draft[right] == answer[at + right]:
            right += 1
        drafter.report(len(draft), right)
        drafter.extend(answer[at : at + right + 1])
        at, n_passes, n_drafted = at + right + 1, n_passes + 1, n_drafted + len(draft)
        cost += drafting.cost(len(draft))
    return n_passes, n_drafted, cost


def test_a_quotation_takes_fewer_passes() -> None:
    prompt = list(range(1000, 1300))
    assert write(prompt, prompt[100:160])[2] < 60 / 1.2
    assert write(prompt, prompt[100:160], WIDE)[2] < 60 / 1.2


def test_free_text_is_left_alone() -> None:
    answer = [(7 * n * n) % 5000 + 1000 for n in range(60)]
    assert write(list(range(300)), answer)[1] <= 1
    assert write(list(range(300)), answer, WIDE)[1] == 0


def test_a_few_words_quoted_are_not_worth_a_wide_pass() -> None:
    """Seven words from the prompt, then others, over and over."""
    prompt = list(range(1000, 1300))
    answer = [word for n in range(8) for word in (*prompt[n * 20 : n * 20 + 7], 5000 + n)]
    assert write(prompt, answer, WIDE)[1] == 0


def test_drafts_that_are_wrong_end_soon() -> None:
    """Every third word is another than the last time these two were seen."""
    prompt = [n % 50 if n % 3 else 1000 + n for n in range(600)]
    answer = [n % 50 if n % 3 else 5000 + n for n in range(90)]
    assert write(prompt, answer)[2] <= 92
    assert write(prompt, answer, WIDE)[2] <= 96


def test_nothing_is_drafted_when_switched_off() -> None:
    prompt = list(range(100))
    drafter = Drafter(prompt, longest=0)
    drafter.extend(prompt[:10])
    assert drafter.draft() == []


@given(
    st.lists(st.integers(0, 4), max_size=60), st.lists(st.integers(0, 4), min_size=1, max_size=60),
    st.sampled_from([NARROW, WIDE]),
)  # fmt: skip
def test_drafts_never_lose_more_than_the_purse(
    prompt: list[int], answer: list[int], drafting: Drafting
) -> None:
    n_passes, _, cost = write(prompt, answer, drafting)
    assert n_passes <= len(answer)
    # The last pass may draft more than there is room for.
    assert cost <= len(answer) + drafting.budget + drafting.longest + 1
