"""Settings -> what they name: embedder, generator, reranker, and the warm-up before a first question."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from askive.models.protocols import Embedder, Generator, Reranker, Warmable
from askive.models.reader.cross_encoder import Reader
from askive.rag.config import Config
from askive.rag.retrieval.rerank import LikelihoodReranker


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


def open_reranker(config: Config, stack: ExitStack) -> Reranker | None:
    """The model that `retrieval.rerank` asks for, closed with the stack; None when it, or the reader, is off.

    Raises ModelNotFound and what loading raises.
    """
    if config.retrieval.rerank == "off":
        return None
    if config.retrieval.rerank == "reader":
        return open_reader(config)
    generator = open_generator(config)
    stack.callback(generator.close)
    return LikelihoodReranker(generator)


def loaded_reranker(config: Config, generator: Generator, reader: Reader | None) -> Reranker | None:
    """The models that are loaded anyway, as `retrieval.rerank` asks for."""
    chosen = config.retrieval.rerank
    return LikelihoodReranker(generator) if chosen == "likelihood" else reader if chosen == "reader" else None


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
