"""One actor on each machine of a Ray cluster, and calls that survive the loss of a machine.

Ray (https://www.ray.io) places the actors and carries arguments and results. Which actor gets a call, and what happens
when it is lost, is decided here: a call whose actor is lost is made again, the last time on an actor that does nothing
else, so that a call that destroys its actors is told from one that was beside it. The loss of a machine does not count.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from askive.rag.errors import ArchiveError, AskiveError, UsageError

PREFIX = "ray"
ATTEMPTS = 3
"""Actors that a call may lose while their machines stay."""
_POLL_S = 0.2
_REFRESH_S = 5.0
_START_S = 300.0
_MAX_FAILED_STARTS = 3


class WorkerLost(ArchiveError):
    """The actors that were to carry out a call were lost, the last one with nothing else to do."""


class Unfit(ArchiveError):
    """Raised by a method: this machine cannot do it, another one may."""


class Interrupted(ArchiveError):
    """The actors were closed during a call."""


@dataclass(eq=False, slots=True)
class _Actor:
    """handle: of Ray. first: reference to its first call, which ends when it is ready. n_places: calls at a time."""

    handle: Any
    node_id: str
    first: Any
    n_places: int
    is_ready: bool = False
    n_running: int = 0
    n_calls: int = field(default=0)


class RayActors:
    """Actors of one class, one on each machine with a processor, also on those that join later. Thread-safe.

    address: `auto` or HOST:PORT of a running cluster, or ray://HOST:PORT; empty starts Ray on this machine.
    body: their class. It is made with `arguments` and the number of processors of its machine, its methods may be
    called from several threads, and it has `ready`, which does nothing.
    n_places: calls that an actor carries out at a time, by the number of processors.
    Raises UsageError when Ray is not installed; ArchiveError when there is no cluster at the address, or none of its
    machines can start an actor.
    """

    def __init__(
        self,
        address: str,
        body: type,
        arguments: Sequence[Any] = (),
        *,
        n_places: Callable[[int], int] = lambda _n_cpus: 1,
    ) -> None:
        self._body, self._arguments, self._n_places = body, tuple(arguments), n_places
        self._lock = threading.Condition()
        self._actors: list[_Actor] = []
        self._n_cpus: dict[str, int] = {}
        # For last attempts, one at a time.
        self._lone: _Actor | None = None
        self._n_lone = 0
        self._turn = threading.Lock()
        self._refreshed = 0.0
        self._reason = ""
        self._n_failed_starts = 0
        self._closing = threading.Event()
        self._folder = ""
        self._is_ours = False
        self._connect(address)
        try:
            self._wait_for_one()
        except BaseException:
            self.close()
            raise

    @property
    def n_actors(self) -> int:
        """Of those that are ready or starting."""
        with self._lock:
            self._refresh()
            return len(self._actors)

    @property
    def n_places(self) -> int:
        """Calls that they carry out at a time."""
        with self._lock:
            self._refresh()
            return sum(actor.n_places for actor in self._actors)

    def call(self, method: str, *arguments: Any, stop: threading.Event | None = None) -> Any:
        """The result of a method on the least busy actor; waits while all are busy.

        Raises the AskiveError that the method raises, Unfit only after several machines; WorkerLost; Interrupted when
        `stop` is set and after `close`.
        """
        from ray import exceptions

        unfit: Unfit | None = None
        n_lost = 0
        while n_lost < ATTEMPTS:
            with self._lent(stop, alone=n_lost == ATTEMPTS - 1) as actor:
                try:
                    return self._result(getattr(actor.handle, method).remote(*arguments), stop)
                except exceptions.RayTaskError as error:
                    if isinstance(error.cause, Unfit):
                        unfit = error.cause
                        self._drop(actor, unfit.message)
                        n_lost += 1
                        continue
                    if isinstance(error.cause, AskiveError):
                        raise error.cause from None
                    raise ArchiveError(
                        f"a worker failed: {error.cause!r}", remedy="see the logs of the Ray cluster"
                    ) from error
                except exceptions.RayError as error:
                    n_lost += self._drop(actor, str(error))
        if unfit is not None:
            raise unfit
        raise WorkerLost(
            f"{ATTEMPTS} workers were lost in the attempt: {self._reason}",
            remedy="see the logs of the Ray cluster; `ray status` shows its machines",
        )

    def close(self) -> None:
        """End the actors, and the cluster if it was started here; safe to call twice."""
        import ray

        self._closing.set()
        with self._lock:
            actors, self._actors = self._actors, []
            if self._lone is not None:
                actors.append(self._lone)
            self._lone = None
            self._lock.notify_all()
        for actor in actors:
            _kill(actor.handle)
        if self._is_ours:
            self._is_ours = False
            ray.shutdown()
        if self._folder:
            # Ray writes arguments and results there when memory is short: text of documents.
            shutil.rmtree(self._folder, ignore_errors=True)

    def _connect(self, address: str) -> None:
        try:
            import ray
        except ImportError as error:
            raise UsageError(
                "workers on a Ray cluster need packages that are not installed: ray",
                remedy="install them with `pip install 'askive[cluster]'`",
            ) from error
        if ray.is_initialized():
            return
        options: dict[str, Any] = {"logging_level": "error", "log_to_driver": False, "namespace": "askive"}
        if not address:
            self._folder = tempfile.mkdtemp(prefix="askive-ray-")
            options |= {"address": "local", "include_dashboard": False, "_temp_dir": self._folder}
        else:
            options["address"] = address
        try:
            ray.init(**options)
        except Exception as error:
            shutil.rmtree(self._folder or "/nonexistent", ignore_errors=True)
            place = f"there is no Ray cluster at {address}" if address else "Ray cannot be started here"
            raise ArchiveError(
                f"{place}: {' '.join(str(error).split())[:300]}",
                remedy="start one with `ray start --head`, or use --workers processes",
            ) from error
        self._is_ours = True

    def _wait_for_one(self) -> None:
        """Raises ArchiveError when no actor is ready in time."""
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline and self._n_failed_starts < _MAX_FAILED_STARTS:
            with self._lock:
                self._refresh()
                if any(actor.is_ready for actor in self._actors):
                    return
            time.sleep(_POLL_S)
        why = self._reason or f"none was ready within {_START_S:.0f} s"
        raise ArchiveError(
            f"no machine of the Ray cluster can start a worker: {why}",
            remedy="see `ray status`: each needs a free processor and the same version of askive",
        )

    def _refresh(self) -> None:
        """Start actors on new machines, see which are ready, and forget those of machines that are gone."""
        import ray
        from ray.exceptions import ActorUnschedulableError

        ours = [*self._actors, *([self._lone] if self._lone else [])]
        starting = [actor for actor in ours if not actor.is_ready]
        if starting:
            done, _ = ray.wait([actor.first for actor in starting], num_returns=len(starting), timeout=0)
            for actor in starting:
                if actor.first in done:
                    try:
                        ray.get(actor.first)
                        actor.is_ready = True
                    except ActorUnschedulableError:
                        # The machine left before the actor was placed: says nothing of other machines.
                        self._forget(actor, "its machine is gone")
                    except Exception as error:
                        self._n_failed_starts += 1
                        self._forget(actor, str(error))
        if time.monotonic() < self._refreshed + _REFRESH_S:
            return
        self._refreshed = time.monotonic()
        self._n_cpus = {
            node["NodeID"]: n
            for node in ray.nodes()
            if node["Alive"] and (n := int(node["Resources"].get("CPU", 0)))
        }
        for actor in ours:
            if actor.node_id not in self._n_cpus:
                self._forget(actor, "its machine is gone")
        for node_id in sorted(self._n_cpus.keys() - {actor.node_id for actor in self._actors}):
            self._actors.append(self._start(node_id, self._n_cpus[node_id], n_reserved=1))

    def _start(self, node_id: str, n_cpus: int, *, n_reserved: int) -> _Actor:
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        where = NodeAffinitySchedulingStrategy(node_id, soft=False)
        n_places = self._n_places(n_cpus)
        remote: Any = ray.remote(self._body).options(
            num_cpus=n_reserved, max_concurrency=n_places + 1, max_restarts=0, scheduling_strategy=where
        )
        handle = remote.remote(*self._arguments, n_cpus)
        return _Actor(handle, node_id, handle.ready.remote(), n_places)

    @contextlib.contextmanager
    def _lent(self, stop: threading.Event | None, *, alone: bool) -> Iterator[_Actor]:
        """An actor that is ready: the least busy one, or one that nobody else has.

        Raises Interrupted, and ArchiveError when there is none for long.
        """
        if not alone:
            actor = self._wait_for(self._least_busy, stop)
            try:
                yield actor
            finally:
                with self._lock:
                    actor.n_running -= 1
                    self._lock.notify_all()
            return
        while not self._turn.acquire(timeout=_POLL_S):
            if self._is_stopped(stop):
                raise Interrupted("the workers were closed")
        try:
            yield self._wait_for(self._lone_one, stop)
        finally:
            self._turn.release()

    def _wait_for(self, find: Callable[[], _Actor | None], stop: threading.Event | None) -> _Actor:
        deadline = time.monotonic() + _START_S
        while not self._is_stopped(stop):
            with self._lock:
                self._refresh()
                if found := find():
                    return found
                if any(actor.is_ready for actor in self._actors) and find == self._least_busy:
                    deadline = time.monotonic() + _START_S
                if time.monotonic() > deadline:
                    raise ArchiveError(
                        f"the Ray cluster has no machine left that works: {self._reason}",
                        remedy="see `ray status`, then run the same command again: it goes on where it stopped",
                    )
                self._lock.wait(_POLL_S)
        raise Interrupted("the workers were closed")

    def _least_busy(self) -> _Actor | None:
        free = [actor for actor in self._actors if actor.is_ready and actor.n_running < actor.n_places]
        if not free:
            return None
        actor = min(free, key=lambda each: (each.n_running, each.n_calls))
        actor.n_running += 1
        actor.n_calls += 1
        return actor

    def _lone_one(self) -> _Actor | None:
        if self._lone is None and self._n_cpus:
            # Another machine each time: the last one may be lost without our knowing it yet.
            node_id = sorted(self._n_cpus)[self._n_lone % len(self._n_cpus)]
            self._n_lone += 1
            self._lone = self._start(node_id, 1, n_reserved=0)
        return self._lone if self._lone and self._lone.is_ready else None

    def _drop(self, actor: _Actor, reason: str) -> bool:
        """Forget the actor; returns whether its machine is still there, which gets another one at once."""
        with self._lock:
            self._forget(actor, reason)
            self._refreshed = 0.0
            self._refresh()
            return actor.node_id in self._n_cpus

    def _forget(self, actor: _Actor, reason: str) -> None:
        lines = [line.strip() for line in reason.splitlines() if line.strip()]
        # Of an error in the constructor the last line is what it was; before it stands the way there.
        self._reason = "".join(lines[-1:] if "creation task" in reason else lines[:1])[:300]
        _kill(actor.handle)
        if actor in self._actors:
            self._actors.remove(actor)
        if actor is self._lone:
            self._lone = None

    def _is_stopped(self, stop: threading.Event | None) -> bool:
        return self._closing.is_set() or (stop is not None and stop.is_set())

    def _result(self, reference: Any, stop: threading.Event | None) -> Any:
        import ray

        while not self._is_stopped(stop):
            done, _ = ray.wait([reference], timeout=_POLL_S)
            if done:
                return ray.get(reference)
        raise Interrupted("the workers were closed")


def address_of(workers: str) -> str | None:
    """The address in `ray[:ADDRESS]`, empty without one; None for `processes`."""
    kind, _, address = workers.partition(":")
    return address if kind == PREFIX else None


def _kill(handle: Any) -> None:
    import ray

    with contextlib.suppress(Exception):
        ray.kill(handle)
