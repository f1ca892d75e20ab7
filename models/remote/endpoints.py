"""One or several servers of the same model: the least busy one is asked, and another one when it fails."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from askive.models.errors import EndpointError
from askive.models.remote.transport import Endpoint, Unavailable

_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.25, 8.0
_FIRST_REST_S, _LONGEST_REST_S = 1.0, 60.0
"""A server that failed is not asked for so long, while others can be; doubled with each failure in a row."""
_CONNECT_S, _CONNECT_OF_SEVERAL_S = 10.0, 3.0


@dataclass(frozen=True, slots=True)
class RemotePolicy:
    """How servers are asked.

    timeout_s: for an answer, or between two pieces of one. retries: further attempts after a failure that may pass.
    batch: most texts in one request. parallel: most requests at a time to each server.
    """

    timeout_s: float = 600.0
    retries: int = 3
    batch: int = 64
    parallel: int = 4


@dataclass(slots=True)
class _Server:
    endpoint: Endpoint
    n_running: int = 0
    n_asked: int = 0
    n_failures: int = 0
    rests_until: float = 0.0
    is_admitted: bool = True


class Endpoints:
    """The servers of one model. Safe to share between threads.

    A request goes to the server with the fewest requests of this process among those that work. When it fails in a
    way that may pass, another server is asked, or the same again after a pause; never after the first event of a
    stream. A server that failed is left alone for a while.
    Raises UsageError for a URL that is none.
    """

    def __init__(
        self, urls: Sequence[str], api_key: str | None = None, policy: RemotePolicy | None = None
    ) -> None:
        self.policy = policy or RemotePolicy()
        connect_s = _CONNECT_S if len(urls) == 1 else _CONNECT_OF_SEVERAL_S
        self._servers = [
            _Server(Endpoint(url, api_key, timeout_s=self.policy.timeout_s, connect_s=connect_s))
            for url in dict.fromkeys(url.rstrip("/") for url in urls)
        ]
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._servers)

    @property
    def url(self) -> str:
        """That of the first server, which stands for all of them: the others are copies of it."""
        return self._servers[0].endpoint.url

    def __iter__(self) -> Iterator[Endpoint]:
        return (server.endpoint for server in self._servers)

    def admit(self, admitted: Container[str]) -> None:
        """Send requests only to servers with these URLs from now on; to all if none has one."""
        with self._lock:
            for server in self._servers:
                server.is_admitted = server.endpoint.url in admitted

    def call(self, method: str, path: str, payload: dict[str, Any] | None = None) -> dict[str, Any]:
        """As `Endpoint.call`, on any of the servers. Raises EndpointError, ContextOverflow."""
        for attempt in self._attempts(None):
            with attempt as endpoint:
                return endpoint.call(method, path, payload)
        raise AssertionError("the last attempt raises its error")

    def events(
        self, path: str, payload: dict[str, Any], cancel: threading.Event | None = None
    ) -> Iterator[dict[str, Any]]:
        """As `Endpoint.events`, on any of the servers. Raises EndpointError, ContextOverflow."""
        for attempt in self._attempts(cancel):
            with attempt as endpoint:
                events = endpoint.events(path, payload, cancel)
                for event in events:
                    # Part of the answer is shown from now on: it cannot begin again.
                    attempt.is_last = True
                    yield event
                return

    def malformed(self, path: str, why: str) -> EndpointError:
        """The error for a response that does not follow the API."""
        return self._servers[0].endpoint.malformed(path, why)

    def close(self) -> None:
        """Close the connections; safe to call twice."""
        for server in self._servers:
            server.endpoint.close()

    def _attempts(self, cancel: threading.Event | None) -> Iterator[_Attempt]:
        """Attempts until one succeeds or none is left; the last one raises its error. None when cancelled."""
        attempt = _Attempt(self, max(self.policy.retries + 1, len(self._servers)))
        while not (cancel and cancel.is_set()):
            yield attempt
            if attempt.wait_s:
                (cancel or threading.Event()).wait(attempt.wait_s)

    def has_other(self, tried: set[str]) -> bool:
        """Whether a request may go to a server that is not one of these."""
        with self._lock:
            return any(server.is_admitted and server.endpoint.url not in tried for server in self._servers)

    def take(self, tried: set[str]) -> _Server:
        """A server for a request; call `give_back`. tried: URLs that the request has failed at."""
        now = time.monotonic()
        with self._lock:
            admitted = [server for server in self._servers if server.is_admitted] or self._servers
            untried = [server for server in admitted if server.endpoint.url not in tried]
            working = [server for server in untried if server.rests_until <= now]
            chosen = min(
                working or untried or admitted,
                key=lambda server: (
                    server.rests_until if not working else 0,
                    server.n_running,
                    server.n_asked,
                ),
            )
            chosen.n_running += 1
            chosen.n_asked += 1
            return chosen

    def give_back(self, server: _Server, error: Unavailable | None) -> None:
        """The end of a request. error: why it failed, if it did."""
        with self._lock:
            server.n_running -= 1
            if error is None:
                server.n_failures, server.rests_until = 0, 0.0
            else:
                rest_s = min(_FIRST_REST_S * 2**server.n_failures, _LONGEST_REST_S)
                server.rests_until = time.monotonic() + max(rest_s, error.wait_s or 0.0)
                server.n_failures += 1


class _Attempt:
    """One attempt after another of one request. wait_s: before the next one. is_last: there is no other one."""

    def __init__(self, endpoints: Endpoints, n_left: int) -> None:
        self._endpoints = endpoints
        self._n_left = n_left
        self._n_rounds = 0
        self._tried: set[str] = set()
        self.wait_s = 0.0
        self.is_last = n_left <= 1

    def __enter__(self) -> Endpoint:
        self._server = self._endpoints.take(self._tried)
        return self._server.endpoint

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        failure = error if isinstance(error, Unavailable) else None
        self._endpoints.give_back(self._server, failure)
        if failure is None or self.is_last:
            return False
        self._n_left -= 1
        self.is_last = self._n_left <= 1
        self._tried.add(self._server.endpoint.url)
        self.wait_s = 0.0
        if not self._endpoints.has_other(self._tried):
            if not failure.same_server:
                return False
            # All have failed: after a pause with some chance in it, so that many clients do not return together.
            self._tried.clear()
            pause = min(_FIRST_WAIT_S * 2**self._n_rounds, _LONGEST_WAIT_S) * random.uniform(0.75, 1.25)
            self.wait_s = max(pause, failure.wait_s or 0.0)
            self._n_rounds += 1
        return True
