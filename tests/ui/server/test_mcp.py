"""MCP, with the SDK's own client: over HTTP in both protocol eras, and over stdio."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client, MCPError, StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from askive.ui.chat.scheduler import Work
from askive.ui.server.mcp.server import resource_uri
from tests.ui.server.conftest import SECRET_NAME, SHIPS, Served

TOOLS = ["ask", "search", "read_document", "verify", "list_collections", "overview"]


def with_client(
    served: Served, use: Callable[[Client], Awaitable[None]], token: str | None = None, **more: Any
) -> None:
    """Run `use` with a client that has the token of this name."""

    async def main() -> None:
        headers = {"Authorization": f"Bearer {served.tokens[token]}"} if token else {}
        async with httpx2.AsyncClient(headers=headers) as http:
            transport = streamable_http_client(f"{served.url}/mcp", http_client=http)
            async with Client(transport, **more) as client:
                await use(client)

    asyncio.run(main())


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_every_tool_returns_what_its_schema_says(served: Served, mode: str) -> None:
    async def use(client: Client) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert list(tools) == TOOLS
        messages: list[str | None] = []

        async def note(progress: float, total: float | None, message: str | None) -> None:
            messages.append(message)

        async def call(name: str, **arguments: Any) -> dict[str, Any]:
            result = await client.call_tool(name, arguments, progress_callback=note)
            assert not result.is_error, result.content
            # The client has checked it against the schema.
            assert tools[name].output_schema
            made: dict[str, Any] = result.structured_content
            return made

        answer = await call("ask", question=SHIPS)
        assert messages[0] == "searching"
        (citation,) = answer["sentences"][0]["citations"]
        span = await call("read_document", uri=citation["uri"], start=citation["start"], end=citation["end"])
        assert span["text"] == citation["quote"]
        assert (await call("search", query="rye bread", top_k=1))["hits"][0]["rank"] == 1
        verdicts = await call("verify", text="The old bridge was built in 1871.")
        assert verdicts["sentences"][0]["verdict"] == "supported"
        assert "town" in [row["name"] for row in (await call("list_collections"))["collections"]]
        assert (await call("overview", after="2016"))["n_documents"] == 1

    with_client(served, use, mode=mode)


def test_resources_are_the_documents(served: Served) -> None:
    async def use(client: Client) -> None:
        resources = (await client.list_resources()).resources
        assert {str(resource.uri).split("/")[2] for resource in resources} == {"town"}
        harbour = next(resource for resource in resources if resource.name == "Harbour report")
        (content,) = (await client.read_resource(harbour.uri)).contents
        assert "412 ships" in getattr(content, "text", "")
        for uri in (resource_uri(SECRET_NAME, "/x"), resource_uri("town", "/none"), "askive://town"):
            with pytest.raises(MCPError):
                await client.read_resource(uri)

    with_client(served, use, token="reader")


def test_a_foreign_collection_looks_like_none(served: Served) -> None:
    async def use(client: Client) -> None:
        for name, more in (("ask", {"question": SHIPS}), ("search", {"query": "x"}), ("overview", {})):
            results = [
                await client.call_tool(name, {**more, "collection": c}) for c in (SECRET_NAME, "nothing")
            ]
            texts = [getattr(result.content[0], "text", "") for result in results]
            assert all(result.is_error for result in results)
            assert texts[0].replace(SECRET_NAME, "nothing") == texts[1]
        listed = await client.call_tool("list_collections", {})
        assert SECRET_NAME not in str(listed)

    with_client(served, use, token="reader")


def test_errors_are_results_that_a_model_can_read(served: Served) -> None:
    async def use(client: Client) -> None:
        for name, arguments, said in (
            ("ask", {"question": ""}, "question"),
            ("ask", {"question": "x", "colour": 1}, "colour"),
            ("ask", {"question": "x", "after": "soon"}, "'soon' is no date"),
            ("read_document", {"uri": "/none"}, "no document"),
            ("paint", {}, "no tool 'paint'"),
        ):
            result = await client.call_tool(name, arguments)
            assert result.is_error
            assert said in getattr(result.content[0], "text", "")

    with_client(served, use)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_cancelled_call_frees_its_place(served: Served, mode: str) -> None:
    jobs = served.doors.operations.jobs

    async def until_busy(busy: bool) -> None:
        async with asyncio.timeout(5):
            while jobs.is_busy is not busy:
                await asyncio.sleep(0.005)

    async def use(client: Client) -> None:
        with served.doors.operations.workspace.scheduler.turn(Work.QUESTION):
            call = asyncio.ensure_future(client.call_tool("ask", {"question": SHIPS}))
            await until_busy(True)
            call.cancel()
            await until_busy(False)
        assert not (await client.call_tool("ask", {"question": SHIPS})).is_error

    with_client(served, use, mode=mode)


def test_without_a_token_from_elsewhere_nothing_is_served(served: Served) -> None:
    forwarded = {"X-Forwarded-For": "192.168.1.9"}
    with served.client() as client:
        refused = client.post(
            "/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, headers=forwarded
        )
    assert refused.status_code == 401


def test_over_stdio_for_one_collection(served: Served, tmp_path: Path) -> None:
    environ = {
        "ASKIVE_HOME": str(served.config.home),
        "ASKIVE_EMBEDDER": "hash",
        "ASKIVE_GENERATOR": "scripted",
        "ASKIVE_READER": "off",
        "PATH": os.environ["PATH"],
    }
    arguments = ["-m", "askive.ui.cli", "mcp", "--collection", "town"]
    server = StdioServerParameters(command=sys.executable, args=arguments, env=environ, cwd=tmp_path)

    async def main() -> None:
        async with Client(stdio_client(server)) as client:
            answer = await client.call_tool("ask", {"question": SHIPS})
            assert "412 ships" in getattr(answer.content[0], "text", "")
            foreign = await client.call_tool("search", {"query": "Marlow", "collection": SECRET_NAME})
            assert foreign.is_error

    asyncio.run(main())
