"""FTS5 query expressions and BM25 search in SQLite."""

from __future__ import annotations

from askive.rag.store.filters import Filter
from askive.rag.store.sqlite import SqliteStore
from askive.rag.text.words import content_words

MAX_QUERY_WORDS = 64


def fts_expression(query: str) -> str:
    """An FTS5 expression that matches any content word; empty when there are no words.

    Every word is quoted, so operators and quotation marks in the query are plain text.
    """
    unique = list(dict.fromkeys(content_words(query)))[:MAX_QUERY_WORDS]
    return " OR ".join('"{}"'.format(word.replace('"', " ")) for word in unique)


class Fts5Index:
    """BM25 search over passages and their context (title, headings, publisher, date)."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store

    def search(self, query: str, top_k: int, admitted: Filter | None = None) -> list[tuple[int, float]]:
        """(passage_id, BM25), best first; empty when the query has no words."""
        expression = fts_expression(query)
        return self._store.search_fts(expression, top_k, admitted) if expression else []
