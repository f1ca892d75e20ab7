"""The Model Context Protocol: tools and resources for language models, over stdio and streamable HTTP.

The inputs and results of the tools are the wire types of the HTTP API. A tool's text is for the model to read; its
structured content has the exact spans.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.types import Receive, Scope, Send

from askive.models.errors import AskiveError
from askive.rag.serialize import answer_to_dict, sentence_to_dict
from askive.rag.types import Answer, Final, Progress, QuestionKind, Searching, Sources
from askive.ui.chat.http.failures import log_line
from askive.ui.server import wire
from askive.ui.server.documents import Documents
from askive.ui.server.failures import error_body
from askive.ui.server.openai.text import answer_text
from askive.ui.server.operations import Operations
from askive.ui.server.tokens import LOCAL, Caller

if TYPE_CHECKING:
    import mcp.types as types
    from mcp.server.context import ServerRequestContext
    from mcp.server.lowlevel import Server

T = TypeVar("T")

PATH = "/mcp"
_SCHEME = "askive"
_PAGE = 500
_MAX_SPAN = 50_000
_INSTRUCTIONS = (
    "Answers from the user's own documents. Every sentence of an answer is checked against the exact characters that it"
    " cites. Quote its citations; if an answer is refused, the documents do not hold it."
)


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")

    collection: wire.Name | None = Field(None, description="see list_collections; without it the default one")


class AskInput(_Input, wire.Conditions):
    """A question, with conditions on the documents."""

    question: wire.Text
    kind: QuestionKind | None = Field(
        None, description="as what to answer it; without it the question decides"
    )
    history: list[wire.PastTurn] = Field([], max_length=wire.MAX_TURNS, description="earlier turns")


class SearchInput(_Input, wire.Conditions):
    """A search, with conditions on the documents."""

    query: wire.Text
    top_k: int = Field(10, ge=1, le=wire.MAX_HITS)


class ReadInput(_Input):
    """A span of a document."""

    uri: wire.Uri = Field(description="as in a citation or a hit")
    start: int = Field(0, ge=0, description="character offset")
    end: int | None = Field(None, ge=0, description="without it: at most 50,000 characters")


class VerifyInput(_Input):
    """A text to check."""

    text: str = Field(min_length=1, max_length=wire.MAX_TEXT_CHARS)


class OverviewInput(_Input, wire.Conditions):
    """Conditions on the documents."""


class NoInput(BaseModel):
    """Nothing."""

    model_config = ConfigDict(extra="forbid")


Report = Callable[[float, float | None, str], Awaitable[None]]
"""Reports progress: how far, of how much if known, and what is going on."""
Made = tuple[str, dict[str, Any]]
"""A text for the model, and the structured content."""


@dataclass(frozen=True, slots=True)
class _Tool:
    description: str
    takes: type[BaseModel]
    returns: type[BaseModel]
    call: Callable[[Caller, Any, Report], Awaitable[Made]]


class McpServer:
    """Tools and resources over the operations of a server.

    caller: who uses it over stdio; over HTTP each request has its own caller.
    """

    def __init__(self, operations: Operations, documents: Documents, caller: Caller = LOCAL) -> None:
        self._operations = operations
        self._documents = documents
        self._caller = caller
        self._tools = {
            "ask": _Tool(
                "Answer a question from the documents. Each sentence has the quotes that support it; a refusal says"
                " that the documents do not hold the answer.",
                AskInput,
                wire.AnswerView,
                self._ask,
            ),
            "search": _Tool(
                "Find the passages nearest to a query.", SearchInput, wire.SearchView, self._search
            ),
            "read_document": _Tool(
                "Read the text of a document, or the characters `start` to `end` of it.",
                ReadInput,
                wire.SpanView,
                self._read,
            ),
            "verify": _Tool(
                "Check every sentence of a text against the documents.",
                VerifyInput,
                wire.VerifyView,
                self._verify,
            ),
            "list_collections": _Tool(
                "List the collections of documents.", NoInput, wire.CollectionsView, self._collections
            ),
            "overview": _Tool(
                "Say what is in a collection: kinds of files, dates, publishers, names, topics, groups.",
                OverviewInput,
                wire.OverviewView,
                self._overview,
            ),
        }

    def server(self) -> Server[Any]:
        """The server of the SDK."""
        from importlib.metadata import version

        from mcp.server.lowlevel import Server

        return Server(
            "askive",
            version=version("askive"),
            title="Askive",
            instructions=_INSTRUCTIONS,
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
            on_list_resources=self._list_resources,
            on_read_resource=self._read_resource,
        )

    async def run_stdio(self) -> None:
        """Serve standard input and output until the input ends."""
        from mcp.server.stdio import stdio_server

        server = self.server()
        async with stdio_server() as (read, write):
            await server.run(read, write, server.create_initialization_options())

    async def _list_tools(
        self, _context: ServerRequestContext, _params: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        import mcp.types as types

        return types.ListToolsResult(
            tools=[
                types.Tool(
                    name=name,
                    description=tool.description,
                    input_schema=tool.takes.model_json_schema(),
                    output_schema=tool.returns.model_json_schema(),
                    annotations=types.ToolAnnotations(
                        read_only_hint=True, idempotent_hint=True, open_world_hint=False
                    ),
                )
                for name, tool in self._tools.items()
            ]
        )

    async def _call_tool(
        self, context: ServerRequestContext, params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        """The result of a tool; an error is a result that the model can read, with the error as JSON."""
        import mcp.types as types

        try:
            tool = self._tools.get(params.name)
            if tool is None:
                raise AskiveError(f"there is no tool {params.name!r}", remedy=f"use {', '.join(self._tools)}")
            given = tool.takes.model_validate(_parsed(params.arguments or {}))
            text, structured = await tool.call(
                self._caller_of(context), given, context.session.report_progress
            )
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            failure = AskiveError(f"{place}: {first['msg']}", remedy="see the schema of the tool")
            return _failed(failure)
        except AskiveError as error:
            return _failed(error)
        except Exception as error:
            log_line(f"tool {params.name} failed: {type(error).__name__}: {error}", "askive mcp")
            return _failed(error)
        return types.CallToolResult(
            content=[types.TextContent(type="text", text=text)], structured_content=structured
        )

    def _caller_of(self, context: ServerRequestContext) -> Caller:
        if context.request is None:
            return self._caller
        caller: Caller = context.request.scope["state"]["caller"]
        return caller

    async def _ask(self, caller: Caller, given: AskInput, report: Report) -> Made:
        job = await self._operations.ask(
            caller,
            given.question,
            given.collection,
            history=[turn.turn() for turn in given.history],
            admitted=given.parsed(),
            kind=given.kind,
        )
        answer: Answer | None = None
        n_steps = 0
        try:
            async with aclosing(job.items()) as events:
                async for event in events:
                    n_steps += 1
                    if isinstance(event, Searching):
                        await report(n_steps, None, "searching")
                    elif isinstance(event, Sources):
                        await report(n_steps, None, f"reading {len(event.hits)} passages")
                    elif isinstance(event, Progress):
                        await report(event.done, event.total, event.what)
                    elif isinstance(event, Final):
                        answer = event.answer
        finally:
            job.close()
        if answer is None:
            raise AskiveError("the answer was cancelled", remedy="ask again")
        return answer_text(answer, notes=True).text, answer_to_dict(answer)

    async def _search(self, caller: Caller, given: SearchInput, _report: Report) -> Made:
        found = await self._operations.search(
            caller, given.query, given.collection, top_k=given.top_k, admitted=given.parsed()
        )
        lines = [f"{_about(hit)}\n{hit['text']}" for hit in found["hits"]]
        return "\n\n".join(lines) or "nothing found", found

    async def _read(self, caller: Caller, given: ReadInput, _report: Report) -> Made:
        span = await self._documents.span(
            caller, given.collection, given.uri, given.start, given.end, _MAX_SPAN
        )
        return span["text"], span

    async def _verify(self, caller: Caller, given: VerifyInput, report: Report) -> Made:
        job, checks = await self._operations.verify(caller, given.text, given.collection)
        sentences: list[dict[str, Any]] = []
        try:
            async with aclosing(job.items()) as checked:
                async for sentence in checked:
                    sentences.append(sentence_to_dict(sentence))
                    await report(len(sentences), None, "sentences checked")
        finally:
            job.close()
        lines = [
            f"{s['verdict']}: {s['text']}" + "".join(f"\n  {r}" for r in s["reasons"]) for s in sentences
        ]
        return "\n".join(lines), {"sentences": sentences, "checks": checks}

    async def _collections(self, caller: Caller, _given: NoInput, _report: Report) -> Made:
        rows = await self._operations.collections(caller)
        lines = [f"{row['name']}: {row['documents']} documents" for row in rows]
        return "\n".join(lines) or "no collections", {"collections": rows}

    async def _overview(self, caller: Caller, given: OverviewInput, report: Report) -> Made:
        job = await self._operations.overview(caller, given.collection, given.parsed())
        made: dict[str, Any] | None = None
        try:
            async with aclosing(job.items()) as steps:
                async for step in steps:
                    if isinstance(step, dict):
                        made = step
                    else:
                        await report(*step, "passages")
        finally:
            job.close()
        if made is None:
            raise AskiveError("the overview was cancelled", remedy="ask again")
        return json.dumps(made, ensure_ascii=False), made

    async def _list_resources(
        self, context: ServerRequestContext, params: types.PaginatedRequestParams | None
    ) -> types.ListResourcesResult:
        """The documents of the collections, a page at a time; the cursor is `COLLECTION OFFSET`."""
        import mcp.types as types

        caller = self._caller_of(context)
        names = [row["name"] for row in await self._operations.collections(caller) if "error" not in row]
        at, _, digits = (params.cursor if params and params.cursor else "").partition(" ")
        offset = int(digits) if digits.isdecimal() else 0
        found: list[types.Resource] = []
        cursor: str | None = None
        for name in (name for name in names if name >= at):
            if len(found) >= _PAGE:
                cursor = f"{name} 0"
                break
            start = offset if name == at else 0
            page = await self._documents.listed(caller, name, "", start, _PAGE - len(found))
            found += [
                types.Resource(
                    uri=resource_uri(name, document["uri"]),
                    name=document["title"],
                    description=", ".join(filter(None, (name, document["publisher"], document["published"]))),
                    mime_type="text/plain",
                )
                for document in page["documents"]
            ]
            if page["next"] is not None:
                cursor = f"{name} {page['next']}"
                break
        return types.ListResourcesResult(resources=found, next_cursor=cursor)

    async def _read_resource(
        self, context: ServerRequestContext, params: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        """The text of a document. Raises MCPError with the message of the error."""
        import mcp.types as types
        from mcp import MCPError

        try:
            name, uri = _document_of(str(params.uri))
            span = await self._documents.span(self._caller_of(context), name, uri, 0, None, 2**31)
        except AskiveError as error:
            raise MCPError(types.INVALID_PARAMS, error.message, error.as_dict()) from error
        content = types.TextResourceContents(uri=str(params.uri), mime_type="text/plain", text=span["text"])
        return types.ReadResourceResult(contents=[content])


def resource_uri(collection: str, uri: str) -> str:
    """The address of a document as a resource: `askive://COLLECTION/DOCUMENT`, percent-encoded."""
    return f"{_SCHEME}://{collection}/{quote(uri, safe='')}"


def _document_of(resource: str) -> tuple[str, str]:
    """The collection and the document's uri of a resource. Raises AskiveError for another address."""
    parts = urlsplit(resource)
    if parts.scheme != _SCHEME or not parts.netloc or len(parts.path) < 2:
        raise AskiveError(f"{resource!r} is not a document", remedy="list the resources")
    return parts.netloc, unquote(parts.path[1:])


