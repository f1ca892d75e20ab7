"""Which runs a subject is made of."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Case:
    """One run. index of n: its place among those of its operation; with the seed it decides what happens."""

    subject: str
    operation: str
    index: int
    n: int
    seed: int

    def chance(self) -> random.Random:
        """The same numbers for the same case."""
        return random.Random(f"{self.seed}:{self.subject}:{self.operation}:{self.index}")


def plan(subject: str, counts: Mapping[str, int], percent: int, seed: int) -> list[Case]:
    """The cases of a subject: this share of the counts, at least one an operation."""
    cases = []
    for operation, count in counts.items():
        n = max(1, count * percent // 100)
        cases += [Case(subject, operation, index, n, seed) for index in range(n)]
    return cases
