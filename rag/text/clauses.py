"""A sentence of an answer -> its clauses, each a claim that is checked by itself."""

from __future__ import annotations

import re
from itertools import pairwise

from askive.rag.text.words import STOP_WORDS, content_words

_MIN_WORDS = 3
_SPLIT = re.compile(
    # "... sank; two", "... sank — two"
    r";\s+|\s+[—–]\s+"
    # "Lind, who wrote", "the ship sank, but"
    r"|,\s+(?=(?:and|but|while|whereas|although|though|which|who|whose|where|as well as|with)\s)"
    # "trams ran while ferries stopped"
    r"|\s+(?=(?:while|whereas|but)\s)"
    # "Voss sang and she was praised", "and Lind wrote", "and the ferry has left"; not "bread and the salt"
    r"|\s+(?=and\s+(?:he|she|it|they|that|the|a|an|[A-Z]\w+)\s+(?:\w+\s+){0,2}?(?:is|are|was|were|has|have|had|will"
    r"|said|says|\w{3,}ed)\b)"
)


def claims_of(sentence: str) -> tuple[str, ...]:
    """Clauses of the sentence, in order; together they have every word of it.

    A clause with fewer than three content words is joined to its neighbour.
    """
    return tuple(sentence[start:end] for start, end in claim_spans(sentence)) or (sentence,)


def claim_spans(sentence: str) -> list[tuple[int, int]]:
    """The clauses of `claims_of` as offsets into the sentence, without surrounding white space."""
    cuts = [0, *(match.end() for match in _SPLIT.finditer(sentence)), len(sentence)]
    spans: list[tuple[int, int]] = []
    for start, end in pairwise(cuts):
        piece = sentence[start:end]
        if not piece.strip():
            continue
        start, end = start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
        if spans and (_n_words(piece) < _MIN_WORDS or _n_words(sentence[slice(*spans[-1])]) < _MIN_WORDS):
            start = spans.pop()[0]
        spans.append((start, end))
    return spans


def _n_words(text: str) -> int:
    return sum(word not in STOP_WORDS for word in content_words(text))
