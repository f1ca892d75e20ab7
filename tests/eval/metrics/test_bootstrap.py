from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from askive.eval.metrics.bootstrap import NOT_SCORED, Estimate, bootstrap, ratio_draws, resamples, weights
from askive.eval.metrics.figures import BY_NAME, FIGURES, estimate
from askive.eval.metrics.refusal import aurc, aurc_draws, risk_coverage
from askive.eval.metrics.spans import locate, overlaps


def test_none_is_not_zero() -> None:
    assert bootstrap([None, 1.0, None]) == Estimate(1.0, 1.0, 1.0, 1)
    assert bootstrap([]) == bootstrap([None, None]) == NOT_SCORED
    assert NOT_SCORED.as_dict() == {"value": None, "low": None, "high": None, "n": 0}
    assert Estimate.from_dict(Estimate(0.5, 0.25, 0.75, 4).as_dict()) == Estimate(0.5, 0.25, 0.75, 4)


def test_seeded_and_of_the_right_width() -> None:
    values = np.random.default_rng(1).random(400).tolist()
    first, again, other = bootstrap(values, 3), bootstrap(values, 3), bootstrap(values, 4)
    assert first == again != other
    assert first.low is not None and first.high is not None and first.value is not None
    # The normal approximation: 1.96 standard errors to each side.
    reach = 1.96 * np.std(values) / np.sqrt(len(values))
    assert first.high - first.value == pytest.approx(reach, rel=0.2)
    assert first.value - first.low == pytest.approx(reach, rel=0.2)


def test_covers_the_truth_as_often_as_it_says() -> None:
    random = np.random.default_rng(7)
    covered = 0
    for trial in range(200):
        found = bootstrap(random.binomial(1, 0.6, 120).astype(float).tolist(), trial)
        assert found.low is not None and found.high is not None
        covered += found.low <= 0.6 <= found.high
    assert 0.88 <= covered / 200 <= 0.99


def test_weights_are_the_draws_counted() -> None:
    rows, counted = resamples(5, 11, 40), weights(5, 11, 40)
    assert counted.sum(axis=1).tolist() == [5.0] * 40
    assert all((counted[i] == np.bincount(rows[i], minlength=5)).all() for i in range(40))
    got, of = np.array([1.0, 0, 2, 0, 0]), np.array([2.0, 0, 2, 1, 0])
    expected = [got[row].sum() / of[row].sum() if of[row].sum() else np.nan for row in rows]
    assert ratio_draws(got, of, counted) == pytest.approx(np.array(expected), nan_ok=True)


def test_ratios_are_pooled_over_questions() -> None:
    rows = [{"scores": {"quotes_exact": score}} for score in ([1.0, 1.0], [0.0, 3.0], None)]
    found = estimate(BY_NAME["quotes_exact"], rows)
    assert (found.value, found.n) == (0.25, 2)


def test_percentiles_of_times() -> None:
    rows: list[dict[str, Any]] = [{"scores": {}, "timings": {"total_ms": float(ms)}} for ms in range(1, 102)]
    rows.append({"scores": {}, "timings": {"total_ms": None}})
    middle, late = estimate(BY_NAME["total_ms_p50"], rows), estimate(BY_NAME["total_ms_p95"], rows)
    assert (middle.value, middle.n) == (51.0, 101)
    assert late.value == pytest.approx(96.0)
    assert late.low is not None and late.high is not None and late.low <= 96 <= late.high


def test_names_of_the_issue_are_there() -> None:
    wanted = """nDCG@10 RR@10 R@5 R@10 Success@1 Success@5 EM F1 contains citation_precision citation_recall
        quotes_exact sentences_supported wrong_document refusal_precision refusal_recall
        false_refusal_rate aurc ttft_ms_p50 ttft_ms_p95 total_ms_p50 total_ms_p95""".split()
    assert set(wanted) <= {figure.name for figure in FIGURES}
    assert len({figure.name for figure in FIGURES}) == len(FIGURES)


def test_risk_coverage_by_hand() -> None:
    coverage, risk = risk_coverage([0, 1, 0, 1], [0.9, 0.8, 0.7, 0.1])
    assert coverage.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert risk == pytest.approx([0, 1 / 2, 1 / 3, 2 / 4])
    assert aurc([0, 1, 0, 1], [0.9, 0.8, 0.7, 0.1]) == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)


def test_ties_have_no_order() -> None:
    assert aurc([0, 1, 1, 0], [0.5] * 4) == pytest.approx(0.5)
    assert aurc([1, 0, 1], [0.5, 0.5, 0.1]) == aurc([0, 1, 1], [0.5, 0.5, 0.1])


def test_area_in_resamples_is_the_area_of_each() -> None:
    random = np.random.default_rng(5)
    loss, confidence = random.binomial(1, 0.4, 30).astype(float), random.integers(0, 6, 30) / 6
    rows = resamples(30, 2, 25)
    expected = [aurc(loss[row].tolist(), confidence[row].tolist()) for row in rows]
    assert aurc_draws(loss.tolist(), confidence.tolist(), rows) == pytest.approx(np.array(expected))


def test_quotes_are_found_whatever_the_white_space() -> None:
    text = "It is said .\n\nDelmar  is convinced ."
    assert locate(text, "It is said .") == (0, 12)
    span = locate(text, "Delmar is convinced.")
    assert span is not None and text[slice(*span)] == "Delmar  is convinced ."
    assert locate(text, "Everett") is None
    assert locate(text, "") is locate(text, "  ") is None


def test_touching_is_no_overlap() -> None:
    assert not overlaps((0, 10), (10, 20))
    assert not overlaps((0, 10), (8, 28))
    assert overlaps((0, 10), (5, 15))
    assert overlaps((0, 1000), (10, 20)) and overlaps((10, 20), (0, 1000))
