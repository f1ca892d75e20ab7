"""The chat in a real browser, on the fakes."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError

import pytest

HOSTILE = "The *gatekeeper* of Aldermoor is <script>window.hacked = 1</script> called Bertram Hale."


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A chat server of its own, in its own process, over one hostile document."""
    document = tmp_path / "gate.txt"
    document.write_text(f"{HOSTILE}\n\nThe gate closes at nine in the evening.\n", encoding="utf-8")
    environment = {**os.environ, "ASKIVE_HOME": str(tmp_path / "home"), "ASKIVE_EMBEDDER": "hash"}
    command = [sys.executable, "-m", "ui.cli"]
    subprocess.run([*command, "index", str(document), "--quiet"], env=environment, check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [*command, "chat", "--no-browser", "--port", str(port), "--model", "scripted", "--quiet"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(url, timeout=2).close()
                break
            except (URLError, OSError):
                time.sleep(0.5)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=20)


@pytest.mark.browser
def test_ask_and_see_the_source(address: str, chromium: str) -> None:
    from playwright.sync_api import expect, sync_playwright

    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1100, "height": 800})
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        box = page.get_by_role("textbox").first
        box.fill("Who is the gatekeeper of Aldermoor?")
        box.press("Enter")
        answer = page.locator("[data-testid=bot]").last
        expect(answer).to_contain_text("[1]", timeout=30_000)
        expect(answer).to_contain_text("Bertram Hale")
        expect(answer).to_contain_text("<script>window.hacked = 1</script>")
        assert page.evaluate("window.hacked") is None
        browser.close()
    others = [url for url in asked if not re.match(rf"{re.escape(address)}|data:|blob:", url)]
    assert others == []
