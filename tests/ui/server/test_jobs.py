"""The queue: one job at a time, fair, bounded, and places that come back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from threading import Event as Flag
from typing import Any

import pytest

from askive.models.errors import ModelError
from askive.ui.chat.scheduler import Scheduler
from askive.ui.server.failures import AnswerTimeout, QueueFull
from askive.ui.server.jobs import JobQueue

FREED_S = 0.2


@asynccontextmanager
async def queue(**limits: Any) -> AsyncIterator[JobQueue]:
    made = JobQueue(Scheduler(), **{"max_waiting": 50, "max_per_caller": 50, "time_limit_s": 10.0, **limits})
    try:
        yield made
    finally:
        made.close()


def until_cancelled(cancel: Flag) -> Iterator[str]:
    yield "begun"
    assert cancel.wait(10)


def note(log: list[str], name: str) -> Callable[[Flag], Iterator[str]]:
    def work(_: Flag) -> Iterator[str]:
        log.append(name)
        yield name

    return work


def test_callers_take_turns_whatever_they_send() -> None:
    async def check() -> list[str]:
        log: list[str] = []
        async with queue() as jobs:
            first = jobs.begin("zero", until_cancelled)
            items = first.items()
            assert await anext(items) == "begun"
            waiting = [jobs.begin("many", note(log, "many")) for _ in range(6)]
            waiting += [jobs.begin(name, note(log, name)) for name in ("few", "few", "one")]
            assert jobs.n_waiting == 9
            first.close()
            await asyncio.gather(*(job.all() for job in waiting))
            assert jobs.n_waiting == 0
        return log

    assert asyncio.run(check()) == ["many", "few", "one", "many", "few", "many", "many", "many", "many"]


def test_a_full_queue_refuses_with_a_time() -> None:
    async def check() -> None:
        async with queue(max_waiting=3, max_per_caller=2) as jobs:
            running = jobs.begin("a", until_cancelled)
            held = [jobs.begin("a", until_cancelled) for _ in range(2)]
            with pytest.raises(QueueFull, match="2 questions are waiting with this token") as caught:
                jobs.begin("a", until_cancelled)
            assert 1 <= caught.value.retry_after_s <= 120
            held.append(jobs.begin("b", until_cancelled))
            with pytest.raises(QueueFull, match="3 questions are waiting already"):
                jobs.begin("c", until_cancelled)
            for job in (*held, running):
                job.close()
                job.close()
            assert jobs.n_waiting == 0
            assert await jobs.begin("c", note([], "c")).all() == ["c"]

    asyncio.run(check())


@pytest.mark.parametrize("started", [False, True])
def test_a_place_is_free_soon_after_its_client_is_gone(started: bool) -> None:
    """started: the job that is given up was running; else it had its turn, but its client had not begun to read."""

    async def check() -> float:
        async with queue() as jobs:
            gone = jobs.begin("a", until_cancelled)
            if started:
                items = gone.items()
                await anext(items)
            following = asyncio.ensure_future(jobs.begin("b", note([], "b")).all())
            await asyncio.sleep(0)
            began = time.monotonic()
            gone.close()
            assert await following == ["b"]
            return time.monotonic() - began

    assert asyncio.run(check()) < FREED_S


def test_errors_and_the_time_limit_reach_the_caller() -> None:
    def fail(_: Flag) -> Iterator[str]:
        yield "first"
        raise ModelError("the model is broken", remedy="repair it")

    async def check() -> None:
        async with queue(time_limit_s=0.1) as jobs:
            with pytest.raises(ModelError, match="the model is broken"):
                await jobs.begin("a", fail).all()
            with pytest.raises(AnswerTimeout, match=r"longer than 0\.1 s"):
                await jobs.begin("a", until_cancelled).all()
            assert await jobs.begin("a", note([], "a")).all() == ["a"]

    asyncio.run(check())


def test_closing_the_queue_cancels_what_runs() -> None:
    async def check() -> None:
        async with queue() as jobs:
            items = jobs.begin("a", until_cancelled).items()
            await anext(items)
            jobs.close()
            assert [item async for item in items] == []

    asyncio.run(check())


def test_who_was_refused_has_the_next_place() -> None:
    async def check() -> None:
        async with queue(max_waiting=2) as jobs:
            held = [jobs.begin("eager", until_cancelled) for _ in range(3)]
            with pytest.raises(QueueFull):
                jobs.begin("patient", until_cancelled)
            held[1].close()
            with pytest.raises(QueueFull):
                jobs.begin("eager", until_cancelled)
            held.append(jobs.begin("patient", until_cancelled))
            for job in held:
                job.close()

    asyncio.run(check())
