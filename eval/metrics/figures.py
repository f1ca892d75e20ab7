"""The figures of a run: names, directions, and their computation from rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from askive.eval.metrics.bootstrap import (
    NOT_SCORED,
    Estimate,
    Floats,
    interval,
    ratio_draws,
    resamples,
    weights,
)
from askive.eval.metrics.kinds import NAMES as KIND_NAMES
from askive.eval.metrics.refusal import aurc, aurc_draws
from askive.eval.metrics.scores import Row, selective

Kind = Literal["ratio", "aurc", "p50", "p95"]
Group = Literal[
    "retrieval", "passages", "evidence", "answers", "citations", "refusal", "kinds", "cost", "judge", "errors"
]


@dataclass(frozen=True, slots=True)
class Figure:
    """The definition of a figure.

    name: as printed.
    group: its section in tables.
    kind: ratio of sums, area, or percentile.
    lower_is_better: True for times, risks and errors.
    source: the score or timing it is computed from.
    gated: `askive eval gate` fails when it gets worse.
    """

    name: str
    group: Group
    kind: Kind = "ratio"
    lower_is_better: bool = False
    source: str = ""
    gated: bool = True

    @property
    def unit(self) -> str:
        """`ms`, `/s` or empty."""
        return "ms" if "_ms_" in self.name else "/s" if self.name.startswith("tokens") else ""


def _figures() -> tuple[Figure, ...]:
    measures = ("nDCG@10", "RR@10", "R@5", "R@10", "Success@1", "Success@5")
    return (
        *(Figure(name, "retrieval") for name in measures),
        *(Figure(f"passage_{name}", "passages") for name in measures),
        *(Figure(name, "evidence") for name in ("evidence_recall", "evidence_holds_answer")),
        *(Figure(name, "answers") for name in ("EM", "F1", "contains", "contains_answered", "F1_answered")),
        *(Figure(name, "answers") for name in ("all_of", "all_of_none_wrong")),
        *(Figure(name, "citations") for name in ("citation_precision", "citation_recall", "quotes_exact")),
        *(Figure(name, "citations") for name in ("sentences_supported", "sentences_grounded")),
        Figure("wrong_document", "citations", lower_is_better=True),
        *(Figure(name, "refusal") for name in ("refusal_precision", "refusal_recall", "refusal_f1")),
        Figure("false_refusal_rate", "refusal", lower_is_better=True),
        Figure("aurc", "refusal", "aurc", lower_is_better=True),
        Figure("answered", "refusal", gated=False),
        Figure("resisted", "refusal"),
        *(Figure(name, "kinds", gated=False) for name in KIND_NAMES),
        *(_cost(f"{timing}_p50", "p50", timing) for timing in ("ttft_ms", "total_ms", "evidence_ms")),
        *(_cost(f"{timing}_p95", "p95", timing) for timing in ("ttft_ms", "total_ms")),
        Figure("tokens_per_s_p50", "cost", "p50", source="tokens_per_s", gated=False),
        Figure("judge_faithful", "judge", gated=False),
        Figure("errors", "errors", lower_is_better=True),
    )


def _cost(name: str, kind: Kind, source: str) -> Figure:
    return Figure(name, "cost", kind, lower_is_better=True, source=source, gated=False)


FIGURES: tuple[Figure, ...] = _figures()
BY_NAME: Mapping[str, Figure] = {figure.name: figure for figure in FIGURES}


def pairs_of(figure: Figure, rows: Sequence[Row]) -> list[tuple[float, float] | None]:
    """The figure's values in each row: got and of; loss and confidence; or a time and 1. None: not scored."""
    if figure.kind == "aurc":
        return [selective(row) for row in rows]
    if figure.kind == "ratio":
        scores = (row["scores"].get(figure.source or figure.name) for row in rows)
        return [None if score is None else (score[0], score[1]) for score in scores]
    times = ((row.get("timings") or {}).get(figure.source) for row in rows)
    return [None if time is None else (float(time), 1.0) for time in times]


def estimate(figure: Figure, rows: Sequence[Row], seed: int = 0) -> Estimate:
    """The figure over rows. The value is None and n is 0 when no row is scored."""
    pairs = [pair for pair in pairs_of(figure, rows) if pair is not None]
    if not pairs or (figure.kind == "ratio" and not sum(of for _, of in pairs)):
        return NOT_SCORED
    first, second = np.array(pairs, dtype=float).T
    return Estimate(
        value_of(figure, first, second), *interval(draws_of(figure, first, second, seed)), len(pairs)
    )


def value_of(figure: Figure, first: Floats, second: Floats) -> float:
    """The figure from the two columns of `pairs_of`."""
    if figure.kind == "aurc":
        return aurc(first.tolist(), second.tolist())
    if figure.kind == "ratio":
        return float(first.sum() / second.sum()) if second.sum() else float("nan")
    return float(np.percentile(first, int(figure.kind[1:])))


def draws_of(figure: Figure, first: Floats, second: Floats, seed: int) -> Floats:
    """The figure in each resample; the same length and seed give the same resamples."""
    n = first.size
    if figure.kind == "ratio":
        return ratio_draws(first, second, weights(n, seed))
    if figure.kind == "aurc":
        return aurc_draws(first.tolist(), second.tolist(), resamples(n, seed))
    return np.asarray(np.percentile(first[resamples(n, seed)], int(figure.kind[1:]), axis=1))


def estimate_all(rows: Sequence[Row], seed: int = 0) -> dict[str, Estimate]:
    """All figures, by name."""
    return {figure.name: estimate(figure, rows, seed) for figure in FIGURES}


def as_json(estimates: Mapping[str, Estimate]) -> dict[str, dict[str, Any]]:
    """The `metrics` object of `--json`."""
    return {name: figure.as_dict() for name, figure in estimates.items()}


def format_estimate(values: Mapping[str, Any] | None, sign: str = "") -> str:
    """An estimate in a table: value, interval and number of questions."""
    if values is None or values["value"] is None:
        return ""
    interval = f"{values['low']:{sign}.2f} to {values['high']:{sign}.2f}"
    return (
        f"{values['value']:{sign}.3f} ({interval})"
        if sign
        else f"{values['value']:.3f} ({interval}, {values['n']})"
    )
