"""Metrics in the text format of Prometheus. No label names a collection, a token or a text."""

from __future__ import annotations

import time
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """The counters of one server."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self._registry = CollectorRegistry()
        self._requests = Counter(
            "askive_requests", "HTTP requests", ("route", "method", "status"), registry=self._registry
        )
        self._request_s = Histogram(
            "askive_request_seconds", "Time to the end of a response", ("route",), registry=self._registry
        )
        self._answers = Counter(
            "askive_answers", "Questions, by outcome", ("outcome",), registry=self._registry
        )
        self._answer_s = Histogram(
            "askive_answer_seconds",
            "Time from the question to the end of its answer, with the time in the queue",
            buckets=(0.5, 1, 2, 5, 10, 20, 40, 80, 160, 320),
            registry=self._registry,
        )
        self._waiting = Gauge("askive_waiting", "Questions in the queue", registry=self._registry)

    def watch_queue(self, n_waiting: Callable[[], int]) -> None:
        """Read the length of the queue whenever the metrics are read."""
        self._waiting.set_function(n_waiting)

    def count_request(self, route: str, method: str, status: int, took_s: float) -> None:
        """Count a request. route: the template of its path, so that the number of labels is bounded."""
        self._requests.labels(route, method, str(status)).inc()
        self._request_s.labels(route).observe(took_s)

    def count_answer(self, outcome: str, took_s: float) -> None:
        """Count a question: `answered`, `refused`, `cancelled` or `failed`."""
        self._answers.labels(outcome).inc()
        self._answer_s.observe(took_s)

    def text(self) -> bytes:
        """All metrics."""
        from prometheus_client import generate_latest

        return generate_latest(self._registry)


class RequestMetrics:
    """ASGI middleware that counts requests."""

    _METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and count it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.monotonic(), 500

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sent)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            method = scope["method"] if scope["method"] in self._METHODS else "other"
            self._metrics.count_request(route, method, status, time.monotonic() - began)
