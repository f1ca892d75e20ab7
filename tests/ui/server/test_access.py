"""Who may do what: tokens, scopes, roles, rates, and what a stranger learns."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from askive.rag.config import Config
from askive.rag.errors import ConfigError, UsageError
from askive.ui.chat.http.throttle import Throttle
from askive.ui.cli import run
from askive.ui.server.access import AccessControl
from askive.ui.server.tokens import LOCAL, TokenFile
from tests.ui.server.conftest import SECRET_NAME, SHIPS, Served

QUESTION = {"question": SHIPS}


@pytest.fixture
def tokens(home: Path) -> TokenFile:
    return TokenFile(Config(home=home))


def door(
    tokens: TokenFile, address: str = "127.0.0.1", host: str = "127.0.0.1:8484", **more: Any
) -> TestClient:
    def who(request: HttpRequest) -> PlainTextResponse:
        caller = request.state.caller
        return PlainTextResponse(caller.name if caller else "-")

    routes = [Route("/{path:path}", who, methods=["GET", "POST"])]
    app = AccessControl(Starlette(routes=routes), tokens, **more)
    return TestClient(app, base_url=f"http://{host}", client=(address, 5000))


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def test_this_machine_needs_no_token_and_all_others_do(tokens: TokenFile) -> None:
    secret = tokens.add("ada", "read", ["case"])
    near = door(tokens)
    assert near.get("/x").text == near.get("/x", headers=bearer("local")).text == "local"
    assert near.get("/x", headers=bearer(secret)).text == "ada"
    strict = door(tokens, require_token=True)
    far = door(tokens, address="192.168.1.9", host="server.example")
    rebound = door(tokens, host="evil.example")
    for client, headers in (
        (strict, {}),
        (strict, bearer("local")),
        (far, {}),
        (far, bearer("local")),
        (far, {"Host": "localhost"}),
        (rebound, {}),
        (near, {"X-Forwarded-For": "192.168.1.9"}),
        (near, {"Forwarded": "for=192.168.1.9"}),
        (near, {"Host": "[::1"}),
    ):
        refused = client.get("/x", headers=headers)
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer"), headers
        assert refused.json()["error"]["kind"] == "unauthorized"
    assert far.get("/x", headers=bearer(secret)).text == "ada"
    assert far.get("/healthz").text == "-"
    assert near.get("/x", headers={"Origin": "http://evil.example"}).status_code == 403
    assert near.get("/x", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    answered = near.get("/x").headers
    assert "default-src 'none'" in answered["content-security-policy"]
    assert answered["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in answered


def test_wrong_tokens_cost_time_and_right_ones_never_do(
    tokens: TokenFile, capsys: pytest.CaptureFixture[str]
) -> None:
    secret, now = tokens.add("ada", "read", ["case"]), [1000.0]
    client = door(tokens, address="10.0.0.1", throttle=Throttle(lambda: now[0]))
    statuses = [client.get("/x", headers=bearer(f"guess-{n}")).status_code for n in range(6)]
    assert statuses == [401, 401, 401, 401, 429, 429]
    assert client.get("/x", headers=bearer(secret)).status_code == 200
    assert client.get("/x", headers=bearer("guess")).headers["retry-after"] == "1"
    now[0] += 2
    assert client.get("/x", headers=bearer("guess")).status_code == 401
    assert "askive serve: wrong token from 10.0.0.1 (4 in a row, locked for 1 s)" in capsys.readouterr().err


def test_a_token_has_its_own_rate(tokens: TokenFile) -> None:
    secrets = [tokens.add(name, "read", ["case"]) for name in ("ada", "bob")]
    now = [0.0]
    client = door(tokens, requests_per_minute=3, now=lambda: now[0])
    assert [client.get("/x", headers=bearer(secrets[0])).status_code for _ in range(4)] == [
        200,
        200,
        200,
        429,
    ]
    assert client.get("/x", headers=bearer(secrets[0])).headers["retry-after"] == "20"
    assert client.get("/x", headers=bearer(secrets[1])).status_code == 200
    assert {client.get("/x").status_code for _ in range(9)} == {200}, "programs on this machine have no limit"
    now[0] = 20.0
    assert client.get("/x", headers=bearer(secrets[0])).status_code == 200


def test_a_token_is_stored_as_a_digest_and_removed_at_once(tokens: TokenFile, home: Path) -> None:
    secret = tokens.add("ada", "write", ["case", "letters"])
    running = TokenFile(Config(home=home))
    caller = running.find(secret)
    assert caller is not None and caller.collections == frozenset({"case", "letters"})
    assert [caller.may(role) for role in ("read", "write", "admin")] == [True, True, False]
    assert not any(secret.encode() in path.read_bytes() for path in home.rglob("*") if path.is_file())
    tokens.remove("ada")
    assert running.find(secret) is None
    for name, scope in ((LOCAL.name, ["case"]), ("a b", ["case"]), ("ada", []), ("ada", ["../x"])):
        with pytest.raises(UsageError):
            tokens.add(name, "read", scope)
    tokens.add("ada", "read", ["*"])
    with pytest.raises(UsageError, match="already"):
        tokens.add("ada", "read", ["*"])
    (home / "server" / "tokens.json").write_text('{"tokens": [{"sha256": "x"}]}')
    with pytest.raises(ConfigError, match="is damaged"):
        running.all()


def test_the_commands(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["token", "add", "ada", "--collections", "case, letters", "--role", "write"]) == 0
    assert capsys.readouterr().out.startswith("askive_")
    assert run(["token", "list", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["name"], row["role"], row["collections"]) == ("ada", "write", ["case", "letters"])
    assert run(["token", "remove", "ada"]) == 0
    assert run(["token", "remove", "ada"]) == 2
    assert run(["serve", "--host", "0.0.0.0"]) == 2
    assert "there is no token. Create one: askive token add" in capsys.readouterr().err


ATTEMPTS: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/v1/answers", {"json": {**QUESTION, "collection": "NAME"}}),
    ("POST", "/v1/answers", {"json": {**QUESTION, "collection": "NAME", "stream": True}}),
    ("POST", "/v1/search", {"json": {"query": "Marlow", "collection": "NAME"}}),
    ("POST", "/v1/verify", {"json": {"text": "Agent Marlow met Quill.", "collection": "NAME"}}),
    ("GET", "/v1/overview", {"params": {"collection": "NAME"}}),
    ("GET", "/v1/documents", {"params": {"collection": "NAME"}}),
    ("GET", "/v1/documents/text", {"params": {"collection": "NAME", "uri": "URI"}}),
    ("POST", "/v1/chat/completions", {"json": {"model": "askive/NAME", "messages": [{"role": "user", "content": SHIPS}]}}),
    ("POST", "/v1/responses", {"json": {"model": "askive/NAME", "input": SHIPS}}),
    ("GET", "/v1/models/askive/NAME", {}),
    ("PUT", "/v1/documents", {"params": {"collection": "NAME", "name": "x.txt"}, "content": b"x"}),
    ("DELETE", "/v1/documents", {"params": {"collection": "NAME", "uri": "URI"}}),
    ("POST", "/v1/collections", {"json": {"name": "NAME"}}),
    ("DELETE", "/v1/collections/NAME", {}),
]  # fmt: skip


def sent(
    client: httpx.Client, attempt: tuple[str, str, dict[str, Any]], name: str, uri: str
) -> httpx.Response:
    method, path, more = attempt
    filled = json.loads(json.dumps({k: v for k, v in more.items() if k != "content"}).replace("NAME", name))
    filled = json.loads(json.dumps(filled).replace("URI", uri))
    if "content" in more:
        filled["content"] = more["content"]
    return client.request(method, path.replace("NAME", name), **filled)


def test_a_foreign_collection_looks_like_none(served: Served) -> None:
    """Status, body and headers are those for a collection that does not exist, on every path and in every role."""
    uri = "/secret.txt"
    for token, attempt in itertools.product(("reader", "writer", "admin"), ATTEMPTS):
        with served.client(token) as client:
            foreign = sent(client, attempt, SECRET_NAME, uri)
            nothing = sent(client, attempt, "nothing", uri)
        assert foreign.status_code in (403, 404), (token, attempt)
        assert foreign.text.replace(SECRET_NAME, "nothing") == nothing.text
        assert set(foreign.headers) == set(nothing.headers)
    with served.client("reader") as client:
        lists = [client.get(path).text for path in ("/v1/collections", "/v1/models", "/v1/documents")]
        lists.append(client.post("/v1/answers", json=QUESTION).text)
    assert not [text for text in lists if SECRET_NAME in text or "Marlow" in text]


@pytest.mark.parametrize(
    ("token", "attempt"),
    [
        *(("reader", attempt) for attempt in ATTEMPTS[10:]),
        *(("writer", attempt) for attempt in ATTEMPTS[12:]),
        ("writer", ("GET", "/metrics", {})),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{value[0]} {value[1]}",
)
def test_a_role_is_not_enough(served: Served, token: str, attempt: tuple[str, str, dict[str, Any]]) -> None:
    with served.client(token) as client:
        refused = sent(client, attempt, "town", "/x")
    assert refused.status_code == 403
    assert refused.json()["error"]["kind"] == "forbidden"


def test_the_only_collection_of_a_token_is_its_default(served: Served) -> None:
    with served.client("other") as client:
        found = client.post("/v1/search", json={"query": "Agent Marlow"}).json()
    assert "Marlow" in found["hits"][0]["text"]
