"""Streaming: tokens as they are generated, each complete sentence with its citations, and the counts for usage."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import GeneratorType

from askive.models.protocols import Piece
from askive.rag.answer.refusal import says_nothing
from askive.rag.text.sentences import is_finished, split_sentences
from askive.rag.text.words import stems
from askive.rag.types import Cited, Event, Evidence, Hit, QuestionKind, Sentence, Timings, Token, Usage
from askive.rag.verification.citer import Citer

_MIN_REPEATED = 4
# A complete first word: a non-letter follows it (`The `), or it is not in Latin letters (`2`, `東`).
_FIRST_WORD = re.compile(r"""["'“‘(\[]*[A-Za-z]*[^A-Za-z"'“‘(\[]""")


class AnswerTrace:
    """The state and counts of one answer in progress.

    filtered: the filter in force, in words. kind: as what the question is answered. notes: as in `Answer`.
    ended: the model ended its turn by itself.
    is_cut_off: it did not, and the last sentence of `text` is unfinished.
    """

    def __init__(self, question: str, filtered: str = "") -> None:
        self.question = question
        self.filtered = filtered
        self.kind: QuestionKind = "fact"
        self.notes: tuple[str, ...] = ()
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
        """Add a duration to a check."""
        self._check_ms[name] = self._check_ms.get(name, 0.0) + ms

    @contextmanager
    def checking(self, name: str) -> Iterator[None]:
        """Add the duration of the block to a check, less that of nested checks."""
        outer, self._inner_ms = self._inner_ms, 0.0
        started = time.perf_counter()
        try:
            yield
        finally:
            took_ms = (time.perf_counter() - started) * 1000
            self.count_check(name, took_ms - self._inner_ms)
            self._inner_ms = outer + took_ms

    def add(self, piece: Piece) -> None:
        """Append a generated piece to the text and its counts."""
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


def stream_sentences(trace: AnswerTrace, pieces: Iterator[Piece], citer: Citer) -> Iterator[Event]:
    """Tokens as they are generated, and each sentence with its citations once it is complete and shown.

    Two things are held back: the first word after a possible sentence end (only that word distinguishes "in the
    U.S. The house" from "the U.S. Theresa"), and a sentence that so far only repeats an earlier one. The text ends
    before a sentence that repeats an earlier one, and before one that the token limit left unfinished. An unfinished
    sentence stays only if it is the first, or if the user cancelled it (`trace.is_cut_off`).
    """
    released = n_cited = 0
    earlier: list[set[str]] = []
    for piece in pieces:
        trace.add(piece)
        text = trace.text
        spans = split_sentences(text)
        while n_cited < len(spans) - 1 and _FIRST_WORD.match(text, spans[n_cited + 1].start):
            span = spans[n_cited]
            words = set(stems(text[slice(*span)]))
            if _repeats(words, earlier):
                trace.text = text[: spans[n_cited - 1].end]
                if isinstance(pieces, GeneratorType):
                    pieces.close()
                return
            if span.end > released:
                yield Token(text[released : span.end])
                released = span.end
            with trace.checking("cite"):
                sentence = citer.cite(text[span.start : span.end], span.start)
            trace.cited.append(sentence)
            yield Cited(sentence)
            earlier.append(words)
            n_cited += 1
        settled = len(text) if n_cited >= len(spans) - 1 else spans[n_cited].end
        beginning = text[spans[n_cited].start : settled].rpartition(" ")[0] if n_cited < len(spans) else ""
        if earlier and _is_in(set(stems(beginning)), earlier):
            continue
        if settled > released:
            yield Token(text[released:settled])
            released = settled
    spans = split_sentences(trace.text)
    cut_off = not trace.ended and not is_finished(trace.text)
    at_limit = cut_off and not trace.cancelled
    if earlier and (at_limit or _repeats(set(stems(trace.text[slice(*spans[-1])])), earlier)):
        trace.text = trace.text[: spans[n_cited - 1].end]
        return
    trace.is_cut_off = cut_off
    if len(trace.text) > released and not says_nothing(trace.text):
        yield Token(trace.text[released:])


def _repeats(words: set[str], earlier: Sequence[set[str]]) -> bool:
    """Whether an earlier sentence has all stems of this one: a small model has begun to loop."""
    return len(words) >= _MIN_REPEATED and _is_in(words, earlier)


def _is_in(words: set[str], earlier: Sequence[set[str]]) -> bool:
    return any(words <= sentence for sentence in earlier)
