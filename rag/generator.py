"""Settings -> the generator they name."""

from __future__ import annotations

from models.protocols import Generator
from rag.config import Config


def open_generator(config: Config, spec: str | None = None) -> Generator:
    """The generator of the settings, or another one under the same settings; see `models.registry.load_generator`.

    Raises UsageError (another kind of model), ModelNotFound, WeightsError, ModelError, EndpointError.
    """
    from models.registry import load_generator

    return load_generator(
        spec or config.generator,
        config.models_dir,
        context_tokens=config.generation.context_tokens,
        n_threads=config.generation.n_threads,
        memory_mb=config.cache.memory_mb,
        disk_mb=config.cache.disk_mb,
    )
