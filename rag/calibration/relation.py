"""What judge, reader and rules say of a claim and its source -> the relation of the two: a softmax over three classes.

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
CONTRADICTED_FROM = 0.65
"""Probability of `contradicts` from which a claim that is not supported is called contradicted. From .5 on, half of the
paraphrases of the dev half that their source does not decide were."""
STORED = Path(__file__).with_name("relation.json")


@dataclass(frozen=True, slots=True)
class RelationModel:
    """A fitted model.

    generator_id: of the judge that computes features; None without a judge.
    reader_sha256: of the reader's weights that compute features; None without the reader.
    features: names, in the order of the weights.
    weights: for each relation a bias and a weight of each feature.
    threshold: minimum probability of `supports` for a claim that stands.
    """

    generator_id: str | None
    reader_sha256: str | None
    features: tuple[str, ...]
    weights: Mapping[Relation, Sequence[float]]
    threshold: float

    def probabilities(self, features: Mapping[str, float]) -> dict[Relation, float]:
        """The probability of each relation; they sum to 1. Raises KeyError when a feature is missing."""
        values = (1.0, *(features[name] for name in self.features))
        logits = {
            relation: sum(weight * value for weight, value in zip(weights, values, strict=True))
            for relation, weights in self.weights.items()
        }
        highest = max(logits.values())
        shares = {relation: math.exp(logit - highest) for relation, logit in logits.items()}
        total = sum(shares.values())
        return {relation: share / total for relation, share in shares.items()}

    def relation(self, features: Mapping[str, float]) -> Relation:
        """`supports` from the threshold on, else `contradicts` from CONTRADICTED_FROM on, else `neither`.

        Raises KeyError when a feature is missing.
        """
        shares = self.probabilities(features)
        if shares["supports"] >= self.threshold:
            return "supports"
        return "contradicts" if shares["contradicts"] >= CONTRADICTED_FROM else "neither"

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> RelationModel:
        """A model from its stored form. Raises KeyError when a field is missing."""
        return cls(
            values["generator_id"],
            values["reader_sha256"],
            tuple(values["features"]),
            dict(values["weights"]),
            values["threshold"],
        )


def find_relation_model(
    generator_id: str | None, reader_sha256: str | None, stored: Path = STORED
) -> RelationModel | None:
    """The shipped model of exactly these two; None when there is none: other models' features differ."""
    key = (generator_id, reader_sha256)
    return next((model for model in _read(stored) if (model.generator_id, model.reader_sha256) == key), None)


@lru_cache(maxsize=4)
def _read(path: Path) -> tuple[RelationModel, ...]:
    return tuple(RelationModel.from_dict(row) for row in json.loads(path.read_text(encoding="utf-8")))
