"""What runs on each machine of a cluster: parser processes with their limits, and one embedder."""

from __future__ import annotations

import platform
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from askive.models.protocols import Embedder, Vectors
from askive.rag.cluster.actors import Unfit
from askive.rag.errors import ArchiveError, FingerprintMismatch, LoadError
from askive.rag.ingest.frames import BrokenFrame, loaded_from
from askive.rag.ingest.parser_pool import ProcessParser
from askive.rag.load.limits import unreadable
from askive.rag.load.recognition.tesseract import find_tesseract

MAX_PARSERS = 16
"""Processes on one machine."""
_LOOK_S = 0.1


def n_parsers(n_cpus: int) -> int:
    """Parser processes on a machine with so many processors."""
    return max(1, min(n_cpus - 1, MAX_PARSERS))


OpenEmbedder = Callable[[], Embedder]


class Machine:
    """The body of an actor. Its methods may be called from several threads.

    open_embedder: called with the first text to embed. n_cpus: of the machine; all but one get a parser process.
    """

    def __init__(self, open_embedder: OpenEmbedder, n_cpus: int) -> None:
        self._open_embedder = open_embedder
        self._embedder: Embedder | None = None
        self._embedding = threading.Lock()
        # A parser process ends with the thread that started it, so the threads are our own.
        self._threads = ThreadPoolExecutor(n_parsers(n_cpus), "parse")
        self._own = threading.local()
        self._parsers: list[ProcessParser] = []
        threading.Thread(target=self._watch, name="parse-watch", daemon=True).start()

    def ready(self) -> None:
        """Do nothing."""

    def parse(self, fields: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
        """The reply of a parser process, or `failure` and `remedy`; fields: as in `askive.rag.ingest.parser_worker`."""
        return self._threads.submit(self._parse, fields, data).result()

    def embed(self, texts: Sequence[str], digest: str) -> Vectors:
        """Shape (len(texts), dimension), unit rows. digest: of the embedder that is expected.

        Raises FingerprintMismatch when this machine has another one, and the errors of loading it.
        """
        with self._embedding:
            if self._embedder is None:
                self._embedder = self._open_embedder()
            if self._embedder.digest != digest:
                raise FingerprintMismatch(
                    f"{platform.node()} has another {self._embedder.model_id} than the machine that indexes",
                    remedy=f"run `askive models pull {self._embedder.model_id}` on {platform.node()}",
                )
            return self._embedder.embed(texts)

    def _parse(self, fields: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
        parser: ProcessParser | None = getattr(self._own, "parser", None)
        if parser is None:
            parser = self._own.parser = ProcessParser()
            self._parsers.append(parser)
        try:
            if fields["tesseract"]:
                fields = {**fields, "tesseract": _tesseract_here(fields["uri"])}
            reply, content = parser.reply(fields, data)
        except LoadError as error:
            return {"failure": error.message, "remedy": error.remedy}, b""
        except ArchiveError as error:
            raise Unfit(f"{error.message} on {platform.node()}", remedy=error.remedy) from error
        try:
            loaded_from(reply, content, fields["uri"], "")
        except LoadError:
            # A failure that it reports.
            pass
        except BrokenFrame as error:
            parser.replace()
            failure = unreadable(fields["uri"], error)
            return {"failure": failure.message, "remedy": failure.remedy}, b""
        return reply, content

    def _watch(self) -> None:
        pause = threading.Event()
        while not pause.wait(_LOOK_S):
            for parser in self._parsers:
                parser.enforce_limits()


def _tesseract_here(uri: str) -> str:
    """The path of Tesseract on this machine. Raises LoadError when it has none: the text would be lost."""
    if found := find_tesseract():
        return found
    raise LoadError(
        f"{uri} was given to {platform.node()}, which has no Tesseract",
        remedy=f"install Tesseract on {platform.node()}, or set ocr = off",
    )
