"""Retrieval metrics, computed by ir_measures (MacAvaney et al. 2022)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

NAMES = ("nDCG@10", "RR@10", "R@5", "R@10", "Success@1", "Success@5")


def retrieval_scores(ranking: Sequence[str], relevant: Mapping[str, int]) -> dict[str, float] | None:
    """The measures of `NAMES` for one question; None without relevant documents, zeros for an empty ranking.

    ranking: ids, best first; of repeated ids the first counts.
    relevant: id -> grade above 0.
    """
    import ir_measures

    if not relevant:
        return None
    ids = list(dict.fromkeys(ranking))
    if not ids:
        return dict.fromkeys(NAMES, 0.0)
    qrels = [ir_measures.Qrel("q", doc, grade) for doc, grade in relevant.items()]
    # The given order counts: distinct scores keep trec_eval from sorting by id.
    run = [ir_measures.ScoredDoc("q", doc, float(len(ids) - place)) for place, doc in enumerate(ids)]
    return {
        str(metric.measure): float(metric.value) for metric in ir_measures.iter_calc(_measures(), qrels, run)
    }


@cache
def _measures() -> list[Any]:
    import ir_measures

    return [ir_measures.parse_measure(name) for name in NAMES]
