"""Guess the next tokens from the prompt: an answer that quotes its sources goes on as they do.

Prompt-lookup decoding (A. Saxena, 2023, github.com/apoorvumang/prompt-lookup-decoding), with a purse: drafts are
made only as long as they have paid for themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Drafting:
    """How drafts are made, and what they cost. One unit is a pass that writes one token without a draft.

    longest: tokens in a draft, at most. match: so many tokens must have stood before, at first, at least and at
    most: fewer after a draft that paid, more after one that did not.
    fixed, per_token: what a pass over n tokens with a draft costs, fixed + n * per_token.
    purse: units that drafts may lose in an answer before they have won any.
    halves: whether half a draft or one token is worth while where the purse does not reach for a whole one.
    """

    longest: int
    match: tuple[int, int, int]
    fixed: float
    per_token: float
    purse: float
    halves: bool = False

    def cost(self, n_drafted: int) -> float:
        """Of a pass with so many tokens drafted, 1 without."""
        return self.fixed + self.per_token * (n_drafted + 1) if n_drafted else 1.0


NARROW = Drafting(2, (3, 2, 8), 0.4, 0.62, 0.8, halves=True)
"""For one context. With at most two drafts llama.cpp computes every row as it would alone, to the last bit."""
WIDE = Drafting(15, (8, 4, 16), 7.5, 0.15, 9.5)
"""For a pair of contexts. A pass of the reading one is expensive, so a draft starts only when eight tokens match."""


class Drafter:
    """Drafts for one answer. prompt: the token ids that are quoted from.

    What is drafted depends on the prompt and on what was reported and written, and on nothing else: the text says
    which context computes a token, with or without speculation.
    """

    def __init__(
        self, prompt: Sequence[int], drafting: Drafting = NARROW, longest: int | None = None
    ) -> None:
        self._tokens = list(prompt)
        self._drafting = drafting
        self._longest = drafting.longest if longest is None else longest
        self._after: dict[tuple[int, ...], int] = {}
        self._n_indexed = 0
        self._purse = drafting.purse
        self._wanted_match, self._shortest, self._most_match = drafting.match
        self._index()

    def extend(self, tokens: Sequence[int]) -> None:
        """Tokens that were generated."""
        self._tokens += tokens
        self._index()

    def draft(self) -> list[int]:
        """How the text would go on where its last tokens stood before; mostly empty."""
        room = self._longest
        if self._drafting.halves and not self._affords(room):
            room = min(room, 1)
        if room < 1 or not self._affords(room):
            return []
        at = self._continuation()
        draft = self._tokens[at : at + room] if at is not None else []
        # At the very end of what was quoted little is left, and a pass costs nearly as much.
        return draft if len(draft) >= room // 2 else []

    def report(self, n_drafted: int, n_accepted: int) -> None:
        """What became of a draft: its tokens, and how many of them were right."""
        if not n_drafted:
            return
        self._purse += n_accepted + 1 - self._drafting.cost(n_drafted)
        if n_accepted + 1 >= self._drafting.cost(n_drafted):
            self._wanted_match = max(self._shortest, self._wanted_match - 1)
        else:
            self._wanted_match = min(self._most_match, self._wanted_match + 2)

    def _affords(self, n_drafted: int) -> bool:
        return self._purse > self._drafting.cost(n_drafted) - 1

    def _continuation(self) -> int | None:
        end = len(self._tokens)
        at = self._after.get(tuple(self._tokens[end - self._shortest :])) if end >= self._shortest else None
        if at is None or at >= end:
            return None
        match = 0
        while (
            match < self._wanted_match
            and match < at
            and self._tokens[at - 1 - match] == self._tokens[-1 - match]
        ):
            match += 1
        return at if match >= self._wanted_match else None

    def _index(self) -> None:
        # The last tokens have no continuation yet.
        for at in range(max(self._n_indexed, self._shortest), len(self._tokens)):
            self._after[tuple(self._tokens[at - self._shortest : at])] = at
        self._n_indexed = len(self._tokens)
