"""The data of the report, computed before the templates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askive.eval.metrics.bootstrap import Estimate, bootstrap
from askive.eval.metrics.figures import FIGURES, estimate_all
from askive.eval.metrics.outcomes import outcome_of
from askive.eval.metrics.scores import score_row
from askive.eval.report.questions import QuestionView, view_question
from askive.eval.runs.run_dir import RunDir

GROUP_TITLES: Mapping[str, str] = {
    "retrieval": "Retrieval of documents",
    "passages": "Retrieval of passages with the evidence",
    "evidence": "Evidence in the prompt",
    "answers": "Answers",
    "citations": "Citations",
    "refusal": "Refusal",
    "kinds": "Kinds of questions",
    "cost": "Cost",
    "judge": "Judge",
    "errors": "Errors",
}
_GLANCE = (
    ("contains", "answer contains the fact"),
    ("F1", "F1"),
    ("refusal_recall", "unanswerables refused"),
    ("false_refusal_rate", "false refusals"),
    ("citation_recall", "evidence cited"),
    ("quotes_exact", "quotes exact"),
    ("nDCG@10", "nDCG@10"),
    ("ttft_ms_p50", "first word, median"),
)


@dataclass(frozen=True, slots=True)
class RunView:
    """A run. label: short and unique in the report. as_wanted: share of right outcomes, overall and by type."""

    label: str
    path: Path
    record: dict[str, Any]
    rows: tuple[dict[str, Any], ...]
    estimates: dict[str, Estimate]
    as_wanted: Estimate
    by_type: dict[str, Estimate]
    outcomes: dict[str, int]
    questions: tuple[QuestionView, ...]
    n_unlisted: int


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure in a table. low, high: 0 to 1, for the bar beside it; None when the figure has no such scale."""

    text: str
    interval: str
    n: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    best: bool = False


def view_runs(paths: Sequence[Path], max_questions: int) -> tuple[RunView, ...]:
    """The runs, scored with the current code. Raises UsageError when a folder holds no run."""
    records = [RunDir(path).record() for path in paths]
    labels = _labels(records, paths)
    return tuple(
        _view(label, path, record, max_questions)
        for label, path, record in zip(labels, paths, records, strict=True)
    )


def _view(label: str, path: Path, record: dict[str, Any], max_questions: int) -> RunView:
    rows = tuple({**row, "scores": score_row(row)} for row in RunDir(path).rows())
    seed = record["seed"]
    outcomes = [outcome_of(row) for row in rows]
    right = [None if o.label == "not scored" else float(o.severity == 0) for o in outcomes]
    by_type: dict[str, list[float | None]] = {}
    for row, mark in zip(rows, right, strict=True):
        by_type.setdefault(row["type"], []).append(mark)
    order = sorted(range(len(rows)), key=lambda at: (-outcomes[at].severity, rows[at]["type"], at))
    return RunView(
        label=label,
        path=path,
        record=record,
        rows=rows,
        estimates=estimate_all(rows, seed),
        as_wanted=bootstrap(right, seed),
        by_type={kind: bootstrap(marks, seed) for kind, marks in sorted(by_type.items())},
        outcomes=dict(Counter(outcome.label for outcome in outcomes).most_common()),
        questions=tuple(view_question(rows[at], outcomes[at], label) for at in order[:max_questions]),
        n_unlisted=max(len(rows) - max_questions, 0),
    )


def _labels(records: Sequence[dict[str, Any]], paths: Sequence[Path]) -> list[str]:
    suites = {record["suite"]["name"] for record in records}
    plain = [
        record["pipeline"] if len(suites) == 1 else f"{record['suite']['name']} {record['pipeline']}"
        for record in records
    ]
    repeated = {label for label, n in Counter(plain).items() if n > 1}
    return [
        f"{label} ({path.name})" if label in repeated else label
        for label, path in zip(plain, paths, strict=True)
    ]


def glance(runs: Sequence[RunView]) -> tuple[list[str], list[list[Cell]]]:
    """Headings and a row per run for the main figures; figures that no run has are left out."""
    main_figures = [
        (name, title) for name, title in _GLANCE if any(run.estimates[name].value is not None for run in runs)
    ]
    rows = [
        [_short(run.as_wanted, ""), *(_short(run.estimates[name], _unit(name)) for name, _ in main_figures)]
        for run in runs
    ]
    return ["as wanted", *(title for _, title in main_figures)], rows


def figure_groups(runs: Sequence[RunView]) -> list[tuple[str, list[tuple[str, bool, list[Cell]]]]]:
    """`[(title of group, [(figure, lower is better, a cell for each run)])]` of figures that at least one run has."""
    groups: dict[str, list[tuple[str, bool, list[Cell]]]] = {}
    for figure in FIGURES:
        estimates = [run.estimates[figure.name] for run in runs]
        values = [estimate.value for estimate in estimates if estimate.value is not None]
        if not values:
            continue
        best = min(values) if figure.lower_is_better else max(values)
        cells = [
            cell(
                estimate, figure.unit, best=len(runs) > 1 and len(set(values)) > 1 and estimate.value == best
            )
            for estimate in estimates
        ]
        groups.setdefault(GROUP_TITLES[figure.group], []).append((figure.name, figure.lower_is_better, cells))
    return list(groups.items())


def cell(estimate: Estimate, unit: str, *, best: bool = False) -> Cell:
    """The table cell of an estimate."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return Cell("–", "", 0)
    interval = f"{_number(estimate.low, unit)} – {_number(estimate.high, unit)}"
    if unit:
        return Cell(_number(estimate.value, unit), interval, estimate.n, best=best)
    return Cell(
        _number(estimate.value, unit),
        interval,
        estimate.n,
        min(max(estimate.value, 0.0), 1.0),
        min(max(estimate.low, 0.0), 1.0),
        min(max(estimate.high, 0.0), 1.0),
        best,
    )


def _short(estimate: Estimate, unit: str) -> Cell:
    if estimate.value is None or estimate.low is None or estimate.high is None or unit:
        return cell(estimate, unit)
    return Cell(f"{estimate.value:.2f}", f"{estimate.low:.2f} – {estimate.high:.2f}", estimate.n)


def _number(value: float, unit: str) -> str:
    if unit == "ms":
        return f"{value / 1000:.1f} s" if value >= 1000 else f"{value:.0f} ms"
    return f"{value:.1f}/s" if unit else f"{value:.3f}"


def _unit(name: str) -> str:
    return next(figure.unit for figure in FIGURES if figure.name == name)
