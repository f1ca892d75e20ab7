"""How many hits a question needs: fewer where the scores fall off, more where it asks for several things."""

from __future__ import annotations

from collections.abc import Sequence

from askive.rag.question.analysis import Question
from askive.rag.types import Hit

_FIRST_PLACES = 10
_A_PUBLISHER = 2
_MAX_MOVED = 3

_FIRST = 3
_EACH = 2


def cut_off(hits: Sequence[Hit], question: Question, ratio: float) -> list[Hit]:
    """The first hits: those that score at least `ratio` of the best, and in any case what the question needs.

    It needs three, and two more for every further clause and for every further publisher that it names.
    """
    several = max(len(question.clauses), len(question.publishers), 1) - 1
    n_needed = _FIRST + _EACH * several
    best = hits[0].score if hits else 0.0
    kept = list(hits[:n_needed])
    for hit in hits[n_needed:]:
        if hit.score < ratio * best:
            break
        kept.append(hit)
    return kept


def diversify(hits: Sequence[Hit], publishers: Sequence[str], limit: int) -> list[Hit]:
    """The hits, with the best two of each of several named publishers among the first ten (or `limit`, if fewer).

    At most three are moved, to the end of those, and they take the places of the worst that are not wanted.
    """
    kept = min(limit, _FIRST_PLACES)
    if len(publishers) < 2 or len(hits) <= kept:
        return list(hits)
    wanted: list[Hit] = []
    for publisher in publishers:
        wanted += [hit for hit in hits if hit.source.publisher == publisher][:_A_PUBLISHER]
    ids = {hit.passage.passage_id for hit in wanted}
    head, tail = list(hits[:kept]), list(hits[kept:])
    missing = [hit for hit in tail if hit.passage.passage_id in ids]
    free = [hit for hit in head if hit.passage.passage_id not in ids]
    n = min(len(missing), len(free), _MAX_MOVED)
    if not n:
        return list(hits)
    moved, yielding = missing[:n], free[-n:]
    return [
        *(hit for hit in head if hit not in yielding),
        *moved,
        *yielding,
        *(hit for hit in tail if hit not in moved),
    ]
