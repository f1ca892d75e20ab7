"""The stream that every interface reads: question -> events -> Answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from threading import Event as Flag
from types import TracebackType

from askive.models.protocols import Generator
from askive.models.reader.cross_encoder import Reader
from askive.rag.answer.answerer import Answerer
from askive.rag.answer.checks import ALL, Checks
from askive.rag.collections.by_name import open_collection
from askive.rag.config import Config
from askive.rag.factory import Warming, open_generator, open_reader, open_retriever, start_warming
from askive.rag.store.archive import Archive
from askive.rag.store.filters import Filter
from askive.rag.types import Answer, Event, Final, Hit, Turn


class Assistant:
    """Answers questions from one archive. Not more than one question at a time; none after `close` (UsageError)."""

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
        self._warming: Warming | None = None

    @classmethod
    def open(cls, config: Config, collection: str) -> Assistant:
        """Load the models named in the settings and open a collection that is there.

        Raises CollectionNotFound, ModelNotFound, FingerprintMismatch.
        """
        archive = open_collection(config, collection)
        reader = open_reader(config)
        warming = start_warming(archive.embedder, reader)
        try:
            opened = cls(archive, open_generator(config), config, reader)
        except BaseException:
            try:
                warming.stop()
            finally:
                archive.close()
            raise
        opened._warming = warming
        return opened

    def ask(self, question: str, history: Sequence[Turn] = (), *, admitted: Filter | None = None) -> Answer:
        """Drain `stream` and return the answer."""
        for event in self.stream(question, history, admitted=admitted):
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
        found: Callable[[], None] = lambda: None,
    ) -> tuple[Hit, ...]:
        """Retrieve and read for what has been typed so far; what was found, nothing when cancelled.

        What ends without a mark is taken for a question whose question mark is still to come. The answer to the
        finished question is the same as without it, only sooner.
        found: called when only the reading is left. From then on the finished question may be streamed beside it:
        its sources come at once, its first word when all is read.
        Raises UsageError for an unknown field of the filter; ModelError when the generator fails.
        """
        self.archive.require_open()
        return self._answerer.anticipate(partial_question, history, cancel, admitted, found)

    def read_opening(self, history: Sequence[Turn] = (), cancel: Flag | None = None) -> bool:
        """Read what the prompt of the next question begins with, whatever it is; False when cancelled.

        No answer changes. Raises ModelError when the generator fails.
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
    ) -> Iterator[Event]:
        """Searching, Sources, Token..., Final. A refusal is a Final answer, never an exception.

        admitted: a filter; documents that it does not admit are not read.
        Raises UsageError for an empty question, one of more than 12,000 characters or that is no string, or an unknown
        field of the filter; ModelError when the generator fails.
        """
        self.archive.require_open()
        yield from self._answerer.stream(question, history, cancel, admitted)

    def close(self) -> None:
        """Free the models and close the archive; safe to call twice."""
        if self._warming is not None:
            self._warming.stop()
        self.generator.close()
        self.archive.close()

    def __enter__(self) -> Assistant:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
