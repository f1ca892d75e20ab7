"""A sentence-transformers model, exported once and run by OpenVINO: the same vectors, several times as fast.

Once the model is exported, neither torch nor transformers is imported, so a new process starts quickly.
bf16 is used where the CPU has it.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import threading
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askive.models.errors import ModelError
from askive.models.machine import physical_cores
from askive.models.openvino_cache import compile_for_cpu, compute_batch, is_sealed, seal
from askive.models.protocols import Precision, Vectors

IntArray = NDArray[np.int64]

_BATCH_TEXTS = 64
_BATCH_TOKENS = 8192
# In a long job each core computes its own batches: no core waits for the slowest one after every layer.
_CORE_TEXTS = 8
_CORE_TOKENS = 2048
_LONG_JOB_BATCHES = 2
# One inference prepares the model for texts of any length.
_WARMING = ["What was said?", "Nobody in the town said what had been seen on the bridge."]
_EXPORTS = ".openvino"
_COMPILED = "compiled"


class OpenVinoEmbedder:
    """The folder of a sentence-transformers model as an Embedder. The model is exported on first use.

    Raises ModelError when the folder cannot be loaded or exported.
    """

    def __init__(self, path: Path, model_id: str, digest: str, precision: Precision = "auto") -> None:
        self._path = path
        self._precision = precision
        self._model_id = model_id
        self._digest = digest
        self._lock = threading.Lock()
        self._compiled: Any = None
        self._queue: Any = None
        self._tokenizer: Any = None

    @staticmethod
    def can_load(path: Path) -> bool:
        """Whether OpenVINO is installed and the model has a fast tokenizer."""
        from importlib.util import find_spec

        return find_spec("openvino") is not None and (path / "tokenizer.json").is_file()

    @property
    def model_id(self) -> str:
        """The catalog id."""
        return self._model_id

    @property
    def digest(self) -> str:
        """Digest of the weights."""
        return self._digest

    @property
    def dimension(self) -> int:
        """Width of a vector."""
        self._load()
        return int(self._compiled.output(0).get_partial_shape()[1].get_length())

    @property
    def max_tokens(self) -> int:
        """Text beyond this many tokens is ignored."""
        settings = self._path / "sentence_bert_config.json"
        values = json.loads(settings.read_text(encoding="utf-8")) if settings.is_file() else {}
        return int(values.get("max_seq_length") or 256)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimension), float32, unit rows. Texts of similar length share a batch."""
        self._load()
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        if not texts:
            return vectors
        encoded = [item.ids for item in self._tokenizer.encode_batch(list(texts))]
        n_cores = physical_cores()
        is_long = sum(map(len, encoded)) >= _LONG_JOB_BATCHES * _CORE_TOKENS * n_cores
        with self._lock:
            if is_long and n_cores > 1:
                self._embed_long(encoded, vectors, n_cores)
            else:
                for batch, ids, mask in padded_batches(encoded):
                    vectors[batch] = compute_batch(
                        self._compiled, {"input_ids": ids, "attention_mask": mask}
                    )[0]
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.ascontiguousarray(vectors / np.maximum(norms, 1e-12), dtype=np.float32)

    def _embed_long(self, encoded: Sequence[Sequence[int]], vectors: Vectors, n_cores: int) -> None:
        """Fill the rows of `vectors`, one batch on each core. It is not cancellable: typed text is never so long."""
        if self._queue is None:
            import openvino

            compiled = self._compile(openvino, self._export_path(openvino), n_streams=n_cores)
            self._queue = openvino.AsyncInferQueue(compiled, n_cores)

        def keep(request: Any, batch: list[int]) -> None:
            vectors[batch] = request.get_output_tensor(0).data

        self._queue.set_callback(keep)
        try:
            for batch, ids, mask in padded_batches(encoded, _CORE_TEXTS, _CORE_TOKENS):
                self._queue.start_async({"input_ids": ids, "attention_mask": mask}, batch)
        finally:
            # Even after an interruption, no request may go on writing into these rows.
            self._queue.wait_all()

    def warm(self) -> None:
        """Load the model now; does nothing if it must be exported first, which takes many seconds."""
        import openvino

        if is_sealed(self._export_path(openvino).parent, trust_dates=True):
            self.embed(_WARMING)

    def _load(self) -> None:
        with self._lock:
            if self._compiled is not None:
                return
            import openvino

            export = self._export_path(openvino)
            # Weights with a flipped bit load without an error and give other vectors.
            if not is_sealed(export.parent, trust_dates=True):
                _export(openvino, self._path, export, self._model_id)
            try:
                compiled = self._compile(openvino, export)
            except RuntimeError:
                # Export again in case the export is damaged; a second failure is raised.
                shutil.rmtree(export.parent, ignore_errors=True)
                _export(openvino, self._path, export, self._model_id)
                compiled = self._compile(openvino, export)
            from tokenizers import Tokenizer

            self._tokenizer = Tokenizer.from_file(str(self._path / "tokenizer.json"))
            self._tokenizer.no_padding()
            self._tokenizer.enable_truncation(self.max_tokens)
            self._compiled = compiled

    def _compile(self, openvino: Any, export: Path, n_streams: int = 1) -> Any:
        kept = export.parent / _COMPILED
        return compile_for_cpu(openvino, export, kept, n_streams=n_streams, precision=self._precision)

    def _export_path(self, openvino: Any) -> Path:
        version = openvino.__version__.split("-")[0]
        return self._path / _EXPORTS / f"{self._digest[:16]}-{version}" / "model.xml"


