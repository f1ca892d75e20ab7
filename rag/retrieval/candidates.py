"""Candidates of both indexes for a query, each with one score and its parts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from askive.models.protocols import Vectors
from askive.rag.config import RetrievalConfig
from askive.rag.retrieval.fusion import convex, reciprocal_rank
from askive.rag.store.archive import Archive
from askive.rag.store.filters import Filter
from askive.rag.store.protocols import HybridSearch
from askive.rag.types import Passage, Source

Scores = dict[int, float]
Parts = dict[int, dict[str, float]]
Passages = dict[int, tuple[Passage, Source]]


class Candidates:
    """The candidates of one question's queries in an archive, under one filter.

    passages: of all candidates so far, with their sources, by passage id.
    parts: the parts of each score, by passage id.
    """

    def __init__(self, archive: Archive, config: RetrievalConfig, admitted: Filter, n: int) -> None:
        self._archive = archive
        self._config = config
        self._admitted = admitted
        self._n = n
        self.passages: Passages = {}
        self.parts: Parts = {}

    def search(self, query: str, *, explained: bool = False) -> Scores:
        """Scores of one query. explained: keep the parts of the scores in `parts`."""
        return self._search(query, self._n, self._admitted, explained)

    def search_within(self, query: str, narrower: Filter, n: int) -> Scores:
        """Scores of the best n under a narrower filter: in a large archive they may not be among the best of all."""
        return self._search(query, n, narrower, True)

    def _search(self, query: str, n: int, admitted: Filter, explained: bool) -> Scores:
        parts: Parts = {}
        scores = self._fused(query, n, admitted, parts)
        unknown = [item for item in scores if item not in self.passages]
        self.passages.update(self._archive.passages(unknown))
        if explained:
            for item, own_parts in parts.items():
                self.parts.setdefault(item, own_parts)
        # Another process may have deleted a passage in the meantime.
        return {item: score for item, score in scores.items() if item in self.passages}

    def _fused(self, query: str, n: int, admitted: Filter, parts: Parts) -> Scores:
        mode = self._config.mode
        if mode == "hybrid" and self._config.fusion == "rrf" and self._archive.hybrid is not None:
            return self._fused_in_store(self._archive.hybrid, query, n, admitted, parts)
        lexical = {} if mode == "dense" else dict(self._archive.lexical.search(query, n, admitted or None))
        if mode == "lexical":
            parts.update({item: {"lexical": score} for item, score in lexical.items()})
            return lexical
        vector = self._archive.embed_query(query)
        dense = dict(self._archive.nearest(vector, n, admitted or None))
        if mode == "dense":
            parts.update({item: {"dense": cosine} for item, cosine in dense.items()})
            return dense
        if self._config.fusion == "rrf":
            fused = dict(reciprocal_rank([list(dense.items()), list(lexical.items())]))
        dense.update(self._cosines([item for item in lexical if item not in dense], vector))
        if self._config.fusion == "convex":
            fused = dict(convex(dense, lexical, self._config.dense_weight))
        for item, cosine in dense.items():
            parts[item] = {"dense": cosine, "lexical": lexical.get(item, 0.0), "fused": fused[item]}
        return fused

    def _fused_in_store(
        self, hybrid: HybridSearch, query: str, n: int, admitted: Filter, parts: Parts
    ) -> Scores:
        vector = self._archive.embed_query(query)
        fused = dict(hybrid.fused(query, vector, n, admitted or None))
        for item, cosine in self._cosines(list(fused), vector).items():
            parts[item] = {"dense": cosine, "fused": fused[item]}
        return fused

    def _cosines(self, items: Sequence[int], vector: Vectors) -> Scores:
        rows = self._archive.store.vectors(items) if items else {}
        return {item: float(np.dot(row, vector)) for item, row in rows.items()}


def mean(one: Scores, other: Scores, weight_of_other: float) -> Scores:
    """Weighted mean by passage; a passage missing in one of them scores 0 there."""
    return {
        item: (1.0 - weight_of_other) * one.get(item, 0.0) + weight_of_other * other.get(item, 0.0)
        for item in one.keys() | other.keys()
    }


def best_of(several: Sequence[Scores]) -> Scores:
    """The highest score of each passage."""
    best: Scores = {}
    for scores in several:
        for item, score in scores.items():
            best[item] = max(best.get(item, score), score)
    return best
