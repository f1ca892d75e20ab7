"""What a model's answer adds to its question: the names, numbers and dates that the question does not have.

A small model asked "Which company ..." writes the whole question again around the one word that answers it. When that
sentence does not stand, the word is still the best hint which of the sources to quote.
"""

from __future__ import annotations

from collections.abc import Sequence

from askive.rag.answer.verified_answer import NOTHING, VerifiedAnswer
from askive.rag.answer.yes_no import YES_OR_NO
from askive.rag.evidence.scoring import ScoredSentence
from askive.rag.evidence.selection import STANDS_OUT
from askive.rag.question.analysis import Question
from askive.rag.text.date_mentions import days
from askive.rag.text.names import Name, has_name, lower_words, names_in
from askive.rag.text.numbers import numbers
from askive.rag.text.quantities import quantities
from askive.rag.types import Sentence
from askive.rag.verification.citer import Citer

_N_LOOKED_AT = 16


def added_values(question: Question, answer: str, publishers: Sequence[str] = ()) -> list[str]:
    """Values of the answer that are not in the question, names first, in its order. publishers: no answers either."""
    known_words = question.words | lower_words(" ".join(publishers))
    text = YES_OR_NO.sub("", answer)
    names = [name.text for name in names_in(text) if not all(word in known_words for word in name.words)]
    dates = days(text)
    amounts = quantities(text, [(date.start, date.end) for date in dates])
    values = [*(date.text for date in dates), *(amount.text for amount in amounts)]
    return list(
        dict.fromkeys([*names, *(value for value in values if value.lower() not in question.text.lower())])
    )


def first_supporting(
    values: Sequence[str], scored: Sequence[ScoredSentence]
) -> tuple[str, ScoredSentence] | None:
    """The first of the values that a sentence has, with the best sentence that has it; whole names before parts."""
    for value in values:
        names = names_in(value)
        for item in scored[:_N_LOOKED_AT]:
            if value in item.text or (names and has_name(names[0], lower_words(item.text), item.text)):
                return value, item
        for item in scored[:_N_LOOKED_AT]:
            if names and _has_last_word(names[0], item.text):
                return value, item
    return None


def _has_last_word(name: Name, text: str) -> bool:
    return len(name.words) > 1 and name.words[-1] in lower_words(text)


def quote_answer(
    question: Question, scored: Sequence[ScoredSentence], citer: Citer, written: str = ""
) -> VerifiedAnswer:
    """An answer in the words of a source, when the model's own do not stand; empty when none will do.

    written: the model's own words: of the sources the best that has what they add to the question, else the best. One
    that is far better than that is quoted all the same, where one thing is asked for.
    """
    publishers = [item.hit.source.publisher or "" for item in scored]
    value, best = first_supporting(added_values(question, written, publishers), scored) or ("", scored[0])
    if _is_far_better(scored[0], best) and not question.clauses:
        value, best = "", scored[0]
    if question.lacks_number(best.text):
        best, value = scored[0], ""
        if question.lacks_number(best.text):
            best = next((s for s in scored[:5] if numbers(s.text) - question.numbers), best)
    if question.lacks_number(best.text):
        return NOTHING
    citation = citer.citation(best.hit, best.start, best.end, min(best.score, 1.0))
    text = f"“{' '.join(best.text.split())}”"
    if value not in text and any(value in f"{i.hit.source.title} {i.hit.passage.text}" for i in scored):
        # "SBF" and "the company" mean something only to who knows the source.
        text = f"{value}: {text}"
    return VerifiedAnswer(text, (Sentence(text, 0, len(text), (citation,), "supported"),))


def _is_far_better(one: ScoredSentence, other: ScoredSentence) -> bool:
    """By the score, and to the reader too."""
    if one.answerable is None or other.answerable is None:
        return False
    return one.score - other.score >= STANDS_OUT and one.answerable > other.answerable
