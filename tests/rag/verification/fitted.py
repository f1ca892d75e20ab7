"""Support models as they are stored, fitted for the models that need no weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from askive.models.reader.cross_encoder import Reader


def fitted_for_fakes(reader: Reader, rules: float = 0.0) -> list[dict[str, Any]]:
    """By rules and reader every sentence has the log-odds `rules`; the second model is the generator's opinion."""

    def model(generator_id: str | None, bias: float, weights: dict[str, float]) -> dict[str, Any]:
        return {
            "embedder_id": "hash",
            "reader_sha256": reader.digest,
            "generator_id": generator_id,
            "threshold": 0.5,
            "bias": bias,
            "features": {name: {"mean": 0.0, "scale": 1.0, "weight": w} for name, w in weights.items()},
            "provenance": {},
        }

    return [model(None, rules, {"own": 0.0}), model("scripted", 0.0, {"before": 0.0, "stated": 1.0})]


def write_models(folder: Path, reader: Reader, rules: float) -> Path:
    """The file of `fitted_for_fakes`."""
    path = folder / f"support{rules}.json"
    path.write_text(json.dumps(fitted_for_fakes(reader, rules)), encoding="utf-8")
    return path
