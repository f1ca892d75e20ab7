"""Who reads and embeds files: the machines of a Ray cluster, behind the interface that one machine has too."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Protocol

from askive.models.protocols import Embedder, Vectors
from askive.rag.cluster.actors import ATTEMPTS, RayActors, WorkerLost
from askive.rag.config import PassageConfig
from askive.rag.errors import LoadError
from askive.rag.ingest.cluster.machine import Machine, OpenEmbedder, n_parsers
from askive.rag.ingest.embed_ahead import Embeds
from askive.rag.ingest.parser_pool import ParserPool


class Workers(Protocol):
    """Parsers and embedders for `askive.rag.ingest.pipeline`."""

    @property
    def n_embedders(self) -> int:
        """Batches that are worth embedding at a time."""
        ...

    def open_parsers(self, passages: PassageConfig, *, tesseract: str) -> ParserPool:
        """As the constructor of ParserPool."""
        ...

    def open_embedder(self, embedder: Embedder) -> Embeds:
        """An embedder with the vectors of this one; `embed_once` may be called from `n_embedders` threads."""
        ...


class RayWorkers:
    """The machines of a Ray cluster: on each one parser processes with their limits, and one embedder.

    The calling process reads the files and writes the store, so a document is in it once, whatever happens to the
    machines. What a lost machine was doing is done by another one; a file that has cost ATTEMPTS workers is set
    aside.
    address: as in RayActors. open_embedder: opens the embedder on a machine; None embeds here, in threads, which is for
    embedders on a server. body: the class of the actors.
    Raises UsageError, ArchiveError as RayActors.
    """

    def __init__(
        self, address: str, open_embedder: OpenEmbedder | None, *, body: type[Machine] = Machine
    ) -> None:
        self._embeds_here = open_embedder is None
        self._actors = RayActors(address, body, [open_embedder], n_places=_n_places)

    @property
    def n_embedders(self) -> int:
        """One for each machine."""
        return max(1, self._actors.n_actors)

    def open_parsers(self, passages: PassageConfig, *, tesseract: str) -> ParserPool:
        """A pool whose jobs are done by the machines."""
        return ParserPool(
            passages, max(2, self._actors.n_places), tesseract, lambda: _RayParser(self._actors)
        )

    def open_embedder(self, embedder: Embedder) -> Embeds:
        """The embedders of the machines; each must have the digest of this one."""
        return _Here(embedder) if self._embeds_here else _RayEmbedder(self._actors, embedder.digest)

    def close(self) -> None:
        """End what runs on the machines; safe to call twice."""
        self._actors.close()

    def __enter__(self) -> RayWorkers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _n_places(n_cpus: int) -> int:
    """A file for each parser process, one that waits, and a batch to embed: what is lost with a machine is little."""
    return n_parsers(n_cpus) + 2


class _RayParser:
    """A Parser for one of the pool's threads; the machines are shared."""

    def __init__(self, actors: RayActors) -> None:
        self._actors = actors
        self._stop = threading.Event()

    def reply(self, fields: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
        """As in `Parser`."""
        try:
            reply: tuple[dict[str, Any], bytes] = self._actors.call("parse", fields, data, stop=self._stop)
        except WorkerLost as error:
            raise LoadError(
                f"{fields['uri']} was set aside: {ATTEMPTS} workers ended while they read it",
                remedy="read it alone with `askive index FILE --workers processes`, or leave it out",
            ) from error
        return reply

    def replace(self) -> None:
        """The machine does that itself."""

    def enforce_limits(self) -> None:
        """The machine does that itself."""

    def close(self) -> None:
        """The reply of a call that runs is no longer waited for."""
        self._stop.set()


class _RayEmbedder:
    """Embeds on the machine with the fewest calls."""

    def __init__(self, actors: RayActors, digest: str) -> None:
        self._actors = actors
        self._digest = digest

    def embed_once(self, texts: Sequence[str]) -> Vectors:
        """One row per text. Raises ArchiveError when no machine can embed them."""
        vectors: Vectors = self._actors.call("embed", list(texts), self._digest)
        return vectors


class _Here:
    """An embedder on a server, asked from several threads of this process."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def embed_once(self, texts: Sequence[str]) -> Vectors:
        """One row per text."""
        return self._embedder.embed(texts)
