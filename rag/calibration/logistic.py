"""Logistic models: stored weights, probabilities, log-odds."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

STORED = Path(__file__).with_name("answerability.json")


def logistic(logit: float) -> float:
    """The probability for a logit."""
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, logit))))


def log_odds(probability: float) -> float:
    """Natural logarithm of the odds; finite for 0 and 1 too."""
    bounded = min(max(probability, 1e-4), 1 - 1e-4)
    return math.log(bounded / (1 - bounded))


@dataclass(frozen=True, slots=True)
class LogisticModel:
    """A fitted model.

    names: of the features, in the order of `weights`.
    means, scales: of the features in the training data; a feature is standardised as (value - mean) / scale.
    threshold: below this probability the question is refused.
    embedder_id: of the embedder used for the features.
    reader_sha256: of the reader's weights; None without a reader.
    generator_id: of the generator used for features (`askive.rag.evidence.self_evaluation`); None without one.
    provenance: data, figures and date, for users.
    thresholds: further thresholds by name.
    """

    names: tuple[str, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float
    threshold: float
    embedder_id: str
    reader_sha256: str | None
    generator_id: str | None
    provenance: Mapping[str, Any]
    thresholds: Mapping[str, float] = field(default_factory=dict)

    def probability(self, features: Mapping[str, float]) -> float:
        """Probability that the archive has the answer, 0 to 1. Raises KeyError when a feature is missing."""
        total = self.bias
        for name, mean, scale, weight in zip(self.names, self.means, self.scales, self.weights, strict=True):
            total += weight * (features[name] - mean) / scale
        return logistic(total)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> LogisticModel:
        """A model from its stored form. Raises KeyError when a field is missing."""
        features = values["features"]
        return cls(
            names=tuple(features),
            means=tuple(f["mean"] for f in features.values()),
            scales=tuple(f["scale"] for f in features.values()),
            weights=tuple(f["weight"] for f in features.values()),
            bias=values["bias"],
            threshold=values["threshold"],
            embedder_id=values["embedder_id"],
            reader_sha256=values["reader_sha256"],
            generator_id=values.get("generator_id"),
            provenance=values["provenance"],
            thresholds=values.get("thresholds", {}),
        )


def find_model(
    embedder_id: str, reader_sha256: str | None, generator_id: str | None = None
) -> LogisticModel | None:
    """The shipped model fitted with these; None when there is none: features of other models are not comparable."""
    key = (embedder_id, reader_sha256, generator_id)
    return next(
        (m for m in _shipped_models() if (m.embedder_id, m.reader_sha256, m.generator_id) == key),
        None,
    )


@lru_cache(maxsize=1)
def _shipped_models() -> tuple[LogisticModel, ...]:
    return read_stored(STORED)


def read_stored(path: Path) -> tuple[LogisticModel, ...]:
    """The models in a file that `askive.eval.calibration.answerability` wrote."""
    return tuple(LogisticModel.from_dict(row) for row in json.loads(path.read_text(encoding="utf-8")))
