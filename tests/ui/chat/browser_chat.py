"""A chat server in its own process, and a model that says what it is told, as slowly as it is told."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from askive.models.fakes import echo_evidence
from askive.models.protocols import Message, Segment

ASKIVE = [sys.executable, "-m", "askive.ui.cli"]
INVENTED = "Wizards of Quarnheim own 77 purple submarines."
SLOW_S = 0.12


class Speaker:
    """An OpenAI-compatible endpoint. It echoes the evidence; `slowly`, `very slowly` and `invent` in a question are obeyed."""

    def __init__(self) -> None:
        self.n_asked = 0
        outer = self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                content = json.dumps({"data": [{"id": "speaker"}]}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def do_POST(self) -> None:
                payload = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.n_asked += 1
                if not payload.get("stream"):
                    # As servers without log-probabilities do: the field is missing.
                    said = "".join(word for word, _ in outer.words(payload))
                    content = json.dumps({"choices": [{"message": {"content": said}}]}).encode()
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content)
                    return
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.end_headers()
                try:
                    for word, finish in outer.words(payload):
                        choice = {"index": 0, "delta": {"content": word}, "finish_reason": finish}
                        self.wfile.write(f"data: {json.dumps({'choices': [choice]})}\n\n".encode())
                        self.wfile.flush()
                    self.wfile.write(b"data: [DONE]\n\n")
                except OSError:
                    return

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1"

    def words(self, payload: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
        """Word by word, then the reason it ended."""
        last = payload["messages"][-1]["content"]
        question = last.rsplit("Question:", 1)[-1]
        said = echo_evidence([Message("user", (Segment(last),))])
        if "invent" in question:
            said = f"{said} {INVENTED}"
        for word in re.findall(r"\S+\s*", said):
            if "slowly" in question:
                time.sleep(4 * SLOW_S if "very slowly" in question else SLOW_S)
            yield word, None
        yield "", "stop"


@contextmanager
def speaking() -> Iterator[Speaker]:
    """A speaker that runs."""
    speaker = Speaker()
    thread = threading.Thread(target=speaker.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield speaker
    finally:
        speaker.server.shutdown()
        speaker.server.server_close()
        thread.join()


def index(home: Path, collection: str, paths: Sequence[Path], embedder: str | None = "hash") -> None:
    """Make a collection."""
    chosen = ["--embedder", embedder] if embedder else []
    subprocess.run(
        [*ASKIVE, "index", *map(str, paths), "--collection", collection, "--quiet", *chosen],
        env=environment(home),
        check=True,
        timeout=120,
    )


def free_port() -> int:
    """A port on which nothing listens now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def serving(home: Path, *options: str, port: int = 0) -> Iterator[str]:
    """The address of `askive chat`, run with these options. The default corpus is indexed if it is asked for.

    port: 0 for any free one.
    """
    port = port or free_port()
    log = home / "chat.log"
    with log.open("wb") as errors:
        server = subprocess.Popen(
            [*ASKIVE, "chat", "--no-browser", "--port", str(port), *options],
            env=environment(home),
            stdout=errors,
            stderr=errors,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(1200):
            assert server.poll() is None, log.read_text(encoding="utf-8")
            try:
                urlopen(f"{url}/chat/state", timeout=5).close()
                break
            except HTTPError as error:
                assert error.code == 401, "it is up when it asks for the password"
                break
            except (URLError, OSError):
                time.sleep(0.25)
        else:
            raise AssertionError(f"the chat does not start: {log.read_text(encoding='utf-8')}")
        yield url
    finally:
        server.terminate()
        server.wait(timeout=60)


def environment(home: Path) -> dict[str, str]:
    """This environment, with a home of its own and no other settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ASKIVE_")}
    return {**kept, "ASKIVE_HOME": str(home)}
