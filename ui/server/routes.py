"""The routes of our own API, under `/v1`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing
from typing import Annotated, Any

from pydantic import Field
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response

from askive.rag.collections.by_name import collection_row
from askive.rag.serialize import answer_to_dict, event_to_dict, sentence_to_dict
from askive.rag.types import Event
from askive.ui.server import wire
from askive.ui.server.documents import Documents
from askive.ui.server.failures import cancelled
from askive.ui.server.jobs import Job
from askive.ui.server.metrics import CONTENT_TYPE, Metrics
from askive.ui.server.operations import Operations, answer_of
from askive.ui.server.sse import EventStream, sse, unless_gone
from askive.ui.server.tokens import Caller

CollectionName = Annotated[str | None, Field(min_length=1, max_length=64)]
Offset = Annotated[int, Field(ge=0, le=2**31 - 1)]
_MAX_PAGE = 1000
_MAX_SPAN = 200_000
_STATUSES: Mapping[int, str] = {
    400: "The request is wrong; the error says what and how to fix it.",
    401: "A token is required, or the token is wrong.",
    403: "The token does not allow this, or the request comes from a page of another site.",
    404: "There is no such collection or document, or the token may not know of it.",
    413: "The body is too large.",
    429: "The queue is full, or the token has sent too many requests; `Retry-After` says when to try again.",
    500: "An unexpected error; it is in the log of the server.",
    502: "The remote model failed.",
    503: "The model is not there, or the collection is being changed by another process.",
    504: "The answer took longer than the time limit.",
}
_EVENTS = (
    "With `stream`: server-sent events `searching`, `sources`, `progress`, `token`, `cited`, and last `final` with the"
    " answer; or `error`. The data of each is a JSON object. `token` is text as it is generated; only the sentences of"
    " the final answer have passed all checks."
)


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The responses of an operation that are errors, for the OpenAPI document."""
    always = (400, 401, 403, 413, 429, 500)
    return {
        status: {"model": wire.FailureView, "description": _STATUSES[status]}
        for status in sorted({*always, *statuses})
    }


def summary_of(answer: Callable[..., Any]) -> str:
    """The first line of a function's docstring, without its full stop."""
    return (answer.__doc__ or "").splitlines()[0].rstrip(".")


def caller_of(request: HttpRequest) -> Caller:
    """Who sent the request, as the access control has found out."""
    caller: Caller = request.state.caller
    return caller


