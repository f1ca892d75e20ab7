"""Iterators that run in a thread, read from an event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterable
from concurrent.futures import Executor
from threading import Event as Flag
from typing import TypeVar

T = TypeVar("T")


async def items_in_thread(
    executor: Executor,
    work: Callable[[], Iterable[T]],
    cancel: Flag,
    *,
    limit_s: float | None = None,
    ended: Callable[[], None] = lambda: None,
) -> AsyncGenerator[T, None]:
    """The items that `work` yields in a thread of the executor, as they come.

    cancel: set when the reader stops early; the work should end soon then. limit_s: for all items together.
    ended: called in the event loop when the work has ended, which may be after the last item was read.
    Raises the errors of the work, and TimeoutError.
    """
    loop = asyncio.get_running_loop()
    arrived: asyncio.Queue[tuple[T] | BaseException | None] = asyncio.Queue()

    def put(item: tuple[T] | BaseException | None) -> None:
        try:
            loop.call_soon_threadsafe(arrived.put_nowait, item)
        except RuntimeError:
            # The loop was closed.
            cancel.set()

    def run() -> None:
        try:
            for item in work():
                put((item,))
                if cancel.is_set():
                    break
        except BaseException as error:  # The reader must get every error.
            put(error)
        finally:
            put(None)

    deadline = None if limit_s is None else time.monotonic() + limit_s
    running = loop.run_in_executor(executor, run)
    running.add_done_callback(lambda _: ended())
    try:
        while True:
            left_s = None if deadline is None else max(0.0, deadline - time.monotonic())
            item = await asyncio.wait_for(arrived.get(), left_s)
            if item is None:
                return
            if isinstance(item, BaseException):
                raise item
            yield item[0]
    finally:
        cancel.set()
