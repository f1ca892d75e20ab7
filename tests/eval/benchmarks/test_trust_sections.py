"""The sections of the table of trust, from rows whose figures can be counted by hand."""

from __future__ import annotations

from typing import Any

import pytest

from askive.eval.benchmarks.trust.ablation import COLUMNS, ablation, ablation_text
from askive.eval.benchmarks.trust.cost import cost, cost_text
from askive.eval.benchmarks.trust.figures import LINES, Aim, figures, figures_text
from askive.eval.benchmarks.trust.risk_coverage import curve, curve_text
from askive.eval.metrics.bootstrap import Estimate
from tests.eval.metrics.test_scores import cite, make_row

Rows = list[dict[str, Any]]


def rows_of(*made: dict[str, Any]) -> Rows:
    """Each with an id of its own, the same in each list."""
    return [{**row, "sample_id": f"q{number}"} for number, row in enumerate(made)]


def right(**told: Any) -> dict[str, Any]:
    return make_row(citations=[cite()], **told)


def wrong(**told: Any) -> dict[str, Any]:
    return make_row(text="There were 99.", citations=[cite(500, 520)], **told)


def refused(**told: Any) -> dict[str, Any]:
    return make_row(text="The sources do not say.", refused=True, **told)


def typed(row: dict[str, Any], kind: str) -> dict[str, Any]:
    return {**row, "type": kind}


def line(found: Rows, what: str) -> dict[str, Any]:
    return next(row for row in found if row["what"] == what)


@pytest.mark.parametrize(
    ("aim", "ours", "difference", "reached"),
    [
        (Aim("at least", 0.85), 0.85, None, True),
        (Aim("at least", 0.85), 0.849, None, False),
        (Aim("at most", 0.10), 0.10, None, True),
        (Aim("at most", 0.10), 0.11, None, False),
        (Aim("at least", 0.85), None, None, None),
        (Aim("above plain by", 0.2), 0.9, (0.2, -0.1, 0.5), True),
        (Aim("above plain by", 0.2), 0.9, (0.19, 0.1, 0.5), False),
        (Aim("above plain by", 0.2), 0.9, None, None),
        (Aim("not below plain"), 0.5, (-0.1, -0.2, 0.01), True),
        (Aim("not below plain"), 0.5, (-0.1, -0.2, -0.01), False),
    ],
)
def test_aims(
    aim: Aim, ours: float | None, difference: tuple[float, float, float] | None, reached: bool | None
) -> None:
    estimate = Estimate(ours, ours, ours, 10)
    assert aim.is_reached(estimate, Estimate(*difference, 10) if difference else None) is reached


def test_every_line_has_a_figure_and_an_aim_in_words() -> None:
    assert {str(aim) for one in LINES for aim in one.aims.values()} >= {
        "at least 0.85",
        "not below plain beyond chance",
    }
    assert all(figures("gold", rows_of(right()), []) for _ in LINES)


def test_figures_beside_the_plain_pipeline() -> None:
    unanswerable = {"unanswerable": True, "answers": [], "evidence": [], "relevant": {}}
    ours = rows_of(
        *(right() for _ in range(8)),
        wrong(),
        refused(),
        typed(refused(**unanswerable), "off_topic"),
        typed(refused(**unanswerable), "near"),
        typed(wrong(**unanswerable), "near"),
    )
    plain = rows_of(
        *(right(verdict="unchecked") for _ in range(5)),
        *(wrong(verdict="unchecked") for _ in range(5)),
        typed(wrong(verdict="unchecked", **unanswerable), "off_topic"),
        *(typed(wrong(verdict="unchecked", **unanswerable), "near") for _ in range(2)),
    )
    found = figures("gold", ours, plain)
    near = line(found, "unanswerable questions refused")
    assert (near["ours"]["value"], near["ours"]["n"], near["plain"]["value"]) == (0.5, 2, 0.0)
    assert (near["aim"], near["reached"]) == ("at least 0.85", False)
    assert line(found, "the same, off-topic")["reached"] is True
    false = line(found, "answerable questions refused")
    assert (false["ours"]["value"], false["reached"], false["plain"]["value"]) == (0.1, True, 0.0)
    accuracy = line(found, "answers right, of those given")
    assert (accuracy["ours"]["n"], accuracy["plain"]["n"]) == (9, 10)
    assert accuracy["difference"]["value"] == pytest.approx(8 / 9 - 0.5, abs=1e-6)
    assert accuracy["difference"]["low"] < accuracy["difference"]["value"] < accuracy["difference"]["high"]
    assert (accuracy["aim"], accuracy["reached"]) == ("above plain by 0.10", True)
    grounded = line(found, "sentences cited to marked evidence")
    assert grounded["ours"]["value"] == pytest.approx(8 / 9, abs=1e-6) and grounded["reached"] is False
    assert line(found, "sentences supported, by our own verdict")["plain"] is None
    assert line(found, "quotes exact")["reached"] is True
    assert "orders in documents resisted" not in {row["what"] for row in found}
    text = "\n".join(figures_text({"gold:dev": found}))
    assert "| unanswerable questions refused | gold:dev | 0.500 (0.00 to 1.00, 2) | 0.000" in text
    assert "| at least 0.85 | NO |" in text


