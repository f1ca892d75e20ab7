"""How many hits are kept, and the places of what a question names."""

from __future__ import annotations

from dataclasses import replace

from askive.rag.question.analysis import Clause, Question
from askive.rag.retrieval.cutoff import cut_off, diversify
from tests.rag.retrieval.numbered_hits import hits


def test_as_many_hits_as_the_question_needs() -> None:
    found = hits(1.0, 0.9, 0.8, 0.3, 0.2, 0.1, 0.05)
    plain = Question.read("q")
    assert len(cut_off(found, plain, 0.5)) == 3
    assert len(cut_off(found, replace(plain, clauses=(Clause("a"), Clause("b"))), 0.5)) == 5
    assert len(cut_off(found, replace(plain, publishers=("a", "b", "c")), 0.5)) == 7
    assert len(cut_off(hits(1.0, 0.9, 0.8, 0.7, 0.6, 0.4), plain, 0.5)) == 5
    assert len(cut_off(found, plain, 0.0)) == 7
    assert cut_off([], plain, 0.5) == []


def test_each_named_publisher_gets_a_place_and_nothing_is_lost() -> None:
    found = hits(*(1 - n / 100 for n in range(14)), publishers=["A"] * 12 + ["B", "B"])
    placed = diversify(found, ["A", "B"], 10)
    assert [h.source.publisher for h in placed[:10]].count("B") == 2
    assert placed[:8] == found[:8]
    assert sorted(h.passage.passage_id for h in placed) == list(range(14))
    assert diversify(found, ["B"], 10) == found
