"""Server-sent events, and requests whose client goes away."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from askive.ui.failures import reported
from askive.ui.server.failures import error_body

T = TypeVar("T")

_KEEP_ALIVE_S = 10.0


class EventStream(StreamingResponse):
    """A stream of server-sent events. close: called when the stream has ended or the client has gone.

    While nothing happens, a comment is sent every ten seconds, so that proxies keep the connection. An error ends the
    stream with an event `error`.
    """

    def __init__(self, events: AsyncIterator[str], close: Callable[[], None]) -> None:
        super().__init__(_with_keep_alive(events), media_type="text/event-stream")
        self._close = close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._close()


def sse(data: Any, event: str | None = None) -> str:
    """One event. data: a JSON value, or a string that is sent as it is."""
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return (f"event: {event}\n" if event else "") + f"data: {text}\n\n"


async def _with_keep_alive(events: AsyncIterator[str]) -> AsyncIterator[str]:
    following: asyncio.Task[str] | None = None
    try:
        while True:
            following = following or asyncio.ensure_future(anext(events))
            done, _ = await asyncio.wait({following}, timeout=_KEEP_ALIVE_S)
            if not done:
                yield ": waiting\n\n"
                continue
            try:
                text = following.result()
            except StopAsyncIteration:
                return
            except Exception as error:  # The client must get every error.
                yield sse(error_body(reported(error, "a stream", "askive serve")), "error")
                return
            following = None
            yield text
    finally:
        if following is not None:
            following.cancel()


async def unless_gone(request: Request, work: Awaitable[T]) -> T:
    """The result of the work, which is cancelled when the client goes away. Raises ClientDisconnect then."""
    working = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_until_gone(request))
    try:
        await asyncio.wait({working, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        for task in (working, gone):
            if not task.done():
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task


async def _until_gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
