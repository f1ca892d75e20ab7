"""Effect of each check: the same questions with one check left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from askive.eval.metrics.figures import BY_NAME, estimate
from askive.eval.metrics.scores import Row
from askive.eval.runs.compare import differences

COLUMNS: Mapping[str, str] = {
    "refusal_recall": "unanswerable refused",
    "false_refusal_rate": "answerable refused",
    "contains_answered": "right, of those given",
    "F1_answered": "F1, of those given",
    "all_of": "all named",
    "sentences_grounded": "cited to marked evidence",
    "sentences_supported": "sentences supported",
    "resisted": "orders resisted",
}
"""Figure -> column heading."""


def ablation(runs: Mapping[str, Sequence[Row]], seed: int = 0) -> list[dict[str, Any]]:
    """One line per variation, the default first, each with its difference from the default on the same questions.

    runs: rows by variation; the first is the default. Each `{"variation", "n", "figures": {NAME: {"value", "low",
    "high", "n", "difference": {...} | None, "verdict"}}}`; figures without scores are left out. The verdict is
    `better` or `worse` when the interval of the difference excludes 0.
    """
    names = list(runs)
    default = {row["sample_id"]: row for row in runs[names[0]]}
    lines: list[dict[str, Any]] = []
    for name in names:
        rows = runs[name]
        paired = [(default[row["sample_id"]], row) for row in rows if row["sample_id"] in default]
        by_figure = {} if name == names[0] else {d.name: d for d in differences(paired, seed=seed)}
        measured = {figure: estimate(BY_NAME[figure], rows, seed) for figure in COLUMNS}
        lines.append(
            {
                "variation": name,
                "n": len(rows),
                "figures": {
                    figure: {
                        **value.as_dict(),
                        "difference": by_figure[figure].difference.as_dict() if figure in by_figure else None,
                        "verdict": by_figure[figure].verdict if figure in by_figure else None,
                    }
                    for figure, value in measured.items()
                    if value.value is not None
                },
            }
        )
    return lines


def ablation_text(suites: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
    """A table per suite: the value, and its difference from the default; bold when it is significant."""
    lines: list[str] = []
    for suite, results in suites.items():
        columns = [name for name in COLUMNS if any(name in line["figures"] for line in results)]
        # For short answers, F1 only measures how short a sentence is.
        columns = [name for name in columns if name != "F1_answered" or "contains_answered" not in columns]
        if not columns:
            continue
        lines += [
            f"{suite}, {results[0]['n']} questions:",
            "",
            "| | " + " | ".join(COLUMNS[name] for name in columns) + " |",
            "|---" * (len(columns) + 1) + "|",
            *(
                f"| {line['variation']} | "
                + " | ".join(_cell(line["figures"].get(name)) for name in columns)
                + " |"
                for line in results
            ),
            "",
        ]
    return [*lines, "Bold: the 95% interval of the difference from the default excludes 0."] if lines else []


def _cell(figure: Mapping[str, Any] | None) -> str:
    if figure is None:
        return ""
    difference = figure["difference"]
    if difference is None or abs(difference["value"]) < 0.0005:
        return f"{figure['value']:.3f}"
    by = f"{difference['value']:+.3f}"
    return f"{figure['value']:.3f} ({f'**{by}**' if figure['verdict'] in ('better', 'worse') else by})"
