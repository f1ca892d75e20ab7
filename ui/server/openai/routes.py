"""`/v1/chat/completions`, `/v1/responses`, `/v1/models` and `/v1/embeddings`."""

from __future__ import annotations

import base64
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response

from askive.rag.errors import UsageError
from askive.rag.serialize import answer_to_dict
from askive.rag.types import Answer, Event
from askive.ui.server.failures import NotFound, cancelled
from askive.ui.server.jobs import Job
from askive.ui.server.openai import wire
from askive.ui.server.openai.responses import response_events, response_object
from askive.ui.server.openai.text import TextStream, answer_text
from askive.ui.server.operations import Operations, answer_of
from askive.ui.server.routes import caller_of, errors, summary_of
from askive.ui.server.sse import EventStream, sse, unless_gone
from askive.ui.server.tokens import Caller

_MAX_INPUTS = 256
_MODEL = {"object": "model", "created": 0, "owned_by": "askive"}
_OBJECT = {"type": "object", "additionalProperties": True}


class OpenAIRoutes:
    """The routes of one server for clients of the OpenAI API."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    def attach(self, server: Any) -> None:
        """Add the routes to a FastAPI application."""
        answering = (404, 502, 503, 504)
        for method, path, answer, statuses in (
            ("POST", "/v1/chat/completions", self.chat_completion, answering),
            ("POST", "/v1/responses", self.response, answering),
            ("POST", "/v1/embeddings", self.embeddings, (404, 502, 503)),
            ("GET", "/v1/models", self.models, (503,)),
            ("GET", "/v1/models/{model:path}", self.model, (404, 503)),
        ):
            content: dict[str, Any] = {"application/json": {"schema": _OBJECT}}
            if statuses is answering:
                content["text/event-stream"] = {"schema": {"type": "string"}}
            server.add_api_route(
                path,
                answer,
                methods=[method],
                response_model=None,
                responses={
                    200: {"description": "As in the OpenAI API.", "content": content},
                    **errors(*statuses),
                },
                tags=["OpenAI"],
                operation_id=answer.__name__,
                summary=summary_of(answer),
            )

    async def chat_completion(self, request: HttpRequest, body: wire.ChatRequest) -> Response:
        """Answer the last message of a conversation; the model `askive/NAME` is the collection NAME.

        `message.annotations` has the citations, and `askive` the whole answer. `askive: {"notes": false}` in the
        request leaves out the numbered notes.
        """
        job = await self._ask(caller_of(request), body)
        completion_id = f"chatcmpl-{uuid.uuid4().hex}"
        if body.stream:
            return EventStream(_chunks(job, body, completion_id), job.close)
        answer = await unless_gone(request, answer_of(job))
        said = answer_text(answer, notes=body.askive.notes)
        message = {
            "role": "assistant",
            "content": said.text,
            "refusal": None,
            "annotations": [annotation.for_chat() for annotation in said.annotations],
        }
        return JSONResponse(
            {
                "id": completion_id,
                "object": "chat.completion",
                "created": int(time.time()),
                "model": body.model,
                "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
                "usage": _usage(answer),
                "askive": answer_to_dict(answer),
            }
        )

    async def response(self, request: HttpRequest, body: wire.ResponsesRequest) -> Response:
        """As chat completions, in the form of the Responses API: text only, and nothing is kept."""
        job = await self._ask(caller_of(request), body)
        if body.stream:
            return EventStream(response_events(job, body), job.close)
        answer = await unless_gone(request, answer_of(job))
        return JSONResponse(response_object(answer_text(answer, notes=body.askive.notes), answer, body.model))

    async def embeddings(self, request: HttpRequest, body: wire.EmbeddingsRequest) -> Response:
        """Vectors of texts, of unit length, from the model that the collections are embedded with."""
        embedder = self._operations.config.embedder
        if body.model != embedder and not body.model.startswith(wire.PREFIX):
            raise NotFound(f"there is no model {body.model!r}", remedy=f"use {embedder!r}")
        texts = [body.input] if isinstance(body.input, str) else body.input
        if not 1 <= len(texts) <= _MAX_INPUTS:
            raise UsageError(f"there are {len(texts)} texts", remedy=f"send 1 to {_MAX_INPUTS} at once")
        vectors = await self._operations.embed(caller_of(request), texts)
        n_tokens = sum(len(text.split()) for text in texts)
        data = [
            {
                "object": "embedding",
                "index": index,
                "embedding": base64.b64encode(vector.astype("<f4").tobytes()).decode()
                if body.encoding_format == "base64"
                else vector.tolist(),
            }
            for index, vector in enumerate(vectors)
        ]
        usage = {"prompt_tokens": n_tokens, "total_tokens": n_tokens}
        return JSONResponse({"object": "list", "data": data, "model": embedder, "usage": usage})

    async def models(self, request: HttpRequest) -> Response:
        """The collections that the caller may use, as `askive/NAME`, and the embedding model."""
        return JSONResponse({"object": "list", "data": await self._models(caller_of(request))})

    async def model(self, request: HttpRequest, model: str) -> Response:
        """One of the models."""
        found = [row for row in await self._models(caller_of(request)) if row["id"] == model]
        if not found:
            raise NotFound(f"there is no model {model!r}", remedy="list yours with GET /v1/models")
        return JSONResponse(found[0])

    async def _models(self, caller: Caller) -> list[dict[str, Any]]:
        names = [row["name"] for row in await self._operations.collections(caller)]
        ids = [*(f"{wire.PREFIX}{name}" for name in names), self._operations.config.embedder]
        return [{"id": model_id, **_MODEL} for model_id in ids]

    async def _ask(self, caller: Caller, body: wire.ChatRequest | wire.ResponsesRequest) -> Job[Event]:
        question, history = wire.conversation(body.messages)
        return await self._operations.ask(
            caller,
            question,
            wire.collection_of(body.model),
            history=history,
            admitted=body.askive.filter.parsed(),
            kind=body.askive.kind,
        )


async def _chunks(job: Job[Event], body: wire.ChatRequest, completion_id: str) -> AsyncIterator[str]:
    """The chunks of a streamed chat completion, and `[DONE]`."""
    head = {
        "id": completion_id,
        "object": "chat.completion.chunk",
        "created": int(time.time()),
        "model": body.model,
    }

    def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return sse({**head, "choices": [choice], **more})

    yield chunk({"role": "assistant", "content": ""})
    stream = TextStream(body.askive.notes)
    async with aclosing(job.items()) as events:
        async for event in events:
            if part := stream.take(event):
                yield chunk({"content": part})
    if stream.final is None or stream.answer is None:
        raise cancelled("answer")
    annotations = [annotation.for_chat() for annotation in stream.final.annotations]
    yield chunk({"annotations": annotations}, "stop", askive=answer_to_dict(stream.answer))
    if body.stream_options and body.stream_options.include_usage:
        yield sse({**head, "choices": [], "usage": _usage(stream.answer)})
    yield sse("[DONE]")


def _usage(answer: Answer) -> dict[str, Any]:
    usage = answer.usage
    return {
        "prompt_tokens": usage.n_prompt_tokens,
        "completion_tokens": usage.n_completion_tokens,
        "total_tokens": usage.n_prompt_tokens + usage.n_completion_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.n_reused_tokens},
    }
