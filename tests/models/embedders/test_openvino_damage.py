"""A flipped bit in the exported weights: OpenVINO loads them without complaint, so the export is made again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from askive.models.embedders.openvino import OpenVinoEmbedder
from askive.models.openvino_cache import is_sealed
from askive.rag.config import DEFAULT_EMBEDDER


@pytest.mark.weights
def test_a_damaged_export_is_made_again(weights_models: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    for path in (weights_models / DEFAULT_EMBEDDER).iterdir():
        if path.name != ".openvino":
            (folder / path.name).symlink_to(path)
    texts = ["The old bridge of Aldermoor.", "Ida Falk built it."]
    vectors = OpenVinoEmbedder(folder, "model", "digest").embed(texts)
    (weights,) = folder.glob(".openvino/*/model.bin")
    sound = weights.read_bytes()
    # The exponent of a weight in the middle of the file.
    at = len(sound) // 8 * 4 + 3
    weights.write_bytes(sound[:at] + bytes([sound[at] ^ 0x40]) + sound[at + 1 :])
    assert not is_sealed(weights.parent)
    again = OpenVinoEmbedder(folder, "model", "digest").embed(texts)
    assert weights.read_bytes() == sound
    assert is_sealed(weights.parent)
    assert np.allclose(again, vectors, atol=1e-3)
