"""Percentile bootstrap over questions (Efron & Tibshirani 1993, ch. 13), with a fixed seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

N_RESAMPLES = 1000
LEVEL = 0.95

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95% interval.

    value, low, high: None when no question was scored, as opposed to 0.
    n: number of questions scored.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int

    def as_dict(self) -> dict[str, Any]:
        """`{"value", "low", "high", "n"}`, rounded to six digits."""
        return {
            "value": None if self.value is None else round(self.value, 6),
            "low": None if self.low is None else round(self.low, 6),
            "high": None if self.high is None else round(self.high, 6),
            "n": self.n,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Estimate:
        """The inverse of `as_dict`."""
        return cls(values["value"], values["low"], values["high"], values["n"])


NOT_SCORED = Estimate(None, None, None, 0)


def resamples(n: int, seed: int, n_resamples: int = N_RESAMPLES) -> NDArray[np.int64]:
    """Shape (n_resamples, n): each row has n of n questions, with replacement. The same seed gives the same rows."""
    return np.random.default_rng(seed).integers(0, n, size=(n_resamples, n), dtype=np.int64)


@lru_cache(maxsize=4)
def weights(n: int, seed: int, n_resamples: int = N_RESAMPLES) -> Floats:
    """Shape (n_resamples, n): the count of each question in `resamples`. Read-only."""
    rows = resamples(n, seed, n_resamples)
    offsets = np.arange(n_resamples, dtype=np.int64)[:, None] * n
    counts = np.bincount((rows + offsets).ravel(), minlength=n_resamples * n)
    return counts.reshape(n_resamples, n).astype(float)


def interval(draws: Floats) -> tuple[float, float]:
    """The central 95% of the resampled figures; resamples without scored questions are ignored."""
    defined = draws[~np.isnan(draws)]
    if not defined.size:
        return float("nan"), float("nan")
    low, high = np.percentile(defined, [50 * (1 - LEVEL), 50 * (1 + LEVEL)])
    return float(low), float(high)


def ratio_draws(got: Floats, of: Floats, drawn: Floats) -> Floats:
    """The sum of `got` divided by the sum of `of` in each resample; NaN where that is 0. `drawn` as from `weights`."""
    total = drawn @ of
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0, drawn @ got / np.where(total > 0, total, 1), np.nan)


def bootstrap(values: Sequence[float | None], seed: int = 0) -> Estimate:
    """The mean of the scores. None means not scored and is ignored."""
    scored = np.array([value for value in values if value is not None], dtype=float)
    if not scored.size:
        return NOT_SCORED
    draws = ratio_draws(scored, np.ones_like(scored), weights(scored.size, seed))
    return Estimate(float(scored.mean()), *interval(draws), int(scored.size))
