"""The model's words as they come: tokens, and each complete sentence with its citations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from types import GeneratorType

from askive.models.protocols import Piece
from askive.rag.answer.refusal import says_nothing
from askive.rag.answer.trace import AnswerTrace
from askive.rag.text.sentences import is_finished, split_sentences
from askive.rag.text.words import stems
from askive.rag.types import Cited, Event, Token
from askive.rag.verification.citer import Citer

_FEWEST_AGAIN = 4
# A word that is known to be whole: something that is no letter follows it, or it is in another script.
_WORD_BEGUN = re.compile(r"""["'“‘(\[]*[A-Za-z]*[^A-Za-z"'“‘(\[]""")


def stream_sentences(run: AnswerTrace, pieces: Iterator[Piece], citer: Citer) -> Iterator[Event]:
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


def _says_again(words: set[str], said: Sequence[set[str]]) -> bool:
    """Whether all stems of a sentence stand in an earlier one: a small model has begun to turn in rounds."""
    return len(words) >= _FEWEST_AGAIN and _is_in(words, said)


def _is_in(words: set[str], said: Sequence[set[str]]) -> bool:
    return any(words <= earlier for earlier in said)
