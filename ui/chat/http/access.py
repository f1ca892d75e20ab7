"""Access control: only this machine, or other machines with the password, and only the routes of the page."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hmac
import os
from pathlib import Path
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from askive.models.offline import LOOPBACK
from askive.ui.chat.http.failures import LocalOnly, TooManyRequests, failure_response
from askive.ui.chat.http.hello import HELLO_PATH
from askive.ui.chat.http.throttle import Throttle
from askive.ui.failures import log_line

_PROXY_HEADERS = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_LOCAL, _REMOTE, _STATE, _USER = 1, 2, 3, 7
"""Columns of these tables."""
_ESTABLISHED = "01"
_OPEN = ("/chat/", "/page/", "/gradio_api/call/")
_STARTUP = "/gradio_api/startup-events"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class AccessControl:
    """ASGI middleware in front of the page and of Gradio's routes.

    password: None admits the loopback interface only; else HTTP Basic, any user name. After some wrong ones an
    address has to wait (`Throttle`); passwords that it sends meanwhile are not compared.
    """

    def __init__(self, app: ASGIApp, password: str | None = None, throttle: Throttle | None = None) -> None:
        self._app = app
        self._password = password
        self._throttle = throttle or Throttle()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request, or pass it on and add security headers to the response."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, send)
            return

        await self._app(scope, receive, with_security_headers(send, _POLICY))

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        path = scope["path"]
        if path == _STARTUP and is_local(scope):
            return None
        if self._password is None and not is_local_host(headers):
            return PlainTextResponse("This chat answers only on this machine.", 403)
        # A link from another site may lead to the page itself.
        if is_cross_site(headers) and not (path == "/" and "origin" not in headers):
            return PlainTextResponse("Requests from other sites are refused.", 403)
        if path == HELLO_PATH and is_local(scope):
            return None
        if self._password is not None and (refusal := self._password_refusal(scope, headers, self._password)):
            return refusal
        if path != "/" and not path.startswith(_OPEN):
            return PlainTextResponse("Not found.", 404)
        return None

    def _password_refusal(self, scope: Scope, headers: Headers, password: str) -> Response | None:
        """None if the password is right."""
        address, sent = address_of(scope), headers.get("authorization", "")
        if sent and (wait_s := self._throttle.wait_s(address)):
            error = TooManyRequests("too many wrong passwords", remedy=f"try again in {wait_s} s")
            return failure_response(error, {"Retry-After": str(wait_s)})
        if _has_password(sent, password):
            self._throttle.succeed(address)
            return None
        if sent:
            n, locked_s = self._throttle.fail(address)
            lock = f", locked for {locked_s} s" if locked_s else ""
            log_line(f"wrong password from {address} ({n} in a row{lock})")
        challenge = {"WWW-Authenticate": 'Basic realm="Askive", charset="UTF-8"'}
        return PlainTextResponse("A password is required.", 401, challenge)


def with_security_headers(send: Send, policy: str) -> Send:
    """A `send` that adds the headers to each response. policy: the Content-Security-Policy."""

    async def send_closed(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Content-Security-Policy"] = policy
            headers["X-Content-Type-Options"] = "nosniff"
            headers["Referrer-Policy"] = "no-referrer"
            headers["Cache-Control"] = "no-store"
        await send(message)

    return send_closed


def address_of(scope: Scope) -> str:
    """The address of the client."""
    client = scope.get("client")
    return str(client[0]) if client else "an unknown address"


def is_local(scope: Scope) -> bool:
    """Whether the request comes over the loopback interface."""
    client = scope.get("client")
    return client is not None and client[0] in LOOPBACK


def is_local_host(headers: Headers) -> bool:
    """Whether the request names this machine; not so with DNS rebinding, where another site's name leads here."""
    try:
        return urlsplit(f"//{headers.get('host', '')}").hostname in LOOPBACK
    except ValueError:
        return False


def is_direct(scope: Scope) -> bool:
    """Whether the request comes from this machine, names it, and was not forwarded."""
    headers = Headers(scope=scope)
    is_forwarded = any(name in headers for name in _PROXY_HEADERS)
    return not is_forwarded and is_local(scope) and is_local_host(headers)


def is_own_user(scope: Scope) -> bool:
    """Whether the request comes from this machine, was not forwarded, and where the system tells, is of our account."""
    return is_direct(scope) and _user_of(scope) in (None, _own_user())


def require_own_user(scope: Scope, what: str) -> None:
    """Raises LocalOnly. what: what is refused, as the beginning of a sentence."""
    if not is_own_user(scope):
        raise LocalOnly(
            f"{what} only on the machine on which Askive runs, under the account that started it",
            remedy="do it there",
        )


def _own_user() -> int | None:
    return os.getuid() if hasattr(os, "getuid") else None


def _user_of(scope: Scope) -> int | None:
    """The account of the program at the other end of a connection on this machine; None where nothing tells it."""
    client, server = scope.get("client"), scope.get("server")
    if not client or not server:
        return None
    for table in _TABLES:
        with contextlib.suppress(OSError, ValueError, IndexError):
            for line in table.read_text(encoding="ascii").splitlines()[1:]:
                cells = line.split()
                ports = [int(cells[at].rpartition(":")[2], 16) for at in (_LOCAL, _REMOTE)]
                if ports == [client[1], server[1]] and cells[_STATE] == _ESTABLISHED:
                    return int(cells[_USER])
    return None


def is_cross_site(headers: Headers) -> bool:
    """Whether a page of another site has sent the request."""
    origin = headers.get("origin")
    if origin is not None and origin.partition("://")[2] != headers.get("host", ""):
        return True
    return headers.get("sec-fetch-site") == "cross-site"


def _has_password(authorization: str, password: str) -> bool:
    kind, _, value = authorization.partition(" ")
    if kind.lower() != "basic":
        return False
    try:
        sent = base64.b64decode(value, validate=True).partition(b":")[2]
    except binascii.Error:
        return False
    return hmac.compare_digest(sent, password.encode())
