"""One actor on each machine of a Ray cluster, and calls that survive the loss of a machine.

Ray (https://www.ray.io) places the actors and carries arguments and results. Which actor gets a call, and what happens
when it is lost, is decided here: a call whose actor is lost is made again, the last time with an actor of its own, so
that a call that destroys its actors is told from one that was beside it.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from askive.rag.errors import ArchiveError, AskiveError, UsageError

if TYPE_CHECKING:
    from types import TracebackType

PREFIX = "ray"
ATTEMPTS = 3
"""Actors that a call may lose."""
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
        self._lock = threading.Lock()
        self._actors: list[_Actor] = []
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

        lost = (exceptions.RayActorError, exceptions.RaySystemError, exceptions.ObjectLostError)
        unfit: Unfit | None = None
        for attempt in range(1, ATTEMPTS + 1):
            actor = self._lend(stop) if attempt < ATTEMPTS else self._alone()
            try:
                return self._result(getattr(actor.handle, method).remote(*arguments), stop)
            except exceptions.RayTaskError as error:
                if isinstance(error.cause, Unfit):
                    unfit = error.cause
                    self._drop(actor, unfit.message)
                    continue
                if isinstance(error.cause, AskiveError):
                    raise error.cause from None
                raise ArchiveError(
                    f"a worker failed: {error.cause!r}", remedy="see the logs of the Ray cluster"
                ) from error
            except lost as error:
                self._drop(actor, str(error))
            finally:
                self._give_back(actor, keep=attempt < ATTEMPTS)
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
        for actor in actors:
            _kill(actor.handle)
        if self._is_ours:
            self._is_ours = False
            ray.shutdown()
        if self._folder:
            # Ray writes arguments and results there when memory is short: text of documents.
            shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> RayActors:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

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
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        starting = [actor for actor in self._actors if not actor.is_ready]
        if starting:
            done, _ = ray.wait([actor.first for actor in starting], num_returns=len(starting), timeout=0)
            for actor in starting:
                if actor.first in done:
                    try:
                        ray.get(actor.first)
                        actor.is_ready = True
                    except Exception as error:
                        self._n_failed_starts += 1
                        self._forget(actor, str(error))
        if time.monotonic() < self._refreshed + _REFRESH_S:
            return
        self._refreshed = time.monotonic()
        n_cpus = {
            node["NodeID"]: int(node["Resources"].get("CPU", 0)) for node in ray.nodes() if node["Alive"]
        }
        alive = {node_id for node_id, n in n_cpus.items() if n}
        for actor in [actor for actor in self._actors if actor.node_id not in alive]:
            self._forget(actor, "its machine is gone")
        for node_id in sorted(alive - {actor.node_id for actor in self._actors}):
            where = NodeAffinitySchedulingStrategy(node_id, soft=False)
            self._actors.append(self._start(node_id, where, n_cpus[node_id], n_reserved=1))

    def _start(self, node_id: str, where: Any, n_cpus: int, *, n_reserved: int) -> _Actor:
        import ray

        n_places = self._n_places(n_cpus)
        remote: Any = ray.remote(self._body).options(
            num_cpus=n_reserved, max_concurrency=n_places + 1, max_restarts=0, scheduling_strategy=where
        )
        handle = remote.remote(*self._arguments, n_cpus)
        return _Actor(handle, node_id, handle.ready.remote(), n_places)

    def _lend(self, stop: threading.Event | None) -> _Actor:
        """The least busy actor that is ready. Raises Interrupted, and ArchiveError when there is none for long."""
        deadline = time.monotonic() + _START_S
        while not self._is_stopped(stop):
            with self._lock:
                self._refresh()
                free = [a for a in self._actors if a.is_ready and a.n_running < a.n_places]
                if free:
                    actor = min(free, key=lambda each: (each.n_running, each.n_calls))
                    actor.n_running += 1
                    actor.n_calls += 1
                    return actor
                if any(actor.is_ready for actor in self._actors):
                    deadline = time.monotonic() + _START_S
            if time.monotonic() > deadline:
                raise ArchiveError(
                    f"the Ray cluster has no machine left that works: {self._reason}",
                    remedy="see `ray status`, then run the same command again: it goes on where it stopped",
                )
            self._closing.wait(_POLL_S / 10)
        raise Interrupted("the workers were closed")

    def _alone(self) -> _Actor:
        """A new actor for one call."""
        return self._start("", "SPREAD", 1, n_reserved=0)

    def _give_back(self, actor: _Actor, *, keep: bool) -> None:
        with self._lock:
            actor.n_running -= 1
        if not keep:
            _kill(actor.handle)

    def _drop(self, actor: _Actor, reason: str) -> None:
        with self._lock:
            self._forget(actor, reason)
            # A machine that is alive gets another actor at once.
            self._refreshed = 0.0

    def _forget(self, actor: _Actor, reason: str) -> None:
        lines = [line.strip() for line in reason.splitlines() if line.strip()]
        # Of an error in the constructor the last line is what it was; before it stands the way there.
        self._reason = "".join(lines[-1:] if "creation task" in reason else lines[:1])[:300]
        _kill(actor.handle)
        if actor in self._actors:
            self._actors.remove(actor)

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
