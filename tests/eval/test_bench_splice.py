"""When another way of reading passes its gate, and what counts as right."""

from __future__ import annotations

import pytest

from eval.bench_splice import FEWEST, Gate, _is_right
from eval.datasets.suite import Sample


@pytest.mark.parametrize(
    ("n", "other", "passed"),
    [(FEWEST, 0.79, True), (FEWEST, 0.9, True), (FEWEST, 0.78, False), (FEWEST - 1, 0.9, False)],
)
def test_at_most_a_point_is_lost_over_enough_questions(n: int, other: float, passed: bool) -> None:
    found = Gate("f16", n, 0.8, other, 9000.0, 400.0, 0.5)
    assert found.passed is passed
    assert ("NOT passed" in found.text) is not passed
    assert f"f16 {other:.3f} after 400 ms" in found.text


def test_an_answer_with_several_parts_has_all_of_them() -> None:
    sample = Sample("1", "How many?", answers=("12 and 35",), all_of=(("12", "twelve"), ("35",)))
    assert _is_right(sample, "Twelve, and later 35.")
    assert not _is_right(sample, "Only 12.")
    assert _is_right(Sample("1", "Who?", answers=("Ida Falk",)), "It was Ida Falk.")
