"""The protocol of a vector index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from askive.models.protocols import Vectors

Ids = NDArray[np.int64]


@runtime_checkable
class VectorIndex(Protocol):
    """Nearest-neighbour search by inner product of unit vectors."""

    def __len__(self) -> int:
        """Number of vectors."""
        ...

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Add rows; ids shape (n,), vectors shape (n, dimension)."""
        ...

    def remove(self, ids: Sequence[int]) -> None:
        """Remove rows; unknown ids are ignored."""
        ...

    def search(self, vector: Vectors, top_k: int, within: Ids | None = None) -> list[tuple[int, float]]:
        """(id, score) of the nearest rows, best first; vector shape (dimension,).

        within: search only these ids; ascending.
        """
        ...
