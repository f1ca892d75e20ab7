"""Guess the next tokens from the prompt: an answer that quotes its sources goes on as they do.

Prompt-lookup decoding (A. Saxena, 2023, github.com/apoorvumang/prompt-lookup-decoding), with a purse: drafts are
made only as long as they have paid for themselves.
"""

from __future__ import annotations

from collections.abc import Sequence

MAX_DRAFT = 2
"""With at most this many drafts llama.cpp computes every row as it would alone, to the last bit."""
_LONGEST, _SHORTEST = 8, 2
# What a pass over n tokens costs, in passes over one (two server cores, 1.5B, Q4_K_M).
_COST_FIXED, _COST_TOKEN = 0.4, 0.62
# Passes that drafts may lose in an answer before they have won any: under 2% of a short one.
_PURSE = 0.8


class Drafter:
    """Drafts for one answer. prompt: the token ids that are quoted from; longest: tokens in a draft, at most."""

    def __init__(self, prompt: Sequence[int], longest: int = MAX_DRAFT) -> None:
        self._tokens = list(prompt)
        self._longest = longest
        self._after: dict[tuple[int, ...], int] = {}
        self._n_indexed = 0
        self._purse = _PURSE
        self._wanted_match = 3
        self._index()

    def extend(self, tokens: Sequence[int]) -> None:
        """Tokens that were generated."""
        self._tokens += tokens
        self._index()

    def draft(self, at_most: int) -> list[int]:
        """How the text would go on where its last tokens stood before; mostly empty."""
        room = min(at_most, self._longest)
        if room < 1 or self._purse <= _cost(room + 1) - 1:
            room = min(room, 1)
        if room < 1 or self._purse <= _cost(room + 1) - 1:
            return []
        at = self._continuation()
        return self._tokens[at : at + room] if at is not None else []

    def report(self, n_drafted: int, n_accepted: int) -> None:
        """What became of a draft: its tokens, and how many of them were right."""
        if not n_drafted:
            return
        self._purse += n_accepted + 1 - _cost(n_drafted + 1)
        if n_accepted == n_drafted:
            self._wanted_match = max(_SHORTEST, self._wanted_match - 1)
        else:
            self._wanted_match = min(_LONGEST, self._wanted_match + 2)

    def _continuation(self) -> int | None:
        end = len(self._tokens)
        at = self._after.get(tuple(self._tokens[end - _SHORTEST : end])) if end >= _SHORTEST else None
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
        # The last two tokens have no continuation yet.
        for at in range(max(self._n_indexed, _SHORTEST), len(self._tokens)):
            self._after[tuple(self._tokens[at - _SHORTEST : at])] = at
        self._n_indexed = len(self._tokens)


def _cost(n_tokens: int) -> float:
    return 1.0 if n_tokens == 1 else _COST_FIXED + _COST_TOKEN * n_tokens
