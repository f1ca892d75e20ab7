"""The judge's log-odds -> the relation of a source to a claim: a softmax over three classes.

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
DOUBTED_FROM = 0.65
"""Accepts 1 in 10 unsupported and 4 in 7 supported claims of sets that were left out."""
STORED = Path(__file__).with_name("relation.json")


@dataclass(frozen=True, slots=True)
class RelationModel:
    """A fitted model.

    generator_id: of the judge that computes the log-odds.
    weights: for each relation a bias and the weights of two log-odds: that the source states the claim, that it denies
    it.
    threshold: minimum probability of `supports` for a claim that nothing else speaks against.
    """

    generator_id: str
    weights: Mapping[Relation, Sequence[float]]
    threshold: float

    def probabilities(self, stated: float, denied: float) -> dict[Relation, float]:
        """The probability of each relation; they sum to 1."""
        logits = {r: b + s * stated + d * denied for r, (b, s, d) in self.weights.items()}
        highest = max(logits.values())
        shares = {relation: math.exp(logit - highest) for relation, logit in logits.items()}
        total = sum(shares.values())
        return {relation: share / total for relation, share in shares.items()}

    def relation(self, stated: float, denied: float, *, doubted: bool = False) -> Relation:
        """`supports` from the threshold on, else the more probable of the other two.

        doubted: another check rejects the claim. Then `supports` needs a probability of at least DOUBTED_FROM.
        """
        shares = self.probabilities(stated, denied)
        if shares["supports"] >= (max(self.threshold, DOUBTED_FROM) if doubted else self.threshold):
            return "supports"
        return "contradicts" if shares["contradicts"] > shares["neither"] else "neither"

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> RelationModel:
        """A model from its stored form. Raises KeyError when a field is missing."""
        return cls(values["generator_id"], dict(values["weights"]), values["threshold"])


def find_relation_model(generator_id: str, stored: Path = STORED) -> RelationModel | None:
    """The shipped model for this generator; None when there is none: other generators' log-odds differ."""
    return next((model for model in _read(stored) if model.generator_id == generator_id), None)


@lru_cache(maxsize=4)
def _read(path: Path) -> tuple[RelationModel, ...]:
    return tuple(RelationModel.from_dict(row) for row in json.loads(path.read_text(encoding="utf-8")))
