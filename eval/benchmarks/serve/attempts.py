"""Attempts to get at a collection without the right: across tokens, roles, paths and tricks."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from typing import Any

from askive.eval.benchmarks.serve.running import Connection, Running, ServeRow, marker_of, serving
from askive.rag.config import Config

_QUESTION = "Who wrote the account?"


def _calls(name: str, uri: str) -> Iterator[tuple[str, str, Any, dict[str, Any]]]:
    """Method, path, body and query of every route that takes a collection."""
    yield "POST", "/v1/answers", {"question": _QUESTION, "collection": name}, {}
    yield "POST", "/v1/answers", {"question": _QUESTION, "collection": name, "stream": True}, {}
    yield "POST", "/v1/search", {"query": "clerk", "collection": name}, {}
    yield "POST", "/v1/verify", {"text": "The clerk wrote the account.", "collection": name}, {}
    yield "GET", "/v1/overview", None, {"collection": name}
    yield "GET", "/v1/documents", None, {"collection": name}
    yield "GET", "/v1/documents/text", None, {"collection": name, "uri": uri}
    yield "PUT", "/v1/documents", None, {"collection": name, "name": "x.txt"}
    yield "DELETE", "/v1/documents", None, {"collection": name, "uri": uri}
    yield "DELETE", f"/v1/collections/{name}", None, {}
    yield "POST", "/v1/collections", {"name": name}, {}
    yield "GET", f"/v1/models/askive/{name}", None, {}
    message = {"role": "user", "content": _QUESTION}
    yield "POST", "/v1/chat/completions", {"model": f"askive/{name}", "messages": [message]}, {}
    yield "POST", "/v1/responses", {"model": f"askive/{name}", "input": _QUESTION}, {}
    call = {"name": "search", "arguments": {"query": "clerk", "collection": name}}
    yield "POST", "/mcp", {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}, {}


def bench_attempts(config: Config, own: str, foreign: str, uri: str) -> ServeRow:
    """The row. own, foreign: collections, of which no token may use the second one. uri: of a document in it."""
    with serving(config, "--requests-per-minute", "1000000") as running:
        n, got_in = asyncio.run(_attempt(running, own, foreign, uri))
    return ServeRow(
        "tokens",
        "300 attempts across collections, roles, paths: none gets in",
        f"{len(got_in)} of {n} got in" + (f": {got_in[0]}" if got_in else ""),
        n >= 300 and not got_in,
        {"n": n},
    )


async def _attempt(running: Running, own: str, foreign: str, uri: str) -> tuple[int, list[str]]:
    secrets = {role: running.token(role, role, own) for role in ("read", "write", "admin")}
    strangers: list[tuple[str, str | None, dict[str, str]]] = [
        *((role, secret, {}) for role, secret in secrets.items()),
        ("no token, forwarded", None, {"X_Forwarded_For": "192.0.2.1"}),
        ("no token, via a proxy", None, {"Via": "1.1 proxy"}),
        ("no token, another host", None, {"Host": "askive.example"}),
        ("no token, another site", None, {"Origin": "http://evil.example"}),
        ("a wrong token", "askive_" + "A" * 43, {}),
        ("a shortened token", secrets["admin"][:-1], {}),
        ("a lengthened token", secrets["admin"] + "A", {}),
        ("the digest of a token", _digest(running), {}),
        ("a token in other case", secrets["admin"].swapcase(), {}),
    ]
    # The collection, and ways to write it that a path or a file system might take for it.
    names = (foreign, f"../{foreign}", f"{own}/../{foreign}", f"{foreign} ", foreign.upper())
    n, got_in = 0, list[str]()
    for (who, token, headers), name in itertools.product(strangers, names):
        for method, path, body, query in _calls(name, uri):
            if name != foreign and path.startswith(("/v1/collections", "/v1/models")):
                continue
            async with Connection(running.port, token, **headers) as connection:
                status, found = await connection.send(method, path, body, **query)
            n += 1
            # Whatever the status says: no word of the collection may be in the response.
            leaked = marker_of(0) in str(found).lower()
            is_open = status < 400 and not (path == "/mcp" and "error" in str(found).lower())
            if leaked or is_open:
                got_in.append(f"{who}: {method} {path} {name!r} -> {status}")
    return n, got_in


def _digest(running: Running) -> str:
    import json

    stored = json.loads((running.config.home / "server" / "tokens.json").read_text(encoding="utf-8"))
    return str(stored["tokens"][0]["sha256"])
