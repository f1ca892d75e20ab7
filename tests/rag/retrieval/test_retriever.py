"""From a question to hits: expressions, fusion, order, and what every mode must hold."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.rag.config import RetrievalConfig
from askive.rag.question.analysis import MAX_QUERY_CHARS, Question
from askive.rag.retrieval.fusion import convex, reciprocal_rank
from askive.rag.retrieval.retriever import Retriever, queries_of
from askive.rag.store.archive import Archive
from askive.rag.store.fts5 import MAX_QUERY_WORDS, Fts5Index, fts_expression
from askive.rag.store.sqlite import SqliteStore
from askive.rag.text.words import storable
from askive.rag.types import Turn
from tests.rag.archives import sqlite_of

RANKING = st.dictionaries(st.integers(1, 20), st.floats(-1, 1), max_size=12).map(
    lambda scores: sorted(scores.items(), key=lambda item: (-item[1], item[0]))
)
QUERY = st.one_of(
    st.text(max_size=80),
    st.lists(
        st.sampled_from(['"', "'", "*", "AND", "OR", "NOT", "NEAR(", ")", "^", ":", "-", "text:", "a", "ship's", "U.S.",
                         "\0", "\ud800", "你好", "½", "٣", "_", "\u0301", "ﬀ", "İ"]), max_size=12,
    ).map(" ".join),
)  # fmt: skip


@given(query=QUERY)
def test_no_query_is_a_syntax_error(query: str) -> None:
    expression = fts_expression(query)
    if expression:
        assert isinstance(Fts5Index(_STORE).search_expression(expression, 5), list)


_STORE: SqliteStore


@pytest.fixture(autouse=True)
def _store(archive: Archive) -> None:
    global _STORE
    _STORE = sqlite_of(archive)


def test_expressions() -> None:
    assert fts_expression("") == ""
    assert fts_expression("?!") == ""
    assert fts_expression('the "old" bridge OR NOT') == '"old" OR "bridge"'
    assert fts_expression("bridge bridge Bridge") == '"bridge"'
    assert fts_expression(" ".join(f"w{n}" for n in range(999))).count(" OR ") == MAX_QUERY_WORDS - 1


@given(st.lists(RANKING, min_size=1, max_size=4))
def test_reciprocal_rank(rankings: list[list[tuple[int, float]]]) -> None:
    fused = reciprocal_rank(rankings)
    expected = {
        item: math.fsum(
            1 / (60 + rank)
            for ranking in rankings
            for rank, (i, _) in enumerate(ranking, start=1)
            if i == item
        )
        for ranking in rankings
        for item, _ in ranking
    }
    assert dict(fused) == pytest.approx(expected)
    assert [s for _, s in fused] == sorted((s for _, s in fused), reverse=True)
    assert [item for item, _ in reciprocal_rank(rankings[:1])] == [item for item, _ in rankings[0]]


@given(RANKING, RANKING, st.floats(0, 1))
def test_convex(dense: list[tuple[int, float]], lexical: list[tuple[int, float]], weight: float) -> None:
    bm25 = {item: abs(score) * 9 for item, score in lexical}
    fused = dict(convex(dict(dense), bm25, weight))
    assert fused.keys() == dict(dense).keys()
    assert all(0 <= score <= 1 + 1e-9 for score in fused.values())
    best = max(bm25.values(), default=0)
    for item, cosine in dense:
        share = bm25.get(item, 0) / best if best else 0
        assert fused[item] == pytest.approx(weight * max(cosine, 0) + (1 - weight) * share)
    assert [item for item, _ in convex(dict(dense), {}, 1.0)][:1] == (
        [min(i for i, s in dense if max(s, 0) == max(max(s, 0) for _, s in dense))] if dense else []
    )


@pytest.mark.parametrize(
    "config",
    [
        RetrievalConfig(),
        RetrievalConfig(fusion="rrf"),
        RetrievalConfig(mode="dense"),
        RetrievalConfig(mode="lexical"),
        RetrievalConfig(dense_weight=0),
        RetrievalConfig(dense_weight=1),
        RetrievalConfig(sentence_weight=0.5),
        RetrievalConfig(context=False),
        RetrievalConfig(n_candidates=1),
    ],
    ids=str,
)
def test_hits_in_every_mode(archive: Archive, config: RetrievalConfig) -> None:
    hits = Retriever(archive, config).retrieve("Who built the old bridge of Aldermoor?", top_k=3)
    assert 0 < len(hits) <= 3
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert len({hit.passage.passage_id for hit in hits}) == len(hits)
    assert hits[0].source.uri.endswith("bridge.txt")
    assert {hit.stage for hit in hits} == {config.mode if config.mode != "hybrid" else "fused"}
    for hit in hits:
        text = archive.document(hit.passage.doc_id).text
        assert text[hit.passage.start : hit.passage.end] == hit.passage.text
        assert hit.source.doc_id == hit.passage.doc_id


@pytest.mark.parametrize(
    "question", ["?!", "…", "你好吗", "x" * 10_000, "ship " * 3000, "'\"; DROP TABLE documents; --", "\0"]
)
def test_any_question_can_be_asked(archive: Archive, question: str) -> None:
    assert isinstance(Retriever(archive, RetrievalConfig()).retrieve(question), tuple)
    assert archive.counts().n_documents == 3


def test_the_same_question_gives_the_same_hits(archive: Archive) -> None:
    retriever = Retriever(archive, RetrievalConfig())
    assert retriever.retrieve("harbour ships") == retriever.retrieve("  harbour \n ships ")


def test_a_follow_up_is_searched_with_the_turn_before(archive: Archive) -> None:
    retriever = Retriever(archive, RetrievalConfig())
    history = [Turn("Who built the old bridge?", "Ida Falk built the old bridge in 1871.")]
    hits = retriever.retrieve("How long is it?", history)
    assert hits[0].source.uri.endswith("bridge.txt")
    assert queries_of(Question.read("How long is it?"), history) == [
        "How long is it?",
        "Who built the old bridge? Ida Falk built the old bridge in 1871. How long is it?",
    ]


@given(st.text(), st.lists(st.builds(Turn, st.text(), st.text()), max_size=3))
def test_queries_are_short_and_hold_the_end_of_the_question(question: str, history: list[Turn]) -> None:
    queries = queries_of(Question.read(question), history)
    asked = storable(" ".join(question.split()))
    assert all(len(query) <= MAX_QUERY_CHARS for query in queries)
    assert bool(queries) == bool(asked)
    assert all(query.endswith(asked[-20:]) for query in queries)
