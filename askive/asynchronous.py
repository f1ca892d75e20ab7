"""The assistant for programs with an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from threading import Event as Flag
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from askive.rag.assistant import Assistant
    from askive.rag.config import Config
    from askive.rag.store.filters import Filter
    from askive.rag.types import Answer, Event, QuestionKind, Turn


class AsyncAssistant:
    """An assistant whose work runs in a thread; questions are answered one after the other."""

    def __init__(self, assistant: Assistant, thread: ThreadPoolExecutor) -> None:
        self.assistant = assistant
        self._thread = thread

    async def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        admitted: Filter | None = None,
        kind: QuestionKind | None = None,
        words: int | None = None,
    ) -> Answer:
        """As `Assistant.ask`. When the task is cancelled, the answer is too."""
        from askive.rag.types import Final

        async with aclosing(
            self.stream(question, history, admitted=admitted, kind=kind, words=words)
        ) as events:
            async for event in events:
                if isinstance(event, Final):
                    return event.answer
        raise AssertionError("a stream always ends with Final")

    async def stream(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        admitted: Filter | None = None,
        kind: QuestionKind | None = None,
        words: int | None = None,
    ) -> AsyncGenerator[Event, None]:
        """As `Assistant.stream`. Closing the iterator cancels the answer."""
        from askive.models.threads import items_in_thread

        cancel = Flag()
        items = items_in_thread(
            self._thread,
            lambda: self.assistant.stream(
                question, history, cancel, admitted=admitted, kind=kind, words=words
            ),
            cancel,
        )
        async with aclosing(items):
            async for event in items:
                yield event


@asynccontextmanager
async def open_async(
    source: str | Path | None = None, *, config: Config | None = None
) -> AsyncIterator[AsyncAssistant]:
    """As `askive.open`, for `async with`: loading and answering do not block the event loop."""
    from askive.interface import open as open_assistant

    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1, "askive") as thread:
        assistant = await loop.run_in_executor(thread, lambda: open_assistant(source, config=config))
        try:
            yield AsyncAssistant(assistant, thread)
        finally:
            await loop.run_in_executor(thread, assistant.close)
