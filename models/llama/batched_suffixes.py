"""Read several continuations of one prompt in one pass: the shared prefix once, the suffixes side by side.

A pass over thirty tokens costs little more than one over ten, so two suffixes of twenty tokens read together cost
little more than one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from askive.models.llama.context import GROUP, N_SUFFIXES

_MIN_PREFIX_TOKENS = 16


@dataclass(frozen=True, slots=True)
class BatchedSuffixes:
    """What to read for several prompts.

    n_shared: tokens of the common prefix. suffixes: the different continuations. targets: for each case the index of
    its suffix and the token whose probability is wanted.
    """

    n_shared: int
    suffixes: list[list[int]]
    targets: list[tuple[int, int]]


def batch_suffixes(
    cases: Sequence[tuple[Sequence[int], Sequence[int]]], max_tokens: int
) -> BatchedSuffixes | None:
    """The pass for (prompt, tokens whose likelihood is wanted); None when the prompts are better read one by one.

    max_tokens: limit for all suffixes together.
    """
    if len(cases) < 2 or any(len(wanted) != 1 for _, wanted in cases):
        return None
    prompts = [prompt for prompt, _ in cases]
    n_shared = _common_prefix(prompts) // GROUP * GROUP
    suffixes = [list(suffix) for suffix in dict.fromkeys(tuple(prompt[n_shared:]) for prompt in prompts)]
    if n_shared < _MIN_PREFIX_TOKENS or len(suffixes) > N_SUFFIXES or sum(map(len, suffixes)) > max_tokens:
        return None
    return BatchedSuffixes(
        n_shared,
        suffixes,
        [(suffixes.index(list(prompt[n_shared:])), wanted[0]) for prompt, wanted in cases],
    )


def _common_prefix(prompts: Sequence[Sequence[int]]) -> int:
    """Length of the common prefix, without the last token of the shortest prompt."""
    longest = min(map(len, prompts)) - 1
    return next((at for at in range(longest) if len({prompt[at] for prompt in prompts}) > 1), longest)
