"""When an event was, as far as the archive's own dates tell: `before the talks` needs the day of the talks."""

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
"""Of the weight of all dates found: below it the archive does not agree on one."""
_STATED = 2.0
_PUBLISHED = 1.0
_NEAR_DAYS = 3


@dataclass(frozen=True, slots=True)
class _Dated:
    """A guess: the days, its weight, and the document it is from."""

    first: Day
    last: Day
    weight: float
    doc_id: int


def date_event(event: EventPhrase, found: Sequence[tuple[Passage, Source]]) -> Time | None:
    """The time that the phrase means, by what was found for it; None when nothing agrees.

    found: passages for the phrase, best first. Only those that name the event count. A day that stands in the
    naming sentence counts twice as much as the date of publication; guesses of several documents that are at
    most three days apart, or one within the other, are one.
    """
    guesses = _guesses(event, found)
    if not guesses:
        return None
    total = sum(guess.weight for guess in guesses)
    groups = [[other for other in guesses if _agree(guess, other)] for guess in guesses]
    best = max(groups, key=lambda group: sum(guess.weight for guess in group))
    if sum(guess.weight for guess in best) < _MIN_SHARE * total:
        return None
    # The most exact of those that agree says most.
    exact = min(best, key=lambda guess: (guess.last - guess.first, -guess.weight))
    return event.at(exact.first, exact.last, _spelled(exact.first, exact.last))


def _guesses(event: EventPhrase, found: Sequence[tuple[Passage, Source]]) -> list[_Dated]:
    wanted = set(stems(event.phrase))
    best: dict[tuple[int, Day, Day], _Dated] = {}
    for place, (passage, source) in enumerate(found):
        around = set(stems(f"{heading_words(source, passage, 'title', 'headings')} {passage.text}"))
        if not wanted or not wanted <= around or not source.published:
            continue
        certainty = 1.0 / (1 + place)
        published = date_range(source.published)
        guesses = [_Dated(*published, _PUBLISHED * certainty, source.doc_id)]
        for span in split_sentences(passage.text):
            sentence = passage.text[span.start : span.end]
            if wanted <= set(stems(sentence)):
                guesses += [
                    _Dated(*date_range(day.iso), _STATED * certainty, source.doc_id)
                    for day in days(sentence, source.published)
                    # "On Monday" and "yesterday" may be of another week than the page's date.
                    if day.iso and day.day and not day.other and _FIGURE.search(day.text)
                ]
        for guess in guesses:
            key = (guess.doc_id, guess.first, guess.last)
            if key not in best or best[key].weight < guess.weight:
                best[key] = guess
    return list(best.values())


def _agree(one: _Dated, other: _Dated) -> bool:
    near = datetime.timedelta(days=_NEAR_DAYS)
    return one.first - near <= other.last and other.first - near <= one.last


def _spelled(first: Day, last: Day) -> str:
    if first == last:
        return f"{first.day} {first:%b} {first.year}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first:%b} {first.year}"
    return f"{first} to {last}"
