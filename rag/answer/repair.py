"""Repair a sentence with an unsupported name, number or date: choose the value again from the evidence.

A small model may write the right sentence with a value from memory. Values of the same kind from the evidence are
substituted; the generator scores the sentences that the sources then support.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from askive.models.protocols import Generator, abilities_of
from askive.rag.question.analysis import Question
from askive.rag.text.date_mentions import days
from askive.rag.text.names import names_in
from askive.rag.text.quantities import quantities
from askive.rag.types import Prompt, Sentence
from askive.rag.verification.citer import Citer

_MAX_VALUES = 6
"""The most values that are tried, those of the best evidence first."""


@dataclass(frozen=True, slots=True)
class _Value:
    """A value in a sentence. counts: what a number counts: its unit, or the word after it."""

    kind: Literal["date", "number", "name"]
    start: int
    end: int
    text: str
    counts: str = ""


def repair_value(
    sentence: Sentence, question: Question, before: str, prompt: Prompt, citer: Citer, generator: Generator
) -> Sentence | None:
    """The sentence with one value replaced so that the sources support it; None when no value does.

    sentence: an unsupported sentence with this value as its only reason. With more reasons it is about something else,
    and would be repaired with a value of that. before: the generated text before it. prompt: the model's prompt.
    A value of the question is never replaced: then the sources do not hold what was asked.
    Raises ModelError as `Generator.likelihood` does.
    """
    if len(sentence.reasons) != 1:
        return None
    wrong = [value for value in _values(sentence.text) if value.text in sentence.reasons[0]]
    if len(wrong) != 1 or wrong[0].text.casefold() in question.text.casefold():
        return None
    head, tail = sentence.text[: wrong[0].start], sentence.text[wrong[0].end :]
    candidates = _candidates(wrong[0], f"{head} {tail} {question.text}", prompt)[:_MAX_VALUES]
    supported = [text for value in candidates if citer.supports(text := f"{head}{value}{tail}")]
    if not supported:
        return None
    best = supported[0]
    # Candidates stand in the order of their evidence, which decides where the generator cannot.
    if len(supported) > 1 and abilities_of(generator).likelihoods:
        best = max(supported, key=lambda text: generator.likelihood(prompt.messages, f"{before}{text}"))
    return citer.cite(best, sentence.start)


def _candidates(wrong: _Value, known: str, prompt: Prompt) -> list[str]:
    """Values of the same kind in the evidence, best evidence first, that `known` does not contain."""
    known = known.casefold()
    values = {
        value.text: None
        for piece in sorted(prompt.evidence, key=lambda piece: -piece.score)
        for value in _values(piece.text)
        if value.kind == wrong.kind and value.counts == wrong.counts and value.text.casefold() not in known
    }
    return [text for text in values if text != wrong.text]


def _values(text: str) -> Iterator[_Value]:
    dates = [_Value("date", day.start, day.end, day.text) for day in days(text)]
    yield from dates
    for number in quantities(text, _ranges(dates)):
        counts = number.unit or next(iter(number.nouns), "")
        yield _Value("number", number.start, number.start + len(number.text), number.text, counts)
    for name in names_in(text):
        if not any(start < name.end and name.start < end for start, end in _ranges(dates)):
            yield _Value("name", name.start, name.end, name.text)


def _ranges(values: Sequence[_Value]) -> list[tuple[int, int]]:
    return [(value.start, value.end) for value in values]
