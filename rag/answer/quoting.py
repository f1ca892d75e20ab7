"""Quotes in place of an unsupported answer, chosen by the names, numbers and dates that it adds to the question.

A small model asked "Which company ..." repeats the whole question around the one word that answers it. When that
sentence is not supported, the word is still the best hint which source to quote. Of a long row of a table only the
cells that matter are shown.
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
from askive.rag.text.words import stems
from askive.rag.types import Sentence
from askive.rag.verification.citer import Citer

_MAX_SENTENCES = 16
_LONGEST_QUOTE_CHARS = 400
_MIN_CELLS = 4
_BETWEEN = "; "
_LEFT_OUT = "… "


def added_values(question: Question, answer: str, publishers: Sequence[str] = ()) -> list[str]:
    """Values of the answer that are not in the question: names first, then the rest, in text order.

    publishers: of the sources; their names are not values.
    """
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
    """The first value that occurs in a sentence, with the best such sentence; whole names before last names."""
    for value in values:
        names = names_in(value)
        for item in scored[:_MAX_SENTENCES]:
            if value in item.text or (names and has_name(names[0], lower_words(item.text), item.text)):
                return value, item
        for item in scored[:_MAX_SENTENCES]:
            if names and _has_last_word(names[0], item.text):
                return value, item
    return None


def _has_last_word(name: Name, text: str) -> bool:
    return len(name.words) > 1 and name.words[-1] in lower_words(text)


def quote_answer(
    question: Question, scored: Sequence[ScoredSentence], citer: Citer, generated: str = ""
) -> VerifiedAnswer:
    """A source sentence quoted as the answer; `NOTHING` when no sentence is suitable.

    generated: the model's unsupported text. The best sentence with a value that it adds to the question is quoted, else
    the best sentence. The best one also wins when it is far better, unless the question has several clauses.
    """
    publishers = [item.hit.source.publisher or "" for item in scored]
    value, best = first_supporting(added_values(question, generated, publishers), scored) or ("", scored[0])
    if _is_far_better(scored[0], best) and not question.clauses:
        value, best = "", scored[0]
    if question.lacks_number(best.text):
        best, value = scored[0], ""
        if question.lacks_number(best.text):
            best = next((s for s in scored[:5] if numbers(s.text) - question.numbers), best)
    if question.lacks_number(best.text):
        return NOTHING
    citation = citer.citation(best.hit, best.start, best.end, min(best.score, 1.0))
    text = shown_quotation(best.text, question, generated)
    if value not in text and any(value in f"{i.hit.source.title} {i.hit.passage.text}" for i in scored):
        # A quote with "SBF" or "the company" is unclear without its source.
        text = f"{value}: {text}"
    return VerifiedAnswer(text, (Sentence(text, 0, len(text), (citation,), "supported"),))


def in_its_sources_words(sentence: Sentence, question: Question) -> Sentence | None:
    """Its first citation as a quotation in place of the sentence; None when it is too long for an answer."""
    if not sentence.citations or len(sentence.citations[0].quote) > _LONGEST_QUOTE_CHARS:
        return None
    text = shown_quotation(sentence.citations[0].quote, question, sentence.text)
    return Sentence(text, sentence.start, sentence.start + len(text), sentence.citations[:1], "supported")


def _is_far_better(one: ScoredSentence, other: ScoredSentence) -> bool:
    """Whether both the score and the reader rank it clearly higher."""
    if one.answerable is None or other.answerable is None:
        return False
    return one.score - other.score >= STANDS_OUT and one.answerable > other.answerable


def shown_quotation(quote: str, question: Question, generated: str = "") -> str:
    """A quote in quotation marks and one line; of a long row only the cells that matter, `…` for those left out.

    generated: the model's own sentence, whose values point at cells too.
    """
    cells: list[str] = []
    for part in " ".join(quote.split()).split(_BETWEEN):
        if ": " in part or not cells:
            cells.append(part)
        else:
            cells[-1] += _BETWEEN + part
    if len(cells) < _MIN_CELLS or ": " not in cells[0]:
        return f"“{_BETWEEN.join(cells)}”"
    kept = _cells_that_matter([cell.partition(": ")[::2] for cell in cells], question, generated)
    if not kept:
        return f"“{_BETWEEN.join(cells)}”"
    text = ""
    for at in sorted(kept):
        text += ("" if not text else _BETWEEN) + ("" if at == 0 or at - 1 in kept else _LEFT_OUT) + cells[at]
    return f"“{text}{'' if len(cells) - 1 in kept else '; …'}”"


def _cells_that_matter(cells: Sequence[tuple[str, str]], question: Question, generated: str) -> set[int]:
    """Indices of the cells to show; empty when none is asked for.

    What the question names: cells whose value it has, else the first cell. What it asks for: the cells whose head has
    most of its words, and those that hold a number of the generated sentence.
    """
    asked_words = set(question.stems)
    words = [set(stems(value)) for _, value in cells]
    named = {at for at, own in enumerate(words) if own and own <= asked_words}
    heads = [set(stems(head)) for head, _ in cells]
    shared = [len(head & asked_words) / max(len(head), 1) for head in heads]
    rest = [at for at in range(len(cells)) if at not in named and at > 0]
    most = max((shared[at] for at in rest), default=0.0)
    asked = {at for at in rest if most > 0 and shared[at] == most}
    added = _figures(generated) - _figures(question.text)
    asked |= {at for at in rest if added & _figures(cells[at][1])}
    return asked | named | {0} if asked else set()


def _figures(text: str) -> set[float]:
    return {quantity.value for quantity in quantities(text)}
