"""From the model's words to an answer that stands: shown as they come, checked sentence by sentence."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import GeneratorType

from models.protocols import Piece
from rag.answer.disagreement import Disagreement, told
from rag.answer.quoting import added_values, bearing
from rag.answer.refusal import says_nothing
from rag.answer.style import without_preamble
from rag.evidence.scoring import ScoredSentence
from rag.evidence.selection import STANDS_OUT
from rag.question.analysis import split_parts
from rag.question.answer_type import lacks_number
from rag.text.numbers import numbers
from rag.text.sentences import is_finished, split_sentences
from rag.text.words import stems
from rag.types import Cited, Event, Evidence, Hit, Polarity, Sentence, Timings, Token, Usage
from rag.verification.attribution import attributed_sentence
from rag.verification.citer import MAX_CITATIONS, Citer
from rag.verification.rules import misplaced_names

Vouch = Callable[[Sentence], Sentence]
"""A sentence with its verdict -> the same, perhaps no longer supported."""
Mend = Callable[[Sentence], Sentence | None]
"""A sentence that does not stand -> one that does; None when there is none."""

CUT_OFF = "the answer was cut off before this sentence ended"
_FEWEST_AGAIN = 4
_N_BESIDE = 8
"""So many of the best sentences are looked at for another document that a comparison rests on."""


@dataclass(frozen=True, slots=True)
class Checked:
    """An answer after the checks.

    text: what is shown. sentences: of the text. left_out: sentences that did not stand.
    begins: whether the first sentence stands, as it was written or mended.
    """

    text: str
    sentences: tuple[Sentence, ...]
    left_out: tuple[Sentence, ...] = ()
    begins: bool = True

    @property
    def stands(self) -> bool:
        """Whether any sentence is supported."""
        return any(sentence.verdict == "supported" for sentence in self.sentences)

    def rests_on(self, item: ScoredSentence) -> bool:
        """Whether any sentence is cited to this one, or to a part of it."""
        return any(
            cited.hit.passage.doc_id == item.hit.passage.doc_id
            and cited.start < item.end
            and item.start < cited.end
            for sentence in self.sentences
            for cited in sentence.citations
        )


def checked(
    text: str,
    known: Sequence[Sentence],
    citer: Citer,
    *,
    strict: bool,
    cut_off: bool = False,
    attribute: bool = True,
    vouch: Vouch = lambda sentence: sentence,
    mend: Mend = lambda _sentence: None,
) -> Checked:
    """The sentences of `text` with citations and verdicts; in strict mode only those that are supported.

    known: the first sentences, cited already. cut_off: the last one did not end, and is marked so.
    attribute: where the sources only have somebody's word for it,
    the sentence says so. vouch: looks again at what the rules let pass. mend: makes a sentence that is left out one
    that is supported, if it can.
    """
    later = split_sentences(text)[len(known) :]
    sentences = [*known, *(citer.cite(text[span.start : span.end], span.start) for span in later)]
    if cut_off and sentences:
        sentences[-1] = replace(sentences[-1], verdict="cut_off", reasons=(CUT_OFF,))
    kept: list[Sentence] = []
    left_out: list[Sentence] = []
    begins = True
    for at, sentence in enumerate(map(vouch, sentences)):
        if not strict or sentence.verdict == "supported":
            kept.append(sentence)
            continue
        left_out.append(sentence)
        better = mend(sentence)
        if better is None:
            begins = begins and at > 0
        elif all(better.text != other.text for other in kept):
            kept.append(better)
    if not left_out and all(_worded(sentence, attribute) == sentence.text for sentence in kept):
        return Checked(text, tuple(kept))
    return replace(joined(kept, attribute=attribute), left_out=tuple(left_out), begins=begins)


def joined(sentences: Sequence[Sentence], *, attribute: bool = True) -> Checked:
    """The sentences as one text, offsets anew; attribute: each with the attribution that its sources have."""
    placed: list[Sentence] = []
    text = ""
    for sentence in sentences:
        words = _worded(sentence, attribute)
        start = len(text) + bool(text)
        text = f"{text} {words}" if text else words
        placed.append(replace(sentence, text=words, start=start, end=start + len(words)))
    return Checked(text, tuple(placed))


def _worded(sentence: Sentence, attribute: bool) -> str:
    """As it is shown: not "according to the first excerpt", but according to whom its sources have it from."""
    if sentence.verdict == "cut_off":
        return sentence.text
    plain = without_preamble(sentence.text)
    return (attribute and attributed_sentence(replace(sentence, text=plain))) or plain


def is_about_another(question: str, left_out: Sequence[Sentence], publishers: Sequence[str] = ()) -> bool:
    """Whether sentences were left out because a name of the question does not stand in the sources as they say.

    Then what is asked is near to what the sources tell, and is not there. A question of several clauses has names that
    no one source has together, and is answered from several. publishers: of the sources, which seldom name themselves.
    """
    if split_parts(question):
        return False
    asked = question.casefold()
    themselves = " ".join(publishers).casefold()
    misplaced = (name.casefold() for s in left_out for name in misplaced_names(s.reasons))
    return any(name in asked and name not in themselves for name in misplaced)


def quoted(question: str, scored: Sequence[ScoredSentence], citer: Citer, said: str = "") -> Checked:
    """An answer in the words of a source, when the model's own do not stand; empty when none will do.

    said: the model's own words: of the sources the best that has what they add to the question, else the best. One
    that is far better than that is quoted all the same, where one thing is asked for.
    """
    publishers = [item.hit.source.publisher or "" for item in scored]
    value, best = bearing(added_values(question, said, publishers), scored) or ("", scored[0])
    if _is_far_better(scored[0], best) and not split_parts(question):
        value, best = "", scored[0]
    if lacks_number(question, best.text):
        best, value = scored[0], ""
        if lacks_number(question, best.text):
            best = next((s for s in scored[:5] if numbers(s.text) - numbers(question)), best)
    if lacks_number(question, best.text):
        return Checked("", ())
    citation = citer.citation(best.hit, best.start, best.end, min(best.score, 1.0))
    text = f"“{' '.join(best.text.split())}”"
    if value not in text and any(value in f"{i.hit.source.title} {i.hit.passage.text}" for i in scored):
        # "SBF" and "the company" mean something only to who knows the source.
        text = f"{value}: {text}"
    return Checked(text, (Sentence(text, 0, len(text), (citation,), "supported"),))


def _is_far_better(one: ScoredSentence, other: ScoredSentence) -> bool:
    """By the score, and to the reader too."""
    if one.answerable is None or other.answerable is None:
        return False
    return one.score - other.score >= STANDS_OUT and one.answerable > other.answerable


def opened(
    answer: Checked, polarity: Polarity, question: str, scored: Sequence[ScoredSentence], citer: Citer
) -> Checked:
    """The answer with Yes or No in front: the model's reading, which no check of words can confirm.

    It rests on all that the answer cites; of a question about several documents, on the best of each.
    """
    cited = {c.hit.passage.doc_id: c for sentence in answer.sentences for c in sentence.citations}
    for item in scored[:_N_BESIDE] if split_parts(question) else ():
        if item.hit.passage.doc_id not in cited and len(cited) < MAX_CITATIONS:
            found = citer.citation(item.hit, item.start, item.end, min(item.score, 1.0))
            cited[item.hit.passage.doc_id] = found
    word = Sentence(f"{polarity}.", 0, 0, tuple(cited.values())[:MAX_CITATIONS], "unchecked")
    return replace(joined((word, *answer.sentences), attribute=False), left_out=answer.left_out)


def with_accounts(answer: Checked, found: Disagreement) -> Checked:
    """The answer, and behind it who gives which value."""
    account = told(found)
    start = len(answer.text) + 1
    cited = tuple(account.citations[0] for account in found.accounts)
    sentence = Sentence(account, start, start + len(account), cited, "supported")
    return Checked(f"{answer.text} {account}", (*answer.sentences, sentence), answer.left_out)


def shown(run: Run, pieces: Iterator[Piece], citer: Citer) -> Iterator[Event]:
    """Tokens as they come, and each sentence with its citations as soon as it is complete and shown.

    Held back: the first word after what looks like the end of a sentence (only that word tells "in the
    U.S. The house" from "the U.S. Theresa"), and a sentence that so far only repeats an earlier one. The text ends
    before a sentence that says an earlier one again, and before one that there was no room to finish; only as the
    first sentence, or when the reader stopped it, an unfinished one stays (`run.is_cut_off`).
    """
    released = n_cited = 0
    said: list[set[str]] = []
    for piece in pieces:
        run.take(piece)
        text = run.text
        spans = split_sentences(text)
        while n_cited < len(spans) - 1 and _WORD_BEGUN.match(text, spans[n_cited + 1].start):
            span = spans[n_cited]
            words = set(stems(text[slice(*span)]))
            if _says_again(words, said):
                run.text = text[: spans[n_cited - 1].end]
                if isinstance(pieces, GeneratorType):
                    pieces.close()
                return
            if span.end > released:
                yield Token(text[released : span.end])
                released = span.end
            with run.checking("cite"):
                sentence = citer.cite(text[span.start : span.end], span.start)
            run.cited.append(sentence)
            yield Cited(sentence)
            said.append(words)
            n_cited += 1
        settled = len(text) if n_cited >= len(spans) - 1 else spans[n_cited].end
        begun = text[spans[n_cited].start : settled].rpartition(" ")[0] if n_cited < len(spans) else ""
        if said and _is_in(set(stems(begun)), said):
            continue
        if settled > released:
            yield Token(text[released:settled])
            released = settled
    spans = split_sentences(run.text)
    cut_off = not run.ended and not is_finished(run.text)
    no_room = cut_off and not run.cancelled
    if said and (no_room or _says_again(set(stems(run.text[slice(*spans[-1])])), said)):
        run.text = run.text[: spans[n_cited - 1].end]
        return
    run.is_cut_off = cut_off
    if len(run.text) > released and not says_nothing(run.text):
        yield Token(run.text[released:])


# A word that is known to be whole: something that is no letter follows it, or it is in another script.
_WORD_BEGUN = re.compile(r"""["'“‘(\[]*[A-Za-z]*[^A-Za-z"'“‘(\[]""")


def _says_again(words: set[str], said: Sequence[set[str]]) -> bool:
    """Whether all stems of a sentence stand in an earlier one: a small model has begun to turn in rounds."""
    return len(words) >= _FEWEST_AGAIN and _is_in(words, said)


def _is_in(words: set[str], said: Sequence[set[str]]) -> bool:
    return any(words <= earlier for earlier in said)


class Run:
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

    def retrieved(self) -> None:
        self._retrieve_ms = self._elapsed_ms()

    def checked(self, name: str, ms: float) -> None:
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
            self.checked(name, took_ms - self._inner_ms)
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

    def generated(self) -> None:
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
