"""Access control: only this machine, or other machines with the password, and only the routes of the page."""

from __future__ import annotations

import base64
import binascii
import hmac
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from askive.models.offline import LOOPBACK
from askive.ui.chat.http.failures import TooManyRequests, failure_response
from askive.ui.chat.http.hello import HELLO_PATH
from askive.ui.chat.http.throttle import Throttle
from askive.ui.failures import log_line

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
