"""Who may come in to the chat."""

from __future__ import annotations

import base64
import re
from ipaddress import ip_address
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from askive.rag.errors import UsageError
from askive.ui.chat.http.access import AccessControl
from askive.ui.chat.http.throttle import LONGEST_S, Throttle
from askive.ui.cli import run
from askive.ui.commands.chat import network_addresses, network_hint


def door(password: str | None = None, throttle: Throttle | None = None) -> TestClient:
    def hello(_: HttpRequest) -> PlainTextResponse:
        return PlainTextResponse("hello")

    everything = Route("/{path:path}", hello, methods=["GET", "POST", "DELETE"])
    return TestClient(
        AccessControl(Starlette(routes=[everything]), password, throttle), base_url="http://127.0.0.1:7860"
    )


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

    assert client.get("/", headers={"Host": "192.168.1.5:7860"}).status_code == 401
    assert client.get("/chat/state", headers=told("wrong horse")).status_code == 401
    assert client.get("/chat/state", headers={"Authorization": "Basic ???"}).status_code == 401
    assert client.get("/chat/state", headers=told("correct horse")).status_code == 200
    assert client.get("/config", headers=told("correct horse")).status_code == 404


def told(password: str) -> dict[str, str]:
    return {
        "Host": "192.168.1.5:7860",
        "Authorization": "Basic " + base64.b64encode(f"me:{password}".encode()).decode(),
    }


def test_wrong_passwords_cost_time_and_are_logged(capsys: pytest.CaptureFixture[str]) -> None:
    now = [1000.0]
    client = door("correct horse", Throttle(lambda: now[0]))
    statuses = [client.get("/chat/state", headers=told(f"guess-{n}")).status_code for n in range(4)]
    assert statuses == [401, 401, 401, 401]
    locked = client.get("/chat/state", headers=told("correct horse"))
    assert (locked.status_code, locked.headers["retry-after"]) == (429, "1")
    assert locked.json()["remedy"] == "try again in 1 s"
    assert client.get("/", headers={"Host": "192.168.1.5:7860"}).status_code == 401, "asking is no attempt"
    waits = []
    for n in range(14):
        now[0] += 1000
        assert client.get("/chat/state", headers=told(f"more-{n}")).status_code == 401
        waits.append(int(client.get("/chat/state", headers=told("x")).headers["retry-after"]))
    assert waits[:4] == [2, 4, 8, 16]
    assert waits[-1] == LONGEST_S
    now[0] += 1000
    assert client.get("/chat/state", headers=told("correct horse")).status_code == 200
    assert client.get("/chat/state", headers=told("wrong")).status_code == 401
    assert client.get("/chat/state", headers=told("correct horse")).status_code == 200, "a new beginning"
    logged = capsys.readouterr().err.splitlines()
    assert len(logged) == 4 + 14 + 1
    assert re.match(
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d askive chat: wrong password from testclient \(1 in a row\)",
        logged[0],
    )
    assert not re.search(r"guess|more-|horse", "".join(logged))


def test_addresses_are_counted_apart_and_in_bounded_memory() -> None:
    now = [0.0]
    throttle = Throttle(lambda: now[0])
    for n in range(10_000):
        throttle.fail(f"10.0.{n // 250}.{n % 250}")
    assert len(throttle._known) <= 4096
    for _ in range(5):
        throttle.fail("2001:db8::1")
    assert throttle.wait_s("2001:db8::ffff:2") == 2, "one host has a whole /64"
    assert throttle.wait_s("2001:db8:0:1::1") == 0
    now[0] += 2
    assert throttle.wait_s("2001:db8::1") == 0
    now[0] += 4000
    assert throttle.fail("2001:db8::1") == (1, 0), "forgotten after an hour"


def test_the_network_needs_a_password(home: Path, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from askive.ui.app import app

    runner = CliRunner()
    for options, told in (
        (["--share-on-network"], "needs a password"),
        (["--password-file", "x"], "needs --share-on-network"),
        (["--share-on-network", "--password-file", str(tmp_path / "none")], "cannot be read"),
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


def test_a_chat_needs_a_collection_that_is_there(
    home: Path, documents: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def chat() -> str:
        assert run(["chat", "-c", "nosuch", "--no-browser", "--port", "0", "--embedder", "hash"]) == 1
        return " ".join(capsys.readouterr().err.split())

    create = "reate it with `askive index PATH --collection nosuch`"
    assert chat() == f"askive: there is no collection 'nosuch'. C{create}"
    assert run(["index", str(documents), "-c", "town", "--embedder", "hash", "--quiet"]) == 0
    there = "there is no collection 'nosuch'; there are: town"
    assert chat() == f"askive: {there}. Choose one of them, or c{create}"


def test_where_other_machines_find_the_chat() -> None:
    found = network_addresses()
    assert all(ip_address(address).version == 4 for address in found)
    assert not any(ip_address(address).is_loopback for address in found)
    assert network_hint(["10.0.0.5", "192.168.1.7"], 7860) == (
        "Other machines reach it at http://10.0.0.5:7860/ or http://192.168.1.7:7860/"
    )
    assert "no network address" in network_hint([], 7860)
