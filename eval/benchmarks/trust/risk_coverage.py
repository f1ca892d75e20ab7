"""Calibration of the confidence: errors among the most confident answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from askive.eval.metrics.bootstrap import bootstrap
from askive.eval.metrics.figures import BY_NAME, estimate
from askive.eval.metrics.scores import Row, is_refused, selective

LEVELS = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1)


def curve(ours: Sequence[Row], plain: Sequence[Row] = (), seed: int = 0) -> dict[str, Any]:
    """Risk against coverage (see `askive.eval.metrics.refusal`), from rows with known answerability.

    `{"n", "n_answered", "points": [{"of_answers", "coverage", "confidence", "error"}], "aurc", "aurc_plain"}`.
    A point includes the answers of at least that confidence, which are `of_answers` of all answers and
    `coverage` of all questions. Its error is the mean loss of `selective`: 1 for an answer to an unanswerable
    question or a wrong one, 1 - F1 for a long one. `aurc` includes refused questions, last and with a loss of 1.
    """
    scored = [(row, pair) for row in ours if (pair := selective(row)) is not None]
    answers = sorted(
        ((loss, confidence) for row, (loss, confidence) in scored if row["answer"] and not is_refused(row)),
        key=lambda pair: -pair[1],
    )
    points: list[dict[str, Any]] = []
    for level in LEVELS if answers else ():
        # Answers of equal confidence stay together, since no threshold separates them.
        least = answers[max(round(level * len(answers)), 1) - 1][1]
        losses = [loss for loss, confidence in answers if confidence >= least]
        points.append(
            {
                "of_answers": round(len(losses) / len(answers), 4),
                "coverage": round(len(losses) / len(scored), 4),
                "confidence": round(least, 4),
                "error": bootstrap(losses, seed).as_dict(),
            }
        )
    return {
        "n": len(scored),
        "n_answered": len(answers),
        # With few answers or equal confidences, points may repeat.
        "points": [point for at, point in enumerate(points) if not at or point != points[at - 1]],
        "aurc": estimate(BY_NAME["aurc"], ours, seed).as_dict(),
        "aurc_plain": estimate(BY_NAME["aurc"], plain, seed).as_dict(),
    }


def curve_text(suites: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """A table per suite."""
    lines: list[str] = []
    for suite, data in suites.items():
        areas = [
            f"{name} {area['value']:.3f} ({area['low']:.3f} to {area['high']:.3f})"
            for name, area in (("ours", data["aurc"]), ("plain", data["aurc_plain"]))
            if area["value"] is not None
        ]
        lines += [
            f"{suite}: {data['n_answered']} of {data['n']} questions answered; area under the curve, refusals last: "
            f"{', '.join(areas) or 'not scored'}.",
            "",
            "| answers kept | of all questions | confidence from | mean loss (95%, answers) |",
            "|---|---|---|---|",
        ]
        lines += [
            f"| {point['of_answers']:.0%} | {point['coverage']:.0%} | {point['confidence']:.2f} "
            f"| {error['value']:.3f} ({error['low']:.2f} to {error['high']:.2f}, {error['n']}) |"
            for point in data["points"]
            for error in (point["error"],)
        ]
        lines.append("")
    return lines[:-1]
