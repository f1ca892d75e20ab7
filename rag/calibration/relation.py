"""From the judge's log-odds to the relation of a source to a claim: a softmax over three classes.

Fitted by `python -m askive.eval.calibration.relation`, which stores it in `relation.json` with its provenance.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

Relation = Literal["supports", "contradicts", "neither"]
RELATIONS: tuple[Relation, ...] = ("supports", "contradicts", "neither")
STORED = Path(__file__).with_name("relation.json")


@dataclass(frozen=True, slots=True)
class RelationModel:
    """A fitted model.

    generator_id: of the judge whose log-odds it takes.
    weights: for each relation a bias, then the weights of the log-odds of being stated and of being denied.
    threshold: from this probability of `supports` on a claim stands that nothing else speaks against.
    """

    generator_id: str
    weights: Mapping[Relation, Sequence[float]]
    threshold: float

    def probabilities(self, stated: float, denied: float) -> dict[Relation, float]:
        """Of each relation; they add up to 1."""
        logits = {r: b + s * stated + d * denied for r, (b, s, d) in self.weights.items()}
        highest = max(logits.values())
        shares = {relation: math.exp(logit - highest) for relation, logit in logits.items()}
        total = sum(shares.values())
        return {relation: share / total for relation, share in shares.items()}

    def relation(self, stated: float, denied: float, *, doubted: bool = False) -> Relation:
        """`supports` from the threshold on, else the likelier of the other two.

        doubted: something else speaks against the claim; then `supports` must be likelier than not.
        """
        found = self.probabilities(stated, denied)
        if found["supports"] >= (max(self.threshold, 0.5) if doubted else self.threshold):
            return "supports"
        return "contradicts" if found["contradicts"] > found["neither"] else "neither"

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> RelationModel:
        """As it is stored. Raises KeyError when a field is missing."""
        return cls(values["generator_id"], dict(values["weights"]), values["threshold"])


def find_relation_model(generator_id: str, stored: Path = STORED) -> RelationModel | None:
    """The shipped model for this generator; None when there is none: log-odds of others mean something else."""
    return next((model for model in _read(stored) if model.generator_id == generator_id), None)


@lru_cache(maxsize=4)
def _read(path: Path) -> tuple[RelationModel, ...]:
    return tuple(RelationModel.from_dict(row) for row in json.loads(path.read_text(encoding="utf-8")))
