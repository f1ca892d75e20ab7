"""Several questions about one prompt, read in one pass: what they share once, their ends side by side.

A pass costs much the same whether it reads ten tokens or thirty; so two ends of twenty tokens, read together, cost
little more than one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from askive.models.llama.context import GROUP, N_TAILS

_WORTH_TOKENS = 16


@dataclass(frozen=True, slots=True)
class BatchedSuffixes:
    """What is read of some prompts.

    shared: how many tokens all begin with. tails: what follows, each once. asked: tail and token of each case.
    """

    shared: int
    tails: list[list[int]]
    asked: list[tuple[int, int]]


def tails_of(cases: Sequence[tuple[Sequence[int], Sequence[int]]], at_most: int) -> BatchedSuffixes | None:
    """Prompts, each with the tokens whose likelihood is asked for; None when they are better read one by one.

    at_most: tokens of all tails together.
    """
    if len(cases) < 2 or any(len(wanted) != 1 for _, wanted in cases):
        return None
    prompts = [prompt for prompt, _ in cases]
    shared = _shared(prompts) // GROUP * GROUP
    tails = [list(tail) for tail in dict.fromkeys(tuple(prompt[shared:]) for prompt in prompts)]
    if shared < _WORTH_TOKENS or len(tails) > N_TAILS or sum(map(len, tails)) > at_most:
        return None
    return BatchedSuffixes(
        shared, tails, [(tails.index(list(prompt[shared:])), wanted[0]) for prompt, wanted in cases]
    )


def _shared(prompts: Sequence[Sequence[int]]) -> int:
    """How many first tokens all have, the last one of the shortest not counted."""
    longest = min(map(len, prompts)) - 1
    return next((at for at in range(longest) if len({prompt[at] for prompt in prompts}) > 1), longest)
