"""What callers can do, whatever door they come through: HTTP, the OpenAI API or MCP.

Each operation checks role and collection first. A collection outside the caller's scope is answered like one that does
not exist, before anything on the disk is looked at.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from threading import Event as Flag
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

from askive.models.errors import AskiveError
from askive.rag.collections.by_name import choose_collection, collection_row, list_collections
from askive.rag.errors import CollectionNotFound, UsageError
from askive.rag.factory import open_retriever
from askive.rag.serialize import hit_to_dict
from askive.rag.store.filters import Filter
from askive.rag.text.words import storable
from askive.rag.types import Answer, Event, Final, QuestionKind, Sentence, Turn
from askive.ui.chat.workspace import Workspace
from askive.ui.server.audit import AuditLog
from askive.ui.server.failures import Forbidden, QueueFull, cancelled
from askive.ui.server.jobs import Job, JobQueue
from askive.ui.server.tokens import LOCAL, Caller, Role

if TYPE_CHECKING:
    from askive.models.protocols import Vectors
    from askive.ui.running.protocol import Request
    from askive.ui.server.metrics import Metrics

T = TypeVar("T")

_MAX_WORKING = 1000


class Operations:
    """The operations on one workspace. Use them in the event loop that `jobs` belongs to."""

    def __init__(
        self, workspace: Workspace, jobs: JobQueue, audit: AuditLog, metrics: Metrics | None = None
    ) -> None:
        self.workspace = workspace
        self.config = workspace.config
        self.jobs = jobs
        self.audit = audit
        self.is_ready = False
        self._metrics = metrics
        # Searching holds the interpreter most of the time. Each further thread that searches makes every one wait, up
        # to 5 ms, for the interpreter whenever SQLite has given it back: at each row.
        self._searcher = ThreadPoolExecutor(1, "askive-search")
        self._workers = ThreadPoolExecutor(min(os.cpu_count() or 1, 4), "askive-work")
        self._n_working = 0

    def warm(self, collection: str) -> None:
        """Load the models in the background; `is_ready` says when that is done."""

        def load() -> None:
            # The first question reports the error.
            with suppress(AskiveError):
                self.workspace.warm(collection)
                self.is_ready = True

        Thread(target=load, daemon=True).start()

    def close(self) -> None:
        """Cancel what runs. The workspace stays open."""
        self.jobs.close()
        self._searcher.shutdown(wait=False, cancel_futures=True)
        self._workers.shutdown(wait=False, cancel_futures=True)

    def require(self, caller: Caller, role: Role) -> None:
        """Raises Forbidden when the caller does not have the role."""
        if not caller.may(role):
            raise Forbidden(
                f"the token {caller.name!r} has the role {caller.role!r}, this needs {role!r}",
                remedy=f"use a token made with `askive token add NAME --role {role}`",
            )

    def scope(self, caller: Caller, name: str | None) -> str:
        """The name of the collection that a request means; it need not exist.

        Raises CollectionNotFound when it is outside the caller's scope, UsageError when the choice is not clear.
        """
        if name is None:
            return self._default(caller)
        if not caller.admits(name):
            raise not_found(name)
        return name

    def _default(self, caller: Caller) -> str:
        if caller.collections is None:
            return choose_collection(self.config)
        if self.config.collection in caller.collections:
            return self.config.collection
        own = sorted(caller.collections)
        if len(own) > 1:
            raise UsageError(
                f"which collection? There are {', '.join(own)}", remedy="name one in `collection`"
            )
        return own[0]

    async def collection(self, caller: Caller, name: str | None) -> str:
        """As `scope`, for a collection that must exist and be readable. Raises CollectionNotFound, StoreError."""
        return await self.in_thread(self._open, self.scope(caller, name))

    def _open(self, name: str) -> str:
        try:
            self.workspace.archive(name)
        except (CollectionNotFound, UsageError):
            raise not_found(name) from None
        return name

    async def in_thread(self, work: Callable[..., T], *arguments: Any) -> T:
        """Run short work outside the event loop. Raises its errors, and QueueFull."""
        return await self._run(self._workers, work, *arguments)

    async def _run(self, executor: Executor, work: Callable[..., T], *arguments: Any) -> T:
        if self._n_working >= _MAX_WORKING:
            raise QueueFull(f"{self._n_working} requests are waiting already", 1)
        self._n_working += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(executor, work, *arguments)
        finally:
            self._n_working -= 1

    async def in_background(self, work: Callable[[], T]) -> T:
        """Run a change, which may wait for other changes, in a thread of its own. Raises its errors."""
        return await asyncio.to_thread(work)

    async def ask(
        self,
        caller: Caller,
        question: str,
        collection: str | None = None,
        *,
        history: Sequence[Turn] = (),
        admitted: Filter | None = None,
        kind: QuestionKind | None = None,
    ) -> Job[Event]:
        """A job whose items are the events of the answer; close it.

        Raises CollectionNotFound, UsageError, QueueFull.
        """
        question = storable(question).strip()
        if not question:
            raise UsageError("the question is empty", remedy="ask one")
        name = await self.collection(caller, collection)
        began = time.monotonic()

        def work(cancel: Flag) -> Iterator[Event]:
            is_logged = False

            def log(outcome: str, answer: Answer | None = None) -> None:
                nonlocal is_logged
                took_s, is_logged = time.monotonic() - began, True
                ms = round(took_s * 1000)
                self.audit.write(
                    caller, "ask", name, question=question, answer=answer, outcome=outcome, ms=ms
                )
                if self._metrics is not None:
                    self._metrics.count_answer(outcome, took_s)

            try:
                assistant = self.workspace.assistant(name, self.config.generator)
                for event in assistant.stream(
                    question, history, cancel, admitted=admitted or None, kind=kind
                ):
                    # Before the answer is sent, so that no answer is missing from the log.
                    if isinstance(event, Final) and not cancel.is_set():
                        log("refused" if event.answer.refused else "answered", event.answer)
                    yield event
            finally:
                if not is_logged:
                    log("cancelled" if cancel.is_set() else "failed")

        return self.jobs.begin(caller.name, work)

    def log_command(self, request: Request, outcome: str, answer: Answer | None, took_s: float) -> None:
        """Log a question that `askive ask` has asked through the socket; as the logging of `ask`."""
        self.audit.write(
            LOCAL,
            "ask",
            request.collection,
            question=request.question,
            answer=answer,
            outcome=outcome,
            ms=round(took_s * 1000),
        )
        if self._metrics is not None:
            self._metrics.count_answer(outcome, took_s)

    async def search(
        self,
        caller: Caller,
        query: str,
        collection: str | None = None,
        *,
        top_k: int | None = None,
        admitted: Filter | None = None,
    ) -> bytes:
        """`{"hits", "understood"}` as JSON. Raises CollectionNotFound, and UsageError for an empty query."""
        query = storable(query).strip()
        if not query:
            raise UsageError("the query is empty", remedy="search for something")
        name = self.scope(caller, collection)
        return await self._run(self._searcher, self._search, caller, name, query, top_k, admitted)

    def _search(
        self, caller: Caller, name: str, query: str, top_k: int | None, admitted: Filter | None
    ) -> bytes:
        archive = self.workspace.archive(self._open(name))
        # A retriever keeps what it has read of the last question, so threads do not share one.
        with open_retriever(self.config.with_retrieval(rerank="off"), archive) as retriever:
            question = retriever.read(query)
            hits = retriever.retrieve(question, top_k=top_k, admitted=admitted or None)
            found = {
                "hits": [hit_to_dict(hit) for hit in hits],
                "understood": retriever.understand(question).describe(),
            }
        # Here and not in the event loop, which has all connections to serve.
        self.audit.write(caller, "search", name, question=query)
        return json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()

    async def verify(
        self, caller: Caller, text: str, collection: str | None = None, *, generator: bool = True
    ) -> tuple[Job[Sentence], list[str]]:
        """A job whose items are the checked sentences, and the names of the checks, known once it has begun."""
        from askive.rag.verify_text import TextVerifier

        name = await self.collection(caller, collection)
        checks: list[str] = []

        def work(cancel: Flag) -> Iterator[Sentence]:
            assistant = self.workspace.assistant(name, self.config.generator) if generator else None
            archive = assistant.archive if assistant else self.workspace.archive(name)
            judge = assistant.generator if assistant else None
            with TextVerifier(archive, self.config, judge, self.workspace.reader()) as verifier:
                checks.extend(verifier.checks)
                for sentence in verifier.sentences(text):
                    yield sentence
                    if cancel.is_set():
                        return

        job = self.jobs.begin(caller.name, work)
        self.audit.write(caller, "verify", name, question=text)
        return job, checks

    async def overview(
        self, caller: Caller, collection: str | None = None, admitted: Filter | None = None
    ) -> Job[tuple[int, int] | dict[str, Any]]:
        """A job whose items are the progress as (done, total), and last the overview as a dict; close it.

        Raises CollectionNotFound, QueueFull; the job raises UsageError for an unknown publisher or field.
        """
        from askive.rag.overview.overview import OverviewBuilder
        from askive.rag.retrieval.named_documents import checked_filter

        name = await self.collection(caller, collection)

        def work(cancel: Flag) -> Iterator[tuple[int, int] | dict[str, Any]]:
            archive = self.workspace.archive(name)
            chosen = checked_filter(admitted or Filter(), archive.store)
            builder = OverviewBuilder(archive, chosen, cancel.is_set)
            yield from builder.steps()
            if not cancel.is_set():
                yield builder.build().as_dict()

        job = self.jobs.begin(caller.name, work)
        self.audit.write(caller, "overview", name)
        return job

    async def embed(self, caller: Caller, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimension), unit rows."""
        self.audit.write(caller, "embed", None)
        return await self.in_thread(lambda: self.workspace.embedder().embed(list(texts)))

    async def collections(self, caller: Caller) -> list[dict[str, Any]]:
        """The collections in the caller's scope, as `askive collections --json` lists them."""

        def rows() -> list[dict[str, Any]]:
            return [
                collection_row(self.config, name)
                for name in list_collections(self.config)
                if caller.admits(name)
            ]

        return await self.in_thread(rows)


async def answer_of(job: Job[Event]) -> Answer:
    """The final answer of a job, which is closed at the end. Raises its errors."""
    try:
        async for event in job.items():
            if isinstance(event, Final):
                return event.answer
    finally:
        job.close()
    raise cancelled("answer")


def not_found(name: str) -> CollectionNotFound:
    """The same error for a collection that does not exist and for one that the caller may not know of."""
    return CollectionNotFound(
        f"there is no collection {name!r}", remedy="list yours with GET /v1/collections"
    )
