"""A file of fitted models for the second look, whose outcome is known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from askive.models.fakes import HashEmbedder, ScriptedGenerator
from askive.models.reader.cross_encoder import Reader


def write_models(folder: Path, reader: Reader, bias: float) -> Path:
    """Two models as `askive.eval.calibration.support` writes them, for the fakes and this reader.

    bias: log-odds that the first gives every sentence; the second goes by the generator alone.
    """
    path = folder / f"support{bias}.json"
    rows = [
        _model(reader, bias, None, own=0.0),
        _model(reader, 0.0, ScriptedGenerator().model_id, before=0.0, stated=1.0),
    ]
    path.write_text(json.dumps(rows), encoding="utf-8")
    return path


def _model(reader: Reader, bias: float, generator_id: str | None, **weights: float) -> dict[str, Any]:
    return {
        "features": {name: {"mean": 0.0, "scale": 1.0, "weight": weight} for name, weight in weights.items()},
        "bias": bias,
        "threshold": 0.5,
        "embedder_id": HashEmbedder().model_id,
        "reader_sha256": reader.digest,
        "generator_id": generator_id,
        "provenance": {},
    }
