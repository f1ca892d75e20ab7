"""Trained reader -> the files that are shipped:
`python -m askive.models.reader.training.export --embedder DIR --state FILE --out DIR`.

An OpenVINO model whose matrices are 8-bit with one scale a row (22 MB instead of 90), and the tokenizer.
"""

from __future__ import annotations

import argparse
import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np

_MIN_ELEMENTS = 50_000


def export(embedder: Path, state: Path, out: Path) -> None:
    """Write `model.xml`, `model.bin` and `tokenizer.json` into `out`."""
    import openvino
    import torch

    from askive.models.reader.training.train import build

    model = build(embedder)
    model.load_state_dict(torch.load(state, weights_only=True))
    model.eval()
    example = {
        name: torch.ones(2, 16, dtype=torch.long)
        for name in ("input_ids", "attention_mask", "token_type_ids")
    }
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        converted = openvino.convert_model(model, example_input=example)
    _quantize(openvino, converted)
    out.mkdir(parents=True, exist_ok=True)
    openvino.save_model(converted, str(out / "model.xml"), compress_to_fp16=False)
    shutil.copy(embedder / "tokenizer.json", out / "tokenizer.json")


def _quantize(openvino: Any, model: Any) -> None:
    """Replace every large matrix by 8-bit rows times their scales: max |w| of a row is 127."""
    opset = openvino.opset13
    for node in model.get_ops():
        if node.get_type_name() != "Constant" or node.get_element_type() != openvino.Type.f32:
            continue
        weights = node.data
        if weights.ndim != 2 or weights.size < _MIN_ELEMENTS:
            continue
        scales = np.maximum(np.abs(weights).max(axis=1, keepdims=True) / 127.0, 1e-12).astype(np.float32)
        rows = np.clip(np.rint(weights / scales), -127, 127).astype(np.int8)
        targets = list(node.output(0).get_target_inputs())
        widened = opset.convert(opset.constant(rows, openvino.Type.i8), "f32")
        restored = opset.multiply(widened, opset.constant(scales))
        for target in targets:
            target.replace_source_output(restored.output(0))
    model.validate_nodes_and_infer_types()


def main() -> None:
    """The command line of this module."""
    parser = argparse.ArgumentParser(
        description=__doc__, prog="python -m askive.models.reader.training.export"
    )
    parser.add_argument("--embedder", type=Path, required=True, help="folder of the MiniLM weights")
    parser.add_argument(
        "--state", type=Path, required=True, help="reader.pt of askive.models.reader.training.train"
    )
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    export(arguments.embedder, arguments.state, arguments.out)


if __name__ == "__main__":
    main()
