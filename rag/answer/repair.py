"""A sentence that names what no source has: the name, number or date is chosen again, from the evidence alone.

A small model writes the right sentence around a value that it remembers. The values of the same kind that stand in
the evidence are put in its place; those that the sources then support are scored by the generator.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from askive.models.protocols import Generator
from askive.rag.question.analysis import Question
from askive.rag.text.date_mentions import days
from askive.rag.text.names import names_in
from askive.rag.text.quantities import quantities
from askive.rag.types import Prompt, Sentence
from askive.rag.verification.citer import Citer

_MOST = 6
"""So many values are tried, those of the best evidence first."""


@dataclass(frozen=True, slots=True)
class _Value:
    """counts: what a number is a number of: its unit, or the word behind it."""

    kind: Literal["date", "number", "name"]
    start: int
    end: int
    text: str
    counts: str = ""


def repair_value(
    sentence: Sentence, question: Question, before: str, prompt: Prompt, citer: Citer, generator: Generator
) -> Sentence | None:
    """The sentence with one value exchanged, supported by the sources; None when that cannot be had.

    sentence: one that did not stand, for this value alone: what else is new in it tells that the writer was
    thinking of another thing, and then a number of that other thing would be put in.
    before: what the model had written before it. prompt: what it had read.
    Nothing is exchanged that the question itself says: then another thing was asked than the sources tell.
    Raises ModelError as `Generator.likelihood` does.
    """
    if len(sentence.reasons) != 1:
        return None
    wrong = [value for value in _values(sentence.text) if value.text in sentence.reasons[0]]
    if len(wrong) != 1 or wrong[0].text.casefold() in question.text.casefold():
        return None
    head, tail = sentence.text[: wrong[0].start], sentence.text[wrong[0].end :]
    candidates = _candidates(wrong[0], f"{head} {tail} {question.text}", prompt)[:_MOST]
    standing = [text for value in candidates if citer.supports(text := f"{head}{value}{tail}")]
    if not standing:
        return None
    best = standing[0]
    if len(standing) > 1:
        best = max(standing, key=lambda text: generator.likelihood(prompt.messages, f"{before}{text}"))
    return citer.cite(best, sentence.start)


def _candidates(wrong: _Value, taken: str, prompt: Prompt) -> list[str]:
    """Values of the kind in the evidence, best evidence first, that are not in the sentence or question already."""
    taken = taken.casefold()
    values = {
        value.text: None
        for piece in sorted(prompt.evidence, key=lambda piece: -piece.score)
        for value in _values(piece.text)
        if value.kind == wrong.kind and value.counts == wrong.counts and value.text.casefold() not in taken
    }
    return [text for text in values if text != wrong.text]


def _values(text: str) -> Iterator[_Value]:
    dates = [_Value("date", day.start, day.end, day.text) for day in days(text)]
    yield from dates
    for number in quantities(text, _places(dates)):
        counts = number.unit or next(iter(number.nouns), "")
        yield _Value("number", number.start, number.start + len(number.text), number.text, counts)
    for name in names_in(text):
        if not any(start < name.end and name.start < end for start, end in _places(dates)):
            yield _Value("name", name.start, name.end, name.text)


def _places(values: Sequence[_Value]) -> list[tuple[int, int]]:
    return [(value.start, value.end) for value in values]
