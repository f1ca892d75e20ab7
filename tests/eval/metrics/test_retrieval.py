"""Ours against ir_measures over whole runs, and against arithmetic."""

from __future__ import annotations

from math import log2

import ir_measures
import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.eval.metrics.retrieval import NAMES, retrieval_scores

ids = st.sampled_from([f"d{n}" for n in range(14)] + ["日本", "a b", "D1"])
judged = st.dictionaries(ids, st.integers(1, 3), min_size=1, max_size=6)


@given(st.lists(st.tuples(st.lists(ids, max_size=14, unique=True), judged), min_size=1, max_size=6))
def test_means_are_those_of_ir_measures(queries: list[tuple[list[str], dict[str, int]]]) -> None:
    measures = [ir_measures.parse_measure(name) for name in NAMES]
    qrels = {f"q{n}": relevant for n, (_, relevant) in enumerate(queries)}
    # Queries without results are left out of the run, as trec_eval's users do: they must count as zero.
    run = {
        f"q{n}": {doc: 100.0 - place for place, doc in enumerate(ranking)}
        for n, (ranking, _) in enumerate(queries)
        if ranking
    }
    expected = (
        {str(m): v for m, v in ir_measures.calc_aggregate(measures, qrels, run).items()}
        if run
        else dict.fromkeys(NAMES, 0.0)
    )
    scores = [retrieval_scores(ranking, relevant) for ranking, relevant in queries]
    for name in NAMES:
        mean = sum(score[name] for score in scores if score is not None) / len(scores)
        assert mean == pytest.approx(expected[name]), name


def test_by_hand() -> None:
    scores = retrieval_scores(["x", "a", "y", "b"], {"a": 1, "b": 1, "c": 1})
    assert scores is not None
    ideal = 1 + 1 / log2(3) + 1 / log2(4)
    assert scores["nDCG@10"] == pytest.approx((1 / log2(3) + 1 / log2(5)) / ideal)
    assert scores["RR@10"] == 0.5
    assert scores["R@5"] == pytest.approx(2 / 3)
    assert (scores["Success@1"], scores["Success@5"]) == (0, 1)


def test_nothing_found_is_zero_and_nothing_relevant_is_not_scored() -> None:
    assert retrieval_scores([], {"a": 1}) == dict.fromkeys(NAMES, 0.0)
    assert retrieval_scores(["a"], {}) is None


def test_of_a_repeated_id_the_first_counts() -> None:
    assert retrieval_scores(["x", "x", "a", "a"], {"a": 1}) == retrieval_scores(["x", "a"], {"a": 1})


def test_the_order_given_counts_and_not_that_of_the_ids() -> None:
    first, last = retrieval_scores(["z", "a"], {"z": 1}), retrieval_scores(["a", "z"], {"z": 1})
    assert first is not None and last is not None
    assert (first["RR@10"], last["RR@10"]) == (1.0, 0.5)
