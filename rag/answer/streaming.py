"""The model's words as they come: tokens, each complete sentence with its citations, and what is counted meanwhile."""

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
from askive.rag.types import Cited, Event, Evidence, Hit, Sentence, Timings, Token, Usage
from askive.rag.verification.citer import Citer

_MIN_REPEATED = 4
# A word that is known to be whole: something that is no letter follows it, or it is in another script.
_WORD_BEGUN = re.compile(r"""["'“‘(\[]*[A-Za-z]*[^A-Za-z"'“‘(\[]""")


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


def stream_sentences(trace: AnswerTrace, pieces: Iterator[Piece], citer: Citer) -> Iterator[Event]:
    """Tokens as they come, and each sentence with its citations as soon as it is complete and shown.

    Held back: the first word after what looks like the end of a sentence (only that word tells "in the
    U.S. The house" from "the U.S. Theresa"), and a sentence that so far only repeats an earlier one. The text ends
    before a sentence that says an earlier one again, and before one that there was no room to finish; only as the
    first sentence, or when the reader stopped it, an unfinished one stays (`trace.is_cut_off`).
    """
    released = n_cited = 0
    earlier: list[set[str]] = []
    for piece in pieces:
        trace.take(piece)
        text = trace.text
        spans = split_sentences(text)
        while n_cited < len(spans) - 1 and _WORD_BEGUN.match(text, spans[n_cited + 1].start):
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
        begun = text[spans[n_cited].start : settled].rpartition(" ")[0] if n_cited < len(spans) else ""
        if earlier and _is_in(set(stems(begun)), earlier):
            continue
        if settled > released:
            yield Token(text[released:settled])
            released = settled
    spans = split_sentences(trace.text)
    cut_off = not trace.ended and not is_finished(trace.text)
    no_room = cut_off and not trace.cancelled
    if earlier and (no_room or _repeats(set(stems(trace.text[slice(*spans[-1])])), earlier)):
        trace.text = trace.text[: spans[n_cited - 1].end]
        return
    trace.is_cut_off = cut_off
    if len(trace.text) > released and not says_nothing(trace.text):
        yield Token(trace.text[released:])


def _repeats(words: set[str], earlier: Sequence[set[str]]) -> bool:
    """Whether all stems of a sentence stand in an earlier one: a small model has begun to turn in rounds."""
    return len(words) >= _MIN_REPEATED and _is_in(words, earlier)


def _is_in(words: set[str], earlier: Sequence[set[str]]) -> bool:
    return any(words <= sentence for sentence in earlier)
