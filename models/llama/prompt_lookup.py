"""Draft the next tokens from the prompt: an answer that quotes its sources continues as they do.

Prompt-lookup decoding (A. Saxena, 2023, github.com/apoorvumang/prompt-lookup-decoding), with a budget: drafts are made
only as long as they save more time than they cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Drafting:
    """How drafts are made, and what they cost. The unit is a pass that writes one token without a draft.

    longest: maximum number of tokens in a draft. match: how many tokens must match the prompt, initially, at least and
    at most: fewer after a draft that saved time, more after one that did not.
    fixed, per_token: a pass over n tokens with a draft costs fixed + n * per_token.
    budget: how much drafts may lose in an answer before they have saved anything.
    partial: whether to draft a single token where the budget does not suffice for a whole draft.
    """

    longest: int
    match: tuple[int, int, int]
    fixed: float
    per_token: float
    budget: float
    partial: bool = False

    def cost(self, n_drafted: int) -> float:
        """The cost of a pass with this many drafted tokens; 1 without."""
        return self.fixed + self.per_token * (n_drafted + 1) if n_drafted else 1.0


NARROW = Drafting(2, (3, 2, 8), 0.4, 0.62, 0.8, partial=True)
"""For one context. With at most two drafted tokens every row is the same to the last bit as without a draft."""
WIDE = Drafting(15, (8, 4, 16), 7.5, 0.15, 9.5)
"""For two contexts. A pass of the reading context is expensive, so a draft needs a match of eight tokens."""


class Drafter:
    """Drafts for one answer. prompt: the token ids that may be quoted.

    A draft depends only on the prompt, the text and the reports: with or without speculation the text alone determines
    which context computes a token.
    """

    def __init__(
        self, prompt: Sequence[int], drafting: Drafting = NARROW, longest: int | None = None
    ) -> None:
        self._tokens = list(prompt)
        self._drafting = drafting
        self._longest = drafting.longest if longest is None else longest
        self._after: dict[tuple[int, ...], int] = {}
        self._n_indexed = 0
        self._budget = drafting.budget
        self._match, self._shortest_match, self._longest_match = drafting.match
        self._index()

    def extend(self, tokens: Sequence[int]) -> None:
        """Add generated tokens."""
        self._tokens += tokens
        self._index()

    def draft(self) -> list[int]:
        """The continuation of the last earlier place with the same tokens; usually empty."""
        room = self._longest
        if self._drafting.partial and not self._affords(room):
            room = min(room, 1)
        if room < 1 or not self._affords(room):
            return []
        at = self._continuation()
        draft = self._tokens[at : at + room] if at is not None else []
        # A pass over a short draft, as at the end of a passage, costs nearly as much as over a long one.
        return draft if len(draft) >= room // 2 else []

    def report(self, n_drafted: int, n_accepted: int) -> None:
        """Report how many tokens of a draft were accepted."""
        if not n_drafted:
            return
        self._budget += n_accepted + 1 - self._drafting.cost(n_drafted)
        if n_accepted + 1 >= self._drafting.cost(n_drafted):
            self._match = max(self._shortest_match, self._match - 1)
        else:
            self._match = min(self._longest_match, self._match + 2)

    def _affords(self, n_drafted: int) -> bool:
        return self._budget > self._drafting.cost(n_drafted) - 1

    def _continuation(self) -> int | None:
        end = len(self._tokens)
        at = (
            self._after.get(tuple(self._tokens[end - self._shortest_match :]))
            if end >= self._shortest_match
            else None
        )
        if at is None or at >= end:
            return None
        match = 0
        while match < self._match and match < at and self._tokens[at - 1 - match] == self._tokens[-1 - match]:
            match += 1
        return at if match >= self._match else None

    def _index(self) -> None:
        # The last tokens have no continuation yet.
        for at in range(max(self._n_indexed, self._shortest_match), len(self._tokens)):
            self._after[tuple(self._tokens[at - self._shortest_match : at])] = at
        self._n_indexed = len(self._tokens)
