"""What is gathered while one question is answered: text, citations, counts, timings."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from askive.models.protocols import Piece
from askive.rag.types import Evidence, Hit, Sentence, Timings, Usage


class AnswerTrace:
    """What is gathered while one question is answered.

    filtered: the filter in force, in words. ended: the model ended its turn by itself.
    is_cut_off: it did not, and the last sentence of `text` is unfinished.
    """

    def __init__(self, question: str, filtered: str = "") -> None:
        self.question = question
        self.filtered = filtered
        self.text = ""
        self.cited: list[Sentence] = []
        self.confidence = 0.0
        self.unanswered: tuple[str, ...] = ()
        self.cancelled = self.ended = self.is_cut_off = False
        self.hits: tuple[Hit, ...] = ()
        self.evidence: tuple[Evidence, ...] = ()
        self._n_prompt = self._n_reused = self._n_completion = 0
        self._started = time.perf_counter()
        self._retrieve_ms = self._first_token_ms = self._generated_ms = 0.0
        self._check_ms: dict[str, float] = {}
        self._inner_ms = 0.0

    def mark_retrieved(self) -> None:
        self._retrieve_ms = self._elapsed_ms()

    def count_check(self, name: str, ms: float) -> None:
        """A check took so long."""
        self._check_ms[name] = self._check_ms.get(name, 0.0) + ms

    @contextmanager
    def checking(self, name: str) -> Iterator[None]:
        """Count the time until the end of the block to a check, less that of checks within it."""
        outer, self._inner_ms = self._inner_ms, 0.0
        started = time.perf_counter()
        try:
            yield
        finally:
            took_ms = (time.perf_counter() - started) * 1000
            self.count_check(name, took_ms - self._inner_ms)
            self._inner_ms = outer + took_ms

    def take(self, piece: Piece) -> None:
        if piece.text and not self._first_token_ms:
            self._first_token_ms = self._elapsed_ms()
        # White space before the answer would move every offset.
        self.text += piece.text if self.text else piece.text.lstrip()
        self.cancelled = piece.finish == "cancelled"
        self.ended = piece.finish == "stop"
        self._n_completion += piece.n_tokens
        self._n_prompt += piece.n_prompt_tokens
        self._n_reused += piece.n_reused_tokens

    def mark_generated(self) -> None:
        self._generated_ms = self._elapsed_ms()

    def usage(self) -> Usage:
        return Usage(self._n_prompt, self._n_completion, self._n_reused)

    def timings(self) -> Timings:
        total = self._elapsed_ms()
        return Timings(
            retrieve_ms=self._retrieve_ms,
            first_token_ms=self._first_token_ms,
            generate_ms=max(self._generated_ms - self._retrieve_ms, 0.0),
            verify_ms=total - self._generated_ms if self._generated_ms else 0.0,
            total_ms=total,
            check_ms=dict(self._check_ms),
        )

    def _elapsed_ms(self) -> float:
        return (time.perf_counter() - self._started) * 1000
