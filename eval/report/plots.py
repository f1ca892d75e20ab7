"""Plots as inline SVG, without libraries or scripts; colours come from the page's style sheet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from math import ceil

import numpy as np

from askive.eval.metrics.refusal import risk_coverage
from askive.eval.metrics.scores import selective
from askive.eval.report.view import RunView

_WIDTH, _HEIGHT = 520, 290
_WIDE = 1060
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 16, 12, 42
_MAX_POINTS = 400

Points = Sequence[tuple[float, float]]


def risk_coverage_plot(runs: Sequence[RunView]) -> str:
    """A curve for each run with refusal scores; empty when there is none."""
    curves: list[str] = []
    axes = _Axes(1.0, 1.0)
    drawn: list[tuple[int, str]] = []
    for number, run in enumerate(runs):
        pairs = [pair for row in run.rows if (pair := selective(row)) is not None]
        if not pairs:
            continue
        losses, confidences = zip(*pairs, strict=True)
        coverage, risk = risk_coverage(losses, confidences)
        points = list(zip(coverage.tolist(), risk.tolist(), strict=True))
        curves.append(axes.line(points, number))
        n_answered = sum(confidence >= 0 for confidence in confidences)
        if 0 < n_answered < len(points):
            curves.append(axes.dot(points[n_answered - 1], number))
        drawn.append((number, run.label))
    if not drawn:
        return ""
    frame = axes.frame("coverage", "risk", _percent, _percent)
    return _svg(_HEIGHT, frame + "".join(curves), drawn, "Risk-coverage curves")


def latency_plot(runs: Sequence[RunView]) -> str:
    """Cumulative share of first and last tokens over time; empty when there are no times."""
    times = {
        (number, kind): sorted(
            row["timings"][kind] / 1000 for row in run.rows if row["timings"].get(kind) is not None
        )
        for number, run in enumerate(runs)
        for kind in ("ttft_ms", "total_ms")
    }
    longest = max((values[-1] for values in times.values() if values), default=0.0)
    if not longest:
        return ""
    axes = _Axes(_round_up(longest), 1.0)
    curves: list[str] = []
    for (number, kind), values in times.items():
        if not values:
            continue
        points = [(0.0, 0.0)]
        for place, value in enumerate(values, start=1):
            points += [(value, (place - 1) / len(values)), (value, place / len(values))]
        curves.append(axes.line(points, number, dashed=kind == "total_ms"))
    drawn = [(number, run.label) for number, run in enumerate(runs) if times[number, "total_ms"]]
    frame = axes.frame("seconds from the question", "share of questions", lambda v: f"{v:g}", _percent)
    return _svg(_HEIGHT, frame + "".join(curves), drawn, "Latency")


def type_plot(runs: Sequence[RunView]) -> str:
    """Bars by type of question, with intervals; empty when there are no scores."""
    kinds = [
        kind
        for kind in dict.fromkeys(kind for run in runs for kind in run.by_type)
        if any(kind in run.by_type and run.by_type[kind].value is not None for run in runs)
    ]
    if not kinds:
        return ""
    bar = 15
    left, step = 150, bar * len(runs) + 11
    width = _WIDE - left - 110
    parts: list[str] = []
    for row, kind in enumerate(kinds):
        top = 8 + row * step
        middle = top + (bar * len(runs) - 3) / 2
        name = escape(kind.replace("_", " "))
        parts.append(f'<text x="{left - 8}" y="{middle + 4:.1f}" class="tick end">{name}</text>')
        for number, run in enumerate(runs):
            estimate = run.by_type.get(kind)
            if estimate is None or estimate.value is None or estimate.low is None or estimate.high is None:
                continue
            y = top + number * bar
            x, low, high = (left + width * v for v in (estimate.value, estimate.low, estimate.high))
            centre = y + (bar - 3) / 2
            box = f'x="{left}" y="{y:.1f}" height="{bar - 3}" rx="2"'
            parts.append(
                f'<rect {box} width="{width}" class="track"/>'
                f'<rect {box} width="{max(x - left, 0.5):.1f}" class="bar s{number % 6}"/>'
                f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{centre:.1f}" y2="{centre:.1f}" class="whisk"/>'
                f'<text x="{left + width + 10}" y="{centre + 4:.1f}" class="tick">{estimate.value:.0%} '
                f'<tspan class="faint">of {estimate.n}</tspan></text>'
            )
    return _svg(
        12 + len(kinds) * step, "".join(parts), list(enumerate(run.label for run in runs)), "By type", _WIDE
    )


class _Axes:
    """Maps values to coordinates; x and y start at 0."""

    def __init__(self, x_max: float, y_max: float) -> None:
        self._x_max, self._y_max = x_max, y_max

    def x(self, value: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * value / self._x_max

    def y(self, value: float) -> float:
        return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * value / self._y_max

    def frame(
        self, x_label: str, y_label: str, x_text: Callable[[float], str], y_text: Callable[[float], str]
    ) -> str:
        parts: list[str] = []
        for step in range(5):
            share = step / 4
            x, y = self.x(share * self._x_max), self.y(share * self._y_max)
            parts.append(
                f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>'
                f'<text x="{_LEFT - 7}" y="{y + 4:.1f}" class="tick end">{y_text(share * self._y_max)}</text>'
                f'<text x="{x:.1f}" y="{_HEIGHT - _BOTTOM + 16}" class="tick mid">{x_text(share * self._x_max)}</text>'
            )
        middle_x, middle_y = (_LEFT + _WIDTH - _RIGHT) / 2, (_TOP + _HEIGHT - _BOTTOM) / 2
        parts.append(
            f'<text x="{middle_x:.0f}" y="{_HEIGHT - 6}" class="label mid">{escape(x_label)}</text>'
            f'<text x="{-middle_y:.0f}" y="14" transform="rotate(-90)" class="label mid">{escape(y_label)}</text>'
        )
        return "".join(parts)

    def line(self, points: Points, number: int, *, dashed: bool = False) -> str:
        if len(points) > _MAX_POINTS:
            sampled = np.unique(np.linspace(0, len(points) - 1, _MAX_POINTS).astype(int))
            points = [points[at] for at in sampled]
        path = " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in points)
        return f'<polyline points="{path}" class="line s{number % 6}{" dashed" if dashed else ""}"/>'

    def dot(self, point: tuple[float, float], number: int) -> str:
        return f'<circle cx="{self.x(point[0]):.1f}" cy="{self.y(point[1]):.1f}" r="4" class="dot s{number % 6}"/>'


def _svg(height: float, body: str, legend: Sequence[tuple[int, str]], name: str, width: int = _WIDTH) -> str:
    rows = 0
    if len(legend) > 1:
        for rows, (number, label) in enumerate(legend, start=1):
            y = height + 18 * rows - 4
            body += (
                f'<rect x="{_LEFT}" y="{y - 10}" width="12" height="11" rx="3" class="bar s{number % 6}"/>'
            )
            body += f'<text x="{_LEFT + 19}" y="{y}" class="tick">{escape(label[:60])}</text>'
    total = height + 18 * rows + (6 if rows else 0)
    return (
        f'<svg viewBox="0 0 {width} {total:.0f}" role="img" aria-label="{escape(name)}" '
        f'xmlns="http://www.w3.org/2000/svg">{body}</svg>'
    )


def _percent(value: float) -> str:
    return f"{value:.0%}"


def _round_up(seconds: float) -> float:
    """The next number of seconds whose quarters are round numbers."""
    for scale in (0.01, 0.1, 1, 10, 100, 1000):
        for step in (0.4, 0.8, 1, 2, 4, 6, 8):
            if seconds <= step * scale:
                return float(step * scale)
    return float(ceil(seconds))
