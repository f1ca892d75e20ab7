"""A sentence-transformers model as an Embedder."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from askive.models.errors import ModelError
from askive.models.protocols import Vectors

_BATCH_TEXTS = 64


class SentenceEmbedder:
    """A folder with a sentence-transformers model. The weights are loaded on first use.

    Raises ModelError when the folder cannot be loaded.
    """

    def __init__(self, path: Path, model_id: str, digest: str) -> None:
        self._path = path
        self._model_id = model_id
        self._digest = digest
        self._loaded: Any = None
        self._lock = threading.Lock()

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
        return int(self._model.get_embedding_dimension())

    @property
    def max_tokens(self) -> int:
        """Text beyond this many tokens is ignored."""
        return int(self._model.max_seq_length)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimension), float32, unit rows."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        model = self._model
        with self._lock:
            vectors = model.encode(
                list(texts),
                batch_size=_BATCH_TEXTS,
                normalize_embeddings=True,
                convert_to_numpy=True,
                show_progress_bar=False,
            )
        return np.ascontiguousarray(vectors, dtype=np.float32)

    @property
    def _model(self) -> Any:
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded

    def _load(self) -> Any:
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]

        try:
            return SentenceTransformer(str(self._path), device="cpu", local_files_only=True)
        except Exception as error:
            raise ModelError(
                f"{self._path} cannot be loaded as a sentence-transformers model: {error}",
                remedy=f"run `askive models verify {self._model_id}`",
            ) from error
