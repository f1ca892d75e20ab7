"""Iterators that run in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from threading import Event as Flag
from typing import Any

import pytest

from askive.models.threads import items_in_thread


def counted(cancel: Flag) -> Iterator[int | None]:
    yield from (0, None, 2)
    assert cancel.wait(5)


def read(**more: Any) -> tuple[list[int | None], Flag, list[str]]:
    """The first three items, the flag, and whether the end was reported."""

    async def main() -> tuple[list[int | None], Flag, list[str]]:
        cancel, log, got = Flag(), list[str](), list[int | None]()
        done = asyncio.Event()
        with ThreadPoolExecutor(1) as thread:

            def end() -> None:
                log.append("ended")
                done.set()

            items = items_in_thread(thread, lambda: counted(cancel), cancel, ended=end, **more)
            async with aclosing(items):
                async for item in items:
                    got.append(item)
                    if len(got) == 3 and not more:
                        break
            await asyncio.wait_for(done.wait(), 5)
        return got, cancel, log

    return asyncio.run(main())


def test_stopping_early_cancels_the_work() -> None:
    got, cancel, log = read()
    assert (got, cancel.is_set(), log) == ([0, None, 2], True, ["ended"])


def test_a_limit_ends_it() -> None:
    with pytest.raises(TimeoutError):
        read(limit_s=0.05)


def test_errors_reach_the_reader() -> None:
    def fail() -> Iterator[int]:
        yield 1
        raise KeyError("broken")

    async def main() -> list[int]:
        with ThreadPoolExecutor(1) as thread:
            return [item async for item in items_in_thread(thread, fail, Flag())]

    with pytest.raises(KeyError, match="broken"):
        asyncio.run(main())
