"""Rankings of several indexes -> one. Pure functions over (id, score) lists, best first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Ranking = Sequence[tuple[int, float]]


def reciprocal_rank(rankings: Sequence[Ranking], k: int = 60) -> list[tuple[int, float]]:
    """Sum of 1 / (k + rank). Cormack, Clarke and Büttcher, SIGIR 2009."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, (item, _) in enumerate(ranking, start=1):
            scores[item] = scores.get(item, 0.0) + 1.0 / (k + rank)
    return _sorted(scores)


def convex(
    dense: Mapping[int, float], lexical: Mapping[int, float], dense_weight: float
) -> list[tuple[int, float]]:
    """weight x cosine + (1 - weight) x BM25 over the best BM25 (Bruch, Gai and Ingber, TOIS 2023).

    dense: cosine of every item that either index found. Both shares are between 0 and 1.
    """
    best = max(lexical.values(), default=0.0)
    return _sorted(
        {
            item: dense_weight * max(cosine, 0.0)
            + (1.0 - dense_weight) * (lexical.get(item, 0.0) / best if best > 0 else 0.0)
            for item, cosine in dense.items()
        }
    )


def _sorted(scores: Mapping[int, float]) -> list[tuple[int, float]]:
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))
