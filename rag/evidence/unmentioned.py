"""Names, numbers and dates of a question that no document mentions, so that a false premise can be pointed out."""

from __future__ import annotations

from collections.abc import Sequence

from askive.rag.passage_context import HeadPart, heading_words
from askive.rag.question.analysis import Question
from askive.rag.text.date_mentions import day_of, days, entails
from askive.rag.text.names import has_name, is_office, lower_words
from askive.rag.text.numbers import numbers
from askive.rag.types import Hit

_HEAD: tuple[HeadPart, ...] = ("title", "publisher", "spelled_date", "headings")


def missing_from(question: Question, hits: Sequence[Hit]) -> tuple[str, ...]:
    """Names, then dates and numbers of the question that occur in none of the hits, as the question spells them.

    Titles, headings, publishers and dates of the documents count as mentions. Without hits everything is missing.
    """
    text = " \n".join(f"{heading_words(hit.source, hit.passage, *_HEAD)} {hit.passage.text}" for hit in hits)
    known = lower_words(text)
    names = [
        name.text for name in question.sure_names if not has_name(name, known, text) and not is_office(name)
    ]
    known_days = [day for hit in hits for day in days(hit.passage.text, hit.source.published)]
    known_days += [day for hit in hits if (day := day_of(hit.source.published))]
    known_numbers = numbers(text)
    dates = [
        day.text
        for day in question.dates
        if not any(entails(other, day) for other in known_days)
        and not (day.month is None and str(day.year) in known_numbers)
    ]
    counted = [
        quantity.text
        for quantity in question.quantities
        if f"{quantity.value:g}" not in known_numbers
        and not any(float(n) == quantity.value for n in known_numbers if _plain(n))
    ]
    return tuple(dict.fromkeys([*names, *dates, *counted]))


def _plain(number: str) -> bool:
    return number.replace(".", "", 1).isdigit()
