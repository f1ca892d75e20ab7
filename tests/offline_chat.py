"""A session with the chat, over HTTP: `python offline_chat.py FILE QUESTION`. Nothing of ours is imported here.

It adds FILE to the collection, asks QUESTION as the page does, and prints what streams in.
"""

import json
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import ProxyHandler, Request, build_opener

WATCHED_S = 15
BROWSER = build_opener(ProxyHandler({}))


def fetch(url: str, method: str = "GET", data: bytes | None = None, **headers: str) -> str:
    request = Request(url, data, {"Content-Type": "application/json", **headers}, method=method)
    with BROWSER.open(request, timeout=120) as response:
        return str(response.read().decode())


def main(file: Path, question: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "askive.ui.cli", "chat", "--no-browser", "--port", str(port)],
        stdout=sys.stderr,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(480):
            try:
                state = json.loads(fetch(f"{url}/chat/state"))
                break
            except OSError:
                assert server.poll() is None, "the chat has ended"
                time.sleep(0.25)
        for path in ("", "page/page.js", "chat/conversations"):
            fetch(f"{url}/{path}")
        collection = state["collection"]
        files = f"{url}/chat/collections/{collection}/files"
        sys.stdout.write(fetch(files, "PUT", file.read_bytes(), **{"X-File-Name": file.name}))
        asked = {"question": question, "collection": collection, "model": state["models"][0]["id"]}
        begun = fetch(f"{url}/gradio_api/call/ask", "POST", json.dumps({"data": [asked]}).encode())
        sys.stdout.write(fetch(f"{url}/gradio_api/call/ask/{json.loads(begun)['event_id']}"))
        # Libraries report some seconds after they were loaded: ONNX Runtime after five to ten.
        time.sleep(WATCHED_S)
    finally:
        server.terminate()
        server.wait(timeout=30)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
