"""Selective answering: risk against coverage (El-Yaniv & Wiener 2010; Geifman & El-Yaniv 2017)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from askive.eval.metrics.bootstrap import Floats


def risk_coverage(losses: Sequence[float], confidences: Sequence[float]) -> tuple[Floats, Floats]:
    """`(coverage, risk)`: for k = 1..n, k/n and the mean loss of the k most confident questions.

    Questions of equal confidence get their mean loss, since their order is arbitrary.
    """
    loss, group = _grouped(losses, confidences)
    ranked = _ranked(loss, group, np.arange(loss.size)[None, :])[0]
    counts = np.arange(1, loss.size + 1)
    return counts / max(loss.size, 1), np.cumsum(ranked) / counts


def aurc(losses: Sequence[float], confidences: Sequence[float]) -> float:
    """Area under the risk-coverage curve: the mean risk over all coverages; 0 is best."""
    return float(risk_coverage(losses, confidences)[1].mean())


def aurc_draws(losses: Sequence[float], confidences: Sequence[float], rows: NDArray[np.int64]) -> Floats:
    """The area in each resample; `rows` as from `bootstrap.resamples`."""
    loss, group = _grouped(losses, confidences)
    ranked = _ranked(loss, group, rows)
    return np.asarray((np.cumsum(ranked, axis=1) / np.arange(1, loss.size + 1)).mean(axis=1))


def _grouped(losses: Sequence[float], confidences: Sequence[float]) -> tuple[Floats, NDArray[np.int64]]:
    """Losses, and the rank of each confidence: 0 is the highest; equal confidences share a rank."""
    _, group = np.unique(-np.asarray(confidences, dtype=float), return_inverse=True)
    return np.asarray(losses, dtype=float), group.reshape(-1).astype(np.int64)


def _ranked(loss: Floats, group: NDArray[np.int64], rows: NDArray[np.int64]) -> Floats:
    """In each row, the losses in order of falling confidence, ties with their mean; shape of `rows`."""
    n_groups = int(group.max()) + 1 if group.size else 0
    keys = group[rows] + np.arange(rows.shape[0], dtype=np.int64)[:, None] * n_groups
    size = rows.shape[0] * n_groups
    sums = np.bincount(keys.ravel(), weights=loss[rows].ravel(), minlength=size)
    counts = np.bincount(keys.ravel(), minlength=size)
    means = sums / np.maximum(counts, 1)
    return np.asarray(means[np.sort(keys, axis=1)])
