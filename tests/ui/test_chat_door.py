"""Who may come in to the chat."""

from __future__ import annotations

import base64
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from rag.errors import UsageError
from ui.chat.door import Door


def door(password: str | None = None) -> TestClient:
    def hello(_: HttpRequest) -> PlainTextResponse:
        return PlainTextResponse("hello")

    everything = Route("/{path:path}", hello, methods=["GET", "POST", "DELETE"])
    return TestClient(Door(Starlette(routes=[everything]), password), base_url="http://127.0.0.1:7860")


def test_only_this_machine_and_only_what_the_page_needs() -> None:
    client = door()
    allowed = client.get("/chat/state")
    assert allowed.status_code == 200
    assert "default-src 'none'" in allowed.headers["content-security-policy"]
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 403
    assert client.post("/chat/x", headers={"Origin": "http://evil.example"}).status_code == 403
    assert client.post("/chat/x", headers={"Origin": "http://127.0.0.1:7860"}).status_code == 200
    assert client.get("/chat/x", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    for path in (
        "/gradio_api/file=/etc/passwd",
        "/config",
        "/gradio_api/upload",
        "/monitoring",
        "/theme.css",
    ):
        assert client.get(path).status_code == 404


def test_from_the_network_with_the_password_only() -> None:
    client = door("correct horse")

    def told(password: str) -> dict[str, str]:
        return {
            "Host": "192.168.1.5:7860",
            "Authorization": "Basic " + base64.b64encode(f"me:{password}".encode()).decode(),
        }

    assert client.get("/", headers={"Host": "192.168.1.5:7860"}).status_code == 401
    assert client.get("/chat/state", headers=told("wrong horse")).status_code == 401
    assert client.get("/chat/state", headers={"Authorization": "Basic ???"}).status_code == 401
    assert client.get("/chat/state", headers=told("correct horse")).status_code == 200
    assert client.get("/config", headers=told("correct horse")).status_code == 404


def test_the_network_needs_a_password(home: Path, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from ui.app import app

    runner = CliRunner()
    for options, told in (
        (["--share-on-network"], "needs a password"),
        (["--password-file", "x"], "is for --share-on-network"),
        (["--share-on-network", "--password-file", str(tmp_path / "none")], "cannot read"),
    ):
        error = runner.invoke(app, ["chat", *options]).exception
        assert isinstance(error, UsageError)
        assert told in error.message
    (tmp_path / "short").write_text("1234\n")
    error = runner.invoke(
        app, ["chat", "--share-on-network", "--password-file", str(tmp_path / "short")]
    ).exception
    assert isinstance(error, UsageError)
    assert "has 4 characters" in error.message
