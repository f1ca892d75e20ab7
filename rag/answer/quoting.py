"""What a model's answer adds to its question: the names, numbers and dates that the question does not have.

A small model asked "Which company ..." writes the whole question again around the one word that answers it. When that
sentence does not stand, the word is still the best hint which of the sources to quote.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.evidence.scoring import ScoredSentence
from rag.text.date_mentions import days
from rag.text.names import Name, has_name, lower_words, names_in
from rag.text.quantities import quantities
from rag.types import Polarity

_OPENING = re.compile(r"^\W*(yes|no)\b(?!\s+\w)|^\W*(yes|no),", re.IGNORECASE)
_N_LOOKED_AT = 16


def polarity_of(answer: str) -> Polarity | None:
    """`Yes` or `No` when the answer opens with it."""
    found = _OPENING.match(answer)
    if found is None:
        return None
    return "Yes" if (found[1] or found[2]).lower() == "yes" else "No"


def added_values(question: str, answer: str, publishers: Sequence[str] = ()) -> list[str]:
    """Values of the answer that are not in the question, names first, in its order. publishers: no answers either."""
    asked = lower_words(" ".join((question, *publishers)))
    text = _OPENING.sub("", answer)
    names = [name.text for name in names_in(text) if not all(word in asked for word in name.words)]
    dated = days(text)
    counted = quantities(text, [(day.start, day.end) for day in dated])
    values = [*(day.text for day in dated), *(quantity.text for quantity in counted)]
    return list(
        dict.fromkeys([*names, *(value for value in values if value.lower() not in question.lower())])
    )


def bearing(values: Sequence[str], scored: Sequence[ScoredSentence]) -> tuple[str, ScoredSentence] | None:
    """The first of the values that a sentence has, with the best sentence that has it; whole names before parts."""
    for value in values:
        named = names_in(value)
        for item in scored[:_N_LOOKED_AT]:
            if value in item.text or (named and has_name(named[0], lower_words(item.text), item.text)):
                return value, item
        for item in scored[:_N_LOOKED_AT]:
            if named and _has_last_word(named[0], item.text):
                return value, item
    return None


def _has_last_word(name: Name, text: str) -> bool:
    return len(name.words) > 1 and name.words[-1] in lower_words(text)
