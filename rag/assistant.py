"""The assistant that all interfaces use: question -> events -> Answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from threading import Event as Flag
from types import TracebackType

from askive.models.protocols import Generator
from askive.models.reader.cross_encoder import Reader
from askive.rag.answer.answerer import Answerer
from askive.rag.answer.checks import ALL, Checks
from askive.rag.collections.renewal import read_collection
from askive.rag.config import Config
from askive.rag.factory import (
    Preloading,
    mark_answering,
    open_generator,
    open_reader,
    open_retriever,
    start_preloading,
)
from askive.rag.store.archive import Archive
from askive.rag.store.filters import Filter
from askive.rag.types import Answer, Event, Final, Hit, QuestionKind, Turn


class Assistant:
    """Answers questions from one archive, one question at a time; raises UsageError after `close`."""

    def __init__(
        self,
        archive: Archive,
        generator: Generator,
        config: Config,
        reader: Reader | None = None,
        checks: Checks = ALL,
    ) -> None:
        self.archive = archive
        self.generator = generator
        retriever = open_retriever(config, archive, generator, reader)
        self._answerer = Answerer(archive, generator, config, reader, retriever, checks)
        self._config = config
        self._preloading: Preloading | None = None

    @classmethod
    def open(cls, config: Config, collection: str) -> Assistant:
        """Load the configured models and open an existing collection.

        Raises CollectionNotFound, ModelNotFound, FingerprintMismatch.
        """
        archive = read_collection(config, collection)
        reader = open_reader(config)
        preloading = start_preloading(archive.embedder, reader)
        try:
            opened = cls(archive, open_generator(config), config, reader)
        except BaseException:
            try:
                preloading.stop()
            finally:
                archive.close()
            raise
        opened._preloading = preloading
        return opened

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        admitted: Filter | None = None,
        kind: QuestionKind | None = None,
        words: int | None = None,
    ) -> Answer:
        """The answer, without its events; parameters and errors as in `stream`."""
        for event in self.stream(question, history, admitted=admitted, kind=kind, words=words):
            if isinstance(event, Final):
                return event.answer
        raise AssertionError("a stream always ends with Final")

    def anticipate(
        self,
        partial_question: str,
        history: Sequence[Turn] = (),
        cancel: Flag | None = None,
        *,
        admitted: Filter | None = None,
        kind: QuestionKind | None = None,
        found: Callable[[], None] = lambda: None,
    ) -> tuple[Hit, ...]:
        """Retrieve and prefill for a question that is still being typed; returns the hits, none when cancelled.

        Text without a final mark is taken for a question whose question mark is missing so far. This only speeds up the
        answer to the finished question and does not change it. Nothing is done for one that needs no passages, such as
        "Which documents mention it?".
        found: called when retrieval is done and only the prefill remains. From then on the finished question may be
        streamed in parallel: its sources come at once, and its first token after the prefill.
        Raises UsageError for an unknown field of the filter; ModelError when the generator fails.
        """
        self.archive.require_open()
        return self._answerer.anticipate(partial_question, history, cancel, admitted, found, kind)

    def read_opening(self, history: Sequence[Turn] = (), cancel: Flag | None = None) -> bool:
        """Prefill the beginning of the next prompt, which is the same for every question; False when cancelled.

        Answers do not change. Raises ModelError when the generator fails.
        """
        self.archive.require_open()
        return self._answerer.read_opening(history, cancel)

    def stream(
        self,
        question: str,
        history: Sequence[Turn] = (),
        cancel: Flag | None = None,
        *,
        admitted: Filter | None = None,
        kind: QuestionKind | None = None,
        words: int | None = None,
    ) -> Iterator[Event]:
        """Events: Searching, Sources, Progress..., Token..., Final. A refusal is a Final answer, not an exception.

        admitted: a filter on documents. kind: as what to answer the question; None decides by the question. words: of a
        summary, 20 to 2,000; without it as many as the question says, or 150.
        Raises UsageError for a question that is empty, longer than 12,000 characters or not a string, and for an
        unknown field in the filter; ModelError when the generator fails.
        """
        self.archive.require_open()
        with mark_answering(self._config):
            yield from self._answerer.stream(question, history, cancel, admitted, kind, words)

    def close(self) -> None:
        """Free the models and close the archive; safe to call twice."""
        if self._preloading is not None:
            self._preloading.stop()
        self.generator.close()
        self.archive.close()

    def __enter__(self) -> Assistant:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
