"""Settings -> what they name: embedder, generator, reader, retriever, and the warm-up before a first question."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence

from askive.models.protocols import Embedder, Generator, Reranker, Warmable
from askive.models.reader.cross_encoder import Reader
from askive.rag.config import Config
from askive.rag.retrieval.rerank import LikelihoodReranker
from askive.rag.retrieval.retriever import Retriever
from askive.rag.store.archive import Archive


def open_embedder(config: Config) -> Embedder:
    """The embedder of the settings; see `askive.models.registry.load_embedder`.

    Raises UsageError (another kind of model), ModelNotFound, WeightsError, EndpointError.
    """
    from askive.models.registry import load_embedder

    return load_embedder(config.embedder, config.models_dir, precision=config.embedder_precision)


def open_generator(config: Config, spec: str | None = None) -> Generator:
    """The generator of the settings, or another one under the same settings; see
    `askive.models.registry.load_generator`.

    Raises UsageError (another kind of model), ModelNotFound, WeightsError, ModelError, EndpointError.
    """
    from askive.models.registry import load_generator

    return load_generator(
        spec or config.generator,
        config.models_dir,
        context_tokens=config.generation.context_tokens,
        n_threads=config.generation.n_threads,
        memory_mb=config.cache.memory_mb,
        disk_mb=config.cache.disk_mb,
    )


def open_reader(config: Config) -> Reader | None:
    """The reader of the settings; None when it is off. Raises ModelNotFound, ModelError."""
    from askive.models.registry import load_reader

    return load_reader(config.reader, config.models_dir)


def open_retriever(
    config: Config, archive: Archive, generator: Generator | None = None, reader: Reranker | None = None
) -> Retriever:
    """The retriever of the settings. Nothing else makes one.

    generator, reader: models that are loaded already. What `retrieval.rerank` needs beyond them is loaded here;
    `Retriever.close` frees it.
    Raises ConfigError when the reader is to rerank and is off, ModelNotFound, and what loading raises.
    """
    if config.retrieval.rerank == "off":
        return Retriever(archive, config.retrieval)
    if config.retrieval.rerank == "reader":
        return Retriever(archive, config.retrieval, reader or open_reader(config))
    if generator is not None:
        return Retriever(archive, config.retrieval, LikelihoodReranker(generator))
    loaded = open_generator(config)
    return Retriever(archive, config.retrieval, LikelihoodReranker(loaded), free=loaded.close)


class Warming:
    """Steps taken one after the other in a thread of their own.

    A step that fails is passed over: whoever needs what it loads loads it again, and has the error.
    """

    def __init__(self, steps: Sequence[Callable[[], object]]) -> None:
        self._stopped = threading.Event()
        # Not a daemon: a process must not end in the middle of a compilation.
        self._thread = threading.Thread(target=self._take, args=(steps,), name="warming")
        self._thread.start()

    def stop(self) -> None:
        """Begin no further step and wait for the one under way (some hundred ms); safe to call twice."""
        self._stopped.set()
        self._thread.join()

    def _take(self, steps: Sequence[Callable[[], object]]) -> None:
        for step in steps:
            if self._stopped.is_set():
                return
            with contextlib.suppress(Exception):
                step()


def start_warming(embedder: Embedder, reader: Reader | None) -> Warming:
    """Load what the two load at their first use, without anything being asked of an endpoint."""
    steps: list[Callable[[], object]] = []
    if isinstance(embedder, Warmable):
        steps.append(embedder.warm)
    steps.append(_import_faiss)
    if reader is not None:
        steps.append(reader.warm)
    return Warming(steps)


def _import_faiss() -> None:
    import faiss  # noqa: F401
