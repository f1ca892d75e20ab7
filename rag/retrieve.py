"""Question -> hits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rag.archive import Archive
from rag.config import RetrievalConfig
from rag.fuse import convex, reciprocal_rank
from rag.types import Hit, Stage, Turn

MAX_QUERY_CHARS = 2000


class Retriever:
    """Searches one archive as its settings say."""

    def __init__(self, archive: Archive, config: RetrievalConfig) -> None:
        self._archive = archive
        self._config = config

    def retrieve(
        self, question: str, history: Sequence[Turn] = (), top_k: int | None = None
    ) -> tuple[Hit, ...]:
        """Passages for the question, best first; at most `top_k` (default: the settings').

        A follow-up is searched as it stands and with the turn before it; the two rankings are fused.
        """
        limit = top_k or self._config.top_k
        queries = queries_of(question, history)
        n_passages = self._archive.counts().n_passages
        if not queries or not n_passages:
            return ()
        n_candidates = max(self._config.n_candidates, limit)
        ranked = [self._search(query, n_candidates) for query in queries]
        stage: Stage = ranked[0][1]
        ranking = ranked[0][0] if len(ranked) == 1 else reciprocal_rank([items for items, _ in ranked])
        found = self._archive.passages([item for item, _ in ranking[:limit]])
        kept = [(found[item], score) for item, score in ranking[:limit] if item in found]
        return tuple(
            Hit(passage, source, score, rank, stage)
            for rank, ((passage, source), score) in enumerate(kept, start=1)
        )

    def _search(self, query: str, n: int) -> tuple[list[tuple[int, float]], Stage]:
        mode = self._config.mode
        if mode == "lexical":
            return self._archive.lexical.search(query, n), "lexical"
        vector = self._archive.embed_query(query)
        dense = self._archive.dense.search(vector, n)
        if mode == "dense":
            return dense, "dense"
        lexical = self._archive.lexical.search(query, n)
        if self._config.fusion == "rrf":
            return reciprocal_rank([dense, lexical])[:n], "fused"
        cosines = dict(dense)
        only_lexical = [item for item, _ in lexical if item not in cosines]
        if only_lexical:
            held = self._archive.store.vectors(only_lexical)
            cosines.update({item: float(np.dot(row, vector)) for item, row in held.items()})
        return convex(cosines, dict(lexical), self._config.dense_weight)[:n], "fused"


def queries_of(question: str, history: Sequence[Turn] = ()) -> list[str]:
    """What reaches the indexes: the question, and with a history also the last turn in front of it."""
    question = " ".join(question.split())[:MAX_QUERY_CHARS]
    if not question:
        return []
    if not history:
        return [question]
    last = history[-1]
    return [question, f"{last.question} {last.answer} {question}"[-MAX_QUERY_CHARS:]]
