"""Errors of requests as JSON, all with the same fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from askive.models.errors import AskiveError
from askive.rag.errors import UsageError
from askive.ui.failures import reported


class BodyTooLarge(UsageError):
    """The request body is above the size limit."""


class TooManyRequests(UsageError):
    """Too many requests: try again later."""


class LocalOnly(UsageError):
    """The request is allowed only from this machine."""


_STREAMS = "/gradio_api/call/"
_STATUS: dict[type[AskiveError], int] = {BodyTooLarge: 413, LocalOnly: 403, TooManyRequests: 429}


def failure_response(error: AskiveError, headers: dict[str, str] | None = None) -> JSONResponse:
    """The error as JSON, with status 403, 413, 429 or 400."""
    return JSONResponse(error.as_dict(), _STATUS.get(type(error), 400), headers)


def first_problem(errors: Sequence[Mapping[str, Any]]) -> str:
    """Where an invalid request is wrong, and why. errors: as pydantic lists them."""
    first = next(iter(errors), {"loc": ("request",), "msg": "cannot be read"})
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"


def attach_failures(server: Any) -> None:
    """Make a FastAPI application answer our errors and invalid requests in this format."""
    from fastapi.exceptions import RequestValidationError

    async def known(_request: HttpRequest, error: AskiveError) -> JSONResponse:
        return failure_response(error)

    async def unreadable(_request: HttpRequest, error: RequestValidationError) -> JSONResponse:
        return failure_response(UsageError(first_problem(error.errors()), remedy="reload the page"))

    server.add_exception_handler(AskiveError, known)
    server.add_exception_handler(RequestValidationError, unreadable)


class Failures:
    """ASGI middleware: logs unexpected exceptions in one line and answers with an error, of status 500.

    who: the server's name in the log. body: the JSON of an error.
    """

    def __init__(
        self,
        app: ASGIApp,
        who: str = "askive chat",
        body: Callable[[AskiveError], Mapping[str, Any]] = AskiveError.as_dict,
    ) -> None:
        self._app = app
        self._who = who
        self._body = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on. Once a response has begun, its stream can only be ended."""
        begun = False

        async def sent(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, sent)
        except ClientDisconnect:
            return
        except Exception as error:
            if scope["type"] != "http":
                raise
            if begun and scope["path"].startswith(_STREAMS):
                # A stream of an earlier server, or one that was read already: the page asks again.
                await send({"type": "http.response.body", "body": b"event: error\ndata: null\n\n"})
                return
            shown = reported(error, f"{scope['method']} {scope['path']}", self._who)
            if not begun:
                await JSONResponse(self._body(shown), 500)(scope, receive, send)
