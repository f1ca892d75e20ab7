"""The real chat server, and requests to it."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.torture.place import ASKIVE, REPOSITORY, Place, Ran

_START_S = 60.0
_REQUEST_S = 40.0
_STOP_S = 20.0
_DEATH_S = 0.5


@dataclass(frozen=True, slots=True)
class Request:
    """path: below `/chat/`."""

    method: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def upload(collection: str, name: str, data: bytes) -> Request:
    """Put a file into a collection."""
    return Request("PUT", f"collections/{collection}/files", data, {"X-File-Name": quote(name, safe="")})


class Chat:
    """A running server."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self.process = process
        self._port = port
        self._log = log

    def send(self, request: Request) -> str:
        """What it answered; the words `no answer` with the reason when the connection broke."""
        return self._reach(request.method, f"/chat/{request.path}", request.body, request.headers)

    def call(self, name: str, asked: Mapping[str, Any]) -> str:
        """All that one of the streaming endpoints said, to its end."""
        body = json.dumps({"data": [dict(asked)]}).encode()
        begun = self._reach("POST", f"/gradio_api/call/{name}", body, {"Content-Type": "application/json"})
        try:
            return self._reach("GET", f"/gradio_api/call/{name}/{json.loads(begun)['event_id']}", b"", {})
        except (ValueError, KeyError):
            return begun

    def _reach(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_REQUEST_S)
        try:
            connection.request(method, path, body or None, dict(headers))
            response = connection.getresponse()
            said = response.read().decode(errors="replace")
            return said if response.status < 400 else f"HTTP {response.status}: {said}"
        except (OSError, http.client.HTTPException) as error:
            return f"no answer: {type(error).__name__}: {error}"
        finally:
            connection.close()

    def has_died(self) -> bool:
        """Whether it has ended by itself; the kernel may need a moment after a kill."""
        try:
            self.process.wait(_DEATH_S)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self) -> Ran:
        """Stop the server, if it runs; what it said."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        code: int | None
        try:
            code = self.process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            code = None
        return Ran(("chat",), code, "", self._log.read_text(encoding="utf-8", errors="replace"), 0.0)


@contextmanager
def serve(place: Place, *options: str) -> Iterator[Chat]:
    """A chat over the collections of the home. Raises RuntimeError when it does not start."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = place.root / "chat.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [
                *ASKIVE, "chat", "--no-browser", "--port", str(port), "--embedder", "hash", "--model", "scripted",
                *options,
            ],
            stdin=subprocess.DEVNULL, stdout=errors, stderr=errors, env=place.environment(), cwd=REPOSITORY,
            start_new_session=True,
        )  # fmt: skip
    chat = Chat(process, port, log)
    try:
        deadline = time.monotonic() + _START_S
        while "no answer" in chat.send(Request("GET", "state")):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the chat did not start: {log.read_text(errors='replace')[-500:]}")
            time.sleep(0.05)
        yield chat
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
