"""A session with the server, over HTTP: `python offline_server.py QUESTION`. Nothing of ours is imported here.

It asks QUESTION over the API of its own and that of OpenAI, opens a session of MCP, and prints what comes back.
"""

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

CLIENT = build_opener(ProxyHandler({}))
STARTUP_S = 120


def fetch(url: str, body: Any) -> str:
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    with CLIENT.open(Request(url, json.dumps(body).encode(), headers), timeout=120) as response:
        return str(response.read().decode())


def address(log: Path, server: "subprocess.Popen[bytes]") -> str:
    """The address in the server's output, once it is there."""
    deadline = time.monotonic() + STARTUP_S
    while not (found := re.search(r"http://127\.0\.0\.1:\d+", log.read_text(encoding="utf-8"))):
        assert server.poll() is None and time.monotonic() < deadline, log.read_text(encoding="utf-8")
        time.sleep(0.1)
    return found[0]


def main(question: str) -> None:
    with TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("wb") as output:
            command = [sys.executable, "-m", "askive.ui.cli", "serve", "--port", "0"]
            server = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            url = address(log, server)
            messages = [{"role": "user", "content": question}]
            client = {"name": "test", "version": "1"}
            params = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client}
            for path, body in (
                ("/v1/answers", {"question": question}),
                ("/v1/chat/completions", {"model": "askive", "messages": messages}),
                ("/mcp", {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}),
            ):
                sys.stdout.write(fetch(f"{url}{path}", body) + "\n")
        finally:
            server.terminate()
            server.wait(timeout=30)


if __name__ == "__main__":
    main(sys.argv[1])
