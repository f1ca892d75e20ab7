"""The date of an event, from the dates in the archive: `before the talks` needs the day of the talks."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass

from askive.rag.passage_context import heading_words
from askive.rag.text.date_mentions import days
from askive.rag.text.dates import date_range
from askive.rag.text.sentences import split_sentences
from askive.rag.text.time_expressions import Day, EventPhrase, Time
from askive.rag.text.words import stems
from askive.rag.types import Passage, Source

_FIGURE = re.compile(r"\d")
_MIN_SHARE = 0.6
"""Minimum share of the total weight: below it the archive does not agree on a date."""
_STATED = 2.0
_PUBLISHED = 1.0
_TOLERANCE_DAYS = 3


@dataclass(frozen=True, slots=True)
class _DateGuess:
    """A possible date of an event: its days, its weight, and its document."""

    first: Day
    last: Day
    weight: float
    doc_id: int


def date_event(event: EventPhrase, passages: Sequence[tuple[Passage, Source]]) -> Time | None:
    """The period that the phrase refers to; None when the passages do not agree.

    passages: for the phrase, best first. Only those that name the event count. A day in the sentence with the
    name weighs twice as much as the date of publication. Guesses that overlap or are at most three days apart agree.
    """
    guesses = _guesses(event, passages)
    if not guesses:
        return None
    total = sum(guess.weight for guess in guesses)
    groups = [[other for other in guesses if _agree(guess, other)] for guess in guesses]
    best = max(groups, key=lambda group: sum(guess.weight for guess in group))
    if sum(guess.weight for guess in best) < _MIN_SHARE * total:
        return None
    # Of the guesses that agree, take the most precise.
    exact = min(best, key=lambda guess: (guess.last - guess.first, -guess.weight))
    return event.at(exact.first, exact.last, _spelled(exact.first, exact.last))


def _guesses(event: EventPhrase, passages: Sequence[tuple[Passage, Source]]) -> list[_DateGuess]:
    event_stems = set(stems(event.phrase))
    best: dict[tuple[int, Day, Day], _DateGuess] = {}
    for at, (passage, source) in enumerate(passages):
        around = set(stems(f"{heading_words(source, passage, 'title', 'headings')} {passage.text}"))
        if not event_stems or not event_stems <= around or not source.published:
            continue
        certainty = 1.0 / (1 + at)
        published = date_range(source.published)
        guesses = [_DateGuess(*published, _PUBLISHED * certainty, source.doc_id)]
        for span in split_sentences(passage.text):
            sentence = passage.text[span.start : span.end]
            if event_stems <= set(stems(sentence)):
                guesses += [
                    _DateGuess(*date_range(day.iso), _STATED * certainty, source.doc_id)
                    for day in days(sentence, source.published)
                    # "On Monday" and "yesterday" may not be relative to the page's date.
                    if day.iso and day.day and not day.other and _FIGURE.search(day.text)
                ]
        for guess in guesses:
            key = (guess.doc_id, guess.first, guess.last)
            if key not in best or best[key].weight < guess.weight:
                best[key] = guess
    return list(best.values())


def _agree(one: _DateGuess, other: _DateGuess) -> bool:
    tolerance = datetime.timedelta(days=_TOLERANCE_DAYS)
    return one.first - tolerance <= other.last and other.first - tolerance <= one.last


def _spelled(first: Day, last: Day) -> str:
    if first == last:
        return f"{first.day} {first:%b} {first.year}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first:%b} {first.year}"
    return f"{first} to {last}"
