"""Judging what a survey found: the generator reads one sentence after the other and says whether it answers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from askive.rag.evidence.source_sentences import SourceSentence
from askive.rag.types import Citation
from askive.rag.verification.support import ANSWERS_FROM, GIVES_FROM

Item = TypeVar("Item")

_DOUBTFUL = 1.5
"""What is at most this much below the limit may belong to the answer."""
UNJUDGED = math.inf
"""Log-odds of what needs no judge, or has none."""


@dataclass(frozen=True, slots=True)
class Judged(Generic[Item]):
    """Something found. log_odds: that its sentence answers; None when it was not judged. verdict: for a row; None when
    it does not belong to the answer."""

    item: Item
    log_odds: float | None
    verdict: Literal["supported", "unchecked"] | None


def judge_in_turn(
    items: Sequence[Item],
    sentence_of: Callable[[Item], SourceSentence],
    answers: Callable[[Citation], float],
    is_cancelled: Callable[[], bool],
) -> Iterator[Judged[Item]]:
    """Each item with the log-odds that its sentence answers, in turn; a sentence is judged once.

    answers: as `Verifier.answers`: infinite when there is nobody to judge; then the item stands as it was found.
    Once it is cancelled the rest is not judged.
    """
    known: dict[tuple[int, int], float] = {}
    for item in items:
        sentence = sentence_of(item)
        key = (sentence.hit.passage.doc_id, sentence.span.start)
        if key not in known and not is_cancelled():
            known[key] = answers(sentence.citation())
        yield judged(item, known.get(key), ANSWERS_FROM)


def judged(item: Item, log_odds: float | None, limit: float = GIVES_FROM) -> Judged[Item]:
    """The item with the verdict for these log-odds."""
    if log_odds is None:
        return Judged(item, None, "unchecked")
    if log_odds >= limit:
        return Judged(item, log_odds, "supported")
    return Judged(item, log_odds, "unchecked" if log_odds >= limit - _DOUBTFUL else None)
