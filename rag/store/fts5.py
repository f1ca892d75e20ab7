"""FTS5 query expressions, BM25 search, and every match of an expression, in SQLite."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from askive.rag.store.filters import Filter
from askive.rag.store.schema import rows_of
from askive.rag.text.sentences import Span
from askive.rag.text.words import content_words
from askive.rag.types import Passage

MAX_QUERY_WORDS = 64
_BATCH_PASSAGES = 1000


def fts_expression(query: str) -> str:
    """An FTS5 expression that matches any content word; empty when there are no words.

    Every word is quoted, so operators and quotation marks in the query are plain text.
    """
    unique = list(dict.fromkeys(content_words(query)))[:MAX_QUERY_WORDS]
    return " OR ".join(map(phrase_expression, unique))


def phrase_expression(phrase: str) -> str:
    """An FTS5 expression that matches adjacent words, each in any form that has the same stem."""
    return '"{}"'.format(phrase.replace('"', " "))


@dataclass(frozen=True, slots=True)
class Match:
    """A passage that matches an expression.

    spans: of the words or phrases that match, as offsets into the document's text.
    context, context_spans: what is indexed with the passage (title, headings, publisher, date), and the offsets of the
    matches in it.
    """

    passage: Passage
    spans: tuple[Span, ...]
    context: str
    context_spans: tuple[Span, ...]


class Selects(Protocol):
    """A database with the tables `passages` and `passages_fts`."""

    def select(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """The rows of an SQL query."""
        ...


class Fts5Index:
    """Search over passages and their context (title, headings, publisher, date). Implements LexicalIndex."""

    def __init__(self, store: Selects) -> None:
        self._store = store

    def search(self, query: str, top_k: int, admitted: Filter | None = None) -> list[tuple[int, float]]:
        """(passage_id, BM25), best first; empty when the query has no words."""
        expression = fts_expression(query)
        return self.search_expression(expression, top_k, admitted) if expression else []

    def search_expression(
        self, expression: str, top_k: int, admitted: Filter | None = None
    ) -> list[tuple[int, float]]:
        """(passage_id, BM25) for an FTS5 expression, best first; higher is better."""
        condition, values = admitted.sql() if admitted else ("", [])
        within = (
            f"AND rowid IN (SELECT passage_id FROM passages JOIN documents USING (doc_id) WHERE {condition})"
            if condition
            else ""
        )
        rows = self._store.select(
            "SELECT rowid, -bm25(passages_fts, 1.0, 0.6) AS score FROM passages_fts"
            f" WHERE passages_fts MATCH ? {within} ORDER BY score DESC, rowid LIMIT ?",
            (expression, *values, top_k),
        )
        return [(int(passage_id), float(score)) for passage_id, score in rows]

    def count(self, expression: str) -> int:
        """The number of passages that match."""
        query = "SELECT count(*) FROM passages_fts WHERE passages_fts MATCH ?"
        return int(self._store.select(query, (expression,))[0][0])

    def has(self, expression: str) -> bool:
        """Whether any passage matches."""
        query = "SELECT 1 FROM passages_fts WHERE passages_fts MATCH ? LIMIT 1"
        return bool(self._store.select(query, (expression,)))

    def vocabulary(self) -> list[str]:
        """The stems that are indexed, sorted."""
        # A view of the index in the memory of this connection: the file is not changed.
        self._store.select(
            "CREATE VIRTUAL TABLE IF NOT EXISTS temp.passage_words USING fts5vocab('main', 'passages_fts', 'row')"
        )
        return [
            str(row[0]) for row in self._store.select("SELECT term FROM temp.passage_words ORDER BY term")
        ]

    def texts(self) -> Iterator[list[tuple[int, int, str]]]:
        """(passage_id, doc_id, text) of every passage, in batches, in the order of insertion."""
        last = -1
        while rows := self._store.select(
            "SELECT p.passage_id, p.doc_id, f.text FROM passages_fts f"
            " JOIN passages p ON p.passage_id = f.rowid WHERE f.rowid > ? ORDER BY f.rowid LIMIT ?",
            (last, _BATCH_PASSAGES),
        ):
            last = int(rows[-1][0])
            yield [(passage_id, doc_id, text) for passage_id, doc_id, text in rows]

    def matches(self, expression: str) -> Iterator[list[Match]]:
        """Every passage that matches, with the exact words, in batches, in the order of insertion.

        The words are found by the tokenizer of the index itself, as `highlight` of FTS5 marks them.
        """
        # A mark that no text has.
        mark = uuid.uuid4().hex
        last = -1
        while True:
            rows = self._store.select(
                'SELECT p.passage_id, p.doc_id, p.start, p."end", p.heading, p.page, p.rows,'
                " highlight(passages_fts, 0, ?2, ?2), highlight(passages_fts, 1, ?2, ?2)"
                " FROM passages_fts JOIN passages p ON p.passage_id = passages_fts.rowid"
                " WHERE passages_fts MATCH ?1 AND passages_fts.rowid > ?3 ORDER BY passages_fts.rowid LIMIT ?4",
                (expression, mark, last, _BATCH_PASSAGES),
            )
            if not rows:
                return
            last = int(rows[-1][0])
            yield [_match(row, mark) for row in rows]


def _match(row: Sequence[Any], mark: str) -> Match:
    passage_id, doc_id, start, end, heading, page, rows, marked_text, marked_context = row
    text, spans = _unmarked(marked_text, mark)
    context, context_spans = _unmarked(marked_context, mark)
    passage = Passage(text, start, end, heading, page, passage_id, doc_id, rows_of(rows))
    return Match(passage, tuple(Span(start + a, start + b) for a, b in spans), context, tuple(context_spans))


def _unmarked(marked: str, mark: str) -> tuple[str, list[Span]]:
    """The text without marks, and the spans between each two of them."""
    parts = marked.split(mark)
    spans: list[Span] = []
    at = 0
    for n, part in enumerate(parts):
        if n % 2:
            spans.append(Span(at, at + len(part)))
        at += len(part)
    return "".join(parts), spans
