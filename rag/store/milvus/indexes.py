"""The indexes of a collection in Milvus: vectors, full text, and both fused by the server."""

from __future__ import annotations

import re
from collections.abc import Iterator

from askive.models.protocols import Vectors
from askive.rag.store.filters import Filter
from askive.rag.store.fts5 import MAX_QUERY_WORDS, Match
from askive.rag.store.milvus.filtering import MilvusFiltering
from askive.rag.store.milvus.reading import PASSAGE
from askive.rag.store.milvus.terms import decoded, encoded, matches_in, needed_terms, terms_of
from askive.rag.store.protocols import Scored
from askive.rag.text.words import content_words

_ROW = (*PASSAGE, "context")
_QUOTED = re.compile(r'"[^"]*"')


class MilvusVectors:
    """Search by vector, in Milvus. Implements DenseSearch."""

    def __init__(self, store: MilvusFiltering) -> None:
        self._store = store

    def nearest(self, vector: Vectors, top_k: int, admitted: Filter | None = None) -> Scored:
        """(passage_id, cosine) of the nearest passages of documents that the filter admits."""
        condition = _condition(self._store, admitted)
        if condition is None:
            return []
        return self._store.milvus.nearest(self._store.passages_table, vector, top_k, condition)

    def preload(self) -> None:
        """Nothing: the index is with the passages."""

    def save(self) -> None:
        """Nothing: the index is with the passages."""


class MilvusFullText:
    """Search by words: BM25 in Milvus; phrases and the spans of matches by FTS5 over the passages that Milvus finds.

    Implements LexicalIndex and HybridSearch.
    """

    def __init__(self, store: MilvusFiltering) -> None:
        self._store = store

    def search(self, query: str, top_k: int, admitted: Filter | None = None) -> Scored:
        """(passage_id, BM25), best first; empty when the query has no words."""
        terms = _terms(query)
        condition = _condition(self._store, admitted) if terms else None
        if condition is None:
            return []
        return self._store.milvus.best(self._store.passages_table, terms, top_k, condition)

    def fused(self, query: str, vector: Vectors, top_k: int, admitted: Filter | None = None) -> Scored:
        """(passage_id, sum of 1 / (60 + rank)) of the best `top_k` of each index."""
        condition = _condition(self._store, admitted)
        if condition is None:
            return []
        table = self._store.passages_table
        if terms := _terms(query):
            return self._store.milvus.fused(table, terms, vector, top_k, condition)
        nearest = self._store.milvus.nearest(table, vector, top_k, condition)
        return [(item, 1.0 / (60 + rank)) for rank, (item, _) in enumerate(nearest, start=1)]

    def count(self, expression: str) -> int:
        """The number of passages that match."""
        return self._store.derived(("count", expression), lambda: self._count(expression))

    def _count(self, expression: str) -> int:
        condition = self._condition(expression)
        if condition is None or not self._store.counts().n_passages:
            return 0
        if _is_one_word(expression):
            return self._store.milvus.count(self._store.passages_table, self._store.visible(condition))
        return sum(len(batch) for batch in self.matches(expression))

    def has(self, expression: str) -> bool:
        """Whether any passage matches."""
        if _is_one_word(expression):
            return self.count(expression) > 0
        return next(self.matches(expression), None) is not None

    def vocabulary(self) -> list[str]:
        """The stems that are indexed, sorted. Reads the terms of all passages, once for each generation."""
        return self._store.derived("vocabulary", self._vocabulary)

    def _vocabulary(self) -> list[str]:
        words: set[str] = set()
        for rows in self._store.passage_windows(("passage_id", "terms")):
            words.update(*(row["terms"].split() for row in rows))
        return sorted(map(decoded, words))

    def texts(self) -> Iterator[list[tuple[int, int, str]]]:
        """(passage_id, doc_id, text) of every passage, in batches, in the order of insertion."""
        for rows in self._store.passage_windows(("passage_id", "doc_id", "text")):
            yield [(int(row["passage_id"]), int(row["doc_id"]), row["text"]) for row in rows]

    def matches(self, expression: str) -> Iterator[list[Match]]:
        """Every passage that matches, with the exact words, in batches, in the order of insertion."""
        condition = self._condition(expression)
        if condition is None:
            return
        for rows in self._store.passage_windows(_ROW, condition):
            if found := matches_in(rows, expression):
                yield found

    def _condition(self, expression: str) -> str | None:
        """A condition that all matching passages meet; None when none can match."""
        alternatives = []
        for terms, beginning in needed_terms(expression):
            conditions = [_has_any([term]) for term in dict.fromkeys(terms)]
            if beginning:
                stem = decoded(beginning)
                longer = [encoded(word) for word in self.vocabulary() if word.startswith(stem)]
                conditions = [*conditions, _has_any(longer)] if longer else []
            if conditions:
                alternatives.append(f"({' and '.join(conditions)})")
        return f"({' or '.join(alternatives)})" if alternatives else None


def _has_any(terms: list[str]) -> str:
    return f"text_match(terms, '{' '.join(terms)}')"


def _is_one_word(expression: str) -> bool:
    """Whether Milvus decides alone: `"harbour"`, not `"old harbour"`, `"harb" *` or `{text} : "harbour"`."""
    if not _QUOTED.fullmatch(expression):
        return False
    [(terms, _)] = needed_terms(expression)
    return len(terms) == 1


def _terms(query: str) -> str:
    """The terms of the content words of a query, each once."""
    words = list(dict.fromkeys(content_words(query)))[:MAX_QUERY_WORDS]
    return " ".join(dict.fromkeys(terms_of([(" ".join(words), "")])[0].split()))


def _condition(store: MilvusFiltering, admitted: Filter | None) -> str | None:
    """The condition for a search; None when there is nothing to search."""
    own = store.condition(admitted) if store.fingerprint() is not None else None
    if own is None:
        return None
    return store.visible(own) if own else store.visible()
