"""What a question names and no document mentions: a false premise is named as such."""

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
    """Names, then numbers and dates of the question that stand in none of the hits, as the question spells them.

    Titles, headings, publishers and dates of the documents count. Everything is missing from no hits at all.
    """
    text = " \n".join(f"{heading_words(hit.source, hit.passage, *_HEAD)} {hit.passage.text}" for hit in hits)
    heard = lower_words(text)
    names = [
        name.text for name in question.sure_names if not has_name(name, heard, text) and not is_office(name)
    ]
    held = [day for hit in hits for day in days(hit.passage.text, hit.source.published)]
    held += [day for hit in hits if (day := day_of(hit.source.published))]
    told = numbers(text)
    dates = [
        day.text
        for day in question.dates
        if not any(entails(other, day) for other in held)
        and not (day.month is None and str(day.year) in told)
    ]
    counted = [
        quantity.text
        for quantity in question.quantities
        if f"{quantity.value:g}" not in told
        and not any(float(n) == quantity.value for n in told if _plain(n))
    ]
    return tuple(dict.fromkeys([*names, *dates, *counted]))


def _plain(number: str) -> bool:
    return number.replace(".", "", 1).isdigit()
