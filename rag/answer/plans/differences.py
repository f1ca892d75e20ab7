"""Figures that differ between the sources of a summary: two of its sentences that say the same but for a number."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations, product

from askive.models.protocols import Embedder
from askive.rag.answer.disagreement import Disagreement, describe
from askive.rag.text.date_mentions import days
from askive.rag.text.quantities import Quantity, compare, quantities
from askive.rag.types import Account, Citation, Sentence

_ALIKE = 0.7
"""From this cosine on two sentences are about the same."""
_MAX_NAMED = 3
# " people" behind "12"
_NOUN = re.compile(r"\s[^\W\d_][\w-]*")


def differences(citations: Sequence[Citation], embedder: Embedder) -> Iterator[Sentence]:
    """A sentence for each two quotes of different documents that give another number of the same, at most three.

    `The sources differ: 12 people (Reuters, January 2016); 15 people (VOA, January 2016).`
    """
    if not citations:
        return
    vectors = embedder.embed([citation.quote for citation in citations])
    n_named = 0
    for (i, one), (j, other) in combinations(enumerate(citations), 2):
        if one.hit.source.doc_id == other.hit.source.doc_id or float(vectors[i] @ vectors[j]) < _ALIKE:
            continue
        values = _differing(one.quote, other.quote)
        if values is None or n_named == _MAX_NAMED:
            continue
        n_named += 1
        accounts = tuple(
            Account(value, (citation,), citation.hit.source.published)
            for value, citation in zip(values, (one, other), strict=True)
        )
        text = describe(Disagreement(accounts, is_update=False))
        yield Sentence(text, 0, len(text), (one, other), "supported")


def _differing(one: str, other: str) -> tuple[str, str] | None:
    """The first two quantities of the same thing that differ; None when there are none or any agree."""
    pairs = list(product(_quantities(one), _quantities(other)))
    relations = [compare(a, b) for a, b in pairs]
    if "agrees" in relations or "differs" not in relations:
        return None
    a, b = pairs[relations.index("differs")]
    return _with_noun(one, a), _with_noun(other, b)


def _quantities(text: str) -> list[Quantity]:
    return quantities(text, [(day.start, day.end) for day in days(text)])


def _with_noun(text: str, quantity: Quantity) -> str:
    noun = _NOUN.match(text, quantity.end)
    return text[quantity.start : noun.end() if noun else quantity.end]
