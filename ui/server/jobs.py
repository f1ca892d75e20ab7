"""Jobs for the generator: one at a time, in a bounded queue that is fair to its callers.

The queue lives in the event loop; the work itself runs in a thread. A job whose client has gone gives its place back at
once when it waits, and is cancelled when it runs.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict, deque
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, suppress
from threading import Event as Flag
from typing import Generic, TypeVar

from askive.models.cancellation import Stopped, stopping_at
from askive.models.threads import items_in_thread
from askive.ui.chat.scheduler import Scheduler, TurnCancelled, Work
from askive.ui.server.failures import AnswerTimeout, QueueFull

T = TypeVar("T")

_FIRST_GUESS_S = 5.0
_MAX_RETRY_S = 120


class JobQueue:
    """The queue of one server. Use it in one event loop only.

    scheduler: shared with indexing, which gives way between batches. max_waiting: places besides the running job.
    max_per_caller: places of one caller. time_limit_s: for one job, from its start.
    """

    def __init__(
        self, scheduler: Scheduler, *, max_waiting: int, max_per_caller: int, time_limit_s: float
    ) -> None:
        self.time_limit_s = time_limit_s
        self._scheduler = scheduler
        self._max_waiting = max_waiting
        self._max_per_caller = max_per_caller
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._promised: dict[str, float] = {}
        self._running = False
        self._cancels: set[Flag] = set()
        self._typical_s = _FIRST_GUESS_S
        self._thread = ThreadPoolExecutor(1, "askive-generator")

    @property
    def n_waiting(self) -> int:
        """Number of jobs that wait."""
        return sum(map(len, self._waiting.values()))

    @property
    def is_busy(self) -> bool:
        """Whether a job has its turn."""
        return self._running

    def begin(self, caller: str, work: Callable[[Flag], Iterator[T]]) -> Job[T]:
        """Take a place in the queue.

        work: called in the thread when the turn has come; gets the flag that cancels it.
        Raises QueueFull when all places, or those of the caller, are taken.
        """
        n_own, retry_s = len(self._waiting.get(caller, ())), self.retry_after_s()
        if n_own >= self._max_per_caller:
            raise QueueFull(f"{n_own} questions are waiting with this token already", retry_s)
        if self._n_free(caller) <= 0:
            self._promised[caller] = time.monotonic() + 2 * retry_s
            raise QueueFull(f"{self.n_waiting} questions are waiting already", retry_s)
        self._promised.pop(caller, None)
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(caller, deque()).append(turn)
        self._admit()
        return Job(self, caller, turn, work)

    def retry_after_s(self) -> int:
        """Seconds until a place is free that is not promised, from the duration of the last jobs; 1 to 120."""
        return max(1, min(_MAX_RETRY_S, math.ceil(self._typical_s * (1 + len(self._promised)))))

    def close(self) -> None:
        """Cancel the running job, without waiting for its end, and accept no more."""
        for cancel in self._cancels:
            cancel.set()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _n_free(self, caller: str) -> int:
        """Places that the caller may take: not those promised to others, who were refused and have waited since.

        Otherwise callers that ask again at once would take each place before those that wait as they were told.
        """
        now = time.monotonic()
        self._promised = {name: until for name, until in self._promised.items() if until > now}
        n_free = self._max_waiting - self.n_waiting
        return n_free if caller in self._promised else n_free - len(self._promised)

    def _admit(self) -> None:
        """Give the turn to the next caller: each in turn, whatever the number of their jobs."""
        while not self._running and self._waiting:
            caller, turns = self._waiting.popitem(last=False)
            turn = turns.popleft()
            if turns:
                self._waiting[caller] = turns
            if not turn.done():
                turn.set_result(None)
                self._running = True

    def _leave(self, caller: str, turn: asyncio.Future[None]) -> None:
        """Give a place in the queue back."""
        turns = self._waiting.get(caller)
        if turns is not None and turn in turns:
            turns.remove(turn)
            if not turns:
                del self._waiting[caller]

    def _done(self, cancel: Flag, took_s: float) -> None:
        self._cancels.discard(cancel)
        if took_s:
            self._typical_s = 0.7 * self._typical_s + 0.3 * took_s
        self._running = False
        self._admit()


class Job(Generic[T]):
    """One job, from its place in the queue to its end. Call `close` in any case."""

    def __init__(
        self, queue: JobQueue, caller: str, turn: asyncio.Future[None], work: Callable[[Flag], Iterator[T]]
    ) -> None:
        self._queue = queue
        self._caller = caller
        self._turn = turn
        self._work = work
        self._cancel = Flag()
        self._started = False

    async def items(self) -> AsyncGenerator[T, None]:
        """What the work yields. Raises its errors, and AnswerTimeout."""
        await self._turn
        queue, began = self._queue, time.monotonic()
        self._started = True
        queue._cancels.add(self._cancel)
        items = items_in_thread(
            queue._thread,
            self._guarded,
            self._cancel,
            limit_s=queue.time_limit_s,
            ended=lambda: queue._done(self._cancel, time.monotonic() - began),
        )
        try:
            async with aclosing(items):
                async for item in items:
                    yield item
        except TimeoutError:
            raise AnswerTimeout(
                f"it took longer than {queue.time_limit_s:g} s", remedy="ask a narrower question"
            ) from None

    async def all(self) -> list[T]:
        """All items; closes the job. Raises as `items`."""
        try:
            return [item async for item in self.items()]
        finally:
            self.close()

    def close(self) -> None:
        """Cancel the work, or give the place in the queue back; safe to call twice and after the end."""
        self._cancel.set()
        if self._started:
            return
        self._queue._leave(self._caller, self._turn)
        if self._turn.done() and not self._turn.cancelled():
            # It had its turn and did not use it.
            self._started = True
            self._queue._done(self._cancel, 0.0)
        else:
            self._turn.cancel()

    def _guarded(self) -> Iterator[T]:
        """The work in its turn of the scheduler; ends early when it is cancelled."""
        with (
            suppress(TurnCancelled, Stopped),
            self._queue._scheduler.turn(Work.QUESTION, self._cancel),
            stopping_at(self._cancel),
        ):
            yield from self._work(self._cancel)
