"""The application: one FastAPI server with all routes behind one access control."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

from askive.rag.config import Config
from askive.rag.privacy.leftovers import sweep
from askive.ui.chat.http.bodies import BodyLimit
from askive.ui.chat.http.failures import Failures
from askive.ui.chat.library import Library
from askive.ui.chat.workspace import Workspace
from askive.ui.server.access import OPEN_PATHS, AccessControl
from askive.ui.server.audit import AuditLog
from askive.ui.server.documents import Documents
from askive.ui.server.failures import attach_failures, error_body, error_response
from askive.ui.server.jobs import JobQueue
from askive.ui.server.limits import Limits
from askive.ui.server.mcp.server import McpServer, attach_mcp
from askive.ui.server.metrics import Metrics, RequestMetrics
from askive.ui.server.openai.routes import OpenAIRoutes
from askive.ui.server.operations import Operations
from askive.ui.server.routes import Routes
from askive.ui.server.tokens import TokenFile

_DESCRIPTION = (
    "Answers from your own documents. Every sentence of an answer is checked against the exact characters that it"
    " cites: a citation's `quote` is the characters `start` to `end` of the document's text. Errors are"
    ' `{"error": {"kind", "message", "remedy"}}`.'
)


@dataclass(frozen=True, slots=True)
class Doors:
    """The operations on a data folder, for whichever protocol."""

    operations: Operations
    documents: Documents
    metrics: Metrics


@contextmanager
def open_doors(config: Config, limits: Limits, *, audit_texts: bool = False) -> Iterator[Doors]:
    """Open a data folder for requests. audit_texts: write questions and answers into the audit log."""
    sweep(config)
    metrics = Metrics()
    with ExitStack() as stack:
        workspace = Workspace(config)
        stack.callback(workspace.close)
        library = Library(workspace)
        stack.callback(library.close)
        jobs = JobQueue(
            workspace.scheduler,
            max_waiting=limits.max_waiting,
            max_per_caller=limits.max_per_caller,
            time_limit_s=limits.answer_s,
        )
        metrics.watch_queue(lambda: jobs.n_waiting)
        operations = Operations(workspace, jobs, AuditLog(config, with_texts=audit_texts), metrics)
        stack.callback(operations.close)
        yield Doors(operations, Documents(operations, library), metrics)


def make_app(doors: Doors, limits: Limits, *, require_token: bool = False) -> Any:
    """A FastAPI application. require_token: also for programs on this machine."""
    from importlib.metadata import version

    from fastapi import FastAPI

    managers: list[Any] = []

    @asynccontextmanager
    async def lifespan(_app: Any) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for manager in managers:
                await stack.enter_async_context(manager.run())
            yield

    # The pages of FastAPI's documentation would load scripts from another host.
    app = FastAPI(
        title="Askive",
        version=version("askive"),
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    Routes(doors.operations, doors.documents, doors.metrics).attach(app)
    OpenAIRoutes(doors.operations).attach(app)
    managers.append(attach_mcp(app, McpServer(doors.operations, doors.documents)))
    attach_failures(app)
    # The middleware that is added last runs first.
    app.add_middleware(BodyLimit, upload_path_end="/v1/documents", failure=error_response)
    app.add_middleware(Failures, who="askive serve", body=error_body)
    app.add_middleware(
        AccessControl,
        tokens=TokenFile(doors.operations.config),
        require_token=require_token,
        requests_per_minute=limits.requests_per_minute,
    )
    app.add_middleware(RequestMetrics, metrics=doors.metrics)
    _describe(app)
    return app


def _describe(app: Any) -> None:
    """Complete the OpenAPI document: bearer tokens, and 400 in place of 422 for an invalid request."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = generate()
            document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
            # A program on this machine needs none.
            document["security"] = [{"token": []}, {}]
            for path, operations in document["paths"].items():
                for operation in operations.values():
                    operation["responses"].pop("422", None)
                    if path in OPEN_PATHS:
                        operation["security"] = []
            for name in ("HTTPValidationError", "ValidationError"):
                document["components"]["schemas"].pop(name, None)
        schema: dict[str, Any] = app.openapi_schema
        return schema

    app.openapi = openapi
