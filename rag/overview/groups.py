"""Groups of documents by content: spherical k-means of their mean vectors, on the main axes of the collection.

The number of groups is the one with the highest simplified silhouette (Hruschka, Campello & de Castro, 2004), in which
distances to the centres stand for those to all documents.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from askive.models.protocols import Vectors

MAX_GROUPS = 12
_MIN_DOCUMENTS = 4
_MAX_FITTED = 500
_N_AXES = 32
"""Enough to tell topics apart, and few enough for multiplications that need no second thread."""
_N_ITERATIONS = 4
_SEED = 1
_N_RUNS, _N_STEPS = 3, 20


@dataclass(frozen=True, slots=True)
class Cluster:
    """A group. rows: the numbers of its documents. typical: the one nearest to its centre."""

    rows: tuple[int, ...]
    typical: int


def group(vectors: Vectors) -> list[Cluster]:
    """The groups of documents; every document is in one. Fewer than four documents are one group.

    vectors: unit rows, shape (n, dimension).
    """
    points = _on_main_axes(vectors)
    centres = _unit(points.mean(axis=0, keepdims=True))
    if len(points) >= _MIN_DOCUMENTS:
        fitted = points[:: -(-len(points) // _MAX_FITTED)]
        tried = [_centres(fitted, k) for k in range(2, min(MAX_GROUPS, len(fitted) // 2) + 1)]
        centres = max(tried, key=lambda centres: _silhouette(fitted, centres), default=centres)
    similarity = points @ centres.T
    numbers = np.argmax(similarity, axis=1)
    clusters: list[Cluster] = []
    for number in np.unique(numbers):
        rows = np.flatnonzero(numbers == number)
        typical = rows[np.argmax(similarity[rows, number])]
        clusters.append(Cluster(tuple(rows.tolist()), int(typical)))
    return clusters


def _on_main_axes(vectors: Vectors) -> Vectors:
    """The vectors less their mean, on the axes in which they differ most; unit rows, shape (n, at most _N_AXES).

    The axes are found by randomised subspace iteration (Halko, Martinsson & Tropp, 2011).
    """
    centred = vectors - vectors.mean(axis=0, keepdims=True)
    n_axes = min(_N_AXES, *centred.shape)
    axes = np.random.default_rng(_SEED).standard_normal((centred.shape[1], n_axes))
    for _ in range(_N_ITERATIONS):
        axes, _ = np.linalg.qr(centred.T @ (centred @ axes))
    return _unit((centred @ axes).astype(np.float32))


def _unit(vectors: Vectors) -> Vectors:
    rows: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return rows


def _centres(vectors: Vectors, k: int) -> Vectors:
    """The centres of k groups: the best of several runs of k-means."""
    chance = np.random.default_rng(_SEED)
    runs = [_k_means(vectors, k, chance) for _ in range(_N_RUNS)]
    return max(runs, key=lambda centres: float((vectors @ centres.T).max(axis=1).sum()))


def _k_means(vectors: Vectors, k: int, chance: np.random.Generator) -> Vectors:
    """One run, which begins with k-means++ (Arthur & Vassilvitskii, 2007)."""
    centres = vectors[[int(chance.integers(len(vectors)))]]
    while len(centres) < k:
        distances = np.maximum(1.0 - (vectors @ centres.T).max(axis=1), 1e-9).astype(np.float64)
        drawn = int(chance.choice(len(vectors), p=distances / distances.sum()))
        centres = np.vstack([centres, vectors[drawn]])
    for _ in range(_N_STEPS):
        numbers = np.argmax(vectors @ centres.T, axis=1)
        sums = (numbers == np.arange(k)[:, None]).astype(np.float32) @ vectors
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        moved = np.where(lengths > 0, sums / np.maximum(lengths, 1e-9), centres)
        if np.allclose(moved, centres, atol=1e-5):
            break
        centres = moved
    return centres


def _silhouette(vectors: Vectors, centres: Vectors) -> float:
    """The mean over the documents; 0 for a document that is alone in its group."""
    similarity = vectors @ centres.T
    distances = np.sort(1.0 - similarity, axis=1)
    own, other = distances[:, 0], distances[:, 1]
    numbers = np.argmax(similarity, axis=1)
    is_alone = np.bincount(numbers, minlength=len(centres))[numbers] == 1
    return float(np.mean(np.where(is_alone, 0.0, (other - own) / np.maximum(other, 1e-9))))