def attach_mcp(server: Any, mcp: McpServer) -> Any:
    """Serve MCP under `/mcp` of a FastAPI application. Returns the session manager, which must run meanwhile."""
    from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
    from mcp.server.auth.provider import AccessToken
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
    from starlette.routing import Route

    # The access control has checked host and origin.
    manager = StreamableHTTPSessionManager(mcp.server(), max_sessions=_MAX_SESSIONS)

    class Endpoint:
        """A class, because Starlette takes a function for a handler of requests."""

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            caller: Caller = scope["state"]["caller"]
            # The SDK then lets nobody else use the session.
            scope["user"] = AuthenticatedUser(AccessToken(token="", client_id=caller.name, scopes=[]))
            await manager.handle_request(scope, receive, send)

    server.router.routes.append(Route(PATH, endpoint=Endpoint()))
    return manager


_MAX_SESSIONS = 1000


def _parsed(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments; some hosts send objects and lists as strings of JSON."""
    parsed = dict(arguments)
    for name in ("where", "publishers", "history"):
        if isinstance(parsed.get(name), str):
            try:
                parsed[name] = json.loads(parsed[name])
            except ValueError:
                continue
    return parsed


def _failed(error: Exception) -> types.CallToolResult:
    import mcp.types as types

    body = json.dumps(error_body(error), ensure_ascii=False)
    return types.CallToolResult(content=[types.TextContent(type="text", text=body)], is_error=True)


def _about(hit: dict[str, Any]) -> str:
    about = ", ".join(filter(None, (hit["publisher"], hit["published"])))
    title = f"{hit['title']} ({about})" if about else str(hit["title"])
    return f"[{hit['rank']}] {title}, {hit['uri']}, characters {hit['start']}-{hit['end']}"
