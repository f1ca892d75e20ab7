"""Synthetic passages in any number, with vectors distributed like MiniLM's and words distributed like English.

Vectors drawn uniformly from the sphere would be unfair to every index: in 384 dimensions all of them are about
equally far from a query (cosines of .00 with a deviation of .05), and the ten nearest are near by chance and lie in as
many cells. Real text is different. Tight, well separated clusters would be unfair in the other direction: the ten
nearest would share a cell, and reading one list would return them all.

Therefore the vectors are from a hierarchy (topic, subject, document, passage) with Zipf-sized topics and subjects and
a falling spectrum. Its variances were fitted to 37,323 sentences of five public corpora with all-minilm-l6-v2, and to
1,310 real questions about them:

    n = 37,000                                     real    synthetic
    mean cosine of two rows                        .07     .07
    cosine of the 1st / 10th / 100th neighbour     .67 .51 .39    .64 .53 .40
    the same for questions                         .64 .47 .33    .63 .51 .39
    share of k-means lists for recall@10 of .97    .12     .12 (questions), .09 (stored)

The share falls as real text grows (.21, .14, .12 at 9, 18 and 37 thousand) but not here (.07, .12, .19 at 9, 37 and
100 thousand, with synthetic questions), so that a million of these vectors is harder than real text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askive.models.protocols import Vectors
from askive.rag.text.words import STOP_WORDS

DIMENSION = 384
N_WORDS = 300_000
PASSAGE_WORDS = 30

_MEAN, _TOPIC, _SUBJECT, _DOCUMENT, _OWN = 0.07, 0.18, 0.15, 0.17, 0.43
"""Each level's share of a vector's variance."""
_QUERY_OWN = 1.2
"""The ratio of a question's distance from its document to that of a passage."""
_FALL = 0.4
"""Exponent of the decrease of the deviations over the axes."""
_N_TOPICS, _PER_SUBJECT, _PER_DOCUMENT = 300, 60, 8
_ZIPF_SIZES = 0.5
_SYLLABLES = [consonant + vowel for consonant in "bdfgklmnprtvz" for vowel in "aou"]


class SyntheticVectors:
    """A hierarchy for `n` passages; deterministic for a seed."""

    def __init__(self, n: int, seed: int = 0) -> None:
        self._n = n
        self._seed = seed
        chance = np.random.default_rng(seed)
        n_subjects, n_documents = max(_N_TOPICS, n // _PER_SUBJECT), max(1, n // _PER_DOCUMENT)
        mean = _noise(chance, 1, 1.0)
        topics = _noise(chance, _N_TOPICS, _TOPIC)
        subjects = topics[_zipf(chance, _N_TOPICS, n_subjects, _ZIPF_SIZES)]
        subjects += _noise(chance, n_subjects, _SUBJECT)
        self._documents = subjects[_zipf(chance, n_subjects, n_documents, _ZIPF_SIZES)]
        self._documents += _noise(chance, n_documents, _DOCUMENT)
        self._documents += np.float32(_MEAN**0.5) * mean / np.linalg.norm(mean)

    def batches(self, size: int = 10_000) -> Iterator[Vectors]:
        """All passages: unit rows, shape (at most `size`, DIMENSION)."""
        chance = np.random.default_rng(self._seed + 1)
        for at in range(0, self._n, size):
            yield self._draw(chance, min(size, self._n - at), _OWN)

    def queries(self, n: int) -> Vectors:
        """Questions that are not in any index: unit rows, shape (n, DIMENSION)."""
        return self._draw(np.random.default_rng(self._seed + 2), n, _OWN * _QUERY_OWN)

    def _draw(self, chance: np.random.Generator, n: int, own: float) -> Vectors:
        rows = self._documents[chance.integers(0, len(self._documents), n)] + _noise(chance, n, own)
        unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit


class SyntheticWords:
    """Passages as word numbers; stop words are the most frequent, as in English."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        stop = sorted(STOP_WORDS)
        self.n_stop = len(stop)
        self.spelled: NDArray[Any] = np.array([*stop, *map(_word, range(N_WORDS - len(stop)))], dtype=object)

    def passages(self, n: int) -> NDArray[np.int32]:
        """Word numbers, shape (n, PASSAGE_WORDS)."""
        chance = np.random.default_rng(self._seed + 3)
        return _zipf(chance, N_WORDS, n * PASSAGE_WORDS, 1.0).astype(np.int32).reshape(n, PASSAGE_WORDS)

    def queries(self, passages: NDArray[np.int32], n: int) -> list[str]:
        """Three to six words, without stop words, that occur together in some passage."""
        chance = np.random.default_rng(self._seed + 4)
        drawn: list[str] = []
        while len(drawn) < n:
            row = np.unique(passages[chance.integers(0, len(passages))])
            row = row[row >= self.n_stop]
            if len(row) >= 6:
                chosen = chance.choice(row, chance.integers(3, 7), replace=False)
                drawn.append(" ".join(self.spelled[chosen]))
        return drawn


def _noise(chance: np.random.Generator, n: int, variance: float) -> Vectors:
    deviations = np.arange(1, DIMENSION + 1, dtype=np.float32) ** -np.float32(_FALL)
    deviations *= np.float32(variance**0.5) / np.linalg.norm(deviations)
    rows: Vectors = chance.standard_normal((n, DIMENSION), dtype=np.float32)
    rows *= deviations
    return rows


def _zipf(chance: np.random.Generator, n_kinds: int, n: int, power: float) -> NDArray[np.int64]:
    """Numbers below n_kinds, the k-th with a probability proportional to 1 / (k + 1) ** power; shape (n,)."""
    heights = np.cumsum(np.arange(1, n_kinds + 1, dtype=np.float64) ** -power)
    drawn: NDArray[np.int64] = np.searchsorted(heights, chance.random(n) * heights[-1])
    return drawn


def _word(number: int) -> str:
    """A word of two to four syllables, different for every number and unchanged by stemming."""
    number += len(_SYLLABLES)
    syllables = ""
    while number:
        number, digit = divmod(number, len(_SYLLABLES))
        syllables += _SYLLABLES[digit]
    return syllables
