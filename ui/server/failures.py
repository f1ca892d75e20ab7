"""Errors of requests: `{"error": {"kind", "message", "remedy"}}`, as `--json` prints them, with a status."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse

from askive.models.errors import (
    AskiveError,
    ContextOverflow,
    EndpointError,
    ModelError,
    SystemFailure,
    UsageError,
)
from askive.rag.errors import CollectionBusy, CollectionNotFound, ConfigError, LoadError
from askive.ui.chat.http.failures import BodyTooLarge, TooManyRequests, first_problem


class Unauthorized(AskiveError):
    """The request has no valid token."""

    kind = "unauthorized"


class Forbidden(AskiveError):
    """The token does not allow this."""

    kind = "forbidden"


class NotFound(AskiveError):
    """There is no such document, ingestion or path."""

    kind = "not-found"


class NotAllowed(AskiveError):
    """The path exists, but not with this method."""

    kind = "method-not-allowed"


class AnswerTimeout(AskiveError):
    """The time limit of an answer was reached."""

    kind = "timeout"


class QueueFull(TooManyRequests):
    """All places in the queue are taken, or the token has sent too many requests. retry_after_s: when to try again."""

    kind = "busy"

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message, remedy=f"try again in {retry_after_s} s")
        self.retry_after_s = retry_after_s


def cancelled(what: str) -> AskiveError:
    """The error for an answer or overview whose job has ended without it."""
    return AskiveError(f"the {what} was cancelled", remedy="ask again")


_STATUS: list[tuple[type[AskiveError], int]] = [
    (BodyTooLarge, 413),
    (TooManyRequests, 429),
    (Unauthorized, 401),
    (Forbidden, 403),
    (NotFound, 404),
    (CollectionNotFound, 404),
    (NotAllowed, 405),
    (UsageError, 400),
    (LoadError, 400),
    (ContextOverflow, 400),
    (CollectionBusy, 503),
    (AnswerTimeout, 504),
    (EndpointError, 502),
    (ModelError, 503),
    (SystemFailure, 503),
    (ConfigError, 500),
]
"""The first class that fits gives the status."""


def status_of(error: AskiveError) -> int:
    """The HTTP status for an error; 500 for an unexpected one."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def error_body(error: AskiveError) -> dict[str, Any]:
    """`{"error": {"kind", "message", "remedy"}}`"""
    return {"error": error.as_dict()}


def error_response(error: AskiveError) -> JSONResponse:
    """The error with its status, and `Retry-After` or `WWW-Authenticate` where they belong."""
    headers: dict[str, str] = {}
    if isinstance(error, QueueFull):
        headers["Retry-After"] = str(error.retry_after_s)
    elif isinstance(error, TooManyRequests):
        headers["Retry-After"] = "1"
    elif isinstance(error, Unauthorized):
        headers["WWW-Authenticate"] = "Bearer"
    elif isinstance(error, BodyTooLarge):
        headers["Connection"] = "close"
    return JSONResponse(error_body(error), status_of(error), headers)


def attach_failures(server: Any) -> None:
    """Make a FastAPI application answer all errors in this format."""
    from fastapi.exceptions import RequestValidationError
    from starlette.exceptions import HTTPException

    async def known(_request: HttpRequest, error: AskiveError) -> JSONResponse:
        return error_response(error)

    async def invalid(_request: HttpRequest, error: RequestValidationError) -> JSONResponse:
        return error_response(UsageError(first_problem(error.errors()), remedy="see /openapi.json"))

    async def unrouted(request: HttpRequest, error: HTTPException) -> JSONResponse:
        path = request.url.path
        if error.status_code == 405:
            allowed = (error.headers or {}).get("Allow", "")
            answer = error_response(
                NotAllowed(
                    f"{path} does not take {request.method}", remedy=f"use {allowed or 'another method'}"
                )
            )
            answer.headers.update(error.headers or {})
            return answer
        if error.status_code == 404:
            return error_response(NotFound(f"there is no path {path}", remedy="see /openapi.json"))
        return error_response(UsageError(str(error.detail), remedy="see /openapi.json"))

    server.add_exception_handler(AskiveError, known)
    server.add_exception_handler(RequestValidationError, invalid)
    server.add_exception_handler(HTTPException, unrouted)
