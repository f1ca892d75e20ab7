"""A small file server with Range, ETag, dropped connections, and a hub's headers."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any


class FileServer:
    """Serves `content` at every path that ends in `tiny.gguf`.

    drop_after: each answer breaks off after so many bytes.
    then_fail: after the first one that broke off, only 503.
    etag: instead of the content's own digest.
    ranges: the Range header of every GET, "" for none.
    """

    def __init__(self) -> None:
        self.content = b""
        self.drop_after: int | None = None
        self.then_fail = False
        self.etag = ""
        self.ranges: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                outer._answer(self, body=False)

            def do_GET(self) -> None:
                outer.ranges.append(self.headers.get("Range", ""))
                outer._answer(self, body=True)

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._stopped = False

    def __enter__(self) -> FileServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Refuse connections from now on."""
        if not self._stopped:
            self._stopped = True
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()

    def _answer(self, request: BaseHTTPRequestHandler, *, body: bool) -> None:
        if not request.path.partition("?")[0].endswith("tiny.gguf"):
            request.send_error(404)
            return
        if self.then_fail and body and len(self.ranges) > 1:
            request.send_error(503)
            return
        content = self.content
        etag = f'"{self.etag or hashlib.sha256(content).hexdigest()}"'
        start = 0
        asked = request.headers.get("Range", "")
        if asked and request.headers.get("If-Range", etag) == etag:
            start = int(asked.removeprefix("bytes=").split("-")[0])
        if asked and start >= len(content):
            request.send_response(416)
            request.send_header("Content-Range", f"bytes */{len(content)}")
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        request.send_response(206 if start else 200)
        if start:
            request.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        request.send_header("Content-Length", str(len(content) - start))
        request.send_header("ETag", etag)
        request.send_header("X-Repo-Commit", "0123456789abcdef0123456789abcdef01234567")
        request.send_header("X-Linked-ETag", etag)
        request.send_header("X-Linked-Size", str(len(content)))
        request.end_headers()
        if body:
            end = len(content) if self.drop_after is None else min(len(content), start + self.drop_after)
            with contextlib.suppress(OSError):
                request.wfile.write(content[start:end])
        request.close_connection = True
