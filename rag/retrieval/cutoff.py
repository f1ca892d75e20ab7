"""How many hits a question needs: fewer where the scores fall off, more where it asks for several things."""

from __future__ import annotations

from collections.abc import Sequence

from rag.question.analysis import Understanding
from rag.types import Hit

_FIRST = 3
_EACH = 2


def enough(hits: Sequence[Hit], understood: Understanding, ratio: float) -> list[Hit]:
    """The first hits: those that score at least `ratio` of the best, and in any case what the question needs.

    It needs three, and two more for every further clause and for every further publisher that it names.
    """
    several = max(len(understood.parts), len(understood.publishers), 1) - 1
    n_needed = _FIRST + _EACH * several
    best = hits[0].score if hits else 0.0
    kept = list(hits[:n_needed])
    for hit in hits[n_needed:]:
        if hit.score < ratio * best:
            break
        kept.append(hit)
    return kept
