"""The passes that write one answer: which context computes the next tokens, and how much of a draft is accepted.

With two contexts the text alone determines which one computes a token: the reader where a draft continues a quotation,
otherwise the writer. So the text is the same to the last bit whether or not a draft is checked at once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from askive.models.llama.context import LlamaContext
from askive.models.llama.decode_context import DecodeContext, copy_prompt, copy_words
from askive.models.llama.prompt_lookup import NARROW, WIDE, Drafter
from askive.models.llama.sampling import pick

WIDE_FROM = 8
"""From this many rows on llama.cpp uses another kernel for weights that are not rearranged, and its last bits differ
(seen with Q4_K and Q6_K on AVX-512). With one kernel a row does not depend on the number of rows, so a pass of the
reader is padded to this many."""


class Decoding:
    """The state of writing one answer. Not thread-safe.

    reader: the context that reads the prompt. writer: None if the reader writes too. longest: as for `Drafter`; 0 for
    no drafts.
    """

    def __init__(
        self, reader: LlamaContext, writer: DecodeContext | None, prompt: Sequence[int], longest: int | None
    ) -> None:
        self._reader = reader
        self._second = writer
        self._prompt = list(prompt)
        self._longest = longest
        self._drafter: Drafter | None = None
        self._writer: LlamaContext | None = None
        self._n_seen = len(prompt)
        # The expected continuation, and how many of its tokens have been written so far.
        self._plan: list[int] = []
        self._n_true = 0
        self._last, self._draft, self._n_rows = reader, list[int](), 1

    @property
    def needs_prompt(self) -> bool:
        """Whether the prompt must be read first."""
        return self._drafter is None and self._reader.tokens != self._prompt

    def read(self, tokens: Sequence[int], n_left: int, *, guess: bool) -> int:
        """Compute the logits after `tokens`, the prompt and the text so far; negative when cancelled. See `accept`.

        n_left: tokens that may still be written, at least 1. guess: check a draft in one pass, not token by token.
        """
        drafter = self._drafter or self._begin()
        if drafter is None:
            return -1
        self._follow(drafter, tokens)
        self._draft = self._plan[self._n_true :][: n_left - 1] if guess else []
        self._n_rows = len(self._draft) + 1
        self._last, padding = self._reader, 0
        if self._writer and self._plan:
            padding = max(WIDE_FROM - self._n_rows, 0)
            copy_words(self._writer, self._reader, tokens[:-1])
        elif self._writer:
            self._last = self._writer
            copy_words(self._reader, self._writer, tokens[:-1])
        self._n_rows += padding
        rows = [*tokens, *self._draft, *([tokens[-1]] * padding)]
        self._last.cancel = cancel = self._reader.cancel
        try:
            return self._last.read(rows, self._n_rows, settled=False)
        finally:
            self._last.cancel = None
            self._reader.cancel = cancel

    def accept(
        self, temperature: float, rng: np.random.Generator, n_least: int = 0
    ) -> list[tuple[int, float]]:
        """The next tokens and their log-probabilities: the correct part of the draft, and one more.

        n_least: the turn does not end within this many tokens.
        """
        picked: list[tuple[int, float]] = []
        for at in range(len(self._draft) + 1):
            logits = self._last.logits(at - self._n_rows)
            picked.append(pick(logits, temperature, rng))
            while at < n_least and self._last.ends_turn(picked[-1][0]):
                # A copy: llama.cpp's own buffer may be read again.
                logits = logits.copy()
                logits[picked[-1][0]] = -np.inf
                picked[-1] = pick(logits, temperature, rng)
            if at < len(self._draft) and picked[-1][0] != self._draft[at]:
                break
        return picked

    def _begin(self) -> Drafter | None:
        """Wait for the writer and copy the prompt to it. Returns None when cancelled meanwhile."""
        if self._second:
            if not self._second.wait(self._reader.cancel):
                return None
            self._writer = self._second.context
            if self._writer and not copy_prompt(self._reader, self._writer, self._prompt):
                self._writer = None
        if self._writer:
            self._drafter = Drafter(self._prompt, WIDE, self._longest)
        else:
            longest = NARROW.longest if self._longest is None else min(self._longest, NARROW.longest)
            self._drafter = Drafter(self._prompt, NARROW, longest)
        return self._drafter

    def _follow(self, drafter: Drafter, tokens: Sequence[int]) -> None:
        """Update the drafter token by token: its input must not depend on how the text was computed."""
        for token in tokens[self._n_seen :]:
            drafter.extend([token])
            if self._plan:
                if self._n_true < len(self._plan) and token == self._plan[self._n_true]:
                    self._n_true += 1
                else:
                    drafter.report(len(self._plan), self._n_true)
                    self._plan, self._n_true = [], 0
        self._n_seen = len(tokens)
        if not self._plan and self._fits(len(tokens)):
            self._plan = drafter.draft()

    def _fits(self, n_tokens: int) -> bool:
        room = self._reader.n_context - n_tokens
        return self._writer is None or room >= WIDE.longest + WIDE_FROM
