"""Size limits of request bodies."""

from __future__ import annotations

from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from askive.rag.load import MAX_FILE_BYTES
from askive.ui.chat.http.failures import BodyTooLarge, failure_response

MAX_JSON_BYTES = 2**20
MAX_UPLOAD_BYTES = MAX_FILE_BYTES
UPLOAD_PATH_END = "/files"
_CLOSING = {"Connection": "close"}


def require_size(n_bytes: int, limit: int) -> None:
    """Raises BodyTooLarge."""
    if n_bytes > limit:
        size = f"{limit // 2**20:,} MB" if limit >= 2**20 else f"{limit:,} bytes"
        raise BodyTooLarge(f"this is larger than {size}", remedy=f"send at most {size}")


class BodyLimit:
    """ASGI middleware: checks the announced length of a body and its length while reading.

    An upload, a PUT to a path that ends with `upload_path_end`, is streamed to its route, which checks it with
    `require_size`; other bodies are read here. failure: makes the response to one that is too large.
    """

    def __init__(
        self,
        app: ASGIApp,
        max_json: int = MAX_JSON_BYTES,
        max_upload: int = MAX_UPLOAD_BYTES,
        upload_path_end: str = UPLOAD_PATH_END,
        failure: Callable[[BodyTooLarge], Response] = lambda error: failure_response(error, _CLOSING),
    ) -> None:
        self._app = app
        self._upload_path_end = upload_path_end
        self._failure = failure
        self._max_json = max_json
        self._max_upload = max_upload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request within the limit; otherwise answer 413 and close the connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_upload = scope["method"] == "PUT" and scope["path"].endswith(self._upload_path_end)
        limit = self._max_upload if is_upload else self._max_json
        announced = Headers(scope=scope).get("content-length", "")
        read: list[Message] = []
        try:
            require_size(int(announced) if announced.isdecimal() else 0, limit)
            if not is_upload and scope["method"] not in ("GET", "HEAD"):
                read = await _read(receive, limit)
        except BodyTooLarge as error:
            await self._failure(error)(scope, receive, send)
            return

        async def received() -> Message:
            return read.pop(0) if read else await receive()

        await self._app(scope, received, send)


async def _read(receive: Receive, limit: int) -> list[Message]:
    """All messages of the body. Raises BodyTooLarge."""
    messages: list[Message] = []
    n_bytes = 0
    while True:
        message = await receive()
        messages.append(message)
        n_bytes += len(message.get("body", b""))
        require_size(n_bytes, limit)
        if message["type"] != "http.request" or not message.get("more_body"):
            return messages
