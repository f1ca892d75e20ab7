"""Settings -> the embedder they name."""

from __future__ import annotations

from models.protocols import Embedder
from rag.config import Config


def open_embedder(config: Config) -> Embedder:
    """The embedder of the settings; see `models.registry.load_embedder`.

    Raises UsageError (another kind of model), ModelNotFound, WeightsError, EndpointError.
    """
    from models.registry import load_embedder

    return load_embedder(config.embedder, config.models_dir, precision=config.embedder_precision)
