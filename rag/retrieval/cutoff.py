"""Cut-off: the number of hits for a question; fewer when the scores drop, more when it asks for several things."""

from __future__ import annotations

from collections.abc import Sequence

from askive.rag.question.analysis import Question
from askive.rag.types import Hit

_N_TOP = 10
_N_PER_PUBLISHER = 2
_MAX_MOVED = 3

_MIN_HITS = 3
_N_PER_ADDITION = 2


def cut_off(hits: Sequence[Hit], question: Question, ratio: float) -> list[Hit]:
    """The first hits: a minimum for the question, then those that score at least `ratio` of the best.

    The minimum is three, plus two for each further clause, or for each further publisher if it names more of these.
    """
    n_additions = max(len(question.clauses), len(question.publishers), 1) - 1
    n_min = _MIN_HITS + _N_PER_ADDITION * n_additions
    best = hits[0].score if hits else 0.0
    kept = list(hits[:n_min])
    for hit in hits[n_min:]:
        if hit.score < ratio * best:
            break
        kept.append(hit)
    return kept


def diversify(hits: Sequence[Hit], publishers: Sequence[str], limit: int) -> list[Hit]:
    """The hits with the best two of each named publisher in the top ten (or `limit`, if less).

    Nothing moves unless several publishers are named. At most three hits are moved, to the end of the top; they replace
    the lowest hits there that are not among the best two of a named publisher.
    """
    n_top = min(limit, _N_TOP)
    if len(publishers) < 2 or len(hits) <= n_top:
        return list(hits)
    best: list[Hit] = []
    for publisher in publishers:
        best += [hit for hit in hits if hit.source.publisher == publisher][:_N_PER_PUBLISHER]
    ids = {hit.passage.passage_id for hit in best}
    top, rest = list(hits[:n_top]), list(hits[n_top:])
    missing = [hit for hit in rest if hit.passage.passage_id in ids]
    replaceable = [hit for hit in top if hit.passage.passage_id not in ids]
    n = min(len(missing), len(replaceable), _MAX_MOVED)
    if not n:
        return list(hits)
    promoted, demoted = missing[:n], replaceable[-n:]
    return [
        *(hit for hit in top if hit not in demoted),
        *promoted,
        *demoted,
        *(hit for hit in rest if hit not in promoted),
    ]
