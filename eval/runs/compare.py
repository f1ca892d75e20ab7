"""Comparison of two runs of one suite by question: paired differences with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from askive.eval.metrics.bootstrap import Estimate, interval
from askive.eval.metrics.figures import BY_NAME, FIGURES, Figure, draws_of, pairs_of, value_of
from askive.eval.metrics.outcomes import outcome_of
from askive.eval.metrics.scores import Row, score_row
from askive.eval.runs.run_dir import RunDir
from askive.rag.errors import UsageError

_EQUAL = 1e-9


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure in two runs, over the questions scored in both.

    a, b: the figure in each run. difference: b minus a.
    wins, ties, losses: questions in which b is better, equal, worse; None for figures without a score per question.
    comparable: False when different judges gave the scores; then there is no difference.
    """

    name: str
    a: float
    b: float
    difference: Estimate
    wins: int | None
    ties: int | None
    losses: int | None
    comparable: bool = True

    @property
    def verdict(self) -> str:
        """`better` or `worse` when the interval excludes 0; else `no difference shown`."""
        low, high = self.difference.low, self.difference.high
        if not self.comparable or low is None or high is None:
            return "not comparable"
        if low <= 0 <= high:
            return "no difference shown"
        return "better" if (low > 0) != BY_NAME[self.name].lower_is_better else "worse"

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "a": round(self.a, 6),
            "b": round(self.b, 6),
            "difference": self.difference.as_dict(),
            "wins": self.wins,
            "ties": self.ties,
            "losses": self.losses,
            "verdict": self.verdict,
        }


@dataclass(frozen=True, slots=True)
class Changed:
    """A question with different outcomes."""

    sample_id: str
    question: str
    type: str
    before: str
    after: str
    better: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Run `b` compared with run `a`. only_a, only_b: questions that are in one run only."""

    a: str
    b: str
    same_suite: bool
    n: int
    only_a: int
    only_b: int
    differences: tuple[Difference, ...]
    changed: tuple[Changed, ...]

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "a": self.a,
            "b": self.b,
            "same_suite": self.same_suite,
            "n": self.n,
            "only_a": self.only_a,
            "only_b": self.only_b,
            "metrics": {difference.name: difference.as_dict() for difference in self.differences},
            "changed": [
                {
                    "sample_id": change.sample_id,
                    "question": change.question,
                    "type": change.type,
                    "before": change.before,
                    "after": change.after,
                    "better": change.better,
                }
                for change in self.changed
            ],
        }


def compare_runs(a: Path, b: Path, *, force: bool = False, seed: int = 0) -> Comparison:
    """Compare two run folders, question by question.

    force: also compare different suites; questions with the same id and text are paired.
    Raises UsageError when the suites differ without `force`, or when no question is in both.
    """
    first, second = RunDir(a).record(), RunDir(b).record()
    same = first["suite_digest"] == second["suite_digest"]
    if not same and not force:
        raise UsageError(
            f"{a} ran {first['suite']['name']} ({first['suite_digest'][:12]}), "
            f"{b} ran {second['suite']['name']} ({second['suite_digest'][:12]}): their figures cannot be compared",
            remedy="run both on one suite, or add --force to compare only the questions that are in both",
        )
    rows_a, rows_b = _scored(RunDir(a).rows()), _scored(RunDir(b).rows())
    ids = [i for i, row in rows_a.items() if i in rows_b and rows_b[i]["question"] == row["question"]]
    if not ids:
        raise UsageError(f"{a} and {b} have no question in common", remedy="compare runs of one suite")
    paired = [(rows_a[i], rows_b[i]) for i in ids]
    judges = [(record["judge"] or {}).get("model") for record in (first, second)]
    return Comparison(
        a=str(a),
        b=str(b),
        same_suite=same,
        n=len(ids),
        only_a=len(rows_a) - len(ids),
        only_b=len(rows_b) - len(ids),
        differences=differences(paired, seed=seed, same_judge=judges[0] == judges[1]),
        changed=_changed(paired),
    )


def differences(
    paired: Sequence[tuple[Row, Row]], *, seed: int = 0, same_judge: bool = True
) -> tuple[Difference, ...]:
    """All figures that are scored in both rows of at least one pair."""
    all_differences = (_difference(figure, paired, seed, same_judge) for figure in FIGURES)
    return tuple(difference for difference in all_differences if difference is not None)


def _difference(
    figure: Figure, paired: Sequence[tuple[Row, Row]], seed: int, same_judge: bool
) -> Difference | None:
    before = pairs_of(figure, [a for a, _ in paired])
    after = pairs_of(figure, [b for _, b in paired])
    # A precision has no score for a question that only one run answered; it still counts for the other run.
    empty = (0.0, 0.0) if figure.kind == "ratio" and figure.name in _ONE_SIDED else None
    both = [
        (a or empty, b or empty)
        for a, b in zip(before, after, strict=True)
        if (a or b) and (a or empty) and (b or empty)
    ]
    if not both:
        return None
    a1, a2, b1, b2 = np.array([(*a, *b) for a, b in both if a and b], dtype=float).T
    value_a, value_b = value_of(figure, a1, a2), value_of(figure, b1, b2)
    if np.isnan(value_a) or np.isnan(value_b):
        return None
    draws = draws_of(figure, b1, b2, seed) - draws_of(figure, a1, a2, seed)
    better = worse = None
    if figure.kind == "ratio" and figure.name not in _ONE_SIDED:
        gain = np.where(figure.lower_is_better, -1, 1) * (b1 / b2 - a1 / a2)
        better, worse = int((gain > _EQUAL).sum()), int((gain < -_EQUAL).sum())
    return Difference(
        name=figure.name,
        a=value_a,
        b=value_b,
        difference=Estimate(value_b - value_a, *interval(draws), len(both)),
        wins=better,
        ties=None if better is None or worse is None else len(both) - better - worse,
        losses=worse,
        comparable=same_judge or figure.group != "judge",
    )


# The denominators depend on what the run answered or refused, so questions scored in one run count too.
_ONE_SIDED = frozenset(
    {
        "refusal_precision",
        "refusal_f1",
        "contains_answered",
        "F1_answered",
        "citation_precision",
        "citation_recall",
        "quotes_exact",
        "sentences_supported",
        "sentences_grounded",
        "wrong_document",
    }
)


def _scored(rows: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Rows by id, scored with the current code, so that old runs are not compared by old metrics."""
    return {row["sample_id"]: {**row, "scores": score_row(row)} for row in rows}


def _changed(paired: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> tuple[Changed, ...]:
    changes: list[Changed] = []
    for row_a, row_b in paired:
        before, after = outcome_of(row_a), outcome_of(row_b)
        if before.label != after.label:
            changes.append(
                Changed(
                    sample_id=row_a["sample_id"],
                    question=row_a["question"],
                    type=row_a["type"],
                    before=before.label,
                    after=after.label,
                    better=after.severity < before.severity,
                )
            )
    return tuple(sorted(changes, key=lambda change: (change.better, change.sample_id)))