def padded_batches(
    encoded: Sequence[Sequence[int]], n_texts: int = _BATCH_TEXTS, n_tokens: int = _BATCH_TOKENS
) -> Iterator[tuple[list[int], IntArray, IntArray]]:
    """Batches of texts of similar length, longest first: their positions in `encoded`, padded ids and mask.

    n_texts, n_tokens: limits of a batch (a longer text has a batch of its own).
    """
    order = sorted(range(len(encoded)), key=lambda i: -len(encoded[i]))
    while order:
        n = max(1, min(n_texts, n_tokens // len(encoded[order[0]])))
        batch, order = order[:n], order[n:]
        ids = np.zeros((len(batch), len(encoded[batch[0]])), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, i in enumerate(batch):
            ids[row, : len(encoded[i])] = encoded[i]
            mask[row, : len(encoded[i])] = 1
        yield batch, ids, mask


def _export(openvino: Any, path: Path, target: Path, model_id: str) -> None:
    """Trace the whole sentence-transformers pipeline and save it; the complete export is renamed into place."""
    import torch
    import transformers
    from sentence_transformers import SentenceTransformer

    partial = target.parent.with_name(f"{target.parent.name}.{os.getpid()}.partial")
    try:
        with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            transformers.utils.logging.set_verbosity_error()  # type: ignore[no-untyped-call]
            model = SentenceTransformer(str(path), device="cpu", local_files_only=True).eval()

            class Pipeline(torch.nn.Module):
                def __init__(self) -> None:
                    super().__init__()
                    self.model = model

                def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
                    features = self.model({"input_ids": input_ids, "attention_mask": attention_mask})
                    vectors: torch.Tensor = features["sentence_embedding"]
                    return vectors

            example = {name: torch.ones(2, 16, dtype=torch.long) for name in ("input_ids", "attention_mask")}
            with torch.no_grad():
                converted = openvino.convert_model(Pipeline(), example_input=example)
            partial.mkdir(parents=True, exist_ok=True)
            openvino.save_model(converted, str(partial / target.name), compress_to_fp16=False)
            seal(partial)
        if target.parent.is_dir():
            shutil.rmtree(target.parent)
        partial.rename(target.parent)
    except Exception as error:
        raise ModelError(
            f"{path} cannot be converted for OpenVINO: {error}",
            remedy=f"run `askive models verify {model_id}`",
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
