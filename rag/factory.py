"""Open what the settings name: embedder, generator, reader, retriever; load it ahead of the first question."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from askive.models.busy import mark_busy
from askive.models.protocols import Embedder, Generator, Reranker, Warmable, abilities_of
from askive.models.reader.cross_encoder import Reader
from askive.models.remote.transport import servers_of
from askive.rag.cluster.actors import address_of
from askive.rag.config import Config, default_home
from askive.rag.errors import ConfigError
from askive.rag.retrieval.rerank import LikelihoodReranker
from askive.rag.retrieval.retriever import Retriever
from askive.rag.store.archive import Archive

if TYPE_CHECKING:
    from askive.rag.ingest.cluster.workers import RayWorkers


def open_embedder(config: Config) -> Embedder:
    """The configured embedder; see `askive.models.registry.load_embedder`.

    Raises UsageError (another kind of model), ModelNotFound, WeightsError, EndpointError.
    """
    from askive.models.registry import load_embedder

    return load_embedder(
        config.embedder,
        config.models_dir,
        precision=config.embedder_precision,
        remote=config.remote.policy,
    )


def open_workers(config: Config) -> RayWorkers | None:
    """The configured machines for indexing, to be closed; None for the processes of this machine.

    Raises UsageError when Ray is not installed, ArchiveError when its cluster cannot be used.
    """
    address = address_of(config.workers)
    if address is None:
        return None
    from askive.rag.ingest.cluster.workers import RayWorkers

    # An embedder on a server needs no machine of the cluster.
    is_remote = bool(servers_of(config.embedder))
    return RayWorkers(address, None if is_remote else functools.partial(_open_embedder_there, config))


def _open_embedder_there(config: Config) -> Embedder:
    """The embedder on another machine, whose weights may be in another folder."""
    return open_embedder(settings_here(config))


def settings_here(config: Config) -> Config:
    """The settings of another machine, for this one: with the default home if this machine has not the same one."""
    return config if config.home.is_dir() else config.model_copy(update={"home": default_home()})


def open_generator(config: Config, spec: str | None = None) -> Generator:
    """The configured generator, or the generator `spec` with the same settings; see
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
        remote=config.remote.policy,
    )


def open_reader(config: Config) -> Reader | None:
    """The configured reader; None when it is off. Raises ModelNotFound, ModelError."""
    from askive.models.registry import load_reader

    return load_reader(config.reader, config.models_dir)


def mark_answering(config: Config) -> AbstractContextManager[None]:
    """Tell other processes while a question is answered, so that indexing in the background waits."""
    return mark_busy(config.home)


def open_retriever(
    config: Config, archive: Archive, generator: Generator | None = None, reader: Reranker | None = None
) -> Retriever:
    """The configured retriever. All retrievers are made here.

    generator, reader: models that are loaded already. Other models for `retrieval.rerank` are loaded here, and
    `Retriever.close` frees them.
    With a generator that cannot compute likelihoods, `likelihood` is `off`.
    Raises ConfigError when `rerank` needs a model that is not configured, ModelNotFound, and the errors of loading.
    """
    from askive.models.registry import load_reranker

    settings = config.retrieval
    if settings.rerank == "off":
        return Retriever(archive, settings)
    if settings.rerank == "reader":
        return Retriever(archive, settings, reader or open_reader(config))
    if settings.rerank == "remote":
        if config.remote.reranker is None:
            raise ConfigError(
                "retrieval.rerank = remote, and remote.reranker is not set",
                remedy="set remote.reranker to openai:URL#MODEL, or retrieval.rerank to off",
            )
        remote = load_reranker(config.remote.reranker, remote=config.remote.policy)
        return Retriever(archive, settings, remote, free=remote.close)
    loaded = generator or open_generator(config)
    free = loaded.close if generator is None else _nothing
    if not abilities_of(loaded).likelihoods:
        free()
        return Retriever(archive, settings.model_copy(update={"rerank": "off"}))
    return Retriever(archive, settings, LikelihoodReranker(loaded), free=free)


def _nothing() -> None:
    """What there is to free of a model that belongs to the caller."""


class Preloading:
    """Steps that run one after another in a background thread.

    A step that fails is skipped: the caller that needs its result repeats it and gets the error.
    """

    def __init__(self, steps: Sequence[Callable[[], object]]) -> None:
        self._stopped = threading.Event()
        # Not a daemon thread: the process must not exit during a compilation.
        self._thread = threading.Thread(target=self._run, args=(steps,), name="preloading")
        self._thread.start()

    def stop(self) -> None:
        """Skip the remaining steps and wait for the current one (a few hundred ms); safe to call twice."""
        self._stopped.set()
        self._thread.join()

    def _run(self, steps: Sequence[Callable[[], object]]) -> None:
        for step in steps:
            if self._stopped.is_set():
                return
            with contextlib.suppress(Exception):
                step()


def start_preloading(embedder: Embedder, reader: Reader | None) -> Preloading:
    """Load in the background what the two load on first use; sends no request to an endpoint."""
    steps: list[Callable[[], object]] = []
    if isinstance(embedder, Warmable):
        steps.append(embedder.warm)
    steps.append(_import_faiss)
    if reader is not None:
        steps.append(reader.warm)
    return Preloading(steps)


def _import_faiss() -> None:
    import faiss  # noqa: F401