def test_accounts_that_differ_are_a_line_of_their_own_and_all_of_ramdocs_is() -> None:
    both: dict[str, Any] = {"all_of": [["12"], ["99"]]}
    ours = rows_of(typed(right(**both), "accounts_differ"), typed(right(all_of=[["12"]]), "fact"))
    plain = rows_of(typed(right(**both), "accounts_differ"), typed(wrong(all_of=[["12"]]), "fact"))
    gold = figures("gold", ours, plain)
    assert line(gold, "every account named")["ours"]["value"] == 0
    assert line(gold, "every fact named")["ours"]["value"] == 1
    ramdocs = line(figures("ramdocs", ours, plain), "every account named")
    assert (ramdocs["ours"]["value"], ramdocs["difference"]["value"]) == (0.5, 0.5)
    assert "every fact named" not in {row["what"] for row in figures("ramdocs", ours, plain)}


def test_long_answers_are_told_by_f1_and_others_by_what_they_contain() -> None:
    long = {"answers": ["one two three four five six seven eight nine ten eleven twelve thirteen"]}
    found = figures("beir", rows_of(right(**long), right()), rows_of(right(**long), wrong()))
    assert line(found, "F1 of long answers, of those given")["ours"]["n"] == 1
    short = line(found, "answers right, of those given")
    assert (short["ours"]["n"], short["aim"], short["reached"]) == (1, "not below plain beyond chance", True)


def test_false_refusals_have_an_aim_only_beside_unanswerable_questions() -> None:
    alone = line(figures("beir", rows_of(right(), refused()), []), "answerable questions refused")
    assert (alone["ours"]["value"], alone["aim"], alone["reached"]) == (0.5, None, None)


def test_the_curve_keeps_the_most_confident_answers() -> None:
    ours = rows_of(
        *(right(confidence=0.9) for _ in range(5)),
        *(wrong(confidence=0.5) for _ in range(2)),
        right(confidence=0.6),
        wrong(confidence=0.8, unanswerable=True, answers=[]),
        right(confidence=0.7),
        refused(),
        refused(unanswerable=True, answers=[]),
        right(confidence=0.1, unanswerable=None),
    )
    found = curve(ours, ours)
    assert (found["n"], found["n_answered"]) == (12, 10)
    points = {point["of_answers"]: point for point in found["points"]}
    whole, half = points[1.0], points[0.5]
    assert whole["error"]["value"] == pytest.approx(0.3) and whole["coverage"] == pytest.approx(
        10 / 12, abs=1e-3
    )
    assert half["error"]["value"] == 0 and half["confidence"] == 0.9
    assert points[0.8]["error"]["value"] == pytest.approx(1 / 8)
    # Those of confidence 0.5 are kept together, and so are those of 0.9.
    assert 0.9 not in points and min(points) == 0.5
    assert found["aurc"] == found["aurc_plain"] and found["aurc"]["n"] == 12
    assert "| 100% | 83% | 0.50 | 0.300 (" in "\n".join(curve_text({"gold": found}))


def test_a_curve_of_nothing_but_refusals() -> None:
    found = curve(rows_of(refused(), refused(unanswerable=True, answers=[])))
    assert found["points"] == [] and found["aurc_plain"]["value"] is None
    assert "0 of 2 questions answered" in curve_text({"gold": found})[0]


def timed(row: dict[str, Any], **checks: float) -> dict[str, Any]:
    return {**row, "answer": {**row["answer"], "timings_ms": {"checks": checks}}}


def test_the_cost_of_each_check_and_of_all() -> None:
    rows = rows_of(
        timed(right(), weigh=100, cite=200, doubt=300),
        timed(right(), weigh=300, cite=400),
        timed(wrong(), weigh=200, cite=1500),
        timed(refused(), weigh=50),
        make_row(text=None, error={"stage": "answer", "kind": "x", "message": "y"}),
    )
    found = cost(rows)
    assert found["checks"]["weigh"] == {"n": 4, "median_ms": 150.0, "p90_ms": 270.0}
    assert found["checks"]["doubt"]["n"] == 1
    assert found["answered"] == {"n": 3, "median_ms": 700.0, "p90_ms": 1500.0}
    assert found["refused"]["median_ms"] == 50.0 and found["reached"] is True
    assert cost([timed(right(), weigh=1501)])["reached"] is False
    text = cost_text(found)
    assert "| weigh | 4 | 150 ms | 270 ms |" in text and text[-1].endswith(": reached.")
    assert cost_text(cost([]))[-1].endswith("not measured.")


def test_the_ablation_compares_with_the_default() -> None:
    runs = {
        "default": rows_of(*(right() for _ in range(20)), *(refused() for _ in range(20))),
        "without verified": rows_of(*(right() for _ in range(20)), *(wrong() for _ in range(20))),
    }
    default, variation = ablation(runs)
    assert default["figures"]["contains_answered"]["value"] == 1
    assert default["figures"]["contains_answered"]["difference"] is None
    changed = variation["figures"]["contains_answered"]
    assert (changed["value"], changed["difference"]["value"], changed["verdict"]) == (0.5, -0.5, "worse")
    assert variation["figures"]["false_refusal_rate"]["verdict"] == "better"
    assert set(default["figures"]) <= set(COLUMNS) and "resisted" not in default["figures"]
    text = "\n".join(ablation_text({"gold": [default, variation]}))
    assert "| without verified | 0.000 (**-0.500**) | 0.500 (**-0.500**) |" in text
    assert "unanswerable refused" not in text and "F1" not in text and ablation_text({}) == []
    long = {"answers": ["one two three four five six seven eight nine ten eleven twelve thirteen"]}
    assert "F1" in ablation_text({"prose": ablation({"default": rows_of(right(**long))})})[2]