class Routes:
    """The routes of one server."""

    def __init__(self, operations: Operations, documents: Documents, metrics: Metrics) -> None:
        self._operations = operations
        self._documents = documents
        self._metrics = metrics

    def attach(self, server: Any) -> None:
        """Add the routes to a FastAPI application."""

        def add(
            method: str,
            path: str,
            answer: Callable[..., Any],
            view: type | None,
            tag: str,
            *statuses: int,
            status: int = 200,
            **more: Any,
        ) -> None:
            success = {status: {"model": view}} if view else {}
            responses = {**success, **errors(*statuses), **more.pop("responses", {})}
            server.add_api_route(
                path,
                answer,
                methods=[method],
                response_model=None,
                status_code=status,
                responses=responses,
                tags=[tag],
                operation_id=answer.__name__,
                summary=summary_of(answer),
                **more,
            )

        stream = {
            200: {"model": wire.AnswerView, "content": {"text/event-stream": {"schema": {"type": "string"}}}}
        }
        add(
            "POST", "/v1/answers", self.answer, wire.AnswerView, "questions", 404, 502, 503, 504,
            responses=stream, description=_EVENTS,
        )  # fmt: skip
        add("POST", "/v1/search", self.search, wire.SearchView, "questions", 404, 503)
        add("POST", "/v1/verify", self.verify, wire.VerifyView, "questions", 404, 502, 503, 504)
        add("GET", "/v1/overview", self.overview, wire.OverviewView, "questions", 404, 503, 504)
        add("GET", "/v1/documents", self.list_documents, wire.DocumentsView, "documents", 404, 503)
        add(
            "PUT", "/v1/documents", self.put_document, wire.IngestionView, "documents", 404, 503, status=202,
            openapi_extra={
                "requestBody": {
                    "required": True,
                    "description": "The bytes of the file.",
                    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
                }
            },
        )  # fmt: skip
        add("DELETE", "/v1/documents", self.remove_document, wire.RemovedView, "documents", 404, 503)
        add("GET", "/v1/documents/text", self.read_document, wire.SpanView, "documents", 404, 503)
        add(
            "GET",
            "/v1/documents/ingestions/{ingestion_id}",
            self.ingestion,
            wire.IngestionView,
            "documents",
            404,
        )
        add("GET", "/v1/collections", self.list_collections, wire.CollectionsView, "collections", 503)
        add(
            "POST",
            "/v1/collections",
            self.create_collection,
            wire.CollectionView,
            "collections",
            404,
            503,
            status=201,
        )
        add(
            "DELETE",
            "/v1/collections/{name}",
            self.delete_collection,
            wire.RemovedView,
            "collections",
            404,
            503,
        )
        for path, answer in (("/healthz", self.health), ("/readyz", self.ready)):
            responses = {200: {"model": wire.HealthView}, 503: {"model": wire.HealthView}}
            server.add_api_route(
                path, answer, methods=["GET"], response_model=None, responses=responses, tags=["server"],
                summary=summary_of(answer),
            )  # fmt: skip
        text: dict[int | str, dict[str, Any]] = {
            200: {"content": {"text/plain": {"schema": {"type": "string"}}}}
        }
        server.add_api_route(
            "/metrics", self.metrics, methods=["GET"], response_model=None, response_class=Response,
            responses={**text, **errors()}, tags=["server"], summary=summary_of(self.metrics),
        )  # fmt: skip

    async def answer(self, request: HttpRequest, body: wire.AnswerRequest) -> Response:
        """Answer a question. A refusal is an answer with `refused: true`, not an error."""
        job = await self._operations.ask(
            caller_of(request),
            body.question,
            body.collection,
            history=[turn.turn() for turn in body.history],
            admitted=body.filter.parsed(),
            kind=body.kind,
        )
        if body.stream:
            return EventStream(_events(job), job.close)
        return JSONResponse(answer_to_dict(await unless_gone(request, answer_of(job))))

    async def search(self, request: HttpRequest, body: wire.SearchRequest) -> Response:
        """The passages nearest to a query, best first."""
        found = await self._operations.search(
            caller_of(request), body.query, body.collection, top_k=body.top_k, admitted=body.filter.parsed()
        )
        return Response(found, media_type="application/json")

    async def verify(self, request: HttpRequest, body: wire.VerifyRequest) -> Response:
        """Check every sentence of a text against a collection."""
        job, checks = await self._operations.verify(
            caller_of(request), body.text, body.collection, generator=body.generator
        )
        sentences = await unless_gone(request, job.all())
        return JSONResponse({"sentences": [sentence_to_dict(s) for s in sentences], "checks": checks})

    async def overview(
        self,
        request: HttpRequest,
        collection: CollectionName = None,
        after: wire.Date | None = None,
        before: wire.Date | None = None,
        publisher: str | None = None,
        path: wire.Glob | None = None,
    ) -> Response:
        """What is in a collection, by code alone: kinds of files, dates, publishers, names, topics, groups."""
        admitted = wire.Conditions(
            after=after, before=before, publishers=[publisher] if publisher else [], path=path
        ).parsed()
        job = await self._operations.overview(caller_of(request), collection, admitted)
        made = (await unless_gone(request, job.all()))[-1:]
        if not made or not isinstance(made[0], dict):
            raise cancelled("overview")
        return JSONResponse(made[0])

    async def list_documents(
        self,
        request: HttpRequest,
        collection: CollectionName = None,
        search: Annotated[str, Field(max_length=1000)] = "",
        offset: Offset = 0,
        limit: Annotated[int, Field(ge=1, le=_MAX_PAGE)] = 100,
    ) -> Response:
        """The documents of a collection by title. search: words of the title, publisher or address."""
        return JSONResponse(
            await self._documents.listed(caller_of(request), collection, search, offset, limit)
        )

    async def put_document(
        self,
        request: HttpRequest,
        name: Annotated[str, Field(min_length=1, max_length=1024, examples=["letters/1912/may.txt"])],
        collection: CollectionName = None,
    ) -> Response:
        """Add a document, or replace the one of this name. It is indexed in the background: ask for the ingestion."""
        ingestion = await self._documents.put(caller_of(request), collection, name, request.stream())
        return JSONResponse(ingestion.as_dict(), 202)

    async def ingestion(self, request: HttpRequest, ingestion_id: str) -> Response:
        """How far the indexing of an added document is."""
        return JSONResponse(self._documents.ingestion(caller_of(request), ingestion_id).as_dict())

    async def remove_document(
        self,
        request: HttpRequest,
        uri: wire.Uri,
        collection: CollectionName = None,
        with_quotes: bool = False,
    ) -> Response:
        """Remove a document. with_quotes: also delete answers and gold questions that quote it."""
        await self._documents.remove(caller_of(request), collection, uri, with_quotes=with_quotes)
        return JSONResponse({"removed": uri})

    async def read_document(
        self,
        request: HttpRequest,
        uri: wire.Uri,
        collection: CollectionName = None,
        start: Offset = 0,
        end: Offset | None = None,
    ) -> Response:
        """The text of a document, or a span of it, such as `start` and `end` of a citation."""
        return JSONResponse(
            await self._documents.span(caller_of(request), collection, uri, start, end, _MAX_SPAN)
        )

    async def list_collections(self, request: HttpRequest) -> Response:
        """The collections that the caller may use."""
        return JSONResponse({"collections": await self._operations.collections(caller_of(request))})

    async def create_collection(self, request: HttpRequest, body: wire.NewCollection) -> Response:
        """Create an empty collection."""
        await self._documents.create_collection(caller_of(request), body.name)
        row = await self._operations.in_thread(collection_row, self._operations.config, body.name)
        return JSONResponse(row, 201)

    async def delete_collection(
        self, request: HttpRequest, name: wire.Name, with_quotes: bool = False
    ) -> Response:
        """Delete a collection with its uploaded files; other files stay."""
        await self._documents.delete_collection(caller_of(request), name, with_quotes=with_quotes)
        return JSONResponse({"removed": name})

    async def health(self) -> Response:
        """Whether the server runs."""
        return JSONResponse({"status": "ok"})

    async def ready(self) -> Response:
        """Whether the models are loaded; 503 until then."""
        ready = self._operations.is_ready
        return JSONResponse({"status": "ok" if ready else "starting"}, 200 if ready else 503)

    async def metrics(self, request: HttpRequest) -> Response:
        """Counters in the text format of Prometheus, for the role `admin`."""
        self._operations.require(caller_of(request), "admin")
        return Response(self._metrics.text(), media_type=CONTENT_TYPE)


async def _events(job: Job[Event]) -> AsyncIterator[str]:
    async with aclosing(job.items()) as events:
        async for event in events:
            view = event_to_dict(event)
            yield sse(view, view["event"])
