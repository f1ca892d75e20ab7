"""Access control: programs on this machine without a token, everybody else with one; rates; security headers."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from askive.models.errors import AskiveError
from askive.ui.chat.http.access import (
    address_of,
    is_cross_site,
    is_direct,
    with_security_headers,
)
from askive.ui.chat.http.throttle import Throttle
from askive.ui.failures import log_line
from askive.ui.server.failures import Forbidden, QueueFull, Unauthorized, error_response
from askive.ui.server.tokens import LOCAL, Caller, TokenFile

OPEN_PATHS = frozenset({"/healthz", "/readyz"})
"""Paths that need no token: they say nothing about collections."""
_POLICY = "default-src 'none'; frame-ancestors 'none'"
_BEARER = "bearer "
_MAX_CALLERS = 4096


class AccessControl:
    """ASGI middleware in front of all routes. Puts the `Caller` into `scope["state"]["caller"]`.

    require_token: also on the loopback interface, as behind a proxy on this machine. A token is required in any case
    when the request names another host than this machine or was forwarded. Where none is required, `local` is one.
    requests_per_minute: of one token; programs without a token have no limit.
    """

    def __init__(
        self,
        app: ASGIApp,
        tokens: TokenFile,
        *,
        require_token: bool = False,
        requests_per_minute: int = 600,
        throttle: Throttle | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._tokens = tokens
        self._require_token = require_token
        self._throttle = throttle or Throttle()
        self._rates = RateLimit(requests_per_minute, now)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request, or pass it on; both with security headers."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        send = with_security_headers(send, _POLICY)
        try:
            caller = self._caller(scope)
        except AskiveError as error:
            await error_response(error)(scope, receive, send)
            return
        scope.setdefault("state", {})["caller"] = caller
        await self._app(scope, receive, send)

    def _caller(self, scope: Scope) -> Caller | None:
        """Who sends the request; None where it does not matter. Raises Unauthorized, Forbidden, QueueFull."""
        if scope["path"] in OPEN_PATHS:
            return None
        headers = Headers(scope=scope)
        if is_cross_site(headers):
            raise Forbidden("requests from other sites are refused", remedy="send it from a program")
        sent = headers.get("authorization", "")
        # Clients of the OpenAI API insist on a key.
        if not sent or sent == f"Bearer {LOCAL.name}":
            if self._require_token or not is_direct(scope):
                raise Unauthorized(
                    "a token is required",
                    remedy="create one with `askive token add NAME`, and send it as a bearer token",
                )
            return LOCAL
        caller = self._caller_of(sent, address_of(scope))
        self._rates.count(caller.name)
        return caller

    def _caller_of(self, sent: str, address: str) -> Caller:
        """Whose token this is. A right one is never delayed: nobody can guess 256 bits."""
        caller = self._tokens.find(sent[len(_BEARER) :]) if sent.lower().startswith(_BEARER) else None
        if caller is not None:
            return caller
        if wait_s := self._throttle.wait_s(address):
            raise QueueFull("too many wrong tokens", wait_s)
        n, locked_s = self._throttle.fail(address)
        lock = f", locked for {locked_s} s" if locked_s else ""
        log_line(f"wrong token from {address} ({n} in a row{lock})", "askive serve")
        raise Unauthorized(
            "the token is wrong", remedy="list the names of the tokens with `askive token list`"
        )


class RateLimit:
    """A token bucket for each caller: `per_minute` requests, at most that many at once.

    now: a clock in seconds.
    """

    def __init__(self, per_minute: int, now: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._now = now
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def count(self, caller: str) -> None:
        """Count a request. Raises QueueFull when the limit is reached."""
        now = self._now()
        left, last = self._left.pop(caller, (float(self._per_minute), now))
        left = min(self._per_minute, left + (now - last) * self._per_minute / 60)
        self._left[caller] = (left - 1 if left >= 1 else left, now)
        while len(self._left) > _MAX_CALLERS:
            self._left.popitem(last=False)
        if left < 1:
            wait_s = max(1, round((1 - left) * 60 / self._per_minute))
            raise QueueFull(f"more than {self._per_minute} requests a minute with this token", wait_s)
