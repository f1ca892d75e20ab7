"""The cost of an answer's checks in milliseconds, as measured by the product."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from askive.eval.metrics.scores import Row, is_refused

AIM_MS = 1500.0
"""Target for all checks of a typical answer, on two cores."""


def cost(rows: Sequence[Row]) -> dict[str, Any]:
    """`{"checks": {NAME: TIMES}, "answered": TIMES, "refused": TIMES, "aim_ms", "reached"}`.

    TIMES is `{"n", "median_ms", "p90_ms"}` over the questions with this check; `answered` and `refused` are for all
    checks of a question together. Reached: the median over answered questions is at most the target; None when nothing
    was answered.
    """
    asked = [row for row in rows if row["answer"] is not None]
    checks = [row["answer"]["timings_ms"]["checks"] for row in asked]
    sums = [(is_refused(row), sum(made.values())) for row, made in zip(asked, checks, strict=True) if made]
    answered = _times(ms for refused, ms in sums if not refused)
    return {
        "checks": {
            name: _times(made[name] for made in checks if name in made)
            for name in dict.fromkeys(name for made in checks for name in made)
        },
        "answered": answered,
        "refused": _times(ms for refused, ms in sums if refused),
        "aim_ms": AIM_MS,
        "reached": answered["median_ms"] <= AIM_MS if answered["n"] else None,
    }


def _times(results: Iterable[float]) -> dict[str, Any]:
    values = list(results)
    if not values:
        return {"n": 0, "median_ms": None, "p90_ms": None}
    median, p90 = np.percentile(values, (50, 90))
    return {"n": len(values), "median_ms": round(float(median), 1), "p90_ms": round(float(p90), 1)}


def cost_text(results: Mapping[str, Any]) -> list[str]:
    """The table."""
    named = {
        **results["checks"],
        "all checks of an answer": results["answered"],
        "all checks of a refusal": results["refused"],
    }
    reached = {True: "reached", False: "NOT reached", None: "not measured"}[results["reached"]]
    return [
        "| check | questions | median | p90 |",
        "|---|---|---|---|",
        *(
            f"| {name} | {times['n']} | {times['median_ms']:,.0f} ms | {times['p90_ms']:,.0f} ms |"
            for name, times in named.items()
            if times["n"]
        ),
        "",
        f"To reach: at most {results['aim_ms']:,.0f} ms for a typical answer (the median): {reached}.",
    ]
