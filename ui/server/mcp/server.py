"""The server of the SDK: requests to tools and resources, on standard input and output or under `/mcp`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from pydantic import ValidationError
from starlette.types import Receive, Scope, Send

from askive.models.errors import AskiveError
from askive.ui.chat.http.failures import first_problem
from askive.ui.failures import reported
from askive.ui.server.documents import Documents
from askive.ui.server.failures import error_body
from askive.ui.server.mcp.tools import Tools, parse_arguments
from askive.ui.server.operations import Operations
from askive.ui.server.tokens import LOCAL, Caller

if TYPE_CHECKING:
    import mcp.types as types
    from mcp.server.context import ServerRequestContext
    from mcp.server.lowlevel import Server

PATH = "/mcp"
_SCHEME = "askive"
_PAGE = 500
_MAX_SESSIONS = 1000
_INSTRUCTIONS = (
    "Answers from the user's own documents. Every sentence of an answer is checked against the exact characters that it"
    " cites. Quote its citations; if an answer is refused, the documents do not hold it."
)


class McpServer:
    """Tools and resources over the operations of a server.

    caller: who uses it over stdio; over HTTP each request has its own caller.
    """

    def __init__(self, operations: Operations, documents: Documents, caller: Caller = LOCAL) -> None:
        self._operations = operations
        self._documents = documents
        self._caller = caller
        self._tools = Tools(operations, documents).by_name

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
            given = tool.takes.model_validate(parse_arguments(params.arguments or {}))
            text, structured = await tool.call(
                self._caller_of(context), given, context.session.report_progress
            )
        except ValidationError as error:
            return _failed(AskiveError(first_problem(error.errors()), remedy="see the schema of the tool"))
        except AskiveError as error:
            return _failed(error)
        except Exception as error:
            return _failed(reported(error, f"the tool {params.name}", "askive mcp"))
        return types.CallToolResult(
            content=[types.TextContent(type="text", text=text)], structured_content=structured
        )

    def _caller_of(self, context: ServerRequestContext) -> Caller:
        if context.request is None:
            return self._caller
        caller: Caller = context.request.scope["state"]["caller"]
        return caller

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


def _failed(error: AskiveError) -> types.CallToolResult:
    import mcp.types as types

    body = json.dumps(error_body(error), ensure_ascii=False)
    return types.CallToolResult(content=[types.TextContent(type="text", text=body)], is_error=True)
